"""Small systems for the checks, and what a check says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackyard import checks
from stackyard.resolved import System, resolve

Body = dict[str, Any]


def resource(kind: str, /, attributes: Body | None = None, **properties: Any) -> Body:
    return {"Type": f"AWS::{kind}", "Properties": properties, **(attributes or {})}


def system(resources: Body, given: Mapping[str, str] | None = None, **sections: Any) -> System:
    """Return a system of one root template in environment ``dev``."""
    body = {"Resources": resources, **sections}
    return resolve(
        "app",
        {"blueprints/app": body},
        given or {},
        "eu-west-1",
        stack_name="app",
        environment="dev",
    )


def messages(check: str, found: System) -> list[str]:
    """Return what one check says, each as ``<subject>: <message>``."""
    return [f"{item.subject}: {item.message}" for item in checks.all_checks()[check](found)]


def said(check: str, resources: Body, **sections: Any) -> list[str]:
    """Return what one check says of a root template."""
    return messages(check, system(resources, **sections))
