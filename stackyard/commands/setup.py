"""Commands that are run once: init for a project, bootstrap for an account and region."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackyard import config
from stackyard.commands.options import DataLoss, Json, Local, Port, Profile, Region, Verbose, Yes
from stackyard.config import Place
from stackyard.errors import BuildError, UsageError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.aws.account import Account


def init(
    context: typer.Context,
    organization: Annotated[str, typer.Option(help="A short name, in lower case.")] = "",
    account: Annotated[
        list[str] | None, typer.Option(help="ENVIRONMENT=ACCOUNT; repeatable.")
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(help="REGION for all, or ENVIRONMENT=REGION; repeatable."),
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="PROFILE for all, or ENVIRONMENT=PROFILE; repeatable."),
    ] = None,
    bucket: Annotated[str, typer.Option(help="Bucket for templates, if one exists.")] = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write stackyard.yaml: the organisation, and where each environment lives."""
    path = context.obj.root / config.FILE
    if path.exists():
        raise BuildError(f"{config.FILE}: exists already; change it there, or remove it first")
    organization = organization or _asked("Organisation, a short name", "--organization")
    accounts = _by_environment(account, "--account")
    if not accounts:
        names = _environments(context.obj)
        accounts = {name: _asked(f"Account of {name}", f"--account {name}=") for name in names}
    regions, profiles = _by_environment(region, "--region"), _by_environment(profile, "--profile")
    places = {}
    for name, number in accounts.items():
        chosen = regions.get(name) or regions.get("")
        chosen = chosen or _asked(f"Region of {name}", "--region", "us-east-1")
        places[name] = Place(number, chosen, profiles.get(name) or profiles.get("", ""))
    path.write_text(config.text(organization, places, bucket), "utf-8")
    try:
        config.load(context.obj.root)
    except BuildError:
        path.unlink()
        raise
    if as_json:
        print(json.dumps({"written": config.FILE, "environments": list(places)}))
    else:
        print(f"{config.FILE}: written; next: python build.py bootstrap")


def bootstrap(
    context: typer.Context,
    environment: Annotated[
        str, typer.Argument(help="Where it lives; all of stackyard.yaml if not given.")
    ] = "",
    on_local: Local = False,
    github_subject: Annotated[
        str, typer.Option(help="Who may deploy: repo:acme/platform:environment:production.")
    ] = "",
    oidc_provider: Annotated[
        str, typer.Option(help="ARN of the account's provider for GitHub, if it has one.")
    ] = "",
    boundary: Annotated[
        str, typer.Option(help="ARN of the policy that bounds every role of the library.")
    ] = "",
    bucket: Annotated[str, typer.Option(help="Name of the bucket; generated if empty.")] = "",
    organization_id: Annotated[
        str | None,
        typer.Option(help="o-... whose accounts may read templates; '' takes it back."),
    ] = None,
    show_template: Annotated[
        bool, typer.Option("--template", help="Print the template and do nothing.")
    ] = False,
    allow_data_loss: DataLoss = None,
    port: Port = None,
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Create or update what an account and region need once: bucket, key, locks and roles."""
    if as_json and not (yes or on_local or show_template):
        raise UsageError("bootstrap: nobody can answer with --json; add --yes")
    from stackyard.deploy import bootstrap as making

    body = making.template(context.obj)
    if show_template:
        print(json.dumps(body, indent=2))
        return
    chosen = {
        "ArtifactBucketName": bucket or None,
        "GithubSubject": github_subject or None,
        "OidcProviderArn": oidc_provider or None,
        "PermissionsBoundaryArn": boundary or None,
    }
    allowed = frozenset(allow_data_loss or ())
    status = 0
    for account, configured in _accounts(
        context.obj, environment, profile, region, port, on_local=on_local
    ):
        organization = organization_id if organization_id is not None else configured
        given = {**chosen, "OrganizationId": organization}
        request = making.request(account, body, given, allowed)
        status = max(
            status, _deployed(account, request, asks=not (yes or on_local), as_json=as_json)
        )
    sys.exit(status)


def _deployed(account: Account, request: Any, *, asks: bool, as_json: bool) -> int:
    from stackyard.deploy import apply
    from stackyard.deploy.events import Planned
    from stackyard.view import Watching
    from stackyard.view_plan import show

    watching = Watching(as_json=as_json, lines=True, resume="python build.py bootstrap")
    with watching:
        for event in apply.deploy(account, request):
            watching.see(event)
            if isinstance(event, Planned) and event.preview and not as_json:
                show(event.preview, request.stack_name)
                if asks and not event.refused:
                    watching.confirm(f"Bootstrap {account.id} in {account.region}?")
    return watching.finish()


def _accounts(
    project: Project,
    environment: str,
    profile: str,
    region: str,
    port: int | None,
    *,
    on_local: bool,
) -> Iterable[tuple[Account, str | None]]:
    """Return where to bootstrap, each account and region once, and the organisation to let in."""
    from stackyard.aws.account import Account
    from stackyard.deploy.target import check_account
    from stackyard.local.account import start

    found = config.load(project.root)
    chosen = _places(found, environment)
    if on_local:
        regions = {region or place.region for place in chosen} or {region or "us-east-1"}
        server = start(project.root, port)
        return [(server.account(one), None) for one in sorted(regions)]
    if not chosen:
        if not region:
            raise UsageError("bootstrap: no region; add --region, or run init first")
        return [(Account(region=region, profile=profile), None)]
    accounts: dict[tuple[str, str], tuple[Account, str | None]] = {}
    for place in chosen:
        account = Account(region=region or place.region, profile=profile or place.profile)
        check_account(account, place, config.FILE)
        key = account.id, account.region
        # environments share an account: one of them may say whom it lets in
        _, before = accounts.get(key, (account, None))
        accounts[key] = account, place.organization_id or before
    return accounts.values()


def _places(found: config.Config | None, environment: str) -> list[Place]:
    if found is None:
        if environment:
            raise BuildError(f"{config.FILE}: there is none, so where is {environment}? Run init")
        return []
    return [found.place(environment)] if environment else [*found.environments.values()]


def _by_environment(given: Iterable[str] | None, option: str) -> Mapping[str, str]:
    """Return the values of a repeatable option by environment, empty for all."""
    found = {}
    for one in given or ():
        name, _, value = one.rpartition("=")
        if option == "--account" and not name:
            raise UsageError(f"init: {option} {one} names no environment; write dev={one}")
        found[name] = value
    return found


def _asked(question: str, option: str, default: str | None = None) -> str:
    if not sys.stdin.isatty():
        raise UsageError(f"init: nobody is here to answer {question!r}; add {option}")
    return str(typer.prompt(question, default=default))


def _environments(project: Project) -> list[str]:
    """Return the names of all environments that have parameter files."""
    from stackyard.environments import environments

    folders = sorted(path.name for path in project.params.glob("*") if path.is_dir())
    names = [name for folder in folders for name in environments(project.params, folder)]
    return list(dict.fromkeys(names))
