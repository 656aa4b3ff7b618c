"""Approved rollouts: what one run planned and another may do, exactly that or nothing.

StackSets have no change sets that could be kept, so that the plan is made again and compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.errors import DeployError
from stackyard.fleet.plan import Plan

TEMPLATE = "TemplateKey"  # the parameter that names the template, its digest included
SHOWN = 3  # instances of those that moved


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What a plan file says.

    Attributes:
        account: that administers the fleet; twelve digits.
        region: of the fleet's stack.
        stack_name: of that stack.
        stack_changed: when it had last been updated, empty if it did not exist.
        parameters: of that stack: whom, how fast, and which template.
        instances: by account and region, what would happen there and the digest of the changes.
    """

    account: str
    region: str
    stack_name: str
    stack_changed: str
    parameters: Mapping[str, str]
    instances: Mapping[str, str]


def approved(
    account: Account, stack_name: str, parameters: Mapping[str, str], made: Plan
) -> Approved:
    """Return what is to be approved of a plan."""
    stack = cloudformation.describe(account, stack_name)
    digests = {id(changes): _digest(changes) for changes in made.distinct()}
    return Approved(
        account=account.id,
        region=account.region,
        stack_name=stack_name,
        stack_changed=stack.changed if stack else "",
        parameters=dict(parameters),
        instances={
            f"{row.account} {row.region}": f"{row.action} {digests[id(row.changes)]}"
            for row in made.rows
        },
    )


def write(path: Path, content: Approved) -> None:
    """Write a plan file."""
    path.write_text(json.dumps(asdict(content), indent=1) + "\n", "utf-8")


def read(path: Path) -> Approved:
    """Return what a plan file says.

    Raises:
        DeployError: it is none.
    """
    try:
        return Approved(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DeployError(f"{path}: is no plan ({error}); make one with fleet plan --out") from None


def check(then: Approved, now: Approved) -> None:
    """Do nothing if what would be done now is what was approved.

    Raises:
        DeployError: it is not; the message says what moved.
    """
    moved = [*_moved(then, now)]
    if moved:
        where = f"{then.stack_name} in {then.region}"
        raise DeployError(f"{where}: {'; '.join(moved)} since the plan was made; plan again")


def _moved(then: Approved, now: Approved) -> Iterator[str]:
    pairs = {
        "the account": (then.account, now.account),
        "the region": (then.region, now.region),
        "the stack": (then.stack_name, now.stack_name),
        "what is rolled out": (then.parameters.get(TEMPLATE), now.parameters.get(TEMPLATE)),
    }
    yield from (f"{name} changed" for name, (before, after) in pairs.items() if before != after)
    if then.stack_name == now.stack_name and then.stack_changed != now.stack_changed:
        yield "the stack was deployed"
    names = sorted(_unequal(then.parameters, now.parameters) - {TEMPLATE})
    if names:
        yield f"parameter {', '.join(names)} changed"
    places = sorted(_unequal(then.instances, now.instances))
    if places:
        more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
        yield f"another thing would happen in {', '.join(places[:SHOWN])}{more}"


def _unequal(then: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    return {name for name in {*then, *now} if then.get(name) != now.get(name)}


def _digest(changes: object) -> str:
    text = json.dumps([asdict(one) for one in changes], sort_keys=True, default=str)  # type: ignore[attr-defined]
    return hashlib.sha256(text.encode()).hexdigest()[:16]
