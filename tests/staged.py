"""A project of four blueprints in three regions: paper takes of press and ink, press of mill."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.projects import small, write

REGIONS = {"mill": "eu-west-1", "press": "us-west-2", "ink": "eu-west-1", "paper": "us-east-1"}
STAGES = {"press": ("mill",), "paper": ("press", "ink")}
TOPIC = '''"""A topic and, in a zone, a record."""

from __future__ import annotations

from troposphere import Equals, Not, Ref, Template, route53, sns

from templates_src.contract import Component, Value, contract, output, parameter


@contract
class Parameters:
    title: Value = parameter("Name that people see.", default="news")
    zone: Value = parameter("Zone of its record; none if empty.", default="")


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Topic."""
    topic = t.add_resource(sns.Topic("Topic", DisplayName=p.title))
    t.add_condition("HasZone", Not(Equals(p.zone, "")))
    t.add_resource(
        route53.RecordSetType(
            "Record",
            Condition="HasZone",
            HostedZoneId=p.zone,
            Name="news.example.com.",
            Type="TXT",
            TTL="300",
            ResourceRecords=['"news"'],
        )
    )
    return Outputs(topic_arn=Ref(topic))


topic = Component(Parameters, Outputs, build)
'''
BLUEPRINT = '''"""Part of a newspaper."""

from __future__ import annotations

from troposphere import Join, Template

from templates_src.components.topic import topic
from templates_src.contract import Component, Nesting, Value, contract, output, parameter, passed_to

{stages}


@contract
class Parameters(Nesting):
    title: Value = passed_to(topic.takes.title)
    zone: Value = passed_to(topic.takes.zone)
{parameters}


@contract
class Outputs:
    {name}_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Part of a newspaper."""
    title = Join(" ", [p.title{taken}])
    return Outputs({name}_arn=topic.nest(t, "Topic", title=title, zone=p.zone).topic_arn)


{name} = Component(Parameters, Outputs, build)
'''
TAKEN = '    {0}_arn: Value = parameter("What the stage gives.", default="")'
ENVIRONMENT = """stack_name: {0}-{1}
regions: [{2}]
destroy: everything
parameters:
  Title: {3}
  Zone: "{4}"
"""


def blueprint(project: Path, name: str, stages: Iterable[str], takes: Iterable[str]) -> None:
    """Write a blueprint that names *stages* and has the parameters that *takes* give."""
    named = f"STAGES = ({''.join(f'{stage!r}, ' for stage in stages)})" if stages else ""
    text = BLUEPRINT.format(
        name=name,
        stages=named,
        parameters="\n".join(TAKEN.format(stage) for stage in takes),
        taken="".join(f", p.{stage}_arn" for stage in takes),
    )
    write(project, f"templates_src/blueprints/{name}.py", text)


def environment(
    project: Path, name: str, environment: str, *, title: str = "news", zone: str = ""
) -> None:
    """Write the values of a blueprint in an environment."""
    text = ENVIRONMENT.format(name, environment, REGIONS[name], title, zone)
    write(project, f"params/{name}/{environment}.yaml", text)


def newspaper(folder: Path) -> Path:
    """Return the project: live has all four stacks, dev has the paper alone."""
    project = small(folder)
    write(project, "templates_src/components/topic.py", TOPIC)
    for name in REGIONS:
        taken = STAGES.get(name, ())
        blueprint(project, name, taken, taken)
        environment(project, name, "live")
    environment(project, "paper", "dev")
    return project
