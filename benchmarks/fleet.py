"""Counts what planning a fleet costs: 1,000 accounts in 4 regions, a made-up CloudFormation.

``python benchmarks/fleet.py`` prints calls, the time they take at the rate that we assume, the
time of this machine and peak memory, with and without a look at each instance's own parameters; it
ends with status 1 if a bound is broken. Time at the rate is computed and not waited for.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

sys.path.insert(0, str(Path(__file__).parents[1]))

from stackyard.aws.account import Account
from stackyard.build import Build, Options
from stackyard.catalog.bound import bound
from stackyard.fleet.plan import Plan, plan
from stackyard.fleet.source import ROOT, Source
from stackyard.fleet.targets import Targets
from stackyard.project import Project

ACCOUNTS = tuple(str(100_000_000_000 + number) for number in range(1000))
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "eu-central-1")
OWN = 40  # every so-many-th instance has a parameter of its own
JOINED = 20  # accounts that have nothing yet
# An assumption: we know of no rate that AWS states for these calls. The seconds made from it are
# arithmetic and no measurement
CALLS_PER_SECOND = 10
MOST_LISTING_CALLS = 50
MOST_MEMORY_MIB = 400
MOST_SECONDS = 30  # of this machine
SYSTEM, ENVIRONMENT = "pyshop", "production"


class CloudFormation:
    """One StackSet with an instance in nearly every place."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = json.dumps(body)
        self.calls: Counter[str] = Counter()
        self.rows = [_row(account, region) for region in REGIONS for account in ACCOUNTS[JOINED:]]

    def describe_stack_set(self, **given: str) -> dict[str, Any]:
        """Return the StackSet."""
        self.calls["DescribeStackSet"] += 1
        name = given["StackSetName"]
        return {"StackSet": {"StackSetName": name, "Status": "ACTIVE", "TemplateBody": self.body}}

    def get_paginator(self, _: str) -> CloudFormation:
        """Return what pages through the instances."""
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        """Yield pages of instances."""
        size = given["PaginationConfig"]["PageSize"]
        for first in range(0, len(self.rows), size):
            self.calls["ListStackInstances"] += 1
            yield {"Summaries": self.rows[first : first + size]}

    def describe_stack_instance(self, **given: str) -> dict[str, Any]:
        """Return an instance; some have a parameter of their own."""
        self.calls["DescribeStackInstance"] += 1
        has_own = int(given["StackInstanceAccount"]) % OWN == 0
        own = [{"ParameterKey": "MaxCount", "ParameterValue": "20"}] if has_own else []
        return {"StackInstance": {"ParameterOverrides": own}}


class S3:
    """The bucket of the templates."""

    def __init__(self, bodies: dict[str, Any]) -> None:
        self.bodies = bodies
        self.calls: Counter[str] = Counter()

    def get_object(self, **given: str) -> dict[str, Any]:
        """Return a nested template."""
        self.calls["GetObject"] += 1
        name = "/".join(given["Key"].split("/")[-2:]).removesuffix(".yaml")
        return {"Body": _Body(json.dumps(self.bodies[name]))}


class _Body:
    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> bytes:
        """Return all of it."""
        return self._text.encode()


class Fake:
    """An account with the two services."""

    region, profile, is_embedded = REGIONS[0], "", False

    def __init__(self, cloudformation: CloudFormation, s3: S3) -> None:
        self._clients = {"cloudformation": cloudformation, "s3": s3}

    def client(self, service: str, _: str = "") -> Any:
        """Return the client of a service."""
        return self._clients[service]


def main() -> int:
    """Plan twice and print what it took."""
    old, new, nested = _sources()
    is_good = True
    for reads_overrides in (False, True):
        cloudformation, s3 = CloudFormation(old), S3(nested)
        account = cast(Account, Fake(cloudformation, s3))
        to = Targets("fleet", "SELF", ACCOUNTS, REGIONS)
        began = time.perf_counter()
        made = plan(account, new, to, reads_overrides=reads_overrides)
        seconds = time.perf_counter() - began
        _print(made, cloudformation.calls + s3.calls, seconds, reads_overrides=reads_overrides)
        listing = cloudformation.calls["ListStackInstances"]
        is_good &= len(made.rows) == len(ACCOUNTS) * len(REGIONS) and seconds < MOST_SECONDS
        is_good &= listing <= MOST_LISTING_CALLS
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )
    print(f"{memory:.0f} MiB at most")
    return 0 if is_good and memory < MOST_MEMORY_MIB else 1


def _print(made: Plan, calls: Counter[str], seconds: float, *, reads_overrides: bool) -> None:
    total = calls.total()
    each = ", ".join(f"{count} {name}" for name, count in calls.most_common())
    kind = "with" if reads_overrides else "without"
    print(f"{len(made.rows)} instances {kind} their own parameters: {made.counts()}")
    print(f"  {total} calls ({each}): {total / CALLS_PER_SECOND:.0f} s at {CALLS_PER_SECOND}/s")
    print(f"  {len(made.distinct())} different plans, {seconds:.1f} s of this machine")


def _sources() -> tuple[dict[str, Any], Source, dict[str, Any]]:
    """Return a system as it is deployed, as it is wanted, and what it nests."""
    options = Options(SYSTEM, check=True, native=False, cfn_lint=False)
    build = Build(Project(Path(__file__).parents[1]), options)
    build.prepare()
    values = next(one.parameters for one in build.sets[SYSTEM] if one.environment == ENVIRONMENT)
    root, *others = build.library.tree(SYSTEM)
    nested = {item.path: item.body for item in others}
    old = bound(root.body, "templates", "stackyard/1111/", values)
    body = bound(root.body, "templates", "stackyard/2222/", {**values, "LogRetentionDays": "180"})
    return (
        old,
        Source(f"{SYSTEM}/{ENVIRONMENT}", body, {f"blueprints/{ROOT}": body, **nested}),
        nested,
    )


def _row(account: str, region: str) -> dict[str, Any]:
    return {
        "Account": account,
        "Region": region,
        "Status": "CURRENT",
        "StackInstanceStatus": {"DetailedStatus": "SUCCEEDED"},
        "StackId": f"arn:aws:cloudformation:{region}:{account}:stack/StackSet-fleet/1",
    }


if __name__ == "__main__":
    sys.exit(main())
