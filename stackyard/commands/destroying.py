"""The command that destroys a system."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands import staged
from stackyard.commands.options import (
    Blueprint,
    Environment,
    Json,
    Local,
    Profile,
    Region,
    Verbose,
)
from stackyard.commands.removing import Named, chosen
from stackyard.commands.targets import locks_of
from stackyard.stages import course, shared

if TYPE_CHECKING:
    from stackyard.commands.side_by_side import Which
    from stackyard.deploy.events import DeployEvent, Outcome
    from stackyard.deploy.lock import Lock
    from stackyard.deploy.survey import Consent, Survey
    from stackyard.deploy.target import Target
    from stackyard.stages import Course


@dataclass(frozen=True)
class _Stack:
    """A stack that is to go."""

    name: str
    target: Target
    consent: Consent

    def surveyed(self) -> Survey | None:
        """Return what it holds, None if it is gone or going: what goes is decided then.

        Raises:
            DataLossError: something holds data and was not named.
            DeployError: something is protected, or at work on it.
        """
        from stackyard.deploy import destroy, survey

        if destroy.deleting(self.target.account, self.name):
            return None
        found = survey.survey(self.target.account, self.name)
        if found:
            survey.check(found, self.consent)
        return found

    def gone(
        self, lock: Lock | None = None, before: Mapping[Which, Outcome] | None = None
    ) -> Iterator[DeployEvent]:
        """Delete it."""
        from stackyard.deploy import destroy

        return destroy.destroy(self.target.account, self.name, self.consent)


def destroy(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    delete_data: Named = None,
    lift_protection: Annotated[
        bool, typer.Option("--lift-protection", help="Delete what is protected against that.")
    ] = False,
    profile: Profile = "",
    region: Region = "",
    force: Annotated[bool, typer.Option("--force", "--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Delete a system for ever, its data by the rule of its environment, and then its stages."""
    from stackyard.deploy import survey
    from stackyard.deploy.events import Outcome
    from stackyard.local.account import running
    from stackyard.view import Watching

    system = course(context.obj, blueprint, environment)
    needed = shared(context.obj, system)
    for stage, other in () if as_json else needed.items():
        print(f"{stage}: {other} {environment} needs it too; it stays")
    system = system.without(needed)
    stacks = {}
    for name in system.after:
        item = chosen(context.obj, name, environment)
        if on_local and running(context.obj.root) is None:
            watching = Watching(as_json=as_json, lines=True)
            watching.see(Outcome("absent", item.stack_name, "no embedded account is running"))
            sys.exit(watching.finish())
        where = region if name == blueprint else ""
        consent = survey.Consent(
            rule=item.destroy,  # type: ignore[arg-type]  # one of settings.DESTROY_RULES
            named=frozenset(staged.own("--delete-data", delete_data, system, name)),
            lifts_protection=lift_protection,
            prefix=staged.prefix(system, name),
        )
        target = locks_of(context.obj, item, where, profile, on_local=on_local)
        stacks[name] = _Stack(item.stack_name, target, consent)
    if len(stacks) == 1:
        sys.exit(_one(stacks[blueprint], asks=not force, as_json=as_json))
    sys.exit(_all(stacks, system, asks=not force, as_json=as_json))


def _one(stack: _Stack, *, asks: bool, as_json: bool) -> int:
    from stackyard.deploy.lock import PATIENCE_SECONDS
    from stackyard.view import Watching

    watching = Watching(as_json=as_json, lines=True)
    with stack.target.locked(stack.name, PATIENCE_SECONDS):
        found = stack.surveyed()
        if found and not as_json:
            _warn(stack, found)
        if found and asks:
            watching.confirm(f"Destroy {stack.name} for ever?")
        with watching:
            for event in stack.gone():
                watching.see(event)
    return watching.finish()


def _all(stacks: Mapping[str, _Stack], system: Course, *, asks: bool, as_json: bool) -> int:
    """Destroy a system before its stages, which give it what it uses."""
    from stackyard.commands import side_by_side
    from stackyard.deploy.lock import PATIENCE_SECONDS
    from stackyard.view_watch import confirm

    going: Sequence[tuple[_Stack, Survey]] = [
        (stack, found) for stack in stacks.values() if (found := stack.surveyed())
    ]
    for stack, found in () if as_json else going:
        _warn(stack, found)
    if going and asks:
        confirm(f"Destroy {', '.join(stack.name for stack, _ in going)} for ever?")
    called = staged.whiches(system)
    works = {
        called[name]: side_by_side.Work(
            lock=partial(stack.target.locked, stack.name, PATIENCE_SECONDS),
            begin=stack.gone,
            after=[called[other] for other in system.after[name]],
        )
        for name, stack in stacks.items()
    }
    ends = side_by_side.Run(works, as_json=as_json).to_end()
    return side_by_side.tell(ends, as_json=as_json, resume="the same command")


def _warn(stack: _Stack, found: Survey) -> None:
    """Say what goes and what is kept before the question is asked."""
    from stackyard.deploy.survey import fate

    account, consent = stack.target.account, stack.consent
    where = f"account {account.id}, {account.region}"
    print(f"{stack.name}: {len(found.held)} resources in {where}; its rule is {consent.rule}")
    for one in found.stateful:
        print(
            f"  to be {fate(one, consent)}: {one.path} ({one.type} {one.physical_id}): {one.loss}"
        )
    print("warning: what is deleted cannot be brought back")
