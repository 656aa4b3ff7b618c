"""What a deployment would do, from AWS's change set where it tells, else from resolved models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Change, Stack
from stackyard.aws.validations import Validation
from stackyard.deploy.changes import Action, PropertyChange, Replacement, ResourceChange
from stackyard.deploy.compare import compare
from stackyard.deploy.gate import Loss, losses
from stackyard.deploy.guards import refusals
from stackyard.errors import BuildError
from stackyard.resolved import System, resolve

Source = Literal["change set", "comparison"]
ACTIONS: Mapping[str, Action] = {
    "Add": "add",
    "Modify": "modify",
    "Dynamic": "modify",
    "Remove": "remove",
    "Import": "import",
    "SyncWithActual": "modify",
}
REPLACEMENTS: Mapping[str, Replacement] = {"True": "yes", "Conditional": "maybe"}
RECREATION: Mapping[str, Replacement] = {"Always": "yes", "Conditionally": "maybe"}


@dataclass(frozen=True)
class Preview:
    """What a deployment would do to each resource of all stacks.

    Attributes:
        changes: nested stacks themselves left out.
        source: who says so.
        notes: what people must know to read it.
        validations: findings of CloudFormation's early validation.
        losses: data that would be lost.
    """

    changes: Sequence[ResourceChange]
    source: Source
    notes: Sequence[str] = ()
    validations: Sequence[Validation] = ()
    losses: Sequence[Loss] = ()

    def data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def compared(account: Account, stack: Stack | None, desired: System) -> Preview:
    """Return what is different between a stack, None if there is none, and what shall be.

    Raises:
        BuildError: the stack is none of this library's and cannot be compared.
    """
    found = compare(deployed(account, stack, desired) if stack else None, desired)
    return Preview(
        found, "comparison", _guarded(account, stack, found, desired), losses=losses(found)
    )


def of_rows(
    account: Account, rows: Sequence[Change], stack: Stack | None, desired: System | None
) -> Preview:
    """Return what a change set would do.

    Args:
        account: the stack's.
        rows: of the change set.
        stack: as it is; None if it would be created.
        desired: what shall be, if the caller knows it resolved.
    """
    resolved, notes = _resolved(account, stack, desired)
    changes: Sequence[ResourceChange]
    # MiniStack's rows know no conditions either
    if resolved is not None and (account.is_embedded or not _tells_nested(rows)):
        changes, source = resolved.changes, "comparison"
    else:
        changes, source = list(_merged(rows, resolved)), "change set"
        if not _tells_nested(rows):
            notes.append("what changes in nested stacks is not known here")
    notes += _guarded(account, stack, changes, desired)
    return Preview(changes, source, tuple(notes), (), losses(changes))  # type: ignore[arg-type]


def _guarded(
    account: Account,
    stack: Stack | None,
    changes: Sequence[ResourceChange],
    desired: System | None,
) -> list[str]:
    """Return what is to be said of the changes that stack policies refuse."""
    if stack is None or not changes:
        return []
    kept = {one.path for one in desired.stacks()} if desired else None
    refused = refusals(account, stack.id, changes, kept)
    if not refused:
        return []
    listed = ", ".join(map(str, refused))
    lifting = "deploy lifts its own policies for what --allow-data-loss names"
    return [f"a stack policy refuses {listed}; {lifting}"]


def deployed(account: Account, stack: Stack, desired: System) -> System:
    """Return a stack as it is deployed, resolved as *desired* is.

    Raises:
        BuildError: its templates cannot be evaluated.
    """
    root = f"blueprints/{desired.blueprint}"
    templates = dict(_templates(account, stack.id, root))
    return resolve(
        desired.blueprint,
        templates,
        {
            name: value
            for name, value in stack.parameters.items()
            if _declares(templates, root, name)
        },
        desired.region,
        stack_name=desired.stack_name,
        environment=desired.environment,
        account=desired.account,
    )


def _declares(templates: Mapping[str, Any], root: str, name: str) -> bool:
    return name in templates[root].get("Parameters", {})


def _templates(account: Account, stack_id: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the templates of a stack and of those nested in it, each by its name."""
    body = recovery.template(account, stack_id)
    yield name, body
    for resource in cloudformation.resources(account, stack_id):
        declared = body.get("Resources", {}).get(resource.logical_id)
        if resource.type == STACK and declared and resource.physical_id:
            yield from _templates(account, resource.physical_id, _name(declared))


