"""Commands that say what a deployment would do, and put it where it can be deployed from."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from stackyard.commands import staged
from stackyard.commands.options import (
    Blueprint,
    Bucket,
    DataLoss,
    Environment,
    Json,
    Local,
    Port,
    Profile,
    Region,
    Verbose,
)
from stackyard.commands.place import Site, Where, site
from stackyard.errors import DataLossError, UsageError
from stackyard.stages import course

if TYPE_CHECKING:
    from stackyard.deploy.plan import Request
    from stackyard.deploy.preview import Preview

DIFFERENT = 5


def publish(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    port: Port = None,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Upload the templates and functions of a system under the digest of its build."""
    where = Where(on_local=on_local, port=port, region=region, profile=profile, bucket=bucket)
    where.check("publish")
    with site(context.obj, blueprint, environment, where, is_real=False) as here:
        done = here.published()
    if as_json:
        print(json.dumps(done.data()))
    else:
        print(f"s3://{done.bucket}/{done.prefix}")
        print(f"{len(done.uploaded)} files uploaded, {len(done.kept)} there already")


def plan(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    out: Annotated[
        Path | None, typer.Option(help="Publish, keep the change set, write it to this file.")
    ] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="For a pull request.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 5 if anything would change.")
    ] = False,
    allow_data_loss: DataLoss = None,
    port: Port = None,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show what deploying would do: every resource of every nested stack, and the data it costs."""
    where = Where(on_local=on_local, port=port, region=region, profile=profile, bucket=bucket)
    where.check("plan")
    if as_json and as_markdown:
        raise UsageError("plan: --json and --markdown exclude each other; give one of them")
    system = course(context.obj, blueprint, environment)
    with staged.sites(context.obj, system, where, is_real=False) as found:
        staged.take_deployed(found)
        if out:  # what is approved is of one stack
            found = {blueprint: found[blueprint]}
            found[blueprint].check_taken()
            found[blueprint].published()
        seen = []
        for name, here in found.items():
            request = here.request(staged.own("--allow-data-loss", allow_data_loss, system, name))
            preview = _kept(here, request, out) if out else looked(here, request)
            seen.append(_Seen(name, here.target.account.region, request, preview))
    notes = [] if out else staged.left_out(system)
    _show(seen, notes, as_json=as_json, as_markdown=as_markdown)
    sys.exit(max(_status(one, exit_code=exit_code) for one in seen))


class _Seen(NamedTuple):
    """What would happen to one stack."""

    blueprint: str
    region: str
    request: Request
    preview: Preview


def looked(here: Site, request: Request) -> Preview:
    """Return what would happen to a stack, and leave nothing behind."""
    from stackyard.deploy import plan as planning
    from stackyard.deploy.preview import Preview, compared

    account = here.target.account
    note = ""
    if here.missing:
        stages = ", ".join(dict.fromkeys(here.missing.values()))
        note = f"{', '.join(here.missing)}: known once {stages} is deployed"
    elif not here.is_published():
        note = "not published yet"
    if note:
        stack = planning.deployable(account, request.stack_name)
        assert request.desired is not None
        note += ": compared with what is deployed, CloudFormation was not asked"
        return replace(compared(account, stack, request.desired), notes=(note,))
    try:
        made = planning.prepare(account, request)
    except planning.GuardedError as error:
        note = f"compared with what is deployed, as a stack policy stops CloudFormation: {error}"
        return replace(error.preview, notes=(note,))
    if made is None:
        return Preview((), "change set")
    planning.discard(account, made.change_set, made.operation)
    return made.preview


def _kept(here: Site, request: Request, out: Path) -> Preview:
    """Return what would happen, and keep the change set that does it."""
    from stackyard.deploy import approved
    from stackyard.deploy import plan as planning
    from stackyard.deploy.preview import Preview

    made = planning.prepare(here.target.account, request)
    if made is None:
        out.unlink(missing_ok=True)
        return Preview((), "change set", ("nothing to approve; no plan was written",))
    approved.write(out, here.target.account, made)
    return made.preview


def _show(seen: Sequence[_Seen], notes: Sequence[str], *, as_json: bool, as_markdown: bool) -> None:
    from stackyard import view_plan

    if as_json:
        *stages, last = seen
        data = {"stages": {one.blueprint: _data(one) for one in stages}} if stages else {}
        changed = any(one.preview.changes for one in seen)
        print(json.dumps({**_data(last), "changed": changed, **data}, indent=2, default=str))
        return
    for one in seen:
        title = f"{one.request.stack_name} in {one.region}"
        if as_markdown:
            print(view_plan.markdown(one.preview, title))
        else:
            view_plan.show(one.preview, title)
    for note in notes:
        print(note)


def _data(one: _Seen) -> dict[str, Any]:
    return {"changed": bool(one.preview.changes), **one.preview.data()}


def _status(one: _Seen, *, exit_code: bool) -> int:
    if any(loss.path not in one.request.allow_data_loss for loss in one.preview.losses):
        return DataLossError.status
    return DIFFERENT if exit_code and one.preview.changes else 0
