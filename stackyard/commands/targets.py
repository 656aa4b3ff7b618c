"""From a blueprint and an environment to the stack that is deployed for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackyard import start
from stackyard.errors import BuildError, DeployError
from stackyard.project import Project
from stackyard.stages import course

if TYPE_CHECKING:
    from stackyard.aws.account import Account
    from stackyard.aws.cloudformation import Stack
    from stackyard.deploy.target import Target as Place
    from stackyard.environments import ParameterSet


@dataclass(frozen=True)
class Target:
    """An environment and the account that it is in."""

    item: ParameterSet
    account: Account

    def stack(self) -> Stack:
        """Return the root stack.

        Raises:
            DeployError: it is not deployed.
        """
        from stackyard.aws import cloudformation

        stack = cloudformation.describe(self.account, self.item.stack_name)
        if stack is None:
            where = f"{self.item.stack_name} in {self.account.region}"
            raise DeployError(f"{where}: there is no such stack; deploy it first")
        return stack


def target(
    project: Project,
    blueprint: str,
    environment: str,
    *,
    on_local: bool = False,
    region: str = "",
    profile: str = "",
) -> Target:
    """Return where an environment is deployed, by the command line or ``stackyard.yaml``.

    Raises:
        BuildError: there is no such environment.
        DeployError: no embedded account is running.
    """
    sets = parameter_sets(project, blueprint)
    item = next((one for one in sets if one.environment == environment), None)
    if item is None:
        from stackyard.library import known

        known("environment", environment, [one.environment for one in sets], blueprint)
        raise BuildError(f"{blueprint} {environment}: cannot be read; run python build.py")
    return Target(item, account(project, item, on_local=on_local, region=region, profile=profile))


def with_stages(
    project: Project, item: ParameterSet, *, on_local: bool, region: str = "", profile: str = ""
) -> list[Target]:
    """Return where the stages of an environment are and, last, where it is itself.

    Raises:
        BuildError: as ``account``; a stage cannot be read.
        DeployError: as ``account``.
    """
    found = []
    for name in course(project, item.blueprint, item.environment).before:
        if name == item.blueprint:
            where = account(project, item, on_local=on_local, region=region, profile=profile)
            found.append(Target(item, where))
        else:
            found.append(
                target(project, name, item.environment, on_local=on_local, profile=profile)
            )
    return found


def parameter_sets(project: Project, blueprint: str) -> list[ParameterSet]:
    """Return the environments of a blueprint in which nothing is wrong.

    Raises:
        BuildError: there is no such blueprint.
    """
    from stackyard.build import Build, Options

    made = Build(project, Options(blueprint, check=True, native=False, cfn_lint=False))
    made.prepare()
    return made.sets[blueprint]


def account(
    project: Project, item: ParameterSet, *, on_local: bool, region: str = "", profile: str = ""
) -> Account:
    """Return the account of an environment.

    Raises:
        BuildError: ``stackyard.yaml`` does not know the environment.
        DeployError: no embedded account is running, or the credentials are for another account.
    """
    from stackyard import config
    from stackyard.deploy.target import account_of
    from stackyard.local.account import running

    if on_local:
        server = running(project.root)
        if server is None:
            raise DeployError("no embedded account is running; deploy with --local first")
        return server.account(start.region_of(item, region))
    return account_of(item, config.load(project.root), region=region, profile=profile)


def locks_of(
    project: Project, item: ParameterSet, region: str, profile: str, *, on_local: bool
) -> Place:
    """Return where an environment is deployed, with the role and the locks to change it.

    Raises:
        BuildError: as ``account``.
        DeployError: likewise, or bootstrap has not run there.
    """
    from stackyard import config
    from stackyard.deploy.target import bootstrapped, of_environment

    if on_local:
        return bootstrapped(account(project, item, on_local=True, region=region))
    given = {"region": region, "profile": profile, "bucket": ""}
    return of_environment(item, config.load(project.root), **given)
