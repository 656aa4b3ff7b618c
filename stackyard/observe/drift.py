"""What was changed behind a stack's back, through all nesting, without what others govern."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from stackyard.aws import drift
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK
from stackyard.aws.drift import Drifted, Property
from stackyard.aws.patience import Patience
from stackyard.errors import DeployError
from stackyard.observe import tree

POLL_SECONDS = 2.0
EMBEDDED_POLL_SECONDS = 0.05
BETWEEN_SECONDS = 0.5  # detections start one by one: the rate is the whole account's


@dataclass(frozen=True)
class Governed:
    """Properties that something else than the stack decides.

    Attributes:
        type: of the resource.
        properties: pattern of their paths.
        by: what decides them, in words.
        where: type that a stack of the system must have for that; always if empty.
    """

    type: str
    properties: str
    by: str
    where: str = ""


SCALING = "AWS::ApplicationAutoScaling::ScalableTarget"
CODE_DEPLOY = "AWS::CodeDeploy::DeploymentGroup"
GOVERNED = (
    Governed("AWS::ECS::Service", "DesiredCount", "autoscaling", SCALING),
    Governed(
        "AWS::ECS::Service",
        r"(TaskDefinition|LoadBalancers|PlatformVersion)\b.*",
        "CodeDeploy",
        CODE_DEPLOY,
    ),
    Governed(
        "AWS::ElasticLoadBalancingV2::Listener", r"DefaultActions\b.*", "CodeDeploy", CODE_DEPLOY
    ),
    Governed(
        "AWS::ElasticLoadBalancingV2::ListenerRule", r"Actions\b.*", "CodeDeploy", CODE_DEPLOY
    ),
    Governed(
        "AWS::DynamoDB::Table",
        r"(ProvisionedThroughput|GlobalSecondaryIndexes\.\d+\.ProvisionedThroughput)\b.*",
        "autoscaling",
        SCALING,
    ),
    Governed("AWS::AutoScaling::AutoScalingGroup", "DesiredCapacity", "its scaling policies"),
    Governed("AWS::RDS::DBInstance", "AllocatedStorage", "storage autoscaling"),
    Governed("AWS::RDS::DB(Instance|Cluster)", "EngineVersion", "automatic minor upgrades"),
    Governed(SCALING, "(MinCapacity|MaxCapacity)", "scheduled actions", SCALING),
)


@dataclass(frozen=True)
class Drift:
    """A resource that is not as its template says.

    Attributes:
        name: ``Jobs/WorkQueue``.
        status: ``MODIFIED`` or ``DELETED``.
        properties: what differs.
        governed: what differs because something else decides it, with what.
    """

    name: str
    type: str
    physical_id: str
    status: str
    properties: Sequence[Property]
    governed: Sequence[tuple[Property, str]] = ()

    @property
    def counts(self) -> bool:
        """Whether somebody changed what only the stack should change."""
        return self.status == "DELETED" or bool(self.properties)


def detect(
    account: Account,
    stack_id: str,
    seen: Callable[[str, int, int], None] = lambda *_: None,
) -> Iterator[Drift]:
    """Yield the drift of a stack and of all nested in it.

    Args:
        account: the stack's.
        stack_id: of the root stack.
        seen: told what is done, how much of it, of how much.

    Raises:
        DeployError: AWS cannot be asked, or cannot tell.
    """
    found = list(tree.resources(account, stack_id))
    stacks = {stack_id: ""} | {
        one.physical_id: one.name for one in found if one.type == STACK and one.physical_id
    }
    _wait(account, stacks, seen)
    patience = Patience()
    types = {one.type for one in found}
    for stack, parent in stacks.items():
        for one in patience.ask(lambda stack=stack: drift.drifted(account, stack)):  # type: ignore[misc]
            if one.type != STACK:  # its own resources say what is the matter
                yield folded(_named(one, parent), types)


def folded(one: Drift, types: Iterable[str]) -> Drift:
    """Return *one* with what something else governs apart from what drifted.

    Args:
        one: as AWS tells it.
        types: of all resources of the system.
    """
    there = set(types)
    rules = [
        rule
        for rule in GOVERNED
        if re.fullmatch(rule.type, one.type) and (not rule.where or rule.where in there)
    ]
    own: list[Property] = []
    governed: list[tuple[Property, str]] = []
    for item in one.properties:
        by = next((rule.by for rule in rules if re.fullmatch(rule.properties, item.path)), "")
        if by:
            governed.append((item, by))
        else:
            own.append(item)
    return replace(one, properties=own, governed=governed)


def _wait(account: Account, stacks: dict[str, str], seen: Callable[[str, int, int], None]) -> None:
    """Look for drift in all stacks at once, and wait until AWS has looked."""
    patience = Patience()
    running: dict[str, str] = {}
    for stack_id, name in stacks.items():
        asked = patience.ask(lambda stack_id=stack_id: drift.detect(account, stack_id))  # type: ignore[misc]
        running[asked] = name
        if not account.is_embedded:
            time.sleep(BETWEEN_SECONDS)
    total = len(running)
    while running:
        for detection, name in list(running.items()):
            status, reason = patience.ask(
                lambda detection=detection: drift.detected(account, detection)  # type: ignore[misc]
            )
            # a search that failed for some resources is complete for the others
            if status == "DETECTION_FAILED" and not reason.startswith("Failed to detect drift on"):
                raise DeployError(f"{name or 'root stack'}: drift cannot be told: {reason}")
            if status != "DETECTION_IN_PROGRESS":
                del running[detection]
        seen("looking for drift", total - len(running), total)
        if running:
            time.sleep(EMBEDDED_POLL_SECONDS if account.is_embedded else POLL_SECONDS)


def _named(one: Drifted, parent: str) -> Drift:
    name = f"{parent}/{one.logical_id}" if parent else one.logical_id
    return Drift(name, one.type, one.physical_id, one.status, one.properties)
