"""What a service or a function may reach, declared where its parameters are.

A contract binds a parameter, ``parameter("...", bind=Connect("DATABASE_URL", key="url"))``, and the
binding says what its value means to who runs there: variables, permissions and security groups,
all three or none. The verbs are ``Read``, ``Write``, ``Send``, ``Consume`` and ``Connect``; each
statement that one grants is signed with its ``Sid``, so that every permission names its reason.

Whoever is reached gives what a verb needs as one output, a *grant*: its ARN and what belongs to it,
comma-joined. So an ARN never travels without its address, nor a secret without its way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from troposphere import AWSHelperFn, Join, Select, Split, Sub, ecs

from templates_src.contract import Value, bound, logical_id
from templates_src.parts.iam import Statement, allow


@dataclasses.dataclass(frozen=True)
class Access:
    """What bindings give a task or a function.

    Attributes:
        environment: variables, readable by whoever reads the definition.
        secrets: variables that ECS fills when a task starts; a function is told where they are and
            reads them itself.
        starting: statements of the execution role, with which ECS prepares a task.
        running: statements of the task role, which is what the application itself may do.
        groups: client security groups, which whoever is reached admits.
    """

    environment: tuple[ecs.Environment, ...] = ()
    secrets: tuple[ecs.Secret, ...] = ()
    starting: tuple[Statement, ...] = ()
    running: tuple[Statement, ...] = ()
    groups: tuple[Value, ...] = ()

    def __add__(self, other: Access) -> Access:
        """Return both."""
        fields = [field.name for field in dataclasses.fields(self)]
        return Access(**{name: getattr(self, name) + getattr(other, name) for name in fields})

    @property
    def of_function(self) -> tuple[Statement, ...]:
        """All statements: nobody prepares a function, so it reads its secrets itself."""
        return self.starting + self.running

    @property
    def variables(self) -> dict[str, Value]:
        """Variables of a function; ``<NAME>_SECRET`` says where it finds a secret, as ECS does."""
        known = {variable.Name: variable.Value for variable in self.environment}
        return known | {f"{secret.Name}_SECRET": secret.ValueFrom for secret in self.secrets}


class Binding(Protocol):
    """What a parameter's value means to who runs."""

    def access(self, value: Value) -> Access:
        """Return what *value*, bound like this, gives."""
        ...


class Variable(NamedTuple):
    """The value is an environment variable and grants nothing.

    Attributes:
        name: of the variable.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the variable."""
        return Access(environment=(ecs.Environment(Name=self.name, Value=value),))


class Secret(NamedTuple):
    """The value is the ARN of a secret, whose content is an environment variable.

    Attributes:
        name: of the variable.
        key: which member of a secret that is JSON; the whole secret if empty.
    """

    name: str
    key: str = ""

    def access(self, value: Value) -> Access:
        """Return the variable, and leave to read exactly this secret."""
        return _secret("Read", self.name, self.key, value)


class Connect(NamedTuple):
    """The value is the grant of a database: its connection's secret, its clients' group.

    Attributes:
        name: of the variable with the address, user and password.
        key: which member of the secret that is.
    """

    name: str
    key: str = "url"

    def access(self, value: Value) -> Access:
        """Return the variable, leave to read the secret, and the group that is admitted."""
        secret_arn, group_id = _members(value, 2)
        way = Access(groups=(group_id,))
        return _secret("Connect", self.name, self.key, secret_arn) + way


class Send(NamedTuple):
    """The value is the grant of a queue: its ARN and URL.

    Attributes:
        name: of the variable with the URL.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the URL and leave to send to exactly this queue."""
        return _queue("Send", self.name, value, ["sqs:SendMessage"])


class Consume(NamedTuple):
    """The value is the grant of a queue, whose messages are received and deleted.

    Attributes:
        name: of the variable with the URL.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the URL and leave to work off exactly this queue."""
        actions = ["ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes"]
        return _queue(
            "Consume", self.name, value, [f"sqs:{name}" for name in (*actions, "ReceiveMessage")]
        )


class Read(NamedTuple):
    """The value is the ARN of a bucket, whose objects are read.

    Attributes:
        name: of the variable with the bucket's name.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the bucket's name and leave to list it and read its objects."""
        listing = _signed("Read", self.name, ["s3:ListBucket"], value)
        objects = _signed("Read", f"{self.name}_objects", ["s3:GetObject"], _objects(value))
        return Access((_bucket_name(self.name, value),), running=(listing, objects))


class Write(NamedTuple):
    """The value is the ARN of a bucket, in which objects are put and deleted.

    Attributes:
        name: of the variable with the bucket's name.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the bucket's name and leave to put and delete its objects, not to read them."""
        actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"]
        objects = _signed("Write", self.name, actions, _objects(value))
        return Access((_bucket_name(self.name, value),), running=(objects,))


class Lookup(NamedTuple):
    """The value is an SSM path, and what is below it is looked up while the application runs.

    Attributes:
        name: of the variable with the path.
    """

    name: str

    def access(self, value: Value) -> Access:
        """Return the path and leave to read the parameters below it."""
        path = Sub(
            "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${Path}",
            Path=value,
        )
        actions = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
        # the path itself is what GetParametersByPath is asked about
        below = [path, Join("", [path, "/*"])]
        reading = allow(actions, below, Sid=f"Read{logical_id(self.name.lower())}")
        return Access((ecs.Environment(Name=self.name, Value=value),), running=(reading,))


def access_of(parameters: object) -> Access:
    """Return what the bindings of a contract give, in the order of its parameters."""
    return sum((binding.access(value) for binding, value in bound(parameters)), Access())


def grant(*members: Value) -> AWSHelperFn:
    """Return the output of who is reached: *members*, the ARN first, as one value."""
    return Join(",", members)


def granted_arn(value: Value) -> AWSHelperFn:
    """Return the ARN in a grant."""
    return _members(value, 1)[0]


def _members(value: Value, count: int) -> list[AWSHelperFn]:
    return [Select(index, Split(",", value)) for index in range(count)]


def _signed(verb: str, name: str, actions: Sequence[str], resource: Value) -> Statement:
    return allow(actions, resource, Sid=f"{verb}{logical_id(name.lower())}")


def _secret(verb: str, name: str, key: str, arn: Value) -> Access:
    # arn:json-key:version-stage:version-id; the last two are empty for the current one:
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
    source = Join("", [arn, f":{key}::"]) if key else arn
    return Access(
        secrets=(ecs.Secret(Name=name, ValueFrom=source),),
        starting=(_signed(verb, name, ["secretsmanager:GetSecretValue"], arn),),
    )


def _queue(verb: str, name: str, value: Value, actions: Sequence[str]) -> Access:
    arn, url = _members(value, 2)
    return Access(
        environment=(ecs.Environment(Name=name, Value=url),),
        running=(_signed(verb, name, actions, arn),),
    )


def _bucket_name(name: str, arn: Value) -> ecs.Environment:
    return ecs.Environment(Name=name, Value=Select(5, Split(":", arn)))  # arn:aws:s3:::name


def _objects(arn: Value) -> AWSHelperFn:
    return Join("", [arn, "/*"])
