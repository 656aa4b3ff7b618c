"""A project of two nested stacks, data in one and a service in the other, for the command line."""

from __future__ import annotations

from pathlib import Path

from tests.projects import small, write

STORE = '''"""A table."""

from __future__ import annotations

from troposphere import Ref, Template, dynamodb

from templates_src.contract import Component, Value, contract, output, parameter


@contract
class Parameters:
    table_name: Value = parameter("Name of the table.", default="orders")


@contract
class Outputs:
    table_name: Value = output("Name of the table.")


def build(t: Template, p: Parameters) -> Outputs:
    """Table."""
    table = dynamodb.Table(
        "Table",
        TableName=p.table_name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[dynamodb.AttributeDefinition(AttributeName="Id", AttributeType="S")],
        KeySchema=[dynamodb.KeySchema(AttributeName="Id", KeyType="HASH")],
        PointInTimeRecoverySpecification=dynamodb.PointInTimeRecoverySpecification(
            PointInTimeRecoveryEnabled=True
        ),
        SSESpecification=dynamodb.SSESpecification(SSEEnabled=True),
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
    return Outputs(table_name=Ref(t.add_resource(table)))


store = Component(Parameters, Outputs, build)
'''
WORKER = '''"""A service."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template, ec2, ecs, sns

from templates_src.contract import Component, Value, contract, output, parameter


@contract
class Parameters:
    memory: Value = parameter("MiB of a task.", default="512")


@contract
class Outputs:
    service_name: Value = output("Name of the service.")


def build(t: Template, p: Parameters) -> Outputs:
    """Service."""
    vpc = t.add_resource(ec2.VPC("Vpc", CidrBlock="10.0.0.0/16"))
    subnet = ec2.Subnet("Subnet", VpcId=Ref(vpc), CidrBlock="10.0.1.0/24")
    t.add_resource(subnet)
    t.add_resource(sns.Topic("Notices"))
    cluster = t.add_resource(ecs.Cluster("Cluster"))
    task = ecs.TaskDefinition(
        "Task",
        Cpu="256",
        Memory=p.memory,
        NetworkMode="awsvpc",
        RequiresCompatibilities=["FARGATE"],
        ContainerDefinitions=[
            ecs.ContainerDefinition(Name="app", Image="public.ecr.aws/docker/library/busybox:1.37")
        ],
    )
    service = ecs.Service(
        "Service",
        Cluster=Ref(cluster),
        LaunchType="FARGATE",
        DesiredCount=1,
        TaskDefinition=Ref(t.add_resource(task)),
        NetworkConfiguration=ecs.NetworkConfiguration(
            AwsvpcConfiguration=ecs.AwsvpcConfiguration(Subnets=[Ref(subnet)])
        ),
    )
    return Outputs(service_name=GetAtt(t.add_resource(service), "Name"))


worker = Component(Parameters, Outputs, build)
'''
SHOP = '''"""A shop."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.store import store
from templates_src.components.worker import worker
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    table_name: Value = passed_to(store.takes.table_name)
    memory: Value = passed_to(worker.takes.memory)


@contract
class Outputs:
    table_name: Value = output("Name of the table.")
    service_name: Value = output("Name of the service.")


def build(t: Template, p: Parameters) -> Outputs:
    """Shop."""
    held = store.nest(t, "Store", table_name=p.table_name)
    works = worker.nest(t, "Worker", memory=p.memory)
    return Outputs(table_name=held.table_name, service_name=works.service_name)


shop = Component(Parameters, Outputs, build)
'''
ENVIRONMENT = """stack_name: shop-{0}
regions: [us-east-1]
destroy: everything
parameters:
  TableName: {1}
  Memory: {2}
"""


def shop(folder: Path) -> Path:
    """Return a project with the blueprint ``shop`` in dev, staging and live."""
    project = small(folder)
    write(project, "templates_src/components/store.py", STORE)
    write(project, "templates_src/components/worker.py", WORKER)
    write(project, "templates_src/blueprints/shop.py", SHOP)
    for name in ("dev", "staging", "live"):
        environment(project, name)
    return project


def environment(project: Path, name: str, *, table: str = "", memory: str = "512") -> None:
    """Write the values of an environment."""
    text = ENVIRONMENT.format(name, table or f"orders-{name}", f'"{memory}"')
    write(project, f"params/shop/{name}.yaml", text)
