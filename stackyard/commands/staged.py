"""The stacks of a system in one environment: its stages and itself, each where it lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from stackyard.commands.place import Site, Where, site
from stackyard.errors import UsageError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.commands.side_by_side import End, Which
    from stackyard.stages import Course


@contextmanager
def sites(
    project: Project, course: Course, where: Where, *, is_real: bool = True
) -> Iterator[dict[str, Site]]:
    """Build the blueprints of a system and yield the place of each, first what is deployed first.

    Args:
        project: whose.
        course: the system.
        where: what the command line says; of a stage its region and bucket say nothing.
        is_real: as for ``site``.
    """
    with ExitStack() as stack:
        found: dict[str, Site] = {}
        server = None
        for blueprint in course.before:
            own = where if blueprint == course.last else replace(where, region="", bucket="")
            here = site(project, blueprint, course.environment, own, is_real=is_real, server=server)
            found[blueprint] = stack.enter_context(here)
            found[blueprint].prefix = prefix(course, blueprint)
            server = found[blueprint].server
        yield found


def take_deployed(found: Mapping[str, Site]) -> None:
    """Have every stack take what its stages, as they are deployed, give it."""
    from stackyard.aws import cloudformation

    outputs: dict[str, Mapping[str, str]] = {}
    for blueprint, here in found.items():
        here.take(outputs)
        stack = cloudformation.describe(here.target.account, here.item.stack_name)
        outputs[blueprint] = stack.outputs if stack else {}


def whiches(course: Course) -> dict[str, Which]:
    """Return what each stack is called by what works on several, by blueprint."""
    from stackyard.commands.side_by_side import Which  # brings boto3, which takes 0.1 s

    return {
        name: Which(course.environment, name, "" if name == course.last else course.last)
        for name in course.before
    }


def prefix(course: Course, blueprint: str) -> str:
    """Return what stands on a command line before the path of a resource: ``stage:``, or none."""
    return "" if blueprint == course.last else f"{blueprint}:"


def own(option: str, given: Iterable[str] | None, course: Course, blueprint: str) -> Sequence[str]:
    """Return the paths that an option names in the stack of one blueprint.

    Raises:
        UsageError: one names a stage that the system does not have.
    """
    found = []
    for name in given or ():
        stage, colon, path = name.rpartition(":")
        if colon and stage not in course.before:
            there = ", ".join(one for one in course.before if one != course.last) or "none"
            raise UsageError(
                f"{option} {name}: {course.last} has no stage {stage!r}; it has {there}"
            )
        if (stage or course.last) == blueprint:
            found.append(path)
    return found


def left_out(course: Course) -> list[str]:
    """Return a line for each stage that the environment does not have."""
    return [
        f"{stage}: has no environment {course.environment} and is left out"
        for stage in course.left_out
    ]


def ask(
    found: Mapping[str, Site],
    allowed: Mapping[str, Sequence[str]],
    course: Course,
    monthly: Callable[..., str],
) -> None:
    """Show what would happen to each stack of a system, and ask once.

    Args:
        found: its stacks.
        allowed: by blueprint, paths of resources whose data may go.
        course: the system.
        monthly: says what a month of stacks costs.

    Raises:
        DataLossError: data would be lost that nobody has named.
        DeployError: there is nobody to ask.
    """
    from stackyard.commands.planning import looked
    from stackyard.deploy import gate
    from stackyard.view_plan import show
    from stackyard.view_watch import confirm

    take_deployed(found)
    for name, here in found.items():
        here.published()
        request = here.request(allowed[name])
        preview = looked(here, request)
        show(preview, f"{request.stack_name} in {here.target.account.region}")
        gate.check(preview.losses, request.allow_data_loss, request.stack_name, request.prefix)
    stacks = [f"{one.item.stack_name} in {one.target.account.region}" for one in found.values()]
    account = found[course.last].target.account.id
    confirm(f"Deploy {', '.join(stacks)}, account {account}{monthly(*found.values())}?")


def conclude(found: Iterable[Site], end: End) -> None:
    """Print what people do next with a system that is deployed."""
    from stackyard.deploy.events import Outcome

    for name, value in end.outputs.items() if isinstance(end, Outcome) else ():
        print(f"  {name} = {value}")
    for here in found:
        for note in here.notes:
            print(note)
        kinds = (
            {one.type for one in here.server.stand_ins(here.target.account)} if here.server else ()
        )
        if kinds:
            names = ", ".join(sorted(kinds))
            print(f"{here.item.stack_name}: stand-ins, with nothing behind them here: {names}")
