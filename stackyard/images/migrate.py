"""Migrations: a command in the release's own image, as the tasks of its service run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackyard.aws import ecs
from stackyard.aws.account import Account
from stackyard.deploy.events import Said
from stackyard.errors import TaskError
from stackyard.observe import tree
from stackyard.observe.run import Began, Ran, run

SOURCE = "migrations"
SHOWN_LINES = 20


def migrate(
    account: Account, stack_id: str, command: Sequence[str], image: str, moved: str
) -> Iterator[Said]:
    """Run *command* once in *image* with what a stack's service has, and wait for its end.

    Args:
        account: the stack's.
        stack_id: of the stack with the service.
        command: words.
        image: of the release.
        moved: what a failure leaves behind, for the error.

    Raises:
        TaskError: the command failed, or never ran.
        DeployError: AWS refuses.
    """
    yield Said(SOURCE, f"{' '.join(command)}, in {image}")
    found = [one for one in tree.resources(account, stack_id) if one.type == ecs.SERVICE]
    service = tree.chosen(found, "", SOURCE).physical_id
    for event in run(account, service, command, image=image):
        if isinstance(event, Began):
            task = event.task.rpartition("/")[2]
            yield Said(SOURCE, f"task {task} of {event.task_definition} has begun")
        else:
            yield from (Said(SOURCE, text) for text in event.lines[-SHOWN_LINES:])
            _check(event, moved)
            yield Said(SOURCE, f"done: {event.reason}".rstrip(": "))


def _check(ran: Ran, moved: str) -> None:
    if ran.exit_code == 0:
        return
    code = "no exit code" if ran.exit_code is None else f"exit code {ran.exit_code}"
    why = f" ({ran.reason})" if ran.reason else ""
    last = f", last line {ran.lines[-1]!r}" if ran.lines else ""
    raise TaskError(
        f"{SOURCE}: ended with {code}{why}{last}; {moved}; mend them and deploy again, or go on "
        "without them: --skip-migrations"
    )
