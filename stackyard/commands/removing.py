"""Commands that get a stack unstuck, or release something from it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackyard.commands.options import (
    Blueprint,
    Environment,
    Json,
    Local,
    Profile,
    Region,
    Verbose,
    Yes,
)
from stackyard.commands.targets import locks_of
from stackyard.errors import BuildError, DeployError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.deploy.diagnosis import Diagnosis
    from stackyard.deploy.events import DeployEvent
    from stackyard.deploy.holdings import Holding
    from stackyard.environments import ParameterSet

Named = Annotated[
    list[str] | None,
    typer.Option("--delete-data", help="Nested/LogicalId of data that may go; repeatable."),
]
ROUNDS = 4  # a rollback that was watched may have to be continued, and that again


def recover(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    skips: Annotated[
        bool, typer.Option("--skip/--no-skip", help="Leave out what blocks a rollback.")
    ] = True,
    delete_data: Named = None,
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say where a stack is stuck, propose a way out, and take it when told to."""
    from stackyard.deploy import diagnosis
    from stackyard.deploy import recover as recovery
    from stackyard.deploy.lock import PATIENCE_SECONDS
    from stackyard.view import Watching

    item = chosen(context.obj, blueprint, environment)
    target = locks_of(context.obj, item, region, profile, on_local=on_local)
    account = target.account
    named = frozenset(delete_data or ())
    watching = Watching(as_json=as_json, lines=True)
    with target.locked(item.stack_name, PATIENCE_SECONDS):
        for _ in range(ROUNDS):
            found = diagnosis.diagnose(account, item.stack_name)
            _say(found, item, as_json=as_json, skips=skips, named=named)
            if found is None or found.state.action in ("nothing", "by hand"):
                break
            if found.state.action != "watch" and not yes:
                watching.confirm(f"{found.state.proposal.capitalize()}?")
            _show(watching, recovery.recover(account, found, skips=skips, named=named))
            if not watching.outcome or not watching.outcome.is_good:
                stuck = diagnosis.diagnose(account, item.stack_name)
                if found.state.action == "watch" and stuck:
                    continue
            break
    sys.exit(watching.finish() if watching.outcome else _status(watching, found))


def orphan(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    resource: Annotated[str, typer.Argument(help="Nested/LogicalId of the resource.")],
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Release a resource from its stack; it exists on, with no template behind it."""
    from stackyard.deploy import orphan as orphaning
    from stackyard.deploy.lock import PATIENCE_SECONDS
    from stackyard.view import Watching

    item = chosen(context.obj, blueprint, environment)
    target = locks_of(context.obj, item, region, profile, on_local=on_local)
    account = target.account
    watching = Watching(as_json=as_json, lines=True)
    with target.locked(item.stack_name, PATIENCE_SECONDS):
        release = orphaning.prepare(account, item.stack_name, resource)
        one = release.resource
        if not as_json:
            print(f"{resource}: {one.type} {one.physical_id}")
            print("warning: the next deployment makes another one, unless the blueprint drops it")
        if not yes:
            watching.confirm(f"Release it from {release.stack.name}?")
        _show(watching, orphaning.orphan(account, release))
    entry = orphaning.importing(release)
    note = f"to import it again: change set of type IMPORT, --resources-to-import '{entry}'"
    sys.exit(watching.finish((), [note]))


def _show(watching: Any, events: Iterable[DeployEvent]) -> None:
    with watching:
        for event in events:
            watching.see(event)


def _say(
    found: Diagnosis | None,
    item: ParameterSet,
    *,
    as_json: bool,
    skips: bool,
    named: frozenset[str],
) -> None:
    """Print a diagnosis, as a line for machines."""
    from stackyard.deploy.diagnosis import spared

    kept = spared(found, named) if found and found.state.action == "finish deletion" else []
    if as_json:
        data = _data(found, kept) if found else {"stack_name": item.stack_name, "status": "absent"}
        print(json.dumps({"event": "diagnosis", **data}, default=str), flush=True)
    elif found is None:
        print(f"{item.stack_name}: there is no such stack; nothing to recover")
    else:
        _describe(found, kept, skips=skips)


def _data(found: Diagnosis, kept: Sequence[Holding]) -> dict[str, Any]:
    return {
        "stack_name": found.stack.name,
        "status": found.stack.status,
        **found.state._asdict(),
        "blocking": [asdict(one) for one in found.blocking],
        "held": [one.path for one in found.held],
        "kept": [one.path for one in kept],
        "change_sets": [one.name for one in found.change_sets],
        "warnings": list(found.warnings),
    }


def _describe(found: Diagnosis, kept: Sequence[Holding], *, skips: bool) -> None:
    print(f"{found.stack.name}: is in {found.stack.status}: {found.state.meaning}")
    for one in found.blocking:
        print(f"  blocks: {one.path} ({one.type} {one.physical_id}): {one.reason}")
        if found.state.action == "continue" and skips:
            print(f"    is skipped, as {one.skip}")
    for resource in found.held:
        holds = f", holds {resource.loss}" if resource.is_stateful else ""
        print(f"  holds: {resource.path} ({resource.type} {resource.physical_id}{holds})")
    for resource in kept:
        print(f"  is kept: {resource.path}; --delete-data {resource.path} deletes it")
    for change_set in found.change_sets:
        print(f"  change set: {change_set.name} of {change_set.created}, never executed")
    for warning in found.warnings if skips else ():
        print(f"warning: {warning}")
    if found.state.proposal:
        print(f"proposal: {found.state.proposal}")


def _status(watching: Any, found: Diagnosis | None) -> int:
    if watching.outcome:
        return 0 if watching.outcome.is_good else DeployError.status
    return DeployError.status if found and found.state.action == "by hand" else 0


def chosen(project: Project, blueprint: str, name: str) -> ParameterSet:
    """Return a parameter set; a build that has findings must not keep anybody from recovering."""
    from stackyard.build import Build, Options

    made = Build(project, Options(blueprint, name, check=True, native=False, cfn_lint=False))
    made.prepare()
    item = next((one for one in made.sets[blueprint] if one.environment == name), None)
    if item is None:
        problems = [str(finding) for finding in made.report.findings]
        raise BuildError("\n".join(problems) or f"{blueprint} {name}: cannot be read")
    return item
