"""Following events through nested stacks, on recorded answers."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Event, Stack
from stackyard.aws.errors import translated
from stackyard.deploy.watch import follow, known_events, rounds, start
from stackyard.errors import DeployError
from tests.observe.fakes import Fake, refused

START = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "arn:aws:cloudformation:us-east-1:1:stack/root/1"
CHILD = "arn:aws:cloudformation:us-east-1:1:stack/child/2"
ACCOUNT = Account("us-east-1", embedded_id="100000000001", endpoint_url="http://127.0.0.1:1")


def event(second: int, stack: str, logical_id: str, status: str, physical_id: str = "") -> Event:
    kind = STACK if physical_id.startswith("arn:") else "AWS::SQS::Queue"
    time = START + timedelta(seconds=second)
    name = f"{second}-{logical_id}-{status}"
    return Event(name, stack, logical_id, physical_id, kind, status, "", time, "")


class Recorded:
    """Answers that grow by one step with each round of polling the root stack."""

    def __init__(self, *steps: list[Event], status: str = "CREATE_COMPLETE") -> None:
        self.steps = list(steps)
        self.there: list[Event] = []
        self.status = status
        self.calls: list[str] = []

    def events(
        self, _: Account, stack_id: str, known: Container[str], since: datetime | None
    ) -> list[Event]:
        self.calls.append(stack_id)
        if stack_id == ROOT and self.steps:
            self.there += self.steps.pop(0)
        mine = [one for one in self.there if one.stack_id == stack_id and one.id not in known]
        return [one for one in mine if since is None or one.time >= since]

    def describe(self, _: Account, stack_id: str) -> Stack | None:
        status = "CREATE_IN_PROGRESS" if self.steps else self.status
        return Stack(stack_id, "root", status, "", {}, {}, {}, False)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackyard.deploy.watch.time.sleep", lambda _: None)


def watch(monkeypatch: pytest.MonkeyPatch, recorded: Recorded) -> list[str]:
    monkeypatch.setattr(cloudformation, "events", recorded.events)
    monkeypatch.setattr(cloudformation, "describe", recorded.describe)
    return [f"{one.name} {one.event.status}" for one in follow(ACCOUNT, ROOT, {"old"})]


def test_a_nested_stack_is_followed_as_soon_as_it_has_an_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded(
        [event(1, ROOT, "root", "CREATE_IN_PROGRESS", ROOT)],
        [
            event(2, ROOT, "Jobs", "CREATE_IN_PROGRESS"),
            event(3, ROOT, "Jobs", "CREATE_IN_PROGRESS", CHILD),
            event(4, CHILD, "Queue", "CREATE_IN_PROGRESS"),
        ],
        [
            event(5, CHILD, "child", "CREATE_COMPLETE", CHILD),
            event(6, ROOT, "root", "CREATE_COMPLETE", ROOT),
        ],
    )
    seen = watch(monkeypatch, recorded)
    assert "Jobs/Queue CREATE_IN_PROGRESS" in seen
    assert seen[-1] == " CREATE_COMPLETE"


def test_events_of_an_earlier_operation_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(
        [
            event(-50, CHILD, "Queue", "CREATE_COMPLETE"),
            event(1, ROOT, "root", "UPDATE_IN_PROGRESS", ROOT),
            event(2, ROOT, "Jobs", "UPDATE_IN_PROGRESS", CHILD),
            event(3, CHILD, "Queue", "UPDATE_COMPLETE"),
            event(4, CHILD, "child", "UPDATE_COMPLETE", CHILD),
            event(5, ROOT, "root", "UPDATE_COMPLETE", ROOT),
        ],
    )
    seen = watch(monkeypatch, recorded)
    assert "Jobs/Queue UPDATE_COMPLETE" in seen
    assert "Jobs/Queue CREATE_COMPLETE" not in seen


def test_a_failed_root_is_followed_through_its_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(
        [event(1, ROOT, "root", "CREATE_FAILED", ROOT)],
        [event(2, ROOT, "root", "ROLLBACK_IN_PROGRESS", ROOT)],
        [event(3, ROOT, "root", "ROLLBACK_COMPLETE", ROOT)],
        status="ROLLBACK_COMPLETE",
    )
    assert watch(monkeypatch, recorded)[-1] == " ROLLBACK_COMPLETE"


def test_a_nested_stack_at_rest_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(
        [
            event(1, ROOT, "Jobs", "CREATE_IN_PROGRESS", CHILD),
            event(2, CHILD, "child", "CREATE_COMPLETE", CHILD),
        ],
        *([] for _ in range(10)),
        [event(9, ROOT, "root", "CREATE_COMPLETE", ROOT)],
    )
    watch(monkeypatch, recorded)
    assert recorded.calls.count(CHILD) == 1


def test_a_stack_that_is_deleted_meanwhile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded([event(1, ROOT, "root", "CREATE_COMPLETE", ROOT)])
    monkeypatch.setattr(recorded, "describe", lambda *_: None)
    with pytest.raises(DeployError, match=r"^root: was deleted by somebody else meanwhile; deploy"):
        watch(monkeypatch, recorded)


def row(number: int, logical_id: str = "Queue", status: str = "CREATE_COMPLETE") -> dict[str, Any]:
    physical_id = ROOT if logical_id == "root" else "q"
    return {
        "EventId": f"event-{number}",
        "StackId": ROOT,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceStatus": status,
        "Timestamp": START + timedelta(seconds=number),
    }


def test_an_event_that_comes_to_light_behind_a_younger_one_is_told() -> None:
    rows = [row(3), row(2), row(1)]
    fake = Fake({"cloudformation.describe_stack_events": {"StackEvents": rows}})
    late = cloudformation.events(fake.account, ROOT, {"event-3", "event-1"})
    assert [one.id for one in late] == ["event-2"]


def test_of_thousands_of_events_only_the_latest_page_is_read_before_an_operation() -> None:
    rows = [row(number) for number in range(5000, 0, -1)]
    fake = Fake({"cloudformation.describe_stack_events": {"StackEvents": rows}})
    assert len(known_events(fake.account, ROOT)) == 100


def test_thousands_of_events_at_once_are_each_told_once_in_the_order_they_happened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [event(number, ROOT, f"Queue{number}", "CREATE_COMPLETE") for number in range(1, 5001)]
    end = event(5001, ROOT, "root", "CREATE_COMPLETE", ROOT)
    seen = watch(monkeypatch, Recorded([*rows[::-1], *rows[:100]], [end]))
    assert seen == [*(f"Queue{number} CREATE_COMPLETE" for number in range(1, 5001)), seen[-1]]


def test_of_thousands_of_events_no_page_is_read_behind_what_is_known() -> None:
    read: list[int] = []

    class Client:
        def get_paginator(self, _: str) -> Any:
            return self

        def paginate(self, **_: Any) -> Any:
            for first in range(5000, 0, -100):
                read.append(first)
                yield {"StackEvents": [row(number) for number in range(first, first - 100, -1)]}

    account: Any = type("Fake", (), {"client": lambda *_: Client()})()
    assert len(cloudformation.events(account, ROOT, {"event-4850"})) == 199
    assert read == [5000, 4900]
    began = START + timedelta(seconds=4700)
    assert len(cloudformation.events(account, ROOT, since=began)) == 301
    assert len(read) == 2 + 4


def test_an_operation_began_with_the_latest_start_of_the_stack_itself() -> None:
    rows = [
        row(9, "root", "UPDATE_ROLLBACK_IN_PROGRESS"),
        row(8, "Queue", "UPDATE_IN_PROGRESS"),
        row(7, "root", "UPDATE_IN_PROGRESS"),
        row(1, "root", "CREATE_IN_PROGRESS"),
    ]
    fake = Fake({"cloudformation.describe_stack_events": {"StackEvents": rows}})
    found = start(fake.account, ROOT)
    assert found
    assert found.id == "event-7"


def test_events_that_arrive_twice_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = event(1, ROOT, "Queue", "CREATE_COMPLETE")
    recorded = Recorded([queue, queue], [event(2, ROOT, "root", "CREATE_COMPLETE", ROOT)])
    assert watch(monkeypatch, recorded).count("Queue CREATE_COMPLETE") == 1


def test_an_end_that_arrives_before_the_beginning_is_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded(
        [event(1, ROOT, "Jobs", "CREATE_IN_PROGRESS", CHILD)],
        [event(9, CHILD, "child", "CREATE_COMPLETE", CHILD)],
        [event(2, CHILD, "child", "CREATE_IN_PROGRESS", CHILD)],
        *([] for _ in range(5)),
        [event(10, ROOT, "root", "CREATE_COMPLETE", ROOT)],
    )
    watch(monkeypatch, recorded)
    assert recorded.calls.count(CHILD) <= 3


def test_throttling_and_resets_are_waited_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded([event(1, ROOT, "root", "CREATE_COMPLETE", ROOT)])
    failures = [refused("Throttling", "Rate exceeded"), refused("500")]

    def events(*given: Any) -> list[Event]:
        with translated("root"):
            if failures:
                raise failures.pop(0)
        return recorded.events(*given)

    monkeypatch.setattr(cloudformation, "events", events)
    monkeypatch.setattr(cloudformation, "describe", recorded.describe)
    seen = list(rounds(ACCOUNT, ROOT, set()))
    assert [one.event.status for round in seen for one in round.news] == ["CREATE_COMPLETE"]
    assert "Throttling: Rate exceeded" in seen[0].notices[0]


def test_expired_credentials_end_the_watch_and_not_the_operation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded([event(1, ROOT, "root", "CREATE_IN_PROGRESS", ROOT)])

    def events(*_: Any) -> list[Event]:
        with translated("root in us-east-1"):
            raise refused("ExpiredToken", "it expired")

    monkeypatch.setattr(recorded, "events", events)
    with pytest.raises(DeployError, match=r"^root: the credentials have expired .* log in again"):
        watch(monkeypatch, recorded)


def test_quiet_nested_stacks_are_asked_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(
        [event(1, ROOT, "Jobs", "CREATE_IN_PROGRESS", CHILD)],
        *([] for _ in range(40)),
        [
            event(9, CHILD, "child", "CREATE_COMPLETE", CHILD),
            event(9, ROOT, "Jobs", "CREATE_COMPLETE", CHILD),
        ],
        [event(10, ROOT, "root", "CREATE_COMPLETE", ROOT)],
    )
    seen = watch(monkeypatch, recorded)
    assert recorded.calls.count(CHILD) < 16
    assert seen.index(" CREATE_COMPLETE") == len(seen) - 1


def test_a_nested_stack_that_is_forgotten_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded(
        [event(1, ROOT, "Jobs", "DELETE_IN_PROGRESS", CHILD)],
        [event(2, ROOT, "root", "DELETE_COMPLETE", ROOT)],
        status="DELETE_COMPLETE",
    )
    plain = recorded.events

    def events(account: Account, stack_id: str, *more: Any) -> list[Event]:
        if stack_id == CHILD:
            with translated("child"):
                raise refused("ValidationError", f"Stack [{CHILD}] does not exist")
        return plain(account, stack_id, *more)

    monkeypatch.setattr(recorded, "events", events)
    assert watch(monkeypatch, recorded)[-1] == " DELETE_COMPLETE"
