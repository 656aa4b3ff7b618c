"""What a template declares of a parameter, and whether a value keeps to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LONGEST_VALUE = 4096  # bytes
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
FLAG_VALUES = {"true", "false"}
# set when templates are emitted and published, so that nobody has to write them
FILLED_BY_THE_TOOL = frozenset({"TemplateBucket", "TemplatePrefix"})


class Declaration(NamedTuple):
    """One entry of a template's Parameters section."""

    name: str
    spec: Mapping[str, Any]

    @property
    def is_list(self) -> bool:
        """Whether the value is a comma-joined list.

        ``AWS::SSM::Parameter::Value<List<...>>`` is none: its value names an SSM parameter.
        """
        declared: str = self.spec["Type"]
        return declared == "CommaDelimitedList" or declared.startswith("List<")

    @property
    def kind(self) -> str:
        """What one value is: ``number``, ``flag`` (true or false) or ``text``."""
        if self.spec["Type"] in ("Number", "List<Number>"):
            return "number"
        return "flag" if self.allowed and FLAG_VALUES.issuperset(self.allowed) else "text"

    @property
    def allowed(self) -> list[str]:
        """The values allowed, as text; empty if all are."""
        return [as_text(value) for value in self.spec.get("AllowedValues", ())]

    @property
    def default(self) -> str | None:
        """The default as text, None if the parameter is required."""
        return as_text(self.spec["Default"]) if "Default" in self.spec else None

    @property
    def is_required(self) -> bool:
        """Whether a parameter set must give a value."""
        return self.default is None and self.name not in FILLED_BY_THE_TOOL

    @property
    def hint(self) -> str:
        """What a good value is, in the template's own words."""
        said = self.spec.get("ConstraintDescription") or self.spec.get("Description", "")
        return str(said).rstrip(".")

    def problems(self, value: str) -> Iterator[str]:
        """Yield what is wrong with *value*, each with a remedy."""
        size = len(value.encode())
        if size > LONGEST_VALUE:
            yield f"is {size} bytes long; CloudFormation takes {LONGEST_VALUE}"
        for one in members(value) if self.is_list else [value]:
            yield from self._problems_of_one(one)

    def _problems_of_one(self, value: str) -> Iterator[str]:
        if self.kind == "number" and not NUMBER.fullmatch(value):
            yield f"is {value!r}, and a number is wanted; write digits"
            return
        if self.allowed and value not in self.allowed:
            yield f"is {value!r}; write one of {', '.join(self.allowed)}"
            return
        if not self.is_list:  # bounds are for one number or one text
            yield from self._out_of_bounds(value)
        pattern = self.spec.get("AllowedPattern")
        if pattern and not _matches(pattern, value):
            yield f"is {value!r}, which does not match {pattern}; wanted: {self.hint or pattern}"

    def _out_of_bounds(self, value: str) -> Iterator[str]:
        measure = float(value) if self.kind == "number" else len(value)
        suffix, unit = ("Value", "") if self.kind == "number" else ("Length", " characters")
        shown = value if self.kind == "number" else f"{value!r}, {len(value)} characters"
        least, most = self.spec.get(f"Min{suffix}"), self.spec.get(f"Max{suffix}")
        if least is not None and measure < float(least):
            yield f"is {shown}; the least is {least}{unit}"
        if most is not None and measure > float(most):
            yield f"is {shown}; the most is {most}{unit}"


def declarations(body: Mapping[str, Any]) -> dict[str, Declaration]:
    """Return the parameters that the template *body* declares, in its order."""
    return {name: Declaration(name, spec) for name, spec in body.get("Parameters", {}).items()}


def members(value: str) -> list[str]:
    """Return the members of a comma-joined list, trimmed as CloudFormation trims them."""
    return [member.strip() for member in value.split(",")] if value else []


def as_text(value: Any) -> str:
    """Return a JSON value as CloudFormation passes it: ``true``, ``2``, ``a,b``."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(as_text, value)) if isinstance(value, list) else str(value)


def _matches(pattern: str, value: str) -> bool:
    # The whole value must match: CloudFormation uses Java's matches(). What Python cannot compile
    # is left to the validators of the template.
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True
