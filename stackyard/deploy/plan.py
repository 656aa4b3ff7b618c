"""Find out what a deployment would do, by a change set that never outlives it."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Change, ChangeSet, Stack
from stackyard.aws.errors import AwsError
from stackyard.aws.validations import Validation, of_change_set
from stackyard.declared import declarations
from stackyard.deploy import preview
from stackyard.deploy.events import Operation
from stackyard.deploy.preview import Preview
from stackyard.errors import DeployError
from stackyard.parameter_files import complete
from stackyard.resolved import System

POLL_SECONDS = 1.0
EMBEDDED_POLL_SECONDS = 0.05
NEW = "REVIEW_IN_PROGRESS"  # a stack that has a change set and was never created
# Which of these CloudFormation says depends on whether the template or only values were sent
EMPTY = ("didn't contain changes", "No updates are to be performed")
READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


class GuardedError(DeployError):
    """A stack policy keeps CloudFormation from making the change set.

    Attributes:
        preview: what it would have done, by the resolved templates.
    """

    def __init__(self, message: str, preview: Preview) -> None:
        super().__init__(message)
        self.preview = preview


@dataclass(frozen=True, kw_only=True)
class Request:
    """What shall be deployed.

    Attributes:
        stack_name: of the root stack.
        template_url: where CloudFormation finds the root template, if it is published.
        template_body: the root template itself otherwise; at most 51,200 bytes.
        parameters: by CloudFormation's names.
        tags: of the stack and all that can be tagged in it.
        capabilities: as CloudFormation names them.
        termination_protection: whether the stack refuses to be deleted and has stack policies;
            None leaves both alone.
        role_arn: of the role that CloudFormation acts with; the caller's permissions if empty.
        desired: the same, resolved; without it nobody knows what changes in nested stacks on an
            endpoint that does not tell, nor what is in one that goes.
        allow_data_loss: paths of resources whose data may go.
        prefix: what stands before such a path on the command line.
    """

    stack_name: str
    template_url: str = ""
    template_body: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: Sequence[str] = ("CAPABILITY_IAM",)
    termination_protection: bool | None = None
    role_arn: str = ""
    desired: System | None = None
    allow_data_loss: frozenset[str] = frozenset()
    prefix: str = ""


@dataclass(frozen=True)
class Plan:
    """A change set that is ready to be executed.

    Attributes:
        request: what it was made from.
        operation: what it will do to the root stack.
        change_set: AWS's own.
        changes: its rows, those of nested stacks included where AWS tells them.
        preview: what it would do to each resource.
        stack: as it was then; None if it is to be created.
        approved: somebody has approved just this change set, so that it is not discarded when it
            cannot be executed now.
    """

    request: Request
    operation: Operation
    change_set: ChangeSet
    changes: Sequence[Change]
    preview: Preview
    stack: Stack | None
    approved: bool = False


def prepare(account: Account, request: Request) -> Plan | None:
    """Return a plan for *request*, None if nothing would change.

    The caller executes or discards it.

    Raises:
        GuardedError: a stack policy refuses it.
        DeployError: AWS refuses it, or the stack is in no state to be changed.
    """
    stack = deployable(account, request.stack_name)
    if stack and is_identical(stack, request):
        return None
    operation: Operation = "create" if stack is None else "update"
    try:
        change_set = _create(account, request, operation)
    except AwsError as error:
        raise _guarded(account, request, stack, error) from error
    try:
        change_set = _made(account, change_set)
        if change_set.status == "CREATE_COMPLETE":
            return read(account, request, change_set, stack)
        found = _validations(account, change_set, _rows(account, change_set))
    except BaseException:
        discard(account, change_set, operation)
        raise
    discard(account, change_set, operation)
    if any(text in change_set.reason for text in EMPTY):
        return None
    refusal = DeployError(
        f"{request.stack_name} in {account.region}: CloudFormation made no change set: "
        f"{change_set.reason.rstrip('.')}; correct the template or the parameters"
        + "".join(f"\n  {one}" for one in found)
    )
    raise _guarded(account, request, stack, refusal)


def _guarded(
    account: Account, request: Request, stack: Stack | None, refusal: DeployError
) -> DeployError:
    """Return *refusal*, with what would happen if it is a stack policy's."""
    if stack is None or request.desired is None or "stack policy" not in str(refusal).lower():
        return refusal
    return GuardedError(str(refusal), preview.compared(account, stack, request.desired))


