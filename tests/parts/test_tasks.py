from __future__ import annotations

import importlib.resources
import json
from typing import Any

import cfnlint.data.schemas.extensions.aws_ecs_taskdefinition as known

from templates_src.contract import plain
from templates_src.parts.tasks import FARGATE_SIZES, SIZE_RULES


def test_sizes_are_those_that_cfn_lint_knows() -> None:
    text = importlib.resources.files(known).joinpath("fargate_cpu_memory.json").read_text()
    pairs = {}
    for option in json.loads(text)["then"]["anyOf"]:
        (cpu,) = option["properties"]["Cpu"]["then"]["enum"]
        pairs[int(cpu)] = _amounts(option["properties"]["Memory"]["then"])
    assert {cpu: list(amounts) for cpu, amounts in FARGATE_SIZES.items()} == pairs


def test_every_cpu_has_a_rule_that_names_its_memory() -> None:
    rules = {plain(rule.when)["Fn::Equals"][1]: plain(rule.holds) for rule in SIZE_RULES}
    assert rules.keys() == {str(cpu) for cpu in FARGATE_SIZES}
    assert rules["256"] == {"Fn::Contains": [["512", "1024", "2048"], {"Ref": "MemoryMib"}]}


def _amounts(schema: Any) -> list[int]:
    if "enum" in schema:
        return list(schema["enum"])
    return list(range(schema["minimum"], schema["maximum"] + 1, schema["multipleOf"]))
