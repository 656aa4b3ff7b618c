"""What a template asks the validators to be silent about, and why.

One shape serves both tiers, and cfn-lint as anybody else runs it: its own ``ignore_checks``, and
beside it the reasons. It stands in the Metadata of a resource or, for the rest, of the template::

    Metadata:
      cfn-lint:
        config:
          ignore_checks: [W1011]
        reasons:
          W1011: The console creates this secret before the stack exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from stackyard.lint.rows import Row, same_rule

RULE = "suppression"


class Suppression(NamedTuple):
    """One rule that one resource, or with an empty block the whole template, is excused from.

    Attributes:
        line: where it stands.
        column: likewise.
        rule: id of either validator.
        reason: empty if none is given.
        block: ``Resources/Queue``, or empty.
        listed: whether it stands under ``ignore_checks``, without which it does nothing.
    """

    line: int
    column: int
    rule: str
    reason: str
    block: str
    listed: bool

    def covers(self, row: Row) -> bool:
        """Return whether it silences *row*."""
        same = same_rule(row.rule) == same_rule(self.rule)
        return self.listed and same and self.block in ("", row.block)

    def complaint(self, used: bool) -> Row | None:
        """Return what is wrong with the suppression itself, None if nothing is."""
        if not self.listed:
            text = f"{self.rule} has a reason but is not under ignore_checks; add it there"
        elif not self.reason:
            text = f"{self.rule} is suppressed without a reason; say why under cfn-lint: reasons"
        elif not used:
            text = f"{self.rule} is suppressed but nothing reports it; remove the suppression"
        else:
            return None
        return Row(self.line, self.column, RULE, text, self.block)


def suppressions(text: str) -> list[Suppression]:
    """Return the suppressions in a template; none if it is not YAML, which the tiers report."""
    if "cfn-lint" not in text:
        return []
    import yaml

    try:
        root = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return []
    found = list(_of(_entry(root, "Metadata"), ""))
    for key, resource in _pairs(_entry(root, "Resources")):
        found += _of(_entry(resource, "Metadata"), f"Resources/{key.value}")
    return found


def _of(metadata: Any, block: str) -> Iterator[Suppression]:
    ours = _entry(metadata, "cfn-lint")
    reasons = {
        key.value: (key, str(value.value).strip()) for key, value in _pairs(_entry(ours, "reasons"))
    }
    for rule in _items(_entry(_entry(ours, "config"), "ignore_checks")):
        _, reason = reasons.pop(rule.value, (None, ""))
        yield Suppression(*_place(rule), rule.value, reason, block, True)
    for key, reason in reasons.values():
        yield Suppression(*_place(key), key.value, reason, block, False)


def _pairs(node: Any) -> list[Any]:
    """Return the keys and values of a YAML mapping, none if it is another node."""
    return node.value if getattr(node, "id", "") == "mapping" else []


def _items(node: Any) -> list[Any]:
    return node.value if getattr(node, "id", "") == "sequence" else []


def _entry(node: Any, key: str) -> Any:
    return next((value for name, value in _pairs(node) if name.value == key), None)


def _place(node: Any) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
