"""A rollout as the commands of the fleet begin, carry out and end it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.commands.place import Site, Where, site
from stackyard.errors import UsageError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.aws.account import Account
    from stackyard.deploy.lock import Lock
    from stackyard.fleet.approved import Approved
    from stackyard.fleet.plan import Plan
    from stackyard.fleet.source import Source
    from stackyard.fleet.targets import Targets

BLUEPRINT = "fleet"
ATTEMPT = "Attempt"  # parameter of the blueprint


@dataclass(frozen=True)
class Ready:
    """A fleet's environment, what is rolled out and to whom."""

    site: Site
    source: Source
    targets: Targets


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the command line asks for, besides the place."""

    plan: Path | None
    overrides: bool
    allowed: Sequence[str]
    yes: bool
    as_json: bool


@contextmanager
def ready(
    project: Project, environment: str, rollout: str, given: list[str] | None, where: Where
) -> Iterator[Ready]:
    """Build the fleet and what it rolls out."""
    from stackyard.fleet.source import check_nesting, source
    from stackyard.fleet.targets import SERVICE_MANAGED, targets
    from stackyard.parameter_files import complete

    values = _values(given or ())
    with site(project, BLUEPRINT, environment, where) as here:
        account, bucket = here.target.account, here.bucket()
        if not bucket:
            raise UsageError("fleet: no bucket is known; add --bucket, or bootstrap first")
        chosen = source(project, rollout, account, bucket, values)
        body = here.build.library.template(f"blueprints/{BLUEPRINT}").body
        filled = complete(body, here.parameters)
        check_nesting(chosen, to_organization=filled["PermissionModel"] == SERVICE_MANAGED)
        to = targets(account, filled)
        # the StackSet itself is made where the fleet's stack is, and reads its template there
        parameters = {**here.parameters, "TemplateKey": chosen.key}
        yield Ready(replace(here, parameters=parameters), chosen, to)


def _values(given: Sequence[str]) -> Mapping[str, str]:
    values = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign:
            raise UsageError(f"fleet: --set {one} has no value; write {one}=VALUE")
        values[name] = value
    return values


def planned(prepared: Ready, *, overrides: bool) -> Plan:
    """Return what would happen in each account and region."""
    from stackyard.fleet.plan import plan

    account = prepared.site.target.account
    return plan(account, prepared.source, prepared.targets, reads_overrides=overrides)


def approved_of(prepared: Ready, made: Plan) -> Approved:
    """Return what a person approves of a plan."""
    from stackyard.fleet.approved import approved

    here = prepared.site
    return approved(here.target.account, here.item.stack_name, here.parameters, made)


def rolled_out(prepared: Ready, wish: Wish, lock: Lock | None) -> int:
    """Look, ask, upload, deploy and say how it went; return the exit status."""
    from stackyard.aws import stacksets
    from stackyard.fleet.source import upload

    here, to = prepared.site, prepared.targets
    account = here.target.account
    # the embedded account has no StackSets: there it is the wiring that is tried
    if not account.is_embedded:
        made = _agreed(prepared, wish)
        here = _attempted(here, is_another=made.only_retries)
    for one in _regions(here, to):
        upload(here.project, prepared.source, account, here.bucket(), one)
    began = datetime.now(UTC)
    code = _deployed(here, prepared.source.key, lock, as_json=wish.as_json)
    if account.is_embedded:
        return code
    name, call_as = to.stack_set_name, to.call_as
    if code and stacksets.describe(account, name, call_as) is None:
        return code  # a creation that was rolled back leaves no StackSet to ask
    end = told(account, name, call_as, as_json=wish.as_json, since=began if code else None)
    return code or end


def _agreed(prepared: Ready, wish: Wish) -> Plan:
    """Return what will happen, once the person or the plan that one approved agrees with it.

    Raises:
        DeployError: something moved since the plan was made, or data would be lost.
    """
    from stackyard.deploy import gate
    from stackyard.fleet import approved
    from stackyard.view_fleet import show_plan
    from stackyard.view_watch import confirm

    made = planned(prepared, overrides=wish.overrides)
    if wish.plan:
        approved.check(approved.read(wish.plan), approved_of(prepared, made))
    if wish.as_json:
        print(json.dumps({"event": "rollout", **made.data()}, default=str))
    else:
        show_plan(made)
    gate.check(made.losses(), wish.allowed, made.stack_set_name)
    if not wish.yes:
        confirm(f"Roll out to {len(made.rows)} instances?")
    return made


def _attempted(here: Site, *, is_another: bool) -> Site:
    """Return the site with the number of the attempt: CloudFormation does nothing for nothing."""
    from stackyard.aws import cloudformation

    stack = cloudformation.describe(here.target.account, here.item.stack_name)
    before = int(stack.parameters.get(ATTEMPT, "1")) if stack else 1
    number = before + 1 if is_another else before
    return replace(here, parameters={**here.parameters, ATTEMPT: str(number)})


def _regions(here: Site, to: Targets) -> list[str]:
    """Return where templates are put: where the StackSet is made, and each region's own bucket."""
    from stackyard.fleet.source import REGION

    own = here.target.account.region
    return [*dict.fromkeys([own, *to.regions])] if REGION in here.bucket() else [own]


def _deployed(here: Site, key: str, lock: Lock | None, *, as_json: bool) -> int:
    from stackyard.deploy import apply
    from stackyard.view import Watching

    here.published()
    watching = Watching(
        as_json=as_json, resume=f"python build.py watch fleet {here.item.environment}"
    )
    with watching:
        for event in apply.deploy(here.target.account, here.request(), lock):
            watching.see(event)
    return watching.finish([], [*here.notes, f"rolled out: {key}"])


def told(
    account: Account, name: str, call_as: str, *, as_json: bool, since: datetime | None = None
) -> int:
    """Say how the instances are; return the exit status.

    Args:
        account: that administers the StackSet.
        name: of the StackSet.
        call_as: as whom it is asked.
        as_json: as JSON, on one line.
        since: tell what has failed since then too, where a rollback has mended it again.
    """
    from stackyard.fleet.status import status
    from stackyard.view_fleet import show_status

    end = status(account, name, call_as, since)
    if as_json:
        print(json.dumps({"event": "status", **asdict(end)}))
    else:
        show_status(end)
    return 0 if end.is_well else 3
