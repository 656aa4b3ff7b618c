"""What all stacks of a system share while it is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Truth = bool | None  # None: only AWS can tell
NESTED = "AWS::CloudFormation::Stack"


class Dangling(NamedTuple):
    """A reference to something that does not exist under the conditions of this environment.

    Attributes:
        template: name of the template that holds the reference.
        path: of the resource or output that refers.
        target: path of what it refers to.
        how: ``Ref``, ``Fn::GetAtt`` or ``DependsOn``.
        condition: the condition of the target, which is false.
    """

    template: str
    path: str
    target: str
    how: str
    condition: str


@dataclass
class World:
    """What all stacks of a system share.

    Attributes:
        templates: bodies by name, ``components/network``.
        region: where the system would be.
        account: twelve digits, or None.
        conditions: by stack path, instead of evaluating them; see ``System.with_open``.
        dangling: filled while evaluating.
    """

    templates: Mapping[str, Any]
    region: str
    account: str | None = None
    conditions: Mapping[str, Mapping[str, Truth]] = field(default_factory=dict)
    dangling: list[Dangling] = field(default_factory=list)
