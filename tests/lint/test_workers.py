"""Jobs run side by side and never for ever."""

from __future__ import annotations

import os
import time

import pytest

from stackyard.errors import BuildError
from stackyard.lint.workers import CAN_FORK, run

forks = [False, pytest.param(True, marks=pytest.mark.skipif(not CAN_FORK, reason="no fork here"))]


@pytest.mark.parametrize("fork", forks)
def test_every_job_is_done_once(fork: bool) -> None:
    done = list(run(lambda job: job * 10, 7, seconds=9, workers=3, fork=fork))
    assert sorted(done) == [(job, job * 10) for job in range(7)]


@pytest.mark.parametrize("fork", forks)
def test_a_job_that_takes_too_long_gives_nothing_and_the_rest_is_done(fork: bool) -> None:
    def call(job: int) -> int:
        time.sleep(30 if job in (0, 1) else 0)
        return job

    begin = time.monotonic()
    done = dict(run(call, 5, seconds=0.5, workers=2, fork=fork))
    assert done == {0: None, 1: None, 2: 2, 3: 3, 4: 4}
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("fork", forks)
def test_a_job_that_raises_says_so(fork: bool) -> None:
    with pytest.raises(BuildError, match="a validator failed: ZeroDivisionError: "):
        list(run(lambda job: 1 // job, 3, seconds=9, workers=2, fork=fork))


@pytest.mark.skipif(not CAN_FORK, reason="no fork here")
def test_a_process_that_dies_says_so() -> None:
    with pytest.raises(BuildError, match="a validator's process died"):
        list(run(lambda job: os._exit(9), 1, seconds=9, workers=1, fork=True))


@pytest.mark.skipif(not CAN_FORK, reason="no fork here")
def test_processes_end_with_whoever_asked() -> None:
    results = run(lambda job: os.getpid(), 4, seconds=9, workers=2, fork=True)
    _, process = next(results)
    results.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_job_starts_no_worker() -> None:
    assert list(run(lambda job: job, 0, seconds=9, workers=2)) == []
