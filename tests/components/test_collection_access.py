from __future__ import annotations

import json

from stackyard.resolved import plain
from templates_src.components.collection_access import collection_access
from tests.components.evaluated import stack_of

ROLE = "arn:aws:iam::123456789012:role/task"
COLLECTION = "arn:aws:aoss:us-east-1:123456789012:collection/abc"


def test_exactly_the_role_may_use_exactly_the_collection() -> None:
    stack = stack_of(
        collection_access,
        CollectionName="chronotrail-dev",
        CollectionArn=COLLECTION,
        RoleArn=ROLE,
    )
    policy = plain(dict(stack.resources["DataAccess"].properties))
    (statement,) = json.loads(policy["Policy"])
    assert statement["Principal"] == [ROLE]
    (rule,) = statement["Rules"]
    assert rule["Resource"] == ["index/chronotrail-dev/*"]
    assert "aoss:DeleteIndex" not in rule["Permission"]
    calls = plain(dict(stack.resources["CallCollection"].properties))
    assert calls["Roles"] == ["task"]
    (allowed,) = calls["PolicyDocument"]["Statement"]
    assert (allowed["Action"], allowed["Resource"]) == (["aoss:APIAccessAll"], COLLECTION)
