"""A Fargate service of 18 resources in plain troposphere: one template of the floor."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from names import NAMES, title
from troposphere import (
    GetAtt,
    Join,
    Output,
    Parameter,
    Ref,
    Split,
    Template,
    cloudformation,
    cloudwatch,
    ec2,
    ecs,
    iam,
    logs,
)
from troposphere import applicationautoscaling as scaling
from troposphere import elasticloadbalancingv2 as elb

SCALED_ON = {
    "ECSServiceAverageCPUUtilization": 70,
    "ECSServiceAverageMemoryUtilization": 80,
    "ALBRequestCountPerTarget": 1000,
}


def start(description: str, names: tuple[str, ...]) -> tuple[Template, Any]:
    """Return a template with parameters and their Refs by name."""
    t = Template(Description=description)
    t.set_version("2010-09-09")
    for name in names:
        t.add_parameter(Parameter(title(name), Type="String", Description=f"The {name}."))
    return t, SimpleNamespace(**{name: Ref(title(name)) for name in names})


def add_alarm(t: Template, name: str, space: str, metric: str, of: dict[str, Any], p: Any) -> None:
    t.add_resource(
        cloudwatch.Alarm(
            name,
            Namespace=space,
            MetricName=metric,
            Dimensions=[cloudwatch.MetricDimension(Name=k, Value=v) for k, v in of.items()],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=5,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=80,
            AlarmActions=[p.topic_arn],
        )
    )


def role(name: str, service: str, actions: list[str], resource: Any) -> iam.Role:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return iam.Role(
        name,
        AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trusted]},
        Policies=[
            iam.Policy(
                PolicyName="own",
                PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
            )
        ],
    )


def add_service(t: Template, p: Any) -> Any:
    """Add the whole service; return its ECS service."""
    group = t.add_resource(ec2.SecurityGroup("Group", GroupDescription="Tasks", VpcId=p.vpc_id))
    t.add_resource(
        ec2.SecurityGroupIngress(
            "FromLoadBalancer",
            GroupId=GetAtt(group, "GroupId"),
            IpProtocol="tcp",
            FromPort=8000,
            ToPort=8000,
            SourceSecurityGroupId=p.load_balancer_group_id,
        )
    )
    targets = t.add_resource(
        elb.TargetGroup(
            "Targets",
            Port=8000,
            Protocol="HTTP",
            TargetType="ip",
            VpcId=p.vpc_id,
            HealthCheckPath="/healthz",
        )
    )
    rule = t.add_resource(
        elb.ListenerRule(
            "Rule",
            ListenerArn=p.listener_arn,
            Priority=1,
            Conditions=[elb.Condition(Field="path-pattern", Values=["/*"])],
            Actions=[elb.ListenerRuleAction(Type="forward", TargetGroupArn=Ref(targets))],
        )
    )
    service = add_tasks(t, p, group, targets, rule)
    of_targets = {
        "TargetGroup": GetAtt(targets, "TargetGroupFullName"),
        "LoadBalancer": p.load_balancer_full_name,
    }
    add_scaling(t, p, service, of_targets["TargetGroup"])
    of_service = {"ClusterName": p.cluster_name, "ServiceName": GetAtt(service, "Name")}
    add_alarm(t, "CpuAlarm", "AWS/ECS", "CPUUtilization", of_service, p)
    add_alarm(t, "MemoryAlarm", "AWS/ECS", "MemoryUtilization", of_service, p)
    for metric in ("HTTPCode_Target_5XX_Count", "TargetResponseTime", "UnHealthyHostCount"):
        name = f"{metric.replace('_', '')}Alarm"
        add_alarm(t, name, "AWS/ApplicationELB", metric, of_targets, p)
    return service


def add_tasks(t: Template, p: Any, group: Any, targets: Any, rule: Any) -> Any:
    group_of_logs = t.add_resource(
        logs.LogGroup(
            "Logs", RetentionInDays=30, DeletionPolicy="Delete", UpdateReplacePolicy="Delete"
        )
    )
    principal = "ecs-tasks.amazonaws.com"
    execution = role(
        "ExecutionRole", principal, ["secretsmanager:GetSecretValue"], p.connection_arn
    )
    own = role("TaskRole", principal, ["logs:PutLogEvents"], GetAtt(group_of_logs, "Arn"))
    container = ecs.ContainerDefinition(
        Name="app",
        Image=p.image_uri,
        PortMappings=[ecs.PortMapping(ContainerPort=8000)],
        Environment=[ecs.Environment(Name="ENVIRONMENT", Value="production")],
        Secrets=[ecs.Secret(Name="DATABASE_URL", ValueFrom=p.connection_arn)],
        LogConfiguration=ecs.LogConfiguration(
            LogDriver="awslogs",
            Options={
                "awslogs-group": Ref(group_of_logs),
                "awslogs-region": Ref("AWS::Region"),
                "awslogs-stream-prefix": "app",
            },
        ),
    )
    task = t.add_resource(
        ecs.TaskDefinition(
            "Task",
            Cpu="512",
            Memory="1024",
            NetworkMode="awsvpc",
            RequiresCompatibilities=["FARGATE"],
            ExecutionRoleArn=GetAtt(t.add_resource(execution), "Arn"),
            TaskRoleArn=GetAtt(t.add_resource(own), "Arn"),
            ContainerDefinitions=[container],
        )
    )
    return t.add_resource(
        ecs.Service(
            "Service",
            DependsOn=rule.title,
            Cluster=p.cluster_name,
            TaskDefinition=Ref(task),
            LaunchType="FARGATE",
            LoadBalancers=[
                ecs.LoadBalancer(
                    ContainerName="app", ContainerPort=8000, TargetGroupArn=Ref(targets)
                )
            ],
            NetworkConfiguration=ecs.NetworkConfiguration(
                AwsvpcConfiguration=ecs.AwsvpcConfiguration(
                    Subnets=Split(",", p.subnet_ids), SecurityGroups=[GetAtt(group, "GroupId")]
                )
            ),
        )
    )


def add_scaling(t: Template, p: Any, service: Any, target_group: Any) -> None:
    target = t.add_resource(
        scaling.ScalableTarget(
            "ScalableTarget",
            MinCapacity=2,
            MaxCapacity=10,
            ResourceId=Join("/", ["service", p.cluster_name, GetAtt(service, "Name")]),
            ScalableDimension="ecs:service:DesiredCount",
            ServiceNamespace="ecs",
        )
    )
    for metric, value in SCALED_ON.items():
        named = {"PredefinedMetricType": metric}
        if metric.startswith("ALB"):
            named["ResourceLabel"] = Join("/", [p.load_balancer_full_name, target_group])
        t.add_resource(
            scaling.ScalingPolicy(
                f"{metric}Policy",
                PolicyName=metric,
                PolicyType="TargetTrackingScaling",
                ScalingTargetId=Ref(target),
                TargetTrackingScalingPolicyConfiguration=scaling.TargetTrackingScalingPolicyConfiguration(
                    TargetValue=value,
                    PredefinedMetricSpecification=scaling.PredefinedMetricSpecification(**named),
                ),
            )
        )


def template(description: str) -> Template:
    t, p = start(description, NAMES)
    t.add_output(Output("ServiceName", Value=GetAtt(add_service(t, p), "Name")))
    return t


def nest(root: Template, name: str, template_name: str, names: tuple[str, ...]) -> None:
    root.add_resource(
        cloudformation.Stack(
            name,
            TemplateURL=f"https://bucket.s3.amazonaws.com/{template_name}.yaml",
            Parameters={title(each): Ref(title(each)) for each in names},
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
        )
    )


def write(folder: Path, name: str, t: Template) -> None:
    text = yaml.dump(t.to_dict(), Dumper=yaml.CSafeDumper, sort_keys=False)
    (folder / f"{name}.yaml").write_text(text)


def write_parameters(folder: Path, name: str, t: Template) -> None:
    listed = [{"ParameterKey": key, "ParameterValue": "value"} for key in t.parameters]
    (folder / f"{name}.json").write_text(json.dumps(listed))
