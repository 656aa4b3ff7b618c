from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.monitoring import monitoring

NO_VALUE = {"Ref": "AWS::NoValue"}


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    return monitoring.template().to_dict()


@pytest.fixture(scope="module")
def rows(body: dict[str, Any]) -> list[Any]:
    opening, rows, closing = body["Resources"]["Dashboard"]["Properties"]["DashboardBody"][
        "Fn::Join"
    ][1]
    assert (opening, closing) == ('{"widgets": [', "]}")
    return list(rows["Fn::Join"][1])


@pytest.mark.parametrize(
    ("condition", "parameter"),
    [
        ("HasAlarms", "AlarmArns"),
        ("HasAlternate", "AlternateTargetGroupFullName"),
        ("HasDatabase", "InstanceIdentifier"),
    ],
)
def test_row_of_what_the_system_lacks_is_left_out(
    body: dict[str, Any], rows: list[Any], condition: str, parameter: str
) -> None:
    (row,) = [row["Fn::If"] for row in rows if row.get("Fn::If", [""])[0] == condition]
    assert parameter in str(row[1])
    assert row[2] == NO_VALUE
    assert body["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    assert body["Parameters"][parameter]["Default"] == ""


def test_service_load_balancer_and_errors_are_always_shown(rows: list[Any]) -> None:
    always = " ".join(str(row["Fn::Sub"]) for row in rows if "Fn::Sub" in row)
    for parameter in ("ServiceName", "TargetGroupFullName", "LogGroupName"):
        assert parameter in always


def test_dashboard_has_the_given_name_or_that_of_the_stack(body: dict[str, Any]) -> None:
    assert body["Resources"]["Dashboard"]["Properties"]["DashboardName"] == {
        "Fn::If": ["HasDashboardName", {"Ref": "DashboardName"}, {"Ref": "AWS::StackName"}]
    }
