"""Commands of the Service Catalog: offer versions, publish them, see who runs what."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands.options import (
    Bucket,
    Environment,
    Json,
    Local,
    Profile,
    Region,
    Verbose,
)
from stackyard.errors import DeployError

if TYPE_CHECKING:
    from stackyard.aws.account import Account
    from stackyard.aws.servicecatalog import Provisioned
    from stackyard.catalog.preview import Upgrade
    from stackyard.project import Project

app = typer.Typer(help="The systems as products of AWS Service Catalog.")

Product = Annotated[str, typer.Argument(help="Name of a product, such as pyshop.")]


@app.command("add")
def catalog_add(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="Such as 1.2.0.")],
    systems: Annotated[
        list[str] | None, typer.Argument(help="Systems; all that are offered if none.")
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Offer what dist/ holds as a version, with its rules and the permissions to launch it."""
    from stackyard.catalog import offers

    added = offers.add(context.obj, version, systems or ())
    if as_json:
        print(json.dumps({"version": version, "systems": added}))
    else:
        print(f"{version}: offered of {', '.join(added)}; next: python build.py build catalog")


@app.command("publish")
def catalog_publish(
    context: typer.Context,
    on_local: Local = False,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "us-east-1",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Put every offered version where Service Catalog reads it; then deploy the catalog."""
    from stackyard.catalog.publishing import publish_all

    account = _account(context.obj, region, profile, on_local=on_local)
    rows = list(publish_all(account, context.obj, _bucket(account, bucket)))
    if as_json:
        print(json.dumps([asdict(one) for one in rows], indent=2))
        return
    for one in rows:
        print(f"{one.system} {one.version}: {'published' if one.is_new else 'was there'} {one.key}")


@app.command("status")
def catalog_status(
    context: typer.Context,
    product: Annotated[str, typer.Argument(help="Only this product.")] = "",
    profile: Profile = "",
    region: Region = "us-east-1",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say who runs which version of which product."""
    from stackyard.catalog.status import status

    account = _account(context.obj, region, profile)
    if product:
        _check_product(context.obj, account, product)
    rows = status(account, product)
    if as_json:
        print(json.dumps([asdict(one) | {"current": one.is_current} for one in rows], indent=2))
        return
    for one in rows:
        newest = "newest" if one.is_current else f"newest is {one.newest}"
        advice = ", deprecated" if one.is_deprecated else ""
        print(f"{one.product} {one.name}: {one.version} ({newest}{advice}), {one.status}")
        print(f"  {one.owner}{f'; {one.reason}' if one.reason else ''}")
    behind = sum(not one.is_current for one in rows)
    print(f"{len(rows)} provisioned products, {behind} not on the newest version")


@app.command("preview")
def catalog_preview(
    context: typer.Context,
    product: Product,
    version: Annotated[str, typer.Argument(help="What they would be updated to.")],
    name: Annotated[str, typer.Option(help="Only this provisioned product.")] = "",
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "us-east-1",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say what an upgrade of each provisioned product would change; nothing is upgraded."""
    from stackyard.catalog import offers
    from stackyard.catalog.preview import preview

    account = _account(context.obj, region, profile)
    _check_product(context.obj, account, product)
    offer = offers.read(context.obj).get(product)
    prefixes = offers.prefixes(offer) if offer else {}
    where = _bucket(account, bucket, is_needed=False)
    found = [
        preview(account, one, version, prefixes, where)
        for one in _provisioned(account, product, name)
        if one.version != version
    ]
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2, default=str))
        return
    for upgrade in found:
        _print(upgrade)
    if not found:
        print(f"{product}: nobody has to be updated to {version}")


@app.command("deprecate")
def catalog_deprecate(
    context: typer.Context,
    profile: Profile = "",
    region: Region = "us-east-1",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Advise against every version but the newest; those who run one keep it."""
    from stackyard.aws import servicecatalog
    from stackyard.catalog import offers
    from stackyard.catalog.status import deprecate

    account = _account(context.obj, region, profile)
    ours = offers.read(context.obj)
    changed = {
        name: dict(deprecate(account, product_id))
        for name, product_id in sorted(servicecatalog.products(account).items())
        if name in ours
    }
    if as_json:
        print(json.dumps(changed, indent=2))
        return
    for name, versions in changed.items():
        said = ", ".join(f"{one} {guidance}" for one, guidance in versions.items())
        print(f"{name}: {said or 'is as it should be'}")


@app.command("share")
def catalog_share(
    context: typer.Context,
    environment: Environment,
    remove: Annotated[
        bool, typer.Option("--remove", help="End the shares that the parameter does not name.")
    ] = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Share a deployed portfolio with its OrganizationNodeIds, which CloudFormation cannot."""
    from stackyard.catalog.sharing import bring
    from stackyard.commands.targets import target
    from stackyard.declared import members

    found = target(context.obj, "catalog", environment, region=region, profile=profile)
    outputs = found.stack().outputs
    portfolio_id, nodes = outputs["PortfolioId"], members(outputs["OrganizationNodeIds"])
    rows = []
    for one in bring(found.account, portfolio_id, nodes, removes=remove):
        rows.append(asdict(one))
        if not as_json:
            hint = "; add --remove to end it" if one.result == "left over" else ""
            print(f"{portfolio_id}: {one.node}: {one.result}{hint}")
    if as_json:
        print(json.dumps({"portfolio_id": portfolio_id, "nodes": rows}))
    elif not rows:
        print(f"{portfolio_id}: params/catalog names no OrganizationNodeIds for {environment}")


@app.command("roles")
def catalog_roles(context: typer.Context, as_json: Json = False, verbose: Verbose = False) -> None:
    """Print the template of the launch roles that each account needs that sees the portfolio."""
    from stackyard.catalog.launch_roles import template

    print(json.dumps(template(context.obj), indent=None if as_json else 2))


def _print(upgrade: Upgrade) -> None:
    from stackyard.deploy.gate import losses
    from stackyard.deploy.preview import Preview
    from stackyard.view_plan import show

    title = f"{upgrade.name} {upgrade.before} -> {upgrade.after}"
    changes = upgrade.planned if upgrade.nested is None else upgrade.nested
    notes = [f"only the root stack: {upgrade.note}"] if upgrade.nested is None else []
    # Service Catalog's plan is a change set of the root stack
    by_plan = Preview(changes, "change set", notes=notes, losses=losses(changes))
    show(by_plan if upgrade.nested is None else replace(by_plan, source="comparison"), title)


def _check_product(project: Project, account: Account, name: str) -> None:
    """Do nothing if a product is offered by this project or launched in the account.

    Raises:
        BuildError: it is neither.
    """
    from stackyard.aws import servicecatalog
    from stackyard.catalog import offers
    from stackyard.library import known

    ours = offers.read(project)
    if name not in ours:
        launched = {one.product for one in servicecatalog.provisioned(account)}
        known("product", name, {*ours, *launched}, "catalog")


def _provisioned(account: Account, product: str, name: str) -> list[Provisioned]:
    """Return the provisioned products of a product, or the one that is asked for."""
    from stackyard.aws import servicecatalog
    from stackyard.library import known

    rows = [one for one in servicecatalog.provisioned(account) if one.product == product]
    if name:
        known("provisioned product", name, [one.name for one in rows], product)
    return [one for one in rows if name in ("", one.name)]


def _account(project: Project, region: str, profile: str, *, on_local: bool = False) -> Account:
    from stackyard.aws.account import Account
    from stackyard.local.account import start

    if on_local:
        return start(project.root).account(region)
    return Account(region=region, profile=profile)


def _bucket(account: Account, name: str, *, is_needed: bool = True) -> str:
    from stackyard.deploy.publish import default_bucket
    from stackyard.deploy.target import bootstrapped

    found = name or bootstrapped(account).bucket
    if not found and account.is_embedded:
        return default_bucket(account)
    if not found and is_needed:
        raise DeployError(f"{account.region}: no bucket is known; add --bucket, or bootstrap first")
    return found
