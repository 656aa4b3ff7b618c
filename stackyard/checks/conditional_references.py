"""Nothing refers to a resource that does not exist under the conditions of this environment."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding
from stackyard.findings import Finding
from stackyard.resolved import System

CONSEQUENCES = {
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-condition.html
    "DependsOn": "AWS then does not create this resource either",
    "Ref": "the deployment fails with unresolved resource dependencies",
    "Fn::GetAtt": "the deployment fails with unresolved resource dependencies",
}


def check(system: System) -> Iterator[Finding]:
    """Yield references to resources and outputs whose condition is false."""
    for item in system.dangling:
        message = (
            f"{item.how} to {item.target}, whose condition {item.condition} is false: "
            f"{CONSEQUENCES[item.how]}; refer to it under the same condition, or only within Fn::If"
        )
        yield finding(__name__, system, item, message)
