"""Stacks that get stuck: a custom resource fails when it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy import watch

NAME = "stuck-dev"
# it fails at each kind of request in FailsAt, and takes SleepSeconds for every one
CODE = """
import json, time, urllib.request

def handler(event, context):
    given = event["ResourceProperties"]
    time.sleep(float(given.get("SleepSeconds", 0)))
    fails = event["RequestType"] in given.get("FailsAt", "").split(",")
    answer = {
        "Status": "FAILED" if fails else "SUCCESS",
        "Reason": "told to fail",
        "PhysicalResourceId": event.get("PhysicalResourceId", "stubborn"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT")
    urllib.request.urlopen(request)
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Code": {"ZipFile": CODE},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    },
}


def stubborn(fails_at: str = "", **properties: Any) -> dict[str, Any]:
    """Return a resource that fails at the kinds of requests in *fails_at*, comma-joined."""
    return {
        "Type": "Custom::Stubborn",
        "Properties": {
            "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
            "FailsAt": fails_at,
            **properties,
        },
    }


def template(**resources: Mapping[str, Any]) -> str:
    """Return a template with *resources* and the function that a stubborn one needs."""
    every: dict[str, Any] = {"Role": ROLE, "Function": FUNCTION, **resources}
    return json.dumps({"Resources": every})


def create(account: Account, body: str, **more: Any) -> str:
    """Create the stack and return the status that it comes to."""
    return _begun(account, "create_stack", body, more)


def update(account: Account, body: str, **more: Any) -> str:
    """Update the stack and return the status that it comes to."""
    return _begun(account, "update_stack", body, more)


def delete(account: Account) -> str:
    """Delete the stack and return the status that it comes to."""
    stack = cloudformation.describe(account, NAME)
    assert stack
    return _followed(account, stack.id, lambda: cloudformation.delete(account, stack.id, "token"))


def status(account: Account) -> str:
    """Return the status of the stack, ``absent`` if there is none."""
    stack = cloudformation.describe(account, NAME)
    return stack.status if stack else "absent"


def _begun(account: Account, operation: str, body: str, more: Mapping[str, Any]) -> str:
    client = account.client("cloudformation", NAME)

    def begin() -> None:
        getattr(client, operation)(
            StackName=NAME, TemplateBody=body, Capabilities=["CAPABILITY_IAM"], **more
        )

    there = cloudformation.describe(account, NAME)
    return _followed(account, there.id if there else "", begin)


def _followed(account: Account, stack_id: str, begin: Callable[[], object]) -> str:
    known = watch.known_events(account, stack_id) if stack_id else set()
    begin()
    stack = cloudformation.describe(account, stack_id or NAME)
    assert stack
    for _ in watch.follow(account, stack.id, known):
        continue
    return watch.settled(account, stack.id).status
