"""Releases of an ECS service by CodeDeploy: application, deployment group, role, bad news."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Ref, Select, Split, Sub, Template
from troposphere.codedeploy import (
    Alarm,
    AlarmConfiguration,
    Application,
    AutoRollbackConfiguration,
    BlueGreenDeploymentConfiguration,
    BlueInstanceTerminationOption,
    DeploymentGroup,
    DeploymentReadyOption,
    DeploymentStyle,
    ECSService,
    LoadBalancerInfo,
    TargetGroupInfo,
    TargetGroupPairInfo,
    TrafficRoute,
)
from troposphere.events import InputTransformer, Rule, Target
from troposphere.iam import Role

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import Bounded, Statement, allow, role

# https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
CONFIGURATIONS = [
    f"CodeDeployDefault.ECS{how}"
    for how in (
        *("AllAtOnce", "Canary10Percent5Minutes", "Canary10Percent15Minutes"),
        *("Linear10PercentEvery1Minutes", "Linear10PercentEvery3Minutes"),
    )
]
ROLLBACK_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
ALARM_COUNT = 4


@contract
class Parameters(Bounded):
    application_name: Value = parameter(
        "Name of the application and of its deployment group, unique in account and region."
        " Changing it replaces both.",
        AllowedPattern="[a-zA-Z0-9_.-]{1,100}",
    )
    deployment_configuration: Value = parameter(
        "How requests move to a release: at once, a tenth and the rest later, or by tenths.",
        default=CONFIGURATIONS[0],
        AllowedValues=CONFIGURATIONS,
    )
    termination_wait_minutes: Value = parameter(
        "Minutes that the old tasks stay after a release got all requests, so that going back takes"
        " seconds.",
        Type="Number",
        MinValue=0,
        MaxValue=2880,
        default=5,
    )
    cluster_name: Value = parameter("ECS cluster that runs the service.")
    service_name: Value = parameter("ECS service that is released.")
    load_balancer_full_name: Value = parameter(
        "Full name of the load balancer, app/name/id.", AllowedPattern="app/.+"
    )
    listener_arn: Value = parameter("ARN of the listener for requests.")
    test_listener_arn: Value = parameter("ARN of the listener on which a release is tried.")
    blue_target_group_name: Value = parameter("Target group that is live at first.")
    green_target_group_name: Value = parameter("Target group of the first release.")
    execution_role_arn: Value = parameter("ARN of the role with which ECS prepares tasks.")
    task_role_arn: Value = parameter("ARN of the role of the application.")
    hook_function_arns: Value = parameter("Comma-joined ARNs of the functions that a release asks.")
    rollback_alarm_names: Value = parameter(
        f"Comma-joined names of the {ALARM_COUNT} alarms that end a release."
    )
    alarm_topic_arn: Value = parameter(
        "ARN of the SNS topic that hears of failed and stopped releases.", group="Alarms"
    )


@contract
class Outputs:
    application_name: Value = output("Name of the application.")
    deployment_group_name: Value = output("Name of the deployment group.")
    role_arn: Value = output("ARN of the role with which CodeDeploy releases.")


def build(t: Template, p: Parameters) -> Outputs:
    """CodeDeploy application and deployment group of an ECS service."""
    application = t.add_resource(
        Application("Application", ApplicationName=p.application_name, ComputePlatform="ECS")
    )
    releaser = t.add_resource(_role(t, p))
    group = t.add_resource(
        DeploymentGroup(
            "DeploymentGroup",
            ApplicationName=Ref(application),
            DeploymentGroupName=p.application_name,
            DeploymentConfigName=p.deployment_configuration,
            ServiceRoleArn=GetAtt(releaser, "Arn"),
            ECSServices=[ECSService(ClusterName=p.cluster_name, ServiceName=p.service_name)],
            **_blue_green(p),
            **_rollback(p),
        )
    )
    t.add_resource(_bad_news(p))
    return Outputs(
        application_name=Ref(application),
        deployment_group_name=Ref(group),
        role_arn=GetAtt(releaser, "Arn"),
    )


def _blue_green(p: Parameters) -> dict[str, Any]:
    """Return the properties that say how requests move and what becomes of the old tasks."""
    pair = TargetGroupPairInfo(
        TargetGroups=[
            TargetGroupInfo(Name=name)
            for name in (p.blue_target_group_name, p.green_target_group_name)
        ],
        ProdTrafficRoute=TrafficRoute(ListenerArns=[p.listener_arn]),
        TestTrafficRoute=TrafficRoute(ListenerArns=[p.test_listener_arn]),
    )
    return {
        "DeploymentStyle": DeploymentStyle(
            DeploymentType="BLUE_GREEN", DeploymentOption="WITH_TRAFFIC_CONTROL"
        ),
        "LoadBalancerInfo": LoadBalancerInfo(TargetGroupPairInfoList=[pair]),
        "BlueGreenDeploymentConfiguration": BlueGreenDeploymentConfiguration(
            DeploymentReadyOption=DeploymentReadyOption(
                ActionOnTimeout="CONTINUE_DEPLOYMENT", WaitTimeInMinutes=0
            ),
            TerminateBlueInstancesOnDeploymentSuccess=BlueInstanceTerminationOption(
                Action="TERMINATE", TerminationWaitTimeInMinutes=p.termination_wait_minutes
            ),
        ),
    }


def _rollback(p: Parameters) -> dict[str, Any]:
    """Return the properties that say when a release is given up."""
    names = [Select(index, Split(",", p.rollback_alarm_names)) for index in range(ALARM_COUNT)]
    return {
        "AutoRollbackConfiguration": AutoRollbackConfiguration(
            Enabled=True, Events=ROLLBACK_EVENTS
        ),
        "AlarmConfiguration": AlarmConfiguration(
            Enabled=True, Alarms=[Alarm(Name=name) for name in names]
        ),
    }


def _role(t: Template, p: Parameters) -> Role:
    """Return the role of CodeDeploy: what AWS's own policy allows, for this service alone.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForECS.html
    """
    return role(
        t,
        "ReleaseRole",
        service="codedeploy",
        boundary=p.permissions_boundary_arn,
        statements={"Release": [*_task_sets(p), *_traffic(p), *_questions(p)]},
    )


def _task_sets(p: Parameters) -> list[Statement]:
    place = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    return [
        allow(
            [
                "ecs:CreateTaskSet",
                "ecs:DeleteTaskSet",
                "ecs:DescribeServices",
                "ecs:UpdateServicePrimaryTaskSet",
            ],
            [
                Sub(f"{place}:service/${{ClusterName}}/${{ServiceName}}"),
                Sub(f"{place}:task-set/${{ClusterName}}/${{ServiceName}}/*"),
            ],
        ),
        allow(
            ["iam:PassRole"],
            [p.execution_role_arn, p.task_role_arn],
            Condition={"StringLike": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}},
        ),
    ]


def _traffic(p: Parameters) -> list[Statement]:
    place = "arn:${AWS::Partition}:elasticloadbalancing:${AWS::Region}:${AWS::AccountId}"
    seen = ["Listeners", "LoadBalancers", "Rules", "TargetGroups", "TargetHealth"]
    return [
        # these know no resources
        allow([f"elasticloadbalancing:Describe{what}" for what in seen], "*"),  # nor a condition
        allow(["elasticloadbalancing:ModifyListener"], [p.listener_arn, p.test_listener_arn]),
        allow(
            ["elasticloadbalancing:ModifyRule"],
            Sub(f"{place}:listener-rule/${{LoadBalancerFullName}}/*"),
        ),
    ]


def _questions(p: Parameters) -> list[Statement]:
    return [
        allow(["lambda:InvokeFunction"], Split(",", p.hook_function_arns)),
        allow(["cloudwatch:DescribeAlarms"], "*"),  # CodeDeploy asks for all at once
    ]


def _bad_news(p: Parameters) -> Rule:
    """Return the rule that tells people of releases that did not end well."""
    text = (
        '"Release <deployment> of <application> in <region>: <state>. Requests go to the tasks they'
        " went to before. Read the deployment's events in CodeDeploy, then the logs of its hooks"
        ' and tasks."'
    )
    return Rule(
        "ReleaseFailed",
        Description="Releases by CodeDeploy that failed or were stopped",
        EventPattern={
            "source": ["aws.codedeploy"],
            "detail-type": ["CodeDeploy Deployment State-change Notification"],
            "detail": {"state": ["FAILURE", "STOP"], "application": [p.application_name]},
        },
        Targets=[
            Target(
                Id="People",
                Arn=p.alarm_topic_arn,
                InputTransformer=InputTransformer(
                    InputPathsMap={
                        "deployment": "$.detail.deploymentId",
                        "application": "$.detail.application",
                        "region": "$.region",
                        "state": "$.detail.state",
                    },
                    InputTemplate=text,
                ),
            )
        ],
    )


codedeploy = Component(Parameters, Outputs, build)
