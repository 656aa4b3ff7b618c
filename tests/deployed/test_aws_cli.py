"""The commands of docs/guide/roads.md bring every blueprint and environment to AWS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stackyard.aws import cloudformation, s3
from stackyard.aws.account import Account
from stackyard.build import Build, Options
from stackyard.deploy.publish import publish
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from tests.deployed.roads import Stack, run, stacks
from tests.deployed.systems import types
from tests.projects import build_py, copied
from tests.support import ROOT

# Every environment by `deploy`, and once more by one of the two others, in an account of its own
DEPLOY = stacks(ROOT, "deploy")
OTHERS = stacks(ROOT, "create-stack", "create-change-set")
(PYSHOP,) = [stack for stack in DEPLOY if stack.name == "pyshop-dev"]
PACKAGED = replace(PYSHOP, bucket="packaged", road="package")
# the clients ask for the end of a stack twice a minute, so that waiting is most of the time
AT_ONCE = 16


class Site:
    """A copy of this project in which each environment names its bucket, built, and its accounts.

    Attributes:
        went_wrong: what the commands said of each stack, all deployed side by side.
    """

    def __init__(
        self, folder: Path, new_account: Callable[[], Account], wanted: Sequence[Stack]
    ) -> None:
        self.project = copied(folder)
        self.accounts = {stack: new_account() for stack in wanted}
        for stack, account in self.accounts.items():
            path = self.project / "params" / stack.blueprint / f"{stack.environment}.yaml"
            written = yaml.safe_load(path.read_text())
            given, _ = provide(account, written.get("parameters", {}))
            written["parameters"] = {**given, "TemplateBucket": stack.bucket}
            path.write_text(yaml.safe_dump(written))
            s3.create(account, stack.bucket)
        built = build_py(self.project, "--no-lint")
        assert built.returncode == 0, built.stderr
        with ThreadPoolExecutor(AT_ONCE) as pool:
            said = pool.map(lambda stack: self.run(stack, stack.road), wanted)
            self.went_wrong = dict(zip(wanted, said, strict=True))

    def run(self, stack: Stack, road: str, name: str = "") -> str:
        """Return what the commands complained of; *name* is that of the stack, if of another."""
        asked = replace(stack, name=name or stack.name)
        done = run(self.project, self.accounts[stack], asked, road)
        return done.stderr if done.returncode else ""

    def expected(self, stack: Stack) -> dict[str, str]:
        """Return path and type of every resource that the model says there would be."""
        made = Build(Project(self.project), Options(stack.blueprint, check=True))
        made.prepare()
        (item,) = [x for x in made.sets[stack.blueprint] if x.environment == stack.environment]
        system = made.resolve(stack.blueprint, item, stack.region)
        return {resource.path: resource.type for resource in system.resources()}


@pytest.fixture(scope="module")
def sites(
    tmp_path_factory: pytest.TempPathFactory, new_account: Callable[[], Account]
) -> dict[Stack, Site]:
    found = {}
    for wanted in (DEPLOY, OTHERS, [PACKAGED]):
        made = Site(tmp_path_factory.mktemp("project"), new_account, wanted)
        found |= dict.fromkeys(wanted, made)
    return found


@pytest.mark.parametrize(
    "stack",
    [*DEPLOY, *OTHERS, PACKAGED],
    ids=lambda one: f"{one.blueprint} {one.environment} {one.road}",
)
def test_the_commands_bring_what_the_model_says(sites: dict[Stack, Site], stack: Stack) -> None:
    site = sites[stack]
    assert site.went_wrong[stack] == ""
    account = replace(site.accounts[stack], region=stack.region)
    assert dict(types(account, stack.name)) == site.expected(stack)


def test_deploy_sets_the_tags_by_which_people_find_things(sites: dict[Stack, Site]) -> None:
    stack = DEPLOY[0]
    found = cloudformation.describe(sites[stack].accounts[stack], stack.name)
    assert found
    assert found.tags == {"project": stack.blueprint, "environment": stack.environment}


def test_a_packaged_tree_says_itself_where_it_is(sites: dict[Stack, Site]) -> None:
    packaged = (sites[PACKAGED].project / "packaged.yaml").read_text()
    assert "/packaged/" in packaged
    assert "TemplatePrefix" not in packaged


def test_what_the_cli_uploaded_is_taken_for_published(sites: dict[Stack, Site]) -> None:
    site = sites[PYSHOP]
    published = publish(site.accounts[PYSHOP], site.project / "dist", "pyshop", PYSHOP.bucket)
    assert [key.rpartition("/")[2] for key in published.uploaded] == ["manifest.json"]


def test_a_template_that_was_not_uploaded_is_an_error(sites: dict[Stack, Site]) -> None:
    site, account = sites[PYSHOP], sites[PYSHOP].accounts[PYSHOP]
    (site.project / "dist/components/network.yaml").unlink()
    s3.empty(account, PYSHOP.bucket)
    assert "broken" in site.run(PYSHOP, "deploy", "broken")
    events = account.client("cloudformation").describe_stack_events(StackName="broken")
    reasons = [one.get("ResourceStatusReason", "") for one in events["StackEvents"]]
    assert any("network.yaml" in reason for reason in reasons)
