"""What a validator says, as both tiers and the cache hold it, and which rules are the same."""

from __future__ import annotations

import re
from typing import NamedTuple

# Both tiers leave informational rules off but this one: stateful resources without both policies.
INFORMATIONAL = frozenset({"I3011"})
# AWS's validator numbers as cfn-lint does, with F for what no deployment survives; these differ.
CFN_LINT_ID = {
    "E8002": "E3015",  # a resource's condition is not defined
    "E9003": "E1040",  # a GetAtt of the wrong kind
    "E9004": "E1010",  # a GetAtt of an unknown attribute
    "F0005": "E1001",  # an unknown section
    "F0013": "E1028",  # an If that has not three parts
    "F0018": "E3036",  # an unknown UpdateReplacePolicy
    "F1012": "E1011",  # a FindInMap of an unknown mapping
    "F1018": "E1019",  # a Sub of an unknown variable
    "F1101": "E0000",  # text that is not YAML
    "F2012": "E2015",  # a default that AllowedValues does not have
    "F3016": "E3035",  # an unknown DeletionPolicy
    "F6004": "E6001",  # an output's name
    "W3030": "E3030",  # a value that an enumeration does not have
}
LONG_LIST = re.compile(r"\[([^\[\]]{100}[^\[\],]*),[^\[\]]{60,}\]")


class Row(NamedTuple):
    """One complaint about a template.

    Attributes:
        line: 1-based, 0 if unknown.
        column: 1-based, 0 if unknown.
        rule: the validator's id.
        message: the validator's words.
        block: ``Resources/Queue``: the section and entry it is about; empty for the template.
    """

    line: int
    column: int
    rule: str
    message: str
    block: str


def same_rule(rule: str) -> str:
    """Return cfn-lint's id of a rule of either validator."""
    return CFN_LINT_ID.get(rule, f"E{rule[1:]}" if rule.startswith("F") else rule)


def short(message: str) -> str:
    """Return *message* with long lists cut: for an instance type it names all 1,100 there are."""
    return LONG_LIST.sub(r"[\1, ...]", message)
