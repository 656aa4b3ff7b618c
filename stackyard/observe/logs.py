"""What services and functions have logged, from all log groups of a system at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from stackyard.aws import logs
from stackyard.aws.account import Account
from stackyard.aws.ecs import SERVICE, TASK_DEFINITION
from stackyard.aws.errors import AwsError
from stackyard.aws.patience import Patience
from stackyard.observe.tree import Found

GROUP = "AWS::Logs::LogGroup"
FUNCTION = "AWS::Lambda::Function"
WORKERS = {SERVICE, TASK_DEFINITION, FUNCTION}
FOLLOW_SECONDS = 2.0
# CloudWatch Logs takes in what is some seconds old
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/WhatIsCloudWatchLogs.html
LATE = timedelta(seconds=15)


@dataclass(frozen=True)
class Entry:
    """A line of a log, and the nested stack or resource that wrote it."""

    source: str
    time: datetime
    stream: str
    text: str


def groups(found: Sequence[Found]) -> dict[str, str]:
    """Return the log groups of what does work, with the name of what writes to each.

    Those of a nested stack with a service, task or function, and a function's own where the stack
    has none for it.
    """
    workers = {one.parent for one in found if one.type in WORKERS}
    chosen = {
        one.physical_id: one.parent or one.name
        for one in found
        if one.type == GROUP and one.parent in workers and one.physical_id
    }
    logged = set(chosen.values())
    for one in found:
        if one.type == FUNCTION and (one.parent or one.name) not in logged and one.physical_id:
            chosen[f"/aws/lambda/{one.physical_id}"] = one.name
    return chosen


def entries(
    account: Account, sources: Mapping[str, str], since: datetime, pattern: str = ""
) -> list[Entry]:
    """Return what groups have logged since *since*, in the order of time.

    Raises:
        DeployError: AWS cannot be asked.
    """
    return [entry for _, entry in _read(account, sources, since, pattern)]


def follow(
    account: Account, sources: Mapping[str, str], since: datetime, pattern: str = ""
) -> Iterator[Entry]:
    """Yield what groups log, for ever; each line once.

    Raises:
        DeployError: AWS cannot be asked.
    """
    known: dict[str, datetime] = {}
    patience = Patience()
    while True:
        start = since
        news = patience.ask(lambda start=start: _read(account, sources, start, pattern))  # type: ignore[misc]
        for key, entry in news:
            if key not in known:
                known[key] = entry.time
                yield entry
        newest = max((entry.time for _, entry in news), default=since)
        since = max(since, newest - LATE)
        known = {key: at for key, at in known.items() if at >= since}
        time.sleep(FOLLOW_SECONDS)


def since(text: str, now: datetime | None = None) -> datetime:
    """Return the time that ``90s``, ``10m``, ``3h``, ``2d`` ago was, or the time itself.

    Raises:
        ValueError: it is none of these.
    """
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    if text[-1:] in units and text[:-1].isdigit():
        return (now or datetime.now(UTC)) - timedelta(**{units[text[-1]]: int(text[:-1])})
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.astimezone()


def _read(
    account: Account, sources: Mapping[str, str], since: datetime, pattern: str
) -> list[tuple[str, Entry]]:
    found: list[tuple[str, Entry]] = []
    for group, source in sources.items():
        try:
            for one in logs.lines(account, group, since, pattern):
                key = one.id or f"{group} {one.stream} {one.time} {one.text}"
                found.append((key, Entry(source, one.time, one.stream, one.text)))
        except AwsError as error:
            if error.code != "ResourceNotFoundException":  # a function that never ran has none
                raise
    return sorted(found, key=lambda pair: pair[1].time)
