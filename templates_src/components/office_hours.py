"""Office hours: out of them the service runs no tasks, the database is stopped, alarms are quiet.

Nothing here is a property of the service or the database, so no update of the stack undoes the
night: what an update happens to wake goes to sleep again within the hour.
"""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import FindInMap, GetAtt, If, Join, Or, Ref, Sub, Template
from troposphere.cloudwatch import AlarmMuteRule, MuteTargets
from troposphere.cloudwatch import Rule as MuteRule
from troposphere.cloudwatch import Schedule as MuteSchedule
from troposphere.iam import Role
from troposphere.scheduler import FlexibleTimeWindow, RetryPolicy, Schedule, ScheduleGroup, Target

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import Bounded, Statement, allow, role
from templates_src.parts.logic import condition, is_given

OPENING, CLOSING = range(5, 12), range(15, 24)  # whole hours
DAYS_OFF = {"MON-FRI": "SAT,SUN", "MON-SAT": "SUN", "SUN-THU": "FRI,SAT"}
# Any API as a target: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
API = "arn:${AWS::Partition}:scheduler:::aws-sdk:"
SCALE = (
    '{"ServiceNamespace":"ecs","ScalableDimension":"ecs:service:DesiredCount",'
    '"ResourceId":"service/${ClusterName}/${ServiceName}",'
)


@contract
class Parameters(Bounded):
    working_days: Value = parameter(
        "Days on which the environment wakes.", default="MON-FRI", AllowedValues=list(DAYS_OFF)
    )
    opening_hour: Value = parameter(
        "Hour of the day from which everything works; the database starts 45 minutes before.",
        Type="Number",
        default=8,
        AllowedValues=list(OPENING),
    )
    closing_hour: Value = parameter(
        "Hour of the day from which everything goes to sleep, database last.",
        Type="Number",
        default=19,
        AllowedValues=list(CLOSING),
    )
    time_zone: Value = parameter(
        "Time zone of these hours by its IANA name, such as Europe/Berlin; summer time counts.",
        default="UTC",
        MaxLength=50,
        AllowedPattern=r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*",
    )
    cluster_name: Value = parameter("ECS cluster of the service.")
    service_name: Value = parameter("ECS service, which has a scalable target.")
    min_count: Value = parameter("Tasks that always run by day.", Type="Number", MinValue=0)
    max_count: Value = parameter("Tasks that run at most by day.", Type="Number", MinValue=0)
    instance_identifier: Value = parameter(
        "RDS instance without replicas, which cannot be stopped; none if empty.", default=""
    )
    cluster_identifier: Value = parameter("Aurora cluster; none if empty.", default="")
    event_source_id: Value = parameter(
        "Id of the event source mapping that feeds a worker; none if empty.", default=""
    )
    alarm_names: Value = parameter(
        "Comma-joined names of the alarms that are quiet out of hours, 100 at most.",
        Type="CommaDelimitedList",
    )


@contract
class Outputs:
    schedule_group_name: Value = output("Group of the schedules.")


def build(t: Template, p: Parameters) -> Outputs:
    """Office hours of a service, its database, its worker and its alarms."""
    t.add_mapping("Opening", {str(hour): _morning(hour) for hour in OPENING})
    t.add_mapping("Closing", {str(hour): {"Evening": f"{hour}-23"} for hour in CLOSING})
    t.add_mapping("WorkingDays", {days: {"Off": off} for days, off in DAYS_OFF.items()})
    group = t.add_resource(ScheduleGroup("Hours"))
    for add in (_service, _database, _worker):
        for resource in add(t, p, group):
            t.add_resource(resource)
    for rule in _quiet(p):
        t.add_resource(rule)
    return Outputs(schedule_group_name=Ref(group))


def _morning(hour: int) -> dict[str, str]:
    """Return what follows from an opening hour: templates cannot calculate."""
    nights = {str(closing): f"PT{24 - closing + hour}H" for closing in CLOSING}
    return {"Before": str(hour - 1), "Night": f"0-{hour - 2}", **nights}


def _service(t: Template, p: Parameters, group: ScheduleGroup) -> Iterator[Role | Schedule]:
    of_service = Sub(
        "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:service/"
        "${ClusterName}/${ServiceName}"
    )
    # the id in a scalable target's ARN is known to no template; what may be scaled through it is
    # decided by the permission to update exactly this service
    targets = Sub(
        "arn:${AWS::Partition}:application-autoscaling:${AWS::Region}:${AWS::AccountId}:"
        "scalable-target/*"  # see above
    )
    of_ecs = {"application-autoscaling:service-namespace": "ecs"}
    acts_as = _role(
        t,
        p,
        "ServiceHoursRole",
        allow(
            ["application-autoscaling:RegisterScalableTarget"],
            targets,
            Condition={"StringEquals": of_ecs},
        ),
        allow(["ecs:DescribeServices", "ecs:UpdateService"], of_service),
    )
    yield acts_as
    api = "applicationautoscaling:registerScalableTarget"
    asleep = Sub(SCALE + '"MinCapacity":0,"MaxCapacity":0}')
    awake = Sub(SCALE + '"MinCapacity":${MinCount},"MaxCapacity":${MaxCount}}')
    yield _sleep(p, "SleepService", group, acts_as, minute=5, api=Sub(API + api), given=asleep)
    yield _wake(p, "WakeService", group, acts_as, minutes="45", api=Sub(API + api), given=awake)


