"""A project whose stack takes as long as its environment says, for what happens meanwhile."""

from __future__ import annotations

from pathlib import Path

from tests.deployed.stuck import CODE
from tests.projects import small, write

WAITING = '''"""A resource that takes its time."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template, awslambda, cloudformation, iam, sns

from templates_src.contract import Component, Value, contract, output, parameter

CODE = {code!r}


@contract
class Parameters:
    seconds: Value = parameter("How long it takes.", default="0")


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Resource that takes its time."""
    principal = {{"Service": "lambda.amazonaws.com"}}
    statement = {{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}}
    trust = {{"Version": "2012-10-17", "Statement": [statement]}}
    role = t.add_resource(iam.Role("Role", AssumeRolePolicyDocument=trust))
    function = awslambda.Function(
        "Function",
        Runtime="python3.13",
        Handler="index.handler",
        Timeout=60,
        Code=awslambda.Code(ZipFile=CODE),
        Role=GetAtt(role, "Arn"),
    )
    t.add_resource(function)
    slow = cloudformation.CustomResource("Slow", ServiceToken=GetAtt(function, "Arn"))
    slow.SleepSeconds = p.seconds
    t.add_resource(slow)
    topic = t.add_resource(sns.Topic("Topic", DependsOn="Slow"))
    return Outputs(topic_arn=Ref(topic))


waiting = Component(Parameters, Outputs, build)
'''
SLOW = '''"""A slow system."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.waiting import waiting
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    seconds: Value = passed_to(waiting.takes.seconds)


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Slow system."""
    return Outputs(topic_arn=waiting.nest(t, "Waiting", seconds=p.seconds).topic_arn)


slow = Component(Parameters, Outputs, build)
'''
ENVIRONMENT = """stack_name: slow-dev
regions: [us-east-1]
destroy: {rule}
parameters:
  Seconds: "{seconds}"
"""


def slow(folder: Path, seconds: float, rule: str = "everything") -> Path:
    """Return a project with the blueprint ``slow`` in dev."""
    project = small(folder)
    write(project, "templates_src/components/waiting.py", WAITING.format(code=CODE))
    write(project, "templates_src/blueprints/slow.py", SLOW)
    write(project, "params/slow/dev.yaml", ENVIRONMENT.format(seconds=seconds, rule=rule))
    return project
