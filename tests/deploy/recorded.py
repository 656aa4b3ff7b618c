"""Stacks as AWS has answered about them, for states that no embedded account comes to."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Event, Resource, Stack
from stackyard.deploy import watch

ACCOUNT = Account("us-east-1", embedded_id="100000000001", endpoint_url="http://127.0.0.1:1")
PREFIX = "arn:aws:cloudformation:us-east-1:100000000001:stack"
ROOT = f"{PREFIX}/shop-dev/1"
CHILD = f"{PREFIX}/shop-dev-Data-1ABC/2"
START = datetime(2026, 1, 1, tzinfo=UTC)


def stack(stack_id: str, status: str) -> Stack:
    return Stack(stack_id, cloudformation.name_of(stack_id), status, "", {}, {}, {}, False)


def event(
    second: int,
    stack_id: str,
    logical_id: str,
    status: str,
    physical_id: str = "x",
    reason: str = "",
) -> Event:
    kind = STACK if physical_id.startswith(PREFIX) else "AWS::SQS::Queue"
    time = START + timedelta(seconds=second)
    name = f"{second}-{stack_id}-{logical_id}-{status}"
    return Event(name, stack_id, logical_id, physical_id, kind, status, reason, time, "")


class Recorded:
    """Stacks by id, what they hold and what happened to them; it notes what is asked of them."""

    def __init__(self, *stacks: Stack) -> None:
        self.stacks = {one.id: one for one in stacks}
        self.happened: list[Event] = []
        self.held: dict[str, list[Resource]] = {}
        self.templates: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[Any, ...]] = []
        self.next: dict[str, list[str]] = {}

    def describe(self, _: Account, name: str) -> Stack | None:
        found = [one for one in self.stacks.values() if name in (one.id, one.name)]
        return found[0] if found else None

    def events(
        self,
        _: Account,
        stack_id: str,
        known: Container[str] = (),
        since: datetime | None = None,
    ) -> list[Event]:
        return [one for one in self.happened if one.stack_id == stack_id and one.id not in known]

    def newest(self, account: Account, stack_id: str) -> Iterator[Event]:
        return reversed(self.events(account, stack_id))

    def begun(self, verb: str, stack_id: str, *more: Any) -> None:
        """Note a call, and bring the stack to the next status that was recorded."""
        self.asked.append((verb, cloudformation.name_of(stack_id), *more))
        following = self.next.get(stack_id, [])
        if following:
            status = following.pop(0)
            self.stacks[stack_id] = replace(self.stacks[stack_id], status=status)
            name = cloudformation.name_of(stack_id)
            second = 100 + len(self.asked)
            self.happened.append(event(second, stack_id, name, status, stack_id))


def install(monkeypatch: pytest.MonkeyPatch, recorded: Recorded) -> None:
    """Let the calls of recovering be answered by what was recorded."""
    monkeypatch.setattr(cloudformation, "describe", recorded.describe)
    monkeypatch.setattr(cloudformation, "events", recorded.events)
    monkeypatch.setattr(cloudformation, "newest_events", recorded.newest)
    monkeypatch.setattr(cloudformation, "resources", lambda _, one: recorded.held.get(one, []))
    monkeypatch.setattr(recovery, "change_sets", lambda *_: [])
    monkeypatch.setattr(recovery, "template", lambda _, one: recorded.templates.get(one, {}))
    monkeypatch.setattr(
        recovery,
        "continue_rollback",
        lambda _, one, skip, __: recorded.begun("continue", one, *skip),
    )
    monkeypatch.setattr(
        recovery, "delete", lambda _, one, retain, __: recorded.begun("delete", one, *retain)
    )
    monkeypatch.setattr(watch.time, "sleep", lambda _: None)
