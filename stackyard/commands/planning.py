"""Commands that say what a deployment would do, and put it where it can be deployed from."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    with site(context.obj, blueprint, environment, where, is_real=False) as here:
        if out:
            here.published()
        request = here.request(allow_data_loss)
        preview = _kept(here, request, out) if out else _looked(here, request)
    title = f"{here.item.stack_name} in {here.target.account.region}"
    _show(preview, title, as_json=as_json, as_markdown=as_markdown)
    sys.exit(_status(preview, request, exit_code=exit_code))


def _looked(here: Site, request: Request) -> Preview:
    """Return what would happen, and leave nothing behind."""
    from stackyard.deploy import plan as planning
    from stackyard.deploy.preview import Preview, compared

    account = here.target.account
    if not here.is_published():
        stack = planning.deployable(account, request.stack_name)
        assert request.desired is not None
        note = "not published yet: compared with what is deployed, CloudFormation was not asked"
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


def _show(preview: Preview, title: str, *, as_json: bool, as_markdown: bool) -> None:
    from stackyard import view_plan

    if as_json:
        print(json.dumps(_data(preview), indent=2, default=str))
    elif as_markdown:
        print(view_plan.markdown(preview, title))
    else:
        view_plan.show(preview, title)


def _data(preview: Preview) -> dict[str, Any]:
    return {"changed": bool(preview.changes), **preview.data()}


def _status(preview: Preview, request: Request, *, exit_code: bool) -> int:
    if any(loss.path not in request.allow_data_loss for loss in preview.losses):
        return DataLossError.status
    return DIFFERENT if exit_code and preview.changes else 0
