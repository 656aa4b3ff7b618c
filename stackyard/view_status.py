"""The table of environments, drawn by rich."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table

from stackyard.observe.status import ABSENT, Status
from stackyard.view_watch import span

SHORT = 8  # digits of a digest
PIPE = 160  # columns


def status_table(found: Sequence[Status]) -> None:
    """Print a row per environment, and below it what needs a person."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("environment", "stack", "status", "age", "build", "tasks", "alarms"):
        table.add_column(heading, no_wrap=True)
    for one in found:
        style = "dim" if one.status == ABSENT else "" if one.is_well else "red"
        running = sum(service.running for service in one.services)
        desired = sum(service.desired for service in one.services)
        table.add_row(
            one.environment,
            one.stack_name,
            one.status,
            _age(one.changed),
            _build(one),
            f"{running}/{desired}" if one.services else "",
            str(len(one.alarms)) if one.status != ABSENT else "",
            style=style,
        )
    console = Console()
    # a pipe has no width that anything would have to fit
    (console if console.is_terminal else Console(width=PIPE)).print(table)
    for one in found:
        for line in notes(one):
            print(f"{one.environment}: {line}")


def notes(one: Status) -> list[str]:
    """Return what the table has no room for."""
    said = [f"stack: {one.reason}"] if one.reason and not one.is_well else []
    for service in one.services:
        deployed = f" {service.deployed:%Y-%m-%d %H:%M}" if service.deployed else ""
        state = f"{service.deployment.lower()}{deployed}" if service.deployment else "not told"
        text = f"{service.running} of {service.desired} tasks of {service.task_definition}"
        said.append(f"{service.name}: {text}, last deployment {state}")
        if service.reverted:
            said.append(f"{service.name}: ECS rolled it back; it does not run what its stack says")
    return said + [f"{name}: in ALARM" for name in one.alarms]


def _build(one: Status) -> str:
    if not one.digest:
        return ""
    if one.is_current:
        return f"{one.digest[:SHORT]} current"
    return f"{one.digest[:SHORT]}, built {one.built[:SHORT] or 'none'}"


def _age(changed: str) -> str:
    if not changed:
        return ""
    at = datetime.fromisoformat(changed)
    seconds = (datetime.now(UTC) - at).total_seconds()
    return f"{int(seconds // 86400)}d" if seconds >= 2 * 86400 else span(seconds)
