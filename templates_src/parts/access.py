"""What a service may reach, declared where its parameters are.

A contract binds a parameter, ``parameter("...", bind=Secret("DATABASE_URL", key="url"))``, and each
binding says what its value means to the container that runs and to the two roles of its task.
"""

from __future__ import annotations

import dataclasses
from typing import Protocol

from troposphere import Join, ecs

from templates_src.contract import Value, bound
from templates_src.parts.iam import Statement, allow


@dataclasses.dataclass(frozen=True)
class Access:
    """What bindings give a task.

    Attributes:
        environment: variables of the container, readable by whoever reads the task definition.
        secrets: variables that ECS fills when a task starts; only their ARNs are readable.
        starting: statements of the execution role, with which ECS prepares a task.
        running: statements of the task role, which is what the application itself may do.
    """

    environment: tuple[ecs.Environment, ...] = ()
    secrets: tuple[ecs.Secret, ...] = ()
    starting: tuple[Statement, ...] = ()
    running: tuple[Statement, ...] = ()

    def __add__(self, other: Access) -> Access:
        """Return both."""
        return Access(
            self.environment + other.environment,
            self.secrets + other.secrets,
            self.starting + other.starting,
            self.running + other.running,
        )


class Binding(Protocol):
    """What a parameter's value means to a task."""

    def access(self, value: Value) -> Access:
        """Return what *value*, bound like this, gives a task."""
        ...


@dataclasses.dataclass(frozen=True)
class Variable:
    """The value is an environment variable.

    Attributes:
        name: of the variable.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the variable."""
        return Access(environment=(ecs.Environment(Name=self.name, Value=value),))


@dataclasses.dataclass(frozen=True)
class Secret:
    """The value is the ARN of a secret, whose content is an environment variable.

    Attributes:
        name: of the variable.
        key: which member of a secret that is JSON; the whole secret if empty.
    """

    name: str
    key: str = ""

    def access(self, value: Value) -> Access:
        """Return the variable, and leave for the execution role to read exactly this secret."""
        # arn:json-key:version-stage:version-id; the last two are empty for the current one:
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
        source = Join("", [value, f":{self.key}::"]) if self.key else value
        return Access(
            secrets=(ecs.Secret(Name=self.name, ValueFrom=source),),
            starting=(allow(["secretsmanager:GetSecretValue"], value),),
        )


def access_of(parameters: object) -> Access:
    """Return what the bindings of a contract give its task, in the order of its parameters."""
    return sum((binding.access(value) for binding, value in bound(parameters)), Access())
