"""The reference of all templates: tables of parameters and outputs, made from the templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackyard.library import Rendered

BOUNDS = {
    "AllowedValues": "one of",
    "AllowedPattern": "matches",
    "MinValue": "at least",
    "MaxValue": "at most",
    "MinLength": "at least so many characters:",
    "MaxLength": "at most so many characters:",
}


def reference(templates: Iterable[Rendered]) -> str:
    """Return the page as Markdown: a section per template, blueprints first."""
    ordered = sorted(templates, key=lambda item: item.path)
    lines = [
        "# Templates",
        "",
        "Made by `python build.py` from `templates_src/`. Change that, not this page.",
    ]
    for item in ordered:
        lines += [
            "",
            f"## {item.path}",
            "",
            item.body["Description"],
            "",
            f"Source: `{item.source}`",
        ]
        lines += _parameters(item.body.get("Parameters", {}))
        lines += _rules(item.body.get("Rules", {}))
        lines += _outputs(item.body.get("Outputs", {}))
    return "\n".join(lines) + "\n"


def _parameters(declared: dict[str, Any]) -> Iterator[str]:
    if declared:
        yield from ("", "| parameter | meaning | default | bounds |", "|---|---|---|---|")
    for name, spec in declared.items():
        default = f"`{spec['Default']}`" if spec.get("Default", "") != "" else "empty"
        shown = default if "Default" in spec else "**required**"
        yield f"| `{name}` | {_cell(spec['Description'])} | {shown} | {_bounds(spec)} |"


def _bounds(spec: dict[str, Any]) -> str:
    kind = spec["Type"]
    found = [] if kind in ("String", "Number") else [f"`{kind}`"]
    for key, words in BOUNDS.items():
        if key in spec:
            value = spec[key]
            values = value if isinstance(value, list) else [value]
            found.append(f"{words} {', '.join(f'`{_cell(item)}`' for item in values)}")
    return "; ".join(found)


def _rules(rules: dict[str, Any]) -> Iterator[str]:
    if rules:
        yield ""
    for rule in rules.values():
        yield from (f"- {_cell(item['AssertDescription'])}" for item in rule["Assertions"])


def _outputs(outputs: dict[str, Any]) -> Iterator[str]:
    if outputs:
        yield from ("", "| output | meaning |", "|---|---|")
    for name, spec in outputs.items():
        yield f"| `{name}` | {_cell(spec['Description'])} |"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
