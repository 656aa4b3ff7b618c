from __future__ import annotations

from typing import Any

import pytest

from stackyard.checks import template_quotas
from tests.checks.systems import messages, resource, said, system


def many(count: int, entry: Any) -> dict[str, Any]:
    return {f"X{number}": entry for number in range(count)}


TOPIC = resource("SNS::Topic")
PARAMETER = {"Type": "String", "Default": "x"}
OUTPUT = {"Value": "x"}


def test_quotas_filled_to_the_brim_are_fine() -> None:
    sections = {"Parameters": many(200, PARAMETER), "Outputs": many(200, OUTPUT)}
    assert said("template_quotas", many(500, TOPIC), **sections) == []


@pytest.mark.parametrize(
    ("resources", "sections", "message"),
    [
        (501, {}, "501 Resources, AWS takes 500"),
        (1, {"Parameters": many(201, PARAMETER)}, "201 Parameters, AWS takes 200"),
        (1, {"Outputs": many(201, OUTPUT)}, "201 Outputs, AWS takes 200"),
        (1, {"Metadata": {"Long": "x" * 1024 * 1024}}, "bytes, AWS takes 1048576"),
        (1, {"Metadata": ["{{resolve:ssm:x}}"] * 61}, "61 dynamic references, AWS takes 60"),
        (1, {"Parameters": {"P": {"Type": "String", "Default": "x" * 4097}}}, "P has 4097 bytes"),
    ],
)
def test_excess_is_found(resources: int, sections: dict[str, Any], message: str) -> None:
    (found,) = said("template_quotas", many(resources, TOPIC), **sections)
    assert message in found


def test_resources_of_all_stacks_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_quotas, "RESOURCES_PER_OPERATION", 3)
    (found,) = messages("template_quotas", system(many(4, TOPIC)))
    assert "the system has 4 resources, AWS handles 3 in one operation" in found
