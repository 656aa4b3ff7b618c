"""A Fargate task has a pair of CPU and memory that exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackyard.checks import finding, number
from stackyard.findings import Finding
from stackyard.resolved import System, Value

# CPU units: MiB. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
SIZES: dict[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
    32768: (61440, 122880, 249856),
}


def check(system: System) -> Iterator[Finding]:
    """Yield task definitions for Fargate whose size is refused."""
    for task in system.resources("AWS::ECS::TaskDefinition"):
        if "FARGATE" not in task.properties.get("RequiresCompatibilities", ()):
            continue
        cpu, memory = (_units(task.properties.get(name)) for name in ("Cpu", "Memory"))
        if cpu is None or memory is None:
            continue
        if cpu not in SIZES:
            known = ", ".join(map(str, SIZES))
            yield finding(__name__, system, task, f"Fargate has no {cpu} CPU units; take {known}")
        elif memory not in SIZES[cpu]:
            message = f"Fargate has no {memory} MiB for {cpu} CPU units; take {_choice(SIZES[cpu])}"
            yield finding(__name__, system, task, message)


def _units(value: Value) -> int | None:
    """Return ``512``, ``.5 vCPU`` or ``0.5 GB`` as a number of units or MiB."""
    figure, _, unit = str(value).strip().lower().partition(" ")
    found = number(figure)
    return None if found is None else round(found * 1024 if unit in ("vcpu", "gb") else found)


def _choice(memories: Sequence[int]) -> str:
    if isinstance(memories, range):
        return f"{memories[0]} to {memories[-1]} MiB in steps of {memories.step}"
    return ", ".join(map(str, memories)) + " MiB"
