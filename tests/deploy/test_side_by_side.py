"""Several stacks at once: each has an end, and waits for no more than it takes something of."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

import pytest

from stackyard.commands import side_by_side
from stackyard.commands.side_by_side import AT_A_TIME, End, Run, Which, Work, tell
from stackyard.deploy.events import DeployEvent, Outcome, Started
from stackyard.errors import DataLossError, DeployError


def run(works: Mapping[Which, Work], *, as_json: bool) -> dict[Which, End]:
    return Run(works, as_json=as_json).to_end()


def ending(result: Outcome | Exception, *after: Which) -> Work:
    def begin(*_: object) -> Iterator[DeployEvent]:
        if isinstance(result, Exception):
            raise result
        yield result

    return Work(nullcontext, begin, after)


def test_each_environment_has_its_own_end(capsys: pytest.CaptureFixture[str]) -> None:
    works = {
        Which("dev", "shop"): ending(DeployError("dev: AWS refuses")),
        Which("test", "shop"): ending(ValueError("odd")),
        Which("live", "shop"): ending(Outcome("updated", "shop-live", "UPDATE_COMPLETE")),
        Which("last", "shop"): ending(DataLossError("last: would lose data")),
    }
    ends = run(works, as_json=False)
    assert [*ends] == [*works]
    assert tell(ends, as_json=False) == 4
    said = capsys.readouterr()
    assert said.out == "live: shop-live updated (UPDATE_COMPLETE)\n"
    assert "error: dev: dev: AWS refuses\n" in said.err
    assert "error: test: ValueError: odd; this is a defect" in said.err


def test_no_more_than_the_limit_run_at_once() -> None:
    lock, together, most = threading.Lock(), 0, 0
    full = threading.Barrier(AT_A_TIME)

    def begin(*_: object) -> Iterator[DeployEvent]:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        full.wait(10)
        with lock:
            together -= 1
        yield Outcome("unchanged", "shop", "CREATE_COMPLETE")

    ends = run(
        {Which(f"e{n}", "shop"): Work(nullcontext, begin) for n in range(2 * AT_A_TIME)},
        as_json=True,
    )
    assert (len(ends), most) == (2 * AT_A_TIME, AT_A_TIME)


def test_an_interruption_gives_the_locks_back_and_says_what_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, stop, released = threading.Event(), threading.Event(), []

    @contextmanager
    def locked() -> Iterator[None]:
        try:
            yield
        finally:
            released.append("shop")

    def begin(*_: object) -> Iterator[DeployEvent]:
        yield Started("create", "shop", "arn")
        begun.set()
        stop.wait(10)
        yield Outcome("created", "shop", "CREATE_COMPLETE")

    def interrupted(*_: object) -> None:
        assert begun.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(side_by_side.threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run({Which("dev", "shop"): Work(locked, begin)}, as_json=False)
    assert released == ["shop"]
    assert "dev: shop is no longer watched; AWS goes on with it" in capsys.readouterr().err
    stop.set()


def test_what_waits_for_a_failure_is_not_begun_and_the_rest_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, other, app = (Which("live", name, "app") for name in ("base", "other", "app"))
    app = app._replace(stage_of="")
    good = Outcome("created", "other-live", "CREATE_COMPLETE")
    ends = run(
        {
            app: ending(good, base, other),
            base: ending(Outcome("rolled back", "base-live", "ROLLBACK_COMPLETE")),
            other: ending(good),
        },
        as_json=False,
    )
    assert tell(ends, as_json=False, resume="the same command") == 3
    said = capsys.readouterr()
    assert "other: other-live created (CREATE_COMPLETE)" in said.out
    assert "error: app: not begun, as base did not end well\n" in said.err
    assert said.err.endswith(
        "what went well stays as it is; the same command goes on with the rest\n"
    )


def test_machines_find_the_ends_of_stages_in_their_environment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, app = Which("live", "base", "app"), Which("live", "app")
    good = Outcome("created", "base-live", "CREATE_COMPLETE")
    ends = run({base: ending(good), app: ending(DeployError("no"), base)}, as_json=True)
    assert tell(ends, as_json=True) == 3
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    live = last["environments"]["live"]
    assert live["error"] == "no"
    assert live["stages"]["base"]["result"] == "created"
