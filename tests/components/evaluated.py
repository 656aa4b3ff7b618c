"""A component alone, evaluated as AWS would."""

from __future__ import annotations

from stackyard.resolved import Stack, resolve
from templates_src.contract import AnyComponent


def stack_of(component: AnyComponent, region: str = "us-east-1", /, **given: str) -> Stack:
    """Return the stack of *component* with parameters by CloudFormation's names."""
    name = component.name
    templates = {f"blueprints/{name}": component.template().to_dict()}
    return resolve(name, templates, given, region, stack_name="app", account="123456789012").root
