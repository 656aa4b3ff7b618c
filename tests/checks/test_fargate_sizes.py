from __future__ import annotations

import pytest

from stackyard import linter_data
from stackyard.checks.fargate_sizes import SIZES
from tests.checks.systems import resource, said


def sized(cpu: object, memory: object, *compatibilities: str) -> list[str]:
    task = resource(
        "ECS::TaskDefinition",
        RequiresCompatibilities=list(compatibilities or ("FARGATE",)),
        Cpu=cpu,
        Memory=memory,
    )
    return said("fargate_sizes", {"Task": task})


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [("256", "512"), (512, 1024), (".5 vCPU", "1 GB"), ("1 vCPU", "2048"), (32768, 249856)],
)
def test_pair_that_exists_is_fine(cpu: object, memory: object) -> None:
    assert sized(cpu, memory) == []


def test_memory_that_does_not_go_with_the_cpu_is_found() -> None:
    assert sized("512", "512") == [
        "dev Task: Fargate has no 512 MiB for 512 CPU units; take 1024 to 4096 MiB in steps of 1024"
    ]


def test_cpu_that_does_not_exist_is_found() -> None:
    (message,) = sized("300", "512")
    assert "Fargate has no 300 CPU units; take 256, 512, 1024" in message


def test_task_for_instances_may_have_any_size() -> None:
    assert sized("300", "512", "EC2") == []


def test_size_that_only_aws_knows_is_left_alone() -> None:
    assert sized({"Fn::ImportValue": "cpu"}, "512") == []


def test_table_agrees_with_the_linter() -> None:
    schema = linter_data.read("schemas/extensions/aws_ecs_taskdefinition/fargate_cpu_memory.json")
    listed = {}
    for pair in schema["then"]["anyOf"]:
        cpu = pair["properties"]["Cpu"]["then"]["enum"][0]
        memory = pair["properties"]["Memory"]["then"]
        steps = range(0, 250_000, 512)
        allowed = memory.get("enum") or [
            size
            for size in steps
            if memory["minimum"] <= size <= memory["maximum"] and not size % memory["multipleOf"]
        ]
        listed[int(cpu)] = allowed
    assert listed == {cpu: list(memories) for cpu, memories in SIZES.items()}
