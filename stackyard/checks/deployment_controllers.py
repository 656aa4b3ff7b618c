"""A service that CodeDeploy releases has no circuit breaker of its own."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding, is_true
from stackyard.findings import Finding
from stackyard.resolved import System


def check(system: System) -> Iterator[Finding]:
    """Yield services with both, which ECS refuses."""
    for service in system.resources("AWS::ECS::Service"):
        controller = service.properties.get("DeploymentController", {}).get("Type")
        configuration = service.properties.get("DeploymentConfiguration", {})
        breaker = configuration.get("DeploymentCircuitBreaker", {})
        if controller == "CODE_DEPLOY" and is_true(breaker.get("Enable")):
            message = (
                "a circuit breaker with the controller CODE_DEPLOY, which rolls back by itself; "
                "leave DeploymentCircuitBreaker out"
            )
            yield finding(__name__, system, service, message)
