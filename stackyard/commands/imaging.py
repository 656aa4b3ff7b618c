"""What ``deploy`` does about the application's image, and the options that leave some of it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands.place import Site
from stackyard.errors import BuildError, UsageError

if TYPE_CHECKING:
    from stackyard.deploy.events import DeployEvent
    from stackyard.deploy.lock import Lock
    from stackyard.deploy.plan import Request
    from stackyard.environments import ParameterSet

SkipBuild = Annotated[bool, typer.Option("--skip-build", help="Keep the image that is deployed.")]
SkipDeploy = Annotated[
    bool, typer.Option("--skip-deploy", help="Build and push the image, and no more.")
]
SkipMigrations = Annotated[
    bool, typer.Option("--skip-migrations", help="A new image serves without its migrations.")
]


@dataclass(frozen=True, kw_only=True)
class Skips:
    """What is left out."""

    build: bool = False
    deploy: bool = False
    migrations: bool = False

    def command(self, item: ParameterSet) -> Sequence[str]:
        """Return the migrations of an environment; nothing if they are left out."""
        return () if self.migrations else item.migrations

    def check(self, *, has_plan: bool) -> None:
        """Do nothing if the options go together.

        Raises:
            UsageError: nothing would be left to do.
        """
        if self.deploy and (self.build or has_plan):
            other = "--skip-build" if self.build else "--plan"
            raise UsageError(f"deploy: {other} and --skip-deploy leave nothing to do; give one")


def released(
    here: Site, allowed: Sequence[str], skips: Skips, lock: Lock | None
) -> Iterator[DeployEvent]:
    """Deploy an environment with the image that it builds; the last event is an Outcome.

    Args:
        here: the environment.
        allowed: paths of resources whose data may go.
        skips: what is left out.
        lock: of the stack.

    Raises:
        BuildError: only an image is asked for, and the environment builds none.
        StackyardError: as ``stackyard.images.release.deploy``.
    """
    from stackyard.images.release import Release, deploy

    item = here.item
    if skips.deploy and not item.image:
        raise BuildError(
            f"{item.blueprint} {item.environment}: builds no image; write image: to its files"
        )

    def request(given: Mapping[str, str]) -> Request:
        changed = replace(here, parameters={**here.parameters, **given})
        return changed.request(allowed)

    release = Release(
        root=here.project.root,
        item=item,
        body=here.build.library.template(f"blueprints/{item.blueprint}").body,
        request=request,
        skips_build=skips.build,
        skips_deploy=skips.deploy,
        migrations=skips.command(item),
    )
    yield from deploy(here.target.account, release, lock)
