"""A service that scales by itself does not state how many tasks it wants."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding
from stackyard.findings import Finding
from stackyard.resolved import System, unknowns


def check(system: System) -> Iterator[Finding]:
    """Yield services with a desired count that an autoscaling target also governs."""
    targets = list(system.resources("AWS::ApplicationAutoScaling::ScalableTarget"))
    for service in system.resources("AWS::ECS::Service"):
        if "DesiredCount" not in service.properties:
            continue
        name = service.properties.get("ServiceName")
        for target in targets:
            scaled = target.properties.get("ResourceId")
            refers = any(unknown.path == service.path for unknown in unknowns(scaled))
            if refers or (isinstance(name, str) and str(scaled).endswith(f"/{name}")):
                message = (
                    f"DesiredCount {service.properties['DesiredCount']} beside {target.path}: "
                    "every update would reset what autoscaling decided; leave it out"
                )
                yield finding(__name__, system, service, message)
