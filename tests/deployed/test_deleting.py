"""A stack that is being deleted already, by a run that was killed or by somebody's console."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import deleting, destroy
from stackyard.deploy.events import DeployEvent, Progress, Removed, Started
from stackyard.deploy.plan import Request
from stackyard.deploy.survey import Consent
from stackyard.errors import DeployError
from tests.deployed.small import outcome
from tests.deployed.stuck import NAME, create, status, stubborn, template

RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
IMAGES = {"Type": "AWS::ECR::Repository", **RETAINED}
CONSENTS = {
    "everything": Consent(rule="everything"),
    "keep-data": Consent(rule="keep-data"),
    "guarded": Consent(rule="guarded"),  # that nothing is named stops only what has not begun
}


@pytest.fixture
def going(account: Account) -> Account:
    """Return an account whose stack is being deleted, which takes a second."""
    body = template(Last=stubborn(SleepSeconds="1"), Images=IMAGES)
    assert create(account, body) == "CREATE_COMPLETE"
    stack = cloudformation.describe(account, NAME)
    assert stack
    cloudformation.delete(account, stack.id, "somebody")
    assert deleting(account, NAME)
    return account


def repositories(account: Account) -> list[Any]:
    return list(account.client("ecr").describe_repositories()["repositories"])


def operations(events: list[DeployEvent]) -> list[str]:
    return [one.operation for one in events if isinstance(one, Started)]


@pytest.mark.parametrize("rule", CONSENTS)
def test_a_second_destroy_watches_it_to_its_end_and_keeps_to_the_rule(
    going: Account, rule: str
) -> None:
    events = list(destroy(going, NAME, CONSENTS[rule]))
    assert operations(events) == ["delete"]
    assert "Last" in {one.name for one in events if isinstance(one, Progress)}
    end = outcome(events)
    assert (end.result, end.status, status(going)) == ("deleted", "DELETE_COMPLETE", "absent")
    is_all = rule == "everything"
    assert any(isinstance(one, Removed) for one in events) is is_all
    assert len(repositories(going)) == int(not is_all)
    assert [one.type for one in end.remaining] == ["AWS::ECR::Repository"] * (not is_all)


@pytest.mark.parametrize("rule", CONSENTS)
def test_a_destroy_that_stops_watching_is_taken_up_by_the_next(going: Account, rule: str) -> None:
    dropped = destroy(going, NAME, CONSENTS[rule])
    assert isinstance(next(dropped), Started)
    dropped.close()  # type: ignore[attr-defined]
    assert outcome(list(destroy(going, NAME, CONSENTS[rule]))).result == "deleted"
    again = outcome(list(destroy(going, NAME, CONSENTS[rule])))
    assert again.result == "absent"
    assert len(again.remaining) == len(repositories(going)) == int(rule != "everything")


def test_a_deployment_waits_for_it_and_makes_the_stack_again(going: Account) -> None:
    body = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    events = list(deploy(going, Request(stack_name=NAME, template_body=body)))
    assert operations(events) == ["delete", "create"]
    assert outcome(events).result == "created"
    assert status(going) == "CREATE_COMPLETE"


@pytest.mark.parametrize("rule", CONSENTS)
def test_a_deletion_that_fails_while_it_is_watched_goes_on_by_the_rule(
    account: Account, rule: str
) -> None:
    slow = {**stubborn(SleepSeconds="1"), "DependsOn": "Images"}
    images = {"Type": "AWS::ECR::Repository"}
    create(account, template(Last=slow, Images=images))
    (repository,) = repositories(account)
    name = repository["repositoryName"]
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
    account.client("ecr").put_image(repositoryName=name, imageManifest=manifest, imageTag="1")
    stack = cloudformation.describe(account, NAME)
    assert stack
    cloudformation.delete(account, stack.id, "somebody")
    named = Consent(rule="guarded", named=frozenset({"Images"}))
    consent = named if rule == "guarded" else CONSENTS[rule]
    events: list[DeployEvent] = []
    if rule == "keep-data":
        with pytest.raises(DeployError, match="recover it first"):
            events += destroy(account, NAME, consent)
        assert status(account) == "DELETE_FAILED"
        assert len(repositories(account)) == 1
    else:
        events += destroy(account, NAME, consent)
        assert outcome(events).result == "deleted"
        assert repositories(account) == []
