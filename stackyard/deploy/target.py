"""Where an environment is deployed: account, bucket, role and locks, whoever says so."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.config import Config, Place
from stackyard.deploy import lock as locking
from stackyard.deploy.lock import Lock
from stackyard.environments import ParameterSet
from stackyard.errors import BuildError, DeployError

BOOTSTRAP_STACK = "stackyard-bootstrap"
# What our own parameter files say where a person must say something else
PLACEHOLDER = re.compile(
    r"(^|[@.])example\.(com|net|org)\b|EXAMPLE"
    # organisations, units and accounts as AWS's own documentation writes them, or of one digit
    r"|\bo-example|\b(ou|r)-exam-"
    r"|\b(123456789012|111122223333|444455556666|777788889999|(?P<digit>[0-9])(?P=digit){11})\b"
)


@dataclass(frozen=True)
class Target:
    """Where an environment is deployed.

    Attributes:
        account: with region.
        bucket: for templates; empty if none is known.
        role_arn: that CloudFormation acts with; empty if none is known.
        lock_table: empty where nobody has made one.
    """

    account: Account
    bucket: str = ""
    role_arn: str = ""
    lock_table: str = ""

    def locked(self, stack_name: str, timeout: float) -> AbstractContextManager[Lock | None]:
        """Return the lock of a stack, None in it where there is no table for locks.

        CloudFormation itself refuses a second operation on a stack that is at work.
        """
        if not self.lock_table:
            return contextlib.nullcontext()
        return locking.held(self.account, stack_name, table=self.lock_table, timeout=timeout)


def of_environment(
    item: ParameterSet, config: Config | None, *, region: str, profile: str, bucket: str
) -> Target:
    """Return where an environment lives on AWS.

    Args:
        item: the environment.
        config: of the project, if it has one.
        region: as asked for; that of the configuration, else the environment's first, if empty.
        profile: as asked for, likewise.
        bucket: as asked for, likewise; else that of the bootstrap stack.

    Raises:
        BuildError: as ``account_of``.
        DeployError: as ``account_of``, or bootstrap has not run there.
    """
    account = account_of(item, config, region=region, profile=profile)
    given = _place(item, config).artifact_bucket
    return bootstrapped(account, bucket or given, is_needed=config is not None)


def account_of(
    item: ParameterSet, config: Config | None, *, region: str = "", profile: str = ""
) -> Account:
    """Return the account and region of an environment.

    Args:
        item: the environment.
        config: of the project, if it has one.
        region: as asked for; that of the configuration, else the environment's first, if empty.
        profile: as asked for, likewise.

    Raises:
        BuildError: the configuration does not know the environment, or puts it into a region that
            it is not checked for.
        DeployError: the credentials are for another account.
    """
    place = _place(item, config)
    region = region or place.region or item.regions[0]
    if region not in item.regions:
        raise BuildError(
            f"{item.environment}: is to be deployed in {region}, and its files are checked for "
            f"{', '.join(item.regions)}; add it to regions in params/{item.blueprint}"
        )
    account = Account(region=region, profile=profile or place.profile)
    if place.account:
        check_account(account, place, item.environment)
    return account


def _place(item: ParameterSet, config: Config | None) -> Place:
    if config is None:
        return Place("", "")
    if item.is_stage:
        return config.place_of_stage(item.environment, item.blueprint)
    return config.place(item.environment)


def check_account(account: Account, place: Place, where: str) -> None:
    """Do nothing if the credentials are for the account that the configuration names.

    Raises:
        DeployError: they are for another.
    """
    if account.id != place.account:
        raise DeployError(
            f"{where}: the credentials are for account {account.id}, and stackyard.yaml says "
            f"{place.account}; set AWS_PROFILE or the environment's profile"
        )


def bootstrapped(account: Account, bucket: str = "", *, is_needed: bool = False) -> Target:
    """Return an account with what its bootstrap stack has made.

    Args:
        account: which.
        bucket: another bucket than that of the stack.
        is_needed: it is an error if there is no such stack.

    Raises:
        DeployError: there is none and it is needed.
    """
    stack = cloudformation.describe(account, BOOTSTRAP_STACK)
    if stack is None or not stack.outputs:
        if is_needed:
            raise DeployError(
                f"{account.id} in {account.region}: there is no stack {BOOTSTRAP_STACK} with "
                "bucket, roles and locks; run python build.py bootstrap"
            )
        return Target(account, bucket, "", locking.TABLE if account.is_embedded else "")
    given = stack.outputs
    return Target(
        account,
        bucket or given["ArtifactBucket"],
        given["ExecutionRoleArn"],
        given["LockTable"],
    )


def check_placeholders(item: ParameterSet) -> None:
    """Do nothing if every parameter is one that a person has decided.

    Raises:
        BuildError: some are still those of the example; the message says where they stand.
    """
    found = [*_placeholders(item.parameters)]
    if found:
        where = [f"{item.locations.get(name, name)}: {name} is {value!r}" for name, value in found]
        raise BuildError("\n".join([f"{one}, an example; write your own" for one in where]))


def _placeholders(parameters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in parameters.items():
        if PLACEHOLDER.search(value):
            yield name, value
