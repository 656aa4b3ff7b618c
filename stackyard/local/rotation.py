"""Rotation of secrets as AWS does it: the rotation function is called, step by step.

MiniStack's RotateSecret copies the current value and calls nothing, so a rotation function would
never run: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Mapping
from typing import Any

from stackyard.local import ministack
from stackyard.local.api import call

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
NOT_FOUND = "Secrets Manager can't find the specified secret."

logger = logging.getLogger(__name__)


def install() -> None:
    """Put this rotation in the place of MiniStack's."""
    responses = ministack.module("core.responses")
    secretsmanager = ministack.module("services.secretsmanager")
    read = secretsmanager._get_secret_value

    def rotate_secret(data: Mapping[str, Any]) -> Any:
        if _secret(data["SecretId"]) is None:
            return responses.error_response_json("ResourceNotFoundException", NOT_FOUND, 400)
        function, rules = data.get("RotationLambdaARN", ""), data.get("RotationRules", {})
        at_once = data.get("RotateImmediately", True)
        return responses.json_response(rotate(data["SecretId"], function, rules, at_once=at_once))

    def get_secret_value(data: Mapping[str, Any]) -> Any:
        # a version that a rotation has announced and not yet written cannot be read
        answer = read(data)
        found = json.loads(answer[2])
        if answer[0] == 200 and not {"SecretString", "SecretBinary"} & found.keys():
            return responses.error_response_json("ResourceNotFoundException", NOT_FOUND, 400)
        return answer

    secretsmanager._rotate_secret = rotate_secret
    secretsmanager._get_secret_value = get_secret_value


def rotate(
    secret_id: str, function_arn: str, rules: Mapping[str, Any], *, at_once: bool
) -> dict[str, str]:
    """Remember how a secret is rotated and, if *at_once*, rotate it in the background.

    Returns:
        ``ARN``, ``Name`` and ``VersionId`` of the secret, as RotateSecret answers.
    """
    secret = _secret(secret_id)
    if secret is None:
        raise ValueError(NOT_FOUND)
    secret["RotationLambdaARN"] = function_arn or secret.get("RotationLambdaARN", "")
    secret["RotationRules"] = rules or secret.get("RotationRules", {})
    secret["RotationEnabled"] = True
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if not at_once or not secret["RotationLambdaARN"]:
        return answer
    version = str(uuid.uuid4())
    for other in secret["Versions"].values():
        # what a failed rotation left pending is abandoned
        other["Stages"] = [stage for stage in other["Stages"] if stage != "AWSPENDING"]
    secret["Versions"][version] = {
        "SecretString": None,
        "SecretBinary": None,
        "CreatedDate": int(time.time()),
        "Stages": ["AWSPENDING"],
    }
    ministack.module("core.concurrency").spawn_background(
        _run, secret["ARN"], secret["RotationLambdaARN"], version
    )
    return {**answer, "VersionId": version}


def cancel(secret_id: str) -> None:
    """Forget how a secret is rotated."""
    secret = _secret(secret_id)
    if secret is not None:
        secret["RotationEnabled"] = False
        secret.pop("RotationLambdaARN", None)
        secret.pop("RotationRules", None)


def _secret(secret_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = ministack.module("services.secretsmanager")._resolve(secret_id)[
        1
    ]
    return found


def _run(secret_arn: str, function_arn: str, version: str) -> None:
    for step in STEPS:
        event = {"Step": step, "SecretId": secret_arn, "ClientRequestToken": version}
        payload = json.dumps(event).encode()
        answer = call("lambda", "Invoke", FunctionName=function_arn, Payload=payload)
        if "FunctionError" in answer:
            logger.error("rotation of %s stopped at %s: %s", secret_arn, step, answer["Payload"])
            return
    logger.info("rotated %s to version %s", secret_arn, version)
