"""Counts what watching costs: 40 nested stacks, 2,000 resources, a made-up CloudFormation.

``python benchmarks/watching.py`` prints calls per second, the most in any second, events told and
peak memory; it ends with status 1 if a bound is broken. Time is simulated: half an hour takes
seconds.
"""

from __future__ import annotations

import resource
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parents[1]))

from stackyard.aws.account import Account
from stackyard.deploy import watch
from stackyard.deploy.events import Outcome, Progress, Started
from stackyard.deploy.witness import witness
from stackyard.view_watch import Watching

STACKS = 40
RESOURCES = 2000
MINUTES = 30
PAGE = 100
# AWS states no rate for DescribeStackEvents; these are ours, see the guide
MOST_PER_SECOND = watch.CALLS_PER_SECOND + 1
MOST_MEMORY_MIB = 200
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:cloudformation:eu-central-1:1:stack"
ROOT = f"{ARN}/root/0"
LATENCY_SECONDS = 0.08


class Clock:
    """Time that passes when somebody waits."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += max(0.0, seconds)

    def monotonic(self) -> float:
        """Return the seconds that have passed."""
        return self.now


class CloudFormation:
    """Stacks that begin one after the other and whose resources take their time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.calls: Counter[int] = Counter()
        self.rows = {ROOT: _rows()} | {_arn(number): _child(number) for number in range(STACKS)}

    def get_paginator(self, _: str) -> Any:
        """Return what pages through events."""
        return self

    def paginate(self, StackName: str) -> Any:
        """Yield pages of the events up to now, newest first."""
        there = [row for row in self.rows[StackName] if row["at"] <= self.clock.now][::-1]
        for first in range(0, max(1, len(there)), PAGE):
            self._called()
            yield {"StackEvents": there[first : first + PAGE]}

    def describe_stacks(self, StackName: str) -> Any:
        """Return the root stack."""
        self._called()
        done = self.clock.now > MINUTES * 60
        status = "CREATE_COMPLETE" if done else "CREATE_IN_PROGRESS"
        return {"Stacks": [{"StackId": StackName, "StackName": "root", "StackStatus": status}]}

    def _called(self) -> None:
        self.calls[int(self.clock.now)] += 1
        self.clock.sleep(LATENCY_SECONDS)


class Fake:
    region, profile, is_embedded = "eu-central-1", "", False

    def __init__(self, client: CloudFormation) -> None:
        self._client = client

    def client(self, *_: str) -> CloudFormation:
        """Return the only client there is."""
        return self._client


def main() -> int:
    """Watch once and print what it took."""
    clock = Clock()
    client = CloudFormation(clock)
    cast(Any, time).sleep, cast(Any, time).monotonic = clock.sleep, clock.monotonic
    account = cast(Account, Fake(client))
    watching = Watching(as_json=True)
    watching.see(Started("create", "root", ROOT))
    told, outcome, began = 0, None, time.process_time()
    for event in witness(account, ROOT, "create", set()):
        watching.see(event)
        told += isinstance(event, Progress)
        outcome = event
    assert isinstance(outcome, Outcome)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )
    calls, most = sum(client.calls.values()), max(client.calls.values())
    happened = sum(map(len, client.rows.values()))
    print(
        f"{STACKS} nested stacks, {RESOURCES} resources, {clock.now / 60:.0f} minutes: "
        f"{outcome.result}"
    )
    print(f"{told} events told of {happened}")
    print(f"{calls} calls, {calls / clock.now:.2f} per second, at most {most} in one second")
    print(f"{memory:.0f} MiB at most, {time.process_time() - began:.1f} s of CPU")
    good = told == happened and most <= MOST_PER_SECOND and memory < MOST_MEMORY_MIB
    return 0 if good else 1


def _arn(number: int) -> str:
    return f"{ARN}/root-Nested{number}/{number + 1}"


def _row(stack: str, at: float, logical_id: str, status: str, **facts: str) -> dict[str, Any]:
    return {
        "EventId": f"{stack}-{logical_id}-{status}-{at}",
        "StackId": stack,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": facts.get("physical_id", f"physical-{logical_id}"),
        "ResourceType": facts.get("type", "AWS::SQS::Queue"),
        "ResourceStatus": status,
        "Timestamp": BEGIN + timedelta(seconds=at),
        "at": at,
    }


def _span(number: int) -> tuple[float, float]:
    """Return when a nested stack begins and ends: most of them side by side."""
    return 5 + number * 10, MINUTES * 60 - (STACKS - number) * 10


def _rows() -> list[dict[str, Any]]:
    stack = {"type": "AWS::CloudFormation::Stack"}
    rows = [_row(ROOT, 1, "root", "CREATE_IN_PROGRESS", physical_id=ROOT, **stack)]
    for number in range(STACKS):
        begin, end = _span(number)
        known = {**stack, "physical_id": _arn(number)}
        rows.append(_row(ROOT, begin, f"Nested{number}", "CREATE_IN_PROGRESS", **known))
        rows.append(_row(ROOT, end + 5, f"Nested{number}", "CREATE_COMPLETE", **known))
    rows.append(_row(ROOT, MINUTES * 60, "root", "CREATE_COMPLETE", physical_id=ROOT, **stack))
    return sorted(rows, key=lambda row: row["at"])


def _child(number: int) -> list[dict[str, Any]]:
    begin, end = _span(number)
    own, kind = _arn(number), {"type": "AWS::CloudFormation::Stack"}
    rows = [_row(own, begin + 1, "child", "CREATE_IN_PROGRESS", physical_id=own, **kind)]
    for item in range(RESOURCES // STACKS):
        at = begin + 2 + item * (end - begin - 60) / (RESOURCES // STACKS)
        rows.append(_row(own, at, f"Queue{item}", "CREATE_IN_PROGRESS"))
        rows.append(_row(own, at + 1, f"Queue{item}", "CREATE_IN_PROGRESS", physical_id="q"))
        rows.append(_row(own, at + 40, f"Queue{item}", "CREATE_COMPLETE", physical_id="q"))
    rows.append(_row(own, end, "child", "CREATE_COMPLETE", physical_id=own, **kind))
    return sorted(rows, key=lambda row: row["at"])


if __name__ == "__main__":
    sys.exit(main())
