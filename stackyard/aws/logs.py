"""CloudWatch Logs: the end of a stream, and what several groups say from a time on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from stackyard.aws.account import Account


@dataclass(frozen=True)
class Line:
    id: str
    time: datetime
    stream: str
    text: str


def tail(account: Account, group: str, stream: str, lines: int) -> list[str]:
    """Return the last *lines* of a stream."""
    answer = account.client("logs", group).get_log_events(
        logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False
    )
    return [event["message"].rstrip() for event in answer["events"]]


def latest_stream(account: Account, group: str) -> str:
    """Return the stream of a group that was written to last, empty if there is none."""
    answer = account.client("logs", group).describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
    )
    return answer["logStreams"][0]["logStreamName"] if answer["logStreams"] else ""


def lines(account: Account, group: str, since: datetime, pattern: str = "") -> Iterator[Line]:
    """Yield what a group says from *since* on, page by page; *pattern* is CloudWatch's."""
    pages = account.client("logs", group).get_paginator("filter_log_events")
    asked = {"filterPattern": pattern} if pattern else {}
    start = int(since.timestamp() * 1000)
    for page in pages.paginate(logGroupName=group, startTime=start, **asked):
        for event in page["events"]:
            time = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            yield Line(
                event.get("eventId", ""), time, event["logStreamName"], event["message"].rstrip()
            )
