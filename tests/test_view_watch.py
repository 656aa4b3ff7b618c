"""What people and machines see of a deployment."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from stackyard import view_watch
from stackyard.aws.cloudformation import STACK, Event
from stackyard.deploy.durations import Durations
from stackyard.deploy.events import (
    Advice,
    Cause,
    DeployEvent,
    Evidence,
    Outcome,
    Progress,
    Rollout,
    Started,
)
from stackyard.view_watch import Watching, rollout_text, span

START = datetime(2026, 1, 1, tzinfo=UTC)
ROLLOUT = Rollout("Api/Service", "arn", "api:12", 2, 1, 1, 3, 2, "IN_PROGRESS", "")
ADVICE = Advice("image", "The image is for another processor.", "Build it for ARM64.", "https://x")
CAUSE = Cause("Api/Service", "AWS::ECS::Service", "arn", "UPDATE_FAILED", "breaker", ADVICE)
EVIDENCE = Evidence("Api/Service", "task 3f2a stopped: exit code 1", ["exec format error"])
FAILED = Outcome("rolled back", "shop", "UPDATE_ROLLBACK_COMPLETE", {}, CAUSE, (), [EVIDENCE])
WAITS = {
    "Network": frozenset[str](),
    "Network/Nat": frozenset[str](),
    "Api": frozenset({"Network"}),
    "Api/Service": frozenset[str](),
}


def progress(second: int, name: str, status: str, kind: str = "AWS::EC2::NatGateway") -> Progress:
    *path, logical_id = name.split("/")
    time = START + timedelta(seconds=second)
    event = Event(f"{second}{name}", "stack", logical_id, "id", kind, status, "why", time, "")
    return Progress(tuple(path), event)


EVENTS: list[DeployEvent] = [
    Started("create", "shop", "id"),
    progress(1, "Network", "CREATE_IN_PROGRESS", STACK),
    progress(2, "Network/Nat", "CREATE_IN_PROGRESS"),
]


def tree(events: list[DeployEvent], height: int = 40) -> str:
    watching = Watching(as_json=False, waits=WAITS, durations=Durations(None, "shop"))
    watching.is_live = False
    for event in events:
        watching._take_in(event)
    screen = Console(file=io.StringIO(), width=140, height=height)
    view_watch.console, kept = screen, view_watch.console
    try:
        screen.print(watching._tree())
    finally:
        view_watch.console = kept
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view_watch, "console", Console(file=io.StringIO(), force_terminal=False))


def test_the_tree_says_what_runs_how_long_it_takes_and_what_waits_for_what() -> None:
    shown = tree(EVENTS)
    assert "Nat CREATE_IN_PROGRESS 0s of about 2m00s (a guess)" in shown
    assert "Api waits for Network" in shown
    assert "Network CREATE_IN_PROGRESS 1s 0 of 1" in shown


def test_the_tree_shows_how_a_service_is_rolled_out() -> None:
    service = progress(3, "Api/Service", "CREATE_IN_PROGRESS", "AWS::ECS::Service")
    assert "api:12 1 of 2 running, 1 pending, 3 failed" in tree([*EVENTS, service, ROLLOUT])


def test_the_tree_is_never_higher_than_the_terminal() -> None:
    many = [progress(2, f"Network/Nat{number}", "CREATE_IN_PROGRESS") for number in range(500)]
    assert len(tree([*EVENTS, *many], height=20).splitlines()) <= 20


def test_a_pipe_gets_a_line_per_nested_stack_and_not_per_resource(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watching = Watching(as_json=False)
    inside = Event("1", "s", "network", "s", STACK, "CREATE_COMPLETE", "", START, "")
    for event in (*EVENTS, Progress(("Network",), inside)):
        watching.see(event)
    assert capsys.readouterr().out == "Network: CREATE_COMPLETE\n"


def test_a_failure_is_told_at_once_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    Watching(as_json=False).see(progress(3, "Network/Nat", "CREATE_FAILED"))
    assert capsys.readouterr().out == "Network/Nat: CREATE_FAILED why\n"


def test_the_end_is_told_with_cause_evidence_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watching = Watching(as_json=False)
    watching.see(FAILED)
    assert watching.finish() == 3
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "error: Api/Service (AWS::ECS::Service): breaker"
    assert "exec format error" in said[2]
    assert said[-2] == "  to do: Build it for ARM64."


def test_json_is_the_outcome_alone_unless_lines_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for lines in (False, True):
        watching = Watching(as_json=True, lines=lines)
        for event in (*EVENTS, ROLLOUT, EVIDENCE, FAILED):
            watching.see(event)
        watching.finish()
        rows = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
        kinds = [row["event"] for row in rows]
        inner = ["started", "progress", "progress", "rollout", "evidence"] if lines else []
        assert kinds == [*inner, "outcome"]
        assert rows[-1]["cause"]["advice"]["name"] == "image"


def test_an_interruption_says_that_aws_goes_on_and_how_to_resume(
    capsys: pytest.CaptureFixture[str],
) -> None:
    watching = Watching(as_json=False, resume="python build.py watch shop dev")
    watching.see(EVENTS[0])
    with pytest.raises(KeyboardInterrupt), watching:
        raise KeyboardInterrupt
    said = capsys.readouterr().err
    assert said == (
        "shop: no longer watched; AWS goes on with it, and python build.py watch shop dev goes on"
        " watching\n"
    )


def test_an_interruption_before_anything_has_begun_says_nothing_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), Watching(as_json=False):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "0s"), (59.9, "59s"), (185, "3m05s"), (3725, "1h02m")]
)
def test_a_span_is_short(seconds: float | None, text: str) -> None:
    assert span(seconds) == text


def test_a_breaker_that_has_triggered_is_said() -> None:
    failed = Rollout("A", "arn", "api:12", 2, 0, 0, 5, 2, "FAILED", "tasks failed to start")
    assert rollout_text(failed).endswith("circuit breaker: tasks failed to start")
