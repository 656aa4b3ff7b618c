"""ECS services that CodeDeploy releases and that CloudFormation therefore cannot update.

CloudFormation sends task definition and network with every update of a service, whatever changed,
and ECS refuses them where CodeDeploy releases: an update of such a service fails, any update.
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1529
"""

from __future__ import annotations

from collections.abc import MutableMapping

from stackyard.local import ministack
from stackyard.local.handlers import Created, Handler, Properties

SERVICE = "AWS::ECS::Service"
REFUSAL = (
    "Invalid request provided: UpdateService error: Unable to update task definition on services"
    " with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment."
)


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Let MiniStack's handler remember the controller and refuse what ECS refuses."""
    known = handlers[SERVICE]

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        arn, attributes = known["create"](logical_id, properties, stack)
        cluster, name = arn.split("/")[-2:]
        service = ministack.module("services.ecs")._services[f"{cluster}/{name}"]
        service["deploymentController"] = {"type": _controller(properties)}
        return arn, attributes

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Created:
        if _controller(old) == "CODE_DEPLOY":
            raise ValueError(REFUSAL)
        made: Created = known["update"](physical_id, old, new, stack)
        return made

    handlers[SERVICE] = {**known, "create": create, "update": update}


def _controller(properties: Properties) -> str:
    return str(properties.get("DeploymentController", {}).get("Type", "ECS"))
