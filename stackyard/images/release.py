"""A deployment with all that belongs to a release: image, migrations, stack."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Stack
from stackyard.declared import declarations
from stackyard.deploy import apply
from stackyard.deploy.events import DeployEvent, Outcome, Planned, Said
from stackyard.deploy.lock import Lock
from stackyard.deploy.plan import NEW, Request
from stackyard.environments import ParameterSet
from stackyard.errors import DeployError
from stackyard.images import builders, context
from stackyard.images.migrate import migrate
from stackyard.images.registry import Repository
from stackyard.images.source import PARAMETER, REPOSITORY, Source
from stackyard.rules import violations

ARCHITECTURE, COUNT = "Architecture", "DesiredCount"  # parameters of the blueprints
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RuntimePlatform.html
PLATFORMS = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}
SOURCE = "image"


@dataclass(frozen=True, kw_only=True)
class Release:
    """What shall be deployed.

    Attributes:
        root: the project's folder.
        item: the environment.
        body: the root template.
        request: what is deployed with these parameters besides those of the environment.
        skips_build: the image that is deployed stays.
        skips_deploy: the image is built and pushed, and nothing else is done.
        migrations: words of the command that a new image runs once, before it serves.
    """

    root: Path
    item: ParameterSet
    body: Mapping[str, Any]
    request: Callable[[Mapping[str, str]], Request]
    skips_build: bool = False
    skips_deploy: bool = False
    migrations: Sequence[str] = ()


def kept(account: Account, item: ParameterSet) -> dict[str, str]:
    """Return the image that is deployed, as a parameter, where an environment builds its own.

    Raises:
        DeployError: AWS cannot be asked.
    """
    stack = cloudformation.describe(account, item.stack_name) if item.image else None
    image = stack.parameters.get(PARAMETER, "") if stack else ""
    return {PARAMETER: image} if image else {}


def deploy(account: Account, release: Release, lock: Lock | None = None) -> Iterator[DeployEvent]:
    """Build, push, migrate, deploy; yield what happens, an Outcome as the last.

    Args:
        account: where.
        release: what.
        lock: of the stack.

    Raises:
        TaskError: the migrations failed.
        BuildError: the image cannot be built.
        DeployError: as ``apply.deploy``; nothing here builds images; the registry refuses.
    """
    source = release.item.image
    given: dict[str, str] = {}
    if source and not release.skips_build:
        pushing = _Pushing(account, release, source)
        stack = yield from pushing.stack(lock)
        if stack is None:
            return
        given = {PARAMETER: (yield from pushing.push(stack))}
        if release.skips_deploy:
            yield Outcome("unchanged", stack.name, stack.status, stack.outputs)
            return
    request = release.request(given)
    events = apply.deploy(account, request, lock)
    yield from migrated(account, release.migrations, request, events, lock)


@dataclass
class _Pushing:
    """The way of an image into the repository of its stack."""

    account: Account
    release: Release
    source: Source
    platform: str = field(init=False)
    tag: str = field(init=False)

    def __post_init__(self) -> None:
        self.platform = _platform(self.release)
        self.tag = context.tag(self.release.root, self.source, self.platform)

    def stack(self, lock: Lock | None) -> Generator[DeployEvent, None, Stack | None]:
        """Return the stack with the repository, created without the image if it is not there.

        None if that failed; the last event says how.
        """
        name = self.release.item.stack_name
        found = cloudformation.describe(self.account, name)
        if found and REPOSITORY in found.outputs:
            return found
        if self.release.skips_deploy:
            raise DeployError(
                f"{name}: there is no repository to push to yet; deploy once without --skip-deploy"
            )
        builders.find()  # a stack takes minutes, and what is missing is known now
        yield Said(SOURCE, f"{name} has no repository yet: it is deployed without the image first")
        for event in apply.deploy(self.account, self._first(found), lock):
            if not isinstance(event, Outcome) or not event.is_good:
                yield event
            if isinstance(event, Outcome):
                return cloudformation.describe(self.account, name) if event.is_good else None
        return None

    def push(self, stack: Stack) -> Generator[DeployEvent, None, str]:
        """Return the image by digest, built and pushed unless the repository has it already."""
        repository = Repository(self.account, stack.outputs[REPOSITORY])
        digest = repository.digest(self.tag)
        if digest:
            yield Said(SOURCE, f"the repository has it already: nothing changed since {self.tag}")
        else:
            builder, what = builders.find(), self.source.dockerfile
            yield Said(SOURCE, f"{builder.name} builds {what} for {self.platform}")
            root = self.release.root
            for text in repository.pushed(builder, root, self.source, self.platform, self.tag):
                yield Said(SOURCE, text)
            digest = repository.settled(self.tag)
        image = f"{repository.uri}@{digest}"
        yield Said(SOURCE, image)
        return image

    def _first(self, found: Stack | None) -> Request:
        """Return what is deployed before there is an image.

        Where the placeholder would break a rule of the template, there are no tasks yet.
        """
        request = self.release.request({})
        if (found and found.status != NEW) or COUNT not in self.release.body["Parameters"]:
            return request
        broken = violations(self.release.body, request.parameters, self.account.region)
        return self.release.request({COUNT: "0"}) if any(broken) else request


def _platform(release: Release) -> str:
    declared = declarations(release.body).get(ARCHITECTURE)
    default = declared.default if declared else "X86_64"  # ECS's own
    return PLATFORMS[release.item.parameters.get(ARCHITECTURE, default or "")]


def migrated(
    account: Account,
    command: Sequence[str],
    request: Request,
    events: Iterator[DeployEvent],
    lock: Lock | None,
) -> Iterator[DeployEvent]:
    """Yield the events of a deployment, and run the migrations of a new image before it serves.

    A stack that does not exist has no network, database and service for them to run with, so that
    there they follow its creation.

    Args:
        account: where.
        command: the migrations; there are none if it is empty.
        request: what is deployed.
        events: of the deployment, which stands still while nobody asks for the next.
        lock: of the stack.

    Raises:
        TaskError: the migrations failed.
        DeployError: as the deployment.
    """
    image = request.parameters.get(PARAMETER, "")
    deployed = cloudformation.describe(account, request.stack_name)
    is_new = deployed is None or deployed.parameters.get(PARAMETER) != image
    if not (command and image and is_new):
        yield from events
        return

    def run(moved: str) -> Iterator[Said]:
        if lock:
            lock.check()
        yield from migrate(account, request.stack_name, command, image, moved)

    with closing(cast(Generator[DeployEvent], events)):  # gives up the change set if they fail
        for event in events:
            if isinstance(event, Outcome) and event.result == "created":
                yield from run(f"{event.stack_name} is created and serves the image")
            yield event  # whoever shows a plan may ask, and leave
            if isinstance(event, Planned) and event.operation == "update" and not event.refused:
                yield from run(f"nothing of {event.stack_name} was changed")
