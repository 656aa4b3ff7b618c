"""Looking at what is deployed to the embedded account."""

from __future__ import annotations

from pathlib import Path

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.events import Outcome, Progress, Started
from stackyard.deploy.plan import prepare, token
from stackyard.deploy.publish import publish
from stackyard.deploy.witness import attach
from stackyard.observe import tree
from stackyard.observe.events import happened
from stackyard.observe.status import status
from tests.deployed.small import DIGEST, request, run


def deployed(account: Account, dist: Path) -> cloudformation.Stack:
    run(account, dist)
    stack = cloudformation.describe(account, "worker-dev")
    assert stack
    return stack


def test_resources_are_listed_through_all_nesting(account: Account, dist: Path) -> None:
    found = {one.name: one for one in tree.resources(account, deployed(account, dist).id)}
    assert found["Jobs"].type == "AWS::CloudFormation::Stack"
    assert found["Jobs/WorkQueue"].type == "AWS::SQS::Queue"
    assert found["Jobs/WorkQueue"].parent == "Jobs"


def test_events_are_those_of_the_last_operation_unless_asked(account: Account, dist: Path) -> None:
    first = deployed(account, dist)
    began = happened(account, first.id)[0].event.time
    run(account, dist, Visibility="60")
    names = {(one.name, one.event.status) for one in happened(account, first.id)}
    assert ("Jobs/WorkQueue", "UPDATE_COMPLETE") in names
    assert ("Jobs/WorkQueue", "CREATE_COMPLETE") not in names
    everything = {(one.name, one.event.status) for one in happened(account, first.id, began)}
    assert ("Jobs/WorkQueue", "CREATE_COMPLETE") in everything


def test_the_status_tells_which_build_is_deployed(account: Account, dist: Path) -> None:
    deployed(account, dist)
    found = status(account, "worker-dev", "dev", DIGEST)
    assert found.status == "CREATE_COMPLETE"
    assert found.is_current
    assert found.is_well
    assert not status(account, "worker-dev", "dev", "another").is_current


def test_a_stack_that_is_not_there_has_a_status(account: Account) -> None:
    assert status(account, "nothing-dev", "dev", "").status == "NOT_DEPLOYED"


def test_a_running_operation_is_attached_to_and_told_from_its_beginning(
    account: Account, dist: Path
) -> None:
    published = publish(account, dist, "root")
    plan = prepare(account, request(published, TemplatePrefix=published.prefix))
    assert plan
    stack_id = plan.change_set.stack_id
    cloudformation.execute(account, plan.change_set, token())
    stack = cloudformation.describe(account, stack_id)
    assert stack
    begun, *events, end = attach(account, stack)
    assert isinstance(begun, Started)
    assert begun.at
    assert isinstance(end, Outcome)
    assert end.result == "created"
    told = {one.name for one in events if isinstance(one, Progress)}
    assert {"Network/Vpc", "Jobs/WorkQueue"} <= told
