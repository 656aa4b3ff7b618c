"""A plan for people: a tree on a terminal or in a pipe, and Markdown for a pull request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from stackyard.deploy.changes import Action, PropertyChange, Replacement, ResourceChange
from stackyard.deploy.preview import Preview
from stackyard.resolved.world import NESTED
from stackyard.stateful import stateful_types

SIGNS: Mapping[Action, str] = {"add": "+", "modify": ">", "remove": "-", "import": "="}
STYLES = {"add": "green", "modify": "yellow", "remove": "red", "import": "cyan"}
REPLACED: Mapping[Replacement, str] = {"yes": "replaced", "maybe": "may be replaced"}
WIDEST = 2000  # characters
LONGEST = 120  # characters of a value in a tree
SOURCES = {
    "change set": "as CloudFormation says",
    "comparison": "as the resolved templates compare",
}


def show(preview: Preview, title: str) -> None:
    """Print a plan as a tree."""
    # who reads a pipe wraps lines as it likes
    width = None if Console().is_terminal else WIDEST
    Console(highlight=False, width=width).print(tree(preview, title))


def tree(preview: Preview, title: str) -> Tree:
    """Return a plan as a tree: stacks, resources, properties."""
    root = Tree(Text(f"{title}: {summary(preview)}", style="bold"))
    for stack, changes in _by_stack(preview.changes):
        branch = root.add(_text(stack, "bold")) if stack else root
        for change in changes:
            leaf = branch.add(_text(_line(change), STYLES[change.action]))
            for one in change.properties:
                leaf.add(_text(_property(one)))
    for loss in preview.losses:
        root.add(_text(f"data loss: {loss}", "bold red"))
    for found in preview.validations:
        root.add(_text(f"{'refused' if found.fails else 'warning'}: {found}", "red"))
    for note in preview.notes:
        root.add(_text(note, "dim"))
    return root


def _text(line: str, style: str = "") -> Text:
    return Text(line, style=style, overflow="fold")


def markdown(preview: Preview, title: str) -> str:
    """Return a plan for a pull request; everything that matters stands above the details."""
    lines = [f"### {title}", "", f"{summary(preview)}.", ""]
    if preview.losses:
        lines += ["**Data would be lost:**", ""]
        lines += [f"- `{loss.path}` ({loss.type}) {loss.what}" for loss in preview.losses] + [""]
    lines += [f"- {'refused' if one.fails else 'warning'}: {one}" for one in preview.validations]
    lines += [f"- {note}" for note in preview.notes]
    lines += [""] * bool(preview.validations or preview.notes)  # or the details join the list
    for stack, changes in _by_stack(preview.changes):
        marks = ["<details><summary>", "</summary>", "", "```diff"]
        lines += [f"{marks[0]}{stack or 'root stack'} ({len(changes)}){marks[1]}", *marks[2:]]
        for change in changes:
            lines.append(_diffed(change))
            lines += [f"    {_property(one)}" for one in change.properties]
        lines += ["```", "", "</details>", ""]
    return "\n".join(lines)


def summary(preview: Preview) -> str:
    """Return how much happens, and who says so."""
    counted = Counter(change.action for change in preview.changes)
    replaced = Counter(change.replacement for change in preview.changes)
    said = [f"{counted[action]} to {action}" for action in SIGNS if counted[action]]
    said += [f"{replaced[kind]} {REPLACED[kind]}" for kind in REPLACED if replaced[kind]]
    return f"{', '.join(said)} ({SOURCES[preview.source]})" if said else "no changes"


def _by_stack(
    changes: Sequence[ResourceChange],
) -> Iterator[tuple[str, list[ResourceChange]]]:
    found: dict[str, list[ResourceChange]] = {}
    for change in changes:
        found.setdefault(change.stack, []).append(change)
    yield from found.items()


def _line(change: ResourceChange) -> str:
    notes = []
    if change.replacement != "no":
        notes.append(f"{REPLACED[change.replacement]}: {_why(change)}".rstrip(": "))
    if change.type in stateful_types() and change.type != NESTED:
        notes.append(f"stateful: {stateful_types()[change.type]}")
    tail = f" ({'; '.join(notes)})" if notes else ""
    return f"{SIGNS[change.action]} {change.logical_id} {change.type}{tail}"


def _why(change: ResourceChange) -> str:
    return ", ".join(
        f"{one.name} ({one.reason})" if one.reason else one.name
        for one in change.properties
        if one.replacement != "no"
    )


def _diffed(change: ResourceChange) -> str:
    """Return a resource's line as a diff colours it: ``!`` is what people must look at."""
    if change.action in ("add", "remove"):
        return _line(change)
    return f"{' ' if change.replacement == 'no' else '!'} {_line(change)}"


def _property(change: PropertyChange) -> str:
    before, after = _value(change.before), _value(change.after)
    if change.after is None and change.reason:
        return f"{change.name}: {before} -> known after that"
    return f"{change.name}: {before} -> {after}"


def _value(value: Any) -> str:
    if value is None:
        return "(none)"
    text = " ".join((value if isinstance(value, str) else json.dumps(value)).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
