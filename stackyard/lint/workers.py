"""Run jobs side by side, none of which may take longer than a limit."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import connection, get_all_start_methods, get_context
from threading import Thread
from time import monotonic
from typing import Any

from stackyard.errors import BuildError

# macOS lists fork, but its system libraries do not survive one:
# https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
CAN_FORK = "fork" in get_all_start_methods() and sys.platform != "darwin"

Call = Callable[[int], Any]
Pipe = connection.Connection


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    call: Call, count: int, *, seconds: float, workers: int, fork: bool = False
) -> Iterator[tuple[int, Any]]:
    """Yield ``(job, call(job))`` for each job below *count* as it ends, None if it takes too long.

    Args:
        call: what to do, elsewhere: results travel through a pipe.
        count: number of jobs.
        seconds: limit for one job. A process that exceeds it is killed, a thread abandoned.
        workers: how many jobs run at a time.
        fork: whether the workers are forked processes; else they are threads.

    Raises:
        BuildError: a job raised, or its process died.
    """
    waiting = list(reversed(range(count)))
    crew: list[_Worker] = []
    try:
        while waiting or crew:
            while waiting and len(crew) < workers:
                crew.append(_Worker(call, fork))
                crew[-1].give(waiting.pop(), seconds)
            pause = min(worker.deadline for worker in crew) - monotonic()
            ready = connection.wait([worker.pipe for worker in crew], max(0.0, pause))
            for worker in list(crew):
                answered = worker.pipe in ready
                if answered:
                    yield worker.job, worker.answer()
                elif monotonic() >= worker.deadline:
                    yield worker.job, None
                else:
                    continue
                if answered and waiting:
                    worker.give(waiting.pop(), seconds)
                else:
                    crew.remove(worker)
                    worker.dismiss()
    finally:
        for worker in crew:
            worker.dismiss()


class _Worker:
    """A process or thread that does one job after another."""

    def __init__(self, call: Call, fork: bool) -> None:
        self.pipe, far = connection.Pipe()
        self.job = -1
        self.deadline = 0.0
        if not fork:
            self.process = None
            Thread(target=_serve, args=(call, far), daemon=True).start()
            return
        self.process = get_context("fork").Process(target=_serve_alone, args=(call, far))
        self.process.daemon = True
        with warnings.catch_warnings():
            # Python 3.12 warns if the program has threads; the child uses none of what they hold
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        far.close()

    def give(self, job: int, seconds: float) -> None:
        self.job = job
        self.deadline = monotonic() + seconds
        self.pipe.send(job)

    def answer(self) -> Any:
        try:
            failure, result = self.pipe.recv()
        except (EOFError, ConnectionError):
            raise BuildError("a validator's process died; is there enough memory?") from None
        if failure:
            raise BuildError(f"a validator failed: {failure}; switch it off to build without it")
        return result

    def dismiss(self) -> None:
        self.pipe.close()
        if self.process:
            self.process.kill()
            self.process.join()
            self.process.close()


def _serve(call: Call, pipe: Pipe) -> None:
    with suppress(EOFError, OSError):  # nobody waits for the answer any more
        while True:
            job = pipe.recv()
            try:
                answer = ("", call(job))
            except Exception as error:
                answer = (f"{type(error).__name__}: {error}", None)
            pipe.send(answer)


def _serve_alone(call: Call, pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of Ctrl-C and stops this one
    _serve(call, pipe)
