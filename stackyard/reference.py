"""The reference of all templates: tables of parameters and outputs, made from the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

BOUNDS = {
    "AllowedValues": "one of",
    "AllowedPattern": "matches",
    "MinValue": "at least",
    "MaxValue": "at most",
    "MinLength": "at least so many characters:",
    "MaxLength": "at most so many characters:",
}


def reference(sections: Mapping[str, str]) -> str:
    """Return the page as Markdown, blueprints first.

    Args:
        sections: what ``section`` returned for each template, by its path.
    """
    head = "Made by `python build.py` from `templates_src/`. Change that, not this page."
    parts = ("# Templates", head, *(sections[path] for path in sorted(sections)))
    return "\n\n".join(parts) + "\n"


def section(path: str, source: str, body: Mapping[str, Any]) -> str:
    """Return what there is to know about one template.

    Args:
        path: below ``dist/``, without the ending.
        source: the module it comes from.
        body: the template.
    """
    lines = [f"## {path}", "", body.get("Description", ""), "", f"Source: `{source}`"]
    lines += _parameters(body.get("Parameters", {}))
    lines += _rules(body.get("Rules", {}))
    lines += _outputs(body.get("Outputs", {}))
    return "\n".join(lines)


def _parameters(declared: dict[str, Any]) -> Iterator[str]:
    if declared:
        yield from ("", "| parameter | meaning | default | bounds |", "|---|---|---|---|")
    for name, spec in declared.items():
        default = f"`{spec['Default']}`" if spec.get("Default", "") != "" else "empty"
        shown = default if "Default" in spec else "**required**"
        yield f"| `{name}` | {_cell(spec.get('Description', ''))} | {shown} | {_bounds(spec)} |"


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
        yield from (
            f"- {_cell(item.get('AssertDescription', ''))}" for item in rule.get("Assertions", ())
        )


def _outputs(outputs: dict[str, Any]) -> Iterator[str]:
    if outputs:
        yield from ("", "| output | meaning |", "|---|---|")
    for name, spec in outputs.items():
        yield f"| `{name}` | {_cell(spec.get('Description', ''))} |"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
