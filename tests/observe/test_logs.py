"""Which log groups are read, and how."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackyard.observe.logs import entries, follow, groups, since
from stackyard.observe.tree import Found
from tests.observe.fakes import Fake, refused

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def found(name: str, type: str, physical_id: str) -> Found:
    return Found(name, type, physical_id, "CREATE_COMPLETE", "stack")


RESOURCES = [
    found("Api/Service", "AWS::ECS::Service", "arn"),
    found("Api/TaskLogs", "AWS::Logs::LogGroup", "/shop/api"),
    found("Network/FlowLogs", "AWS::Logs::LogGroup", "/shop/flow"),
    found("Rotation/Function", "AWS::Lambda::Function", "rotate"),
]


def said(text: str, second: int) -> dict[str, Any]:
    at = int((NOW + timedelta(seconds=second)).timestamp() * 1000)
    return {"eventId": text, "timestamp": at, "message": f"{text}\n", "logStreamName": "s"}


def test_logs_of_services_and_functions_are_read_and_flow_logs_are_not() -> None:
    assert groups(RESOURCES) == {"/shop/api": "Api", "/aws/lambda/rotate": "Rotation/Function"}


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("2d", timedelta(days=2)),
        ("2026-01-02T11:00:00+00:00", timedelta(hours=1)),
    ],
)
def test_a_time_is_an_age_or_a_date(text: str, ago: timedelta) -> None:
    assert since(text, NOW) == NOW - ago


def test_what_is_neither_is_refused() -> None:
    with pytest.raises(ValueError, match="yesterday"):
        since("yesterday")


def test_lines_of_several_groups_come_in_the_order_of_time() -> None:
    def answer(logGroupName: str, **_: Any) -> Any:
        rows = {"a": [said("first", 1), said("third", 3)], "b": [said("second", 2)]}
        return {"events": rows[logGroupName]}

    fake = Fake({"logs.filter_log_events": answer})
    read = entries(fake.account, {"a": "Api", "b": "Jobs"}, NOW)
    assert [(one.source, one.text) for one in read] == [
        ("Api", "first"),
        ("Jobs", "second"),
        ("Api", "third"),
    ]


def test_a_function_that_never_ran_has_no_log() -> None:
    fake = Fake({"logs.filter_log_events": refused("ResourceNotFoundException")})
    assert entries(fake.account, {"a": "Api"}, NOW) == []


def test_following_tells_each_line_once_and_late_ones_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stackyard.observe.logs.time.sleep", lambda _: None)
    pages = [
        {"events": [said("one", 20)]},
        {"events": [said("late", 12), said("one", 20)]},
        {"events": [said("two", 30)]},
    ]
    fake = Fake({"logs.filter_log_events": pages})
    lines = follow(fake.account, {"a": "Api"}, NOW)
    assert [next(lines).text for _ in range(3)] == ["one", "late", "two"]


def test_a_pattern_is_cloudwatchs_own() -> None:
    fake = Fake({"logs.filter_log_events": {"events": []}})
    entries(fake.account, {"a": "Api"}, NOW, "ERROR")
    assert fake.asked("logs.filter_log_events")[0]["filterPattern"] == "ERROR"