def is_identical(stack: Stack, request: Request) -> bool:
    """Return whether a stack was deployed from exactly what *request* says.

    The prefix of the nested templates is one of its parameters and holds the digest of all
    templates. A value that CloudFormation looks up in SSM may be another one now.
    """
    if request.desired is None or "TemplatePrefix" not in request.parameters:
        return False
    body = request.desired.root.body
    looked_up = any("SSM::Parameter" in one.spec["Type"] for one in declarations(body).values())
    values = complete(body, request.parameters)
    same = stack.parameters == values and stack.tags == request.tags
    return same and not looked_up


def read(account: Account, request: Request, change_set: ChangeSet, stack: Stack | None) -> Plan:
    """Return the plan that a change set is, with what it would do."""
    rows = list(cloudformation.changes(account, change_set.id))
    seen = preview.of_rows(account, rows, stack, request.desired)
    seen = replace(seen, validations=_validations(account, change_set, rows))
    operation: Operation = "create" if stack is None else "update"
    return Plan(request, operation, change_set, rows, seen, stack)


def _rows(account: Account, change_set: ChangeSet) -> list[Change]:
    """Return the rows of a change set that failed, as far as it has any."""
    with contextlib.suppress(AwsError):
        return list(cloudformation.changes(account, change_set.id))
    return []


def _validations(
    account: Account, change_set: ChangeSet, rows: Sequence[Change] = ()
) -> tuple[Validation, ...]:
    """Return what early validation says of a change set and of those nested in it."""
    ids = [change_set.id, *(row.change_set_id for row in rows if row.change_set_id)]
    return tuple(one for each in ids for one in of_change_set(account, each) or ())


def discard(account: Account, change_set: ChangeSet, operation: Operation) -> None:
    """Delete a change set, and the empty stack that one for a new stack brings with it."""
    # the stack may be gone, and with it the change set
    with contextlib.suppress(AwsError):
        cloudformation.delete_change_set(account, change_set)
    if operation == "create":
        stack = cloudformation.describe(account, change_set.stack_id)
        if stack and stack.status == NEW:
            cloudformation.delete(account, stack.id, token())


def deployable(account: Account, stack_name: str) -> Stack | None:
    """Return the stack that would be updated, None if it would be created.

    Raises:
        DeployError: it is in a state that no change set can be made in.
    """
    stack = cloudformation.describe(account, stack_name)
    if stack is None or stack.status == NEW:
        return None  # NEW is what a run that was killed has left, and can be used
    if stack.status in READY:
        return stack
    where = f"{stack_name} in {account.region}"
    if stack.status.endswith("_IN_PROGRESS"):
        raise DeployError(f"{where}: is in {stack.status}; wait until that has ended")
    if stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"):
        raise DeployError(
            f"{where}: is in {stack.status} after a creation that failed and cannot be updated; "
            "destroy it, then deploy again"
        )
    raise DeployError(f"{where}: is in {stack.status}; recover it, then deploy again")


def token() -> str:
    """Return a token by which AWS knows a repeated request from a second one."""
    return f"stackyard-{uuid.uuid4()}"


def _create(account: Account, request: Request, operation: Operation) -> ChangeSet:
    template = (
        {"TemplateURL": request.template_url}
        if request.template_url
        else {"TemplateBody": request.template_body}
    )
    return cloudformation.create_change_set(
        account,
        request.stack_name,
        ChangeSetName=token(),
        ChangeSetType=operation.upper(),
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in request.parameters.items()
        ],
        Tags=[{"Key": name, "Value": value} for name, value in request.tags.items()],
        Capabilities=list(request.capabilities),
        **template,
        **({"RoleARN": request.role_arn} if request.role_arn else {}),
    )


def _made(account: Account, change_set: ChangeSet) -> ChangeSet:
    """Wait until AWS has made *change_set* or given up."""
    pause = EMBEDDED_POLL_SECONDS if account.is_embedded else POLL_SECONDS
    while True:
        found = cloudformation.describe_change_set(account, change_set)
        if found.status in ("CREATE_COMPLETE", "FAILED"):
            return found
        time.sleep(pause)
