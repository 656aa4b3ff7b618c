"""Several environments at once: each has an end, whatever becomes of the others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from stackyard.commands import side_by_side
from stackyard.commands.side_by_side import AT_A_TIME, Work, run, tell
from stackyard.deploy.events import DeployEvent, Outcome, Started
from stackyard.errors import DataLossError, DeployError


def ending(result: Outcome | Exception) -> Work:
    def begin(_: object) -> Iterator[DeployEvent]:
        if isinstance(result, Exception):
            raise result
        yield result

    return Work(nullcontext, begin)


def test_each_environment_has_its_own_end(capsys: pytest.CaptureFixture[str]) -> None:
    works = {
        "dev": ending(DeployError("dev: AWS refuses")),
        "test": ending(ValueError("odd")),
        "live": ending(Outcome("updated", "shop-live", "UPDATE_COMPLETE")),
        "last": ending(DataLossError("last: would lose data")),
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

    def begin(_: object) -> Iterator[DeployEvent]:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        full.wait(10)
        with lock:
            together -= 1
        yield Outcome("unchanged", "shop", "CREATE_COMPLETE")

    ends = run({f"e{n}": Work(nullcontext, begin) for n in range(2 * AT_A_TIME)}, as_json=True)
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

    def begin(_: object) -> Iterator[DeployEvent]:
        yield Started("create", "shop", "arn")
        begun.set()
        stop.wait(10)
        yield Outcome("created", "shop", "CREATE_COMPLETE")

    def interrupted(*_: object) -> None:
        assert begun.wait(10)
        raise KeyboardInterrupt

    monkeypatch.setattr(side_by_side.threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run({"dev": Work(locked, begin)}, as_json=False)
    assert released == ["shop"]
    assert "dev: shop is no longer watched; AWS goes on with it" in capsys.readouterr().err
    stop.set()