def _database(t: Template, p: Parameters, group: ScheduleGroup) -> Iterator[Role | Schedule]:
    instance, cluster = is_given(p.instance_identifier), is_given(p.cluster_identifier)
    single = condition(t, "HasInstance", instance)
    stoppable = condition(t, "HasDatabase", Or(instance, cluster))
    of_rds = "arn:${AWS::Partition}:rds:${AWS::Region}:${AWS::AccountId}:"
    acts_as = _role(
        t,
        p,
        "DatabaseHoursRole",
        allow(
            [
                "rds:StartDBInstance",
                "rds:StopDBInstance",
                "rds:StartDBCluster",
                "rds:StopDBCluster",
            ],
            If(
                single,
                Sub(of_rds + "db:${InstanceIdentifier}"),
                Sub(of_rds + "cluster:${ClusterIdentifier}"),
            ),
        ),
    )
    acts_as.Condition = stoppable
    yield acts_as
    # Scheduler spells members its own way: DbInstanceIdentifier, not DBInstanceIdentifier
    given = If(
        single,
        Sub('{"DbInstanceIdentifier":"${InstanceIdentifier}"}'),
        Sub('{"DbClusterIdentifier":"${ClusterIdentifier}"}'),
    )
    stop, start = (
        If(single, Sub(f"{API}rds:{verb}DBInstance"), Sub(f"{API}rds:{verb}DBCluster"))
        for verb in ("stop", "start")
    )
    # AWS starts a stopped database after seven days; each hour of each night stops it again:
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
    sleep = _sleep(p, "SleepDatabase", group, acts_as, minute=20, api=stop, given=given)
    wake = _wake(p, "WakeDatabase", group, acts_as, minutes="15,30", api=start, given=given)
    for schedule in (sleep, wake):
        schedule.Condition = stoppable
        yield schedule


def _worker(t: Template, p: Parameters, group: ScheduleGroup) -> Iterator[Role | Schedule]:
    fed = condition(t, "HasEventSource", is_given(p.event_source_id))
    source = Sub(
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:"
        "event-source-mapping:${EventSourceId}"
    )
    acts_as = _role(t, p, "WorkerHoursRole", allow(["lambda:UpdateEventSourceMapping"], source))
    acts_as.Condition = fed
    yield acts_as
    api = Sub(API + "lambda:updateEventSourceMapping")
    asleep, awake = (
        Sub(f'{{"UUID":"${{EventSourceId}}","Enabled":{enabled}}}') for enabled in ("false", "true")
    )
    sleep = _sleep(p, "SleepWorker", group, acts_as, minute=5, api=api, given=asleep)
    wake = _wake(p, "WakeWorker", group, acts_as, minutes="45", api=api, given=awake)
    for schedule in (sleep, wake):
        schedule.Condition = fed
        yield schedule


def _quiet(p: Parameters) -> Iterator[AlarmMuteRule]:
    """Yield rules, which unlike switched-off actions notify of what is still wrong when they end.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutAlarmMuteRule.html
    """
    night = FindInMap("Opening", p.opening_hour, p.closing_hour)
    off = FindInMap("WorkingDays", p.working_days, "Off")
    for title, when, lasting in (
        ("QuietNights", ["0 ", p.closing_hour, " * * *"], night),
        ("QuietDaysOff", ["0 0 * * ", off], "PT24H"),
    ):
        yield AlarmMuteRule(
            title,
            Description="Nobody is at work and the environment sleeps",
            Rule=MuteRule(
                Schedule=MuteSchedule(
                    Expression=Join("", ["cron(", *when, ")"]),
                    Duration=lasting,
                    Timezone=p.time_zone,
                )
            ),
            MuteTargets=MuteTargets(AlarmNames=p.alarm_names),
        )


def _role(t: Template, p: Parameters, title: str, *statements: Statement) -> Role:
    return role(
        t,
        title,
        service="scheduler",
        boundary=p.permissions_boundary_arn,
        statements={"KeepHours": statements},
    )


def _sleep(
    p: Parameters, title: str, group: ScheduleGroup, acts_as: Role, *, minute: int, **what: Value
) -> Schedule:
    """Return a schedule for every hour of every night, so that what woke sleeps again."""
    hours = [
        FindInMap("Opening", p.opening_hour, "Night"),
        FindInMap("Closing", p.closing_hour, "Evening"),
    ]
    expression = Join("", [f"cron({minute} ", Join(",", hours), " * * ? *)"])
    return _schedule(p, title, group, acts_as, expression, retries=0, **what)


def _wake(
    p: Parameters, title: str, group: ScheduleGroup, acts_as: Role, *, minutes: str, **what: Value
) -> Schedule:
    hour = FindInMap("Opening", p.opening_hour, "Before")
    expression = Join("", [f"cron({minutes} ", hour, " ? * ", p.working_days, " *)"])
    return _schedule(p, title, group, acts_as, expression, retries=5, **what)


def _schedule(
    p: Parameters,
    title: str,
    group: ScheduleGroup,
    acts_as: Role,
    expression: Value,
    *,
    retries: int,
    api: Value,
    given: Value,
) -> Schedule:
    return Schedule(
        title,
        GroupName=Ref(group),
        ScheduleExpression=expression,
        ScheduleExpressionTimezone=p.time_zone,
        FlexibleTimeWindow=FlexibleTimeWindow(Mode="OFF"),
        Target=Target(
            Arn=api,
            RoleArn=GetAtt(acts_as, "Arn"),
            Input=given,
            RetryPolicy=RetryPolicy(MaximumEventAgeInSeconds=600, MaximumRetryAttempts=retries),
        ),
    )


office_hours = Component(Parameters, Outputs, build)
