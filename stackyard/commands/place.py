"""What plan, publish and deploy begin with: an environment, and the place where it lives."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard import config, start
from stackyard.errors import DeployError, UsageError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.build import Build
    from stackyard.deploy.plan import Request
    from stackyard.deploy.publish import Published
    from stackyard.deploy.target import Target
    from stackyard.environments import ParameterSet


@dataclass(frozen=True, kw_only=True)
class Where:
    """What a command line says of the place.

    Attributes:
        on_local: the embedded account.
        ephemeral: one that ends with the command.
        port: of the embedded account.
        region: empty for the environment's.
        profile: empty for the environment's.
        bucket: empty for the bootstrap stack's.
    """

    on_local: bool = False
    ephemeral: bool = False
    port: int | None = None
    region: str = ""
    profile: str = ""
    bucket: str = ""

    def check(self, command: str) -> None:
        """Do nothing if the options go together.

        Raises:
            UsageError: they do not.
        """
        if not self.on_local and (self.ephemeral or self.port):
            option = "--ephemeral" if self.ephemeral else "--port"
            raise UsageError(f"{command}: {option} is about the embedded account; add --local")


@dataclass
class Site:
    """An environment and where it lives.

    Attributes:
        item: the environment.
        build: of its blueprint.
        target: account, bucket, role and locks.
        server: the embedded account's, None on AWS.
        parameters: with those that are made up for the embedded account.
        notes: what people should know of these.
        taken: values that stages have given.
        prefix: what stands before the path of one of its resources on the command line.
    """

    project: Project
    item: ParameterSet
    build: Build
    target: Target
    server: Any = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    taken: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def take(self, outputs: Mapping[str, Mapping[str, str]]) -> None:
        """Take the outputs of stages, by blueprint, for the parameters that they give."""
        self.taken = {
            name: outputs[stage][name]
            for name, stage in self.item.handed.items()
            if name in outputs.get(stage, {})
        }

    @property
    def missing(self) -> dict[str, str]:
        """Return the parameters that no stage has given yet, each with the stage that will."""
        return {name: of for name, of in self.item.handed.items() if name not in self.taken}

    def check_taken(self) -> None:
        """Do nothing if every stage has given what it gives.

        Raises:
            DeployError: something is missing.
        """
        for name, stage in self.missing.items():
            item = self.item
            raise DeployError(
                f"{item.stack_name}: {name} is given by {stage}, whose stack does not have it; "
                f"deploy {stage} {item.environment} first"
            )

    def bucket(self) -> str:
        """Return the name of the bucket for templates, empty if nobody says."""
        from stackyard.deploy.publish import default_bucket

        account = self.target.account
        return self.target.bucket or (default_bucket(account) if account.is_embedded else "")

    def published(self) -> Published:
        """Upload what is not uploaded yet."""
        from stackyard.deploy.publish import publish

        return publish(
            self.target.account, self.project.dist, self.item.blueprint, self.target.bucket
        )

    def is_published(self) -> bool:
        """Return whether the build is where CloudFormation can read it."""
        from stackyard.deploy.publish import is_published

        account, bucket = self.target.account, self.bucket()
        dist, blueprint = self.project.dist, self.item.blueprint
        return bool(bucket) and is_published(account, dist, blueprint, bucket)

    def request(self, allowed: Sequence[str] | None = None) -> Request:
        """Return what shall be deployed."""
        from stackyard.deploy.plan import Request
        from stackyard.deploy.publish import located
        from stackyard.images.release import kept
        from stackyard.resolved import resolve
        from stackyard.stages import unknown

        item, account = self.item, self.target.account
        place = located(account, self.project.dist, item.blueprint, self.bucket())
        parameters = {
            **kept(account, item),
            **self.parameters,
            **self.taken,
            "TemplateBucket": place.bucket,
            "TemplatePrefix": place.prefix,
        }
        bodies = {one.path: one.body for one in self.build.library.tree(item.blueprint)}
        desired = resolve(
            item.blueprint,
            bodies,
            {**unknown(self.missing), **parameters},
            account.region,
            stack_name=item.stack_name,
            environment=item.environment,
            account=account.id,
        )
        return Request(
            stack_name=item.stack_name,
            template_url=place.url(f"blueprints/{item.blueprint}.yaml"),
            parameters=parameters,
            tags=item.tags,
            # an embedded account is thrown away as it is
            termination_protection=None if account.is_embedded else item.termination_protection,
            role_arn=self.target.role_arn,
            desired=desired,
            allow_data_loss=frozenset(allowed or ()),
            prefix=self.prefix,
        )


@contextmanager
def site(
    project: Project,
    blueprint: str,
    environment: str,
    where: Where,
    *,
    is_real: bool = True,
    server: Any = None,
) -> Iterator[Site]:
    """Build a blueprint and yield one of its environments with the place where it lives.

    Args:
        project: whose.
        blueprint: name of the system.
        environment: name of one of its environments.
        where: what the command line says.
        is_real: it will be deployed, so that no value may be an example.
        server: the embedded account's, if it runs already.
    """
    item, build = start.built(project, blueprint, environment)
    with ExitStack() as stack:
        yield (
            _on_local(project, server or _server(project, stack, where), item, build, where)
            if where.on_local
            else _on_aws(project, item, build, where, is_real=is_real)
        )


def _on_local(
    project: Project, server: Any, item: ParameterSet, build: Build, where: Where
) -> Site:
    from stackyard.deploy.target import bootstrapped
    from stackyard.local.prerequisites import provide

    account = server.account(start.region_of(item, where.region))
    parameters, notes = provide(account, item.parameters)
    target = bootstrapped(account, where.bucket)
    # what nobody bootstrapped works as well, and CloudFormation here checks no role
    target = replace(target, role_arn="")
    return Site(project, item, build, target, server, parameters, notes)


def _on_aws(
    project: Project, item: ParameterSet, build: Build, where: Where, *, is_real: bool
) -> Site:
    from stackyard.deploy.target import check_placeholders, of_environment

    if is_real:
        check_placeholders(item)
    if where.region:
        start.region_of(item, where.region)
    given = {"region": where.region, "profile": where.profile, "bucket": where.bucket}
    target = of_environment(item, config.load(project.root), **given)
    notes = [] if target.lock_table else ["no lock: run bootstrap to have deployments wait"]
    return Site(project, item, build, target, None, item.parameters, notes)


def _server(project: Project, stack: ExitStack, where: Where) -> Any:
    from stackyard.local import account

    if where.ephemeral:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        return stack.enter_context(account.ephemeral(folder, where.port))
    return account.start(project.root, where.port)