def _name(declared: Mapping[str, Any]) -> str:
    """Return ``components/network`` for a nested stack that is declared with its address."""
    url = declared.get("Properties", {}).get("TemplateURL", "")
    text = url.get("Fn::Sub", "") if isinstance(url, dict) else url
    text = text[0] if isinstance(text, list) else text
    return "/".join(text.rsplit("}", 1)[-1].rsplit("/", 2)[-2:]).rpartition(".")[0]


def _resolved(
    account: Account, stack: Stack | None, desired: System | None
) -> tuple[Preview | None, list[str]]:
    if desired is None:
        return None, []
    try:
        before = deployed(account, stack, desired) if stack else None
        return Preview(compare(before, desired), "comparison"), []
    except BuildError as error:
        return None, [f"what is deployed cannot be compared: {error}"]


def _tells_nested(rows: Sequence[Change]) -> bool:
    """Return whether the endpoint says what changes inside nested stacks."""
    nested = any(row.type == STACK and row.action != "Remove" for row in rows)
    return not nested or any(row.path for row in rows)


def _merged(rows: Sequence[Change], resolved: Preview | None) -> Iterator[ResourceChange]:
    known = {one.path: one for one in resolved.changes} if resolved else {}
    gone = []
    for row in rows:
        path = "/".join((*row.path, row.logical_id))
        if row.type == STACK:
            gone += [f"{path}/"] if row.action == "Remove" else []
        else:
            yield _change(row, path, known.get(path), decided=resolved is not None)
    # AWS makes no change set for a nested stack that goes
    for one in known.values():
        if one.action == "remove" and one.path.startswith(tuple(gone)):
            yield one


def _change(
    row: Change, path: str, resolved: ResourceChange | None, *, decided: bool
) -> ResourceChange:
    replacement = REPLACEMENTS.get(row.replacement, "no")
    if replacement == "maybe" and decided:
        # AWS says Conditional of all that takes a value from another stack, whether or not that
        # changes; with both sides resolved it is known
        replacement = resolved.replacement if resolved else "no"
    properties = list(dict.fromkeys(map(_property, row.details)))
    if replacement == "no":
        properties = [replace(one, replacement="no", reason="") for one in properties]
    kept = row.policy_action.removeprefix("ReplaceAnd")
    fates = (
        {"deletion_policy": kept, "update_replace_policy": kept}
        if kept
        else {
            "deletion_policy": resolved.deletion_policy,
            "update_replace_policy": resolved.update_replace_policy,
        }
        if resolved
        else {}
    )
    return ResourceChange(
        path,
        row.type,
        ACTIONS.get(row.action, "modify"),
        replacement,
        tuple(_with_values(properties, resolved)),
        physical_id=row.physical_id,
        **fates,
    )


def _property(detail: Mapping[str, Any]) -> PropertyChange:
    target = detail.get("Target", {})
    path = target.get("Path", "").removeprefix("/Properties/").strip("/").replace("/", ".")
    attribute = target.get("Attribute", "")
    name = path or target.get("Name") or attribute
    effect = RECREATION.get(target.get("RequiresRecreation", ""), "no")
    cause = detail.get("CausingEntity", "")
    reason = f"AWS: {target.get('RequiresRecreation', '')} recreates" if effect != "no" else ""
    if reason and cause:
        reason += f", because of {cause}"
    return PropertyChange(name, target.get("BeforeValue"), target.get("AfterValue"), effect, reason)


def _with_values(
    properties: Sequence[PropertyChange], resolved: ResourceChange | None
) -> Iterator[PropertyChange]:
    """Yield properties with the values that AWS did not tell and we know."""
    known = {one.name: one for one in resolved.properties} if resolved else {}
    told = {one.name for one in properties}
    for one in properties:
        ours = known.get(one.name)
        if ours and one.before is None and one.after is None:
            one = replace(one, before=ours.before, after=ours.after)
        yield one
    yield from (one for name, one in known.items() if not _is_told(name, told))


def _is_told(name: str, told: set[str]) -> bool:
    return any(
        name == one or name.startswith(f"{one}.") or one.startswith(f"{name}.") for one in told
    )
