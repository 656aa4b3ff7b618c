"""A message stays hidden for long enough while a function handles it."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding, number
from stackyard.findings import Finding
from stackyard.resolved import System

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
TIMES = 6
DEFAULT_TIMEOUT = 3  # seconds; of a function
DEFAULT_VISIBILITY = 30  # seconds; of a queue


def check(system: System) -> Iterator[Finding]:
    """Yield queues whose visibility timeout is under six times that of the function they feed."""
    for mapping in system.resources("AWS::Lambda::EventSourceMapping"):
        queue = system.target(mapping.properties.get("EventSourceArn"))
        function = system.target(mapping.properties.get("FunctionName"))
        if queue is None or queue.type != "AWS::SQS::Queue" or function is None:
            continue
        timeout = number(function.properties.get("Timeout", DEFAULT_TIMEOUT))
        visible = number(queue.properties.get("VisibilityTimeout", DEFAULT_VISIBILITY))
        if timeout is not None and visible is not None and visible < TIMES * timeout:
            message = (
                f"visibility timeout of {visible:g} s for {function.path}, which may run "
                f"{timeout:g} s; make it {TIMES * timeout:g} s or more"
            )
            yield finding(__name__, system, queue, message)
