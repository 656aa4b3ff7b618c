"""The commands of docs/guide/roads.md bring every blueprint and environment to AWS."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
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
# What `package` makes is the same for all environments; express reads code by its bucket, so that
# what is uploaded is not enough for it, and ChronoTrail nests the most
PACKAGED = [
    replace(one, bucket=f"packaged-{one.blueprint}", road="package")
    for one in DEPLOY
    if one.name in ("pyshop-dev", "express-prod", "ChronoTrail-Prod")
]
UPLOADED = ("express",)
STAGED = stacks(ROOT, *["deploy"] * 3)  # as DEPLOY, with buckets of other names
(REPLICA,) = [stack for stack in STAGED if stack.name == "ChronoTrail-Staging-Replica"]
(STAGING,) = [stack for stack in STAGED if stack.name == "ChronoTrail-Staging"]
# the clients ask for the end of a stack twice a minute, so that waiting is most of the time
AT_ONCE = 16


class Site:
    """A copy of this project in which each environment names its bucket, built, and its accounts.

    Attributes:
        went_wrong: what the commands said of each stack, all deployed side by side.
    """

    def __init__(
        self,
        folder: Path,
        new_account: Callable[[], Account],
        wanted: Sequence[Stack],
        later: Sequence[Stack] = (),
    ) -> None:
        self.project = copied(folder)
        self.accounts = {stack: new_account() for stack in wanted}
        self.accounts |= dict.fromkeys(later, self.accounts[wanted[0]])
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
        uploads = road != "package" or stack.blueprint in UPLOADED
        done = run(self.folder(stack), self.accounts[stack], asked, road, uploads=uploads)
        return done.stderr if done.returncode else ""

    def folder(self, stack: Stack) -> Path:
        """Return where its commands run; `package` writes files, so it has a copy of its own."""
        if stack.road != "package":
            return self.project
        own = self.project.with_name(f"{self.project.name}-{stack.blueprint}")
        return own if own.exists() else shutil.copytree(self.project, own)

    @cached_property
    def _built(self) -> Build:
        made = Build(Project(self.project), Options(check=True))
        made.prepare()
        return made

    def expected(self, stack: Stack, *, with_stages: bool = False) -> dict[str, str]:
        """Return path and type of every resource that the model says there would be.

        These clients are told what is in the files, and not what stages give.
        """
        sets = self._built.sets[stack.blueprint]
        (item,) = [one for one in sets if one.environment == stack.environment]
        if not with_stages:
            item = item._replace(handed={})
        system = self._built.resolve(stack.blueprint, item, stack.region)
        return {resource.path: resource.type for resource in system.resources()}


@pytest.fixture(scope="module")
def sites(
    tmp_path_factory: pytest.TempPathFactory, new_account: Callable[[], Account]
) -> dict[Stack, Site]:
    found = {}
    for wanted in (DEPLOY, OTHERS, PACKAGED):
        made = Site(tmp_path_factory.mktemp("project"), new_account, wanted)
        found |= dict.fromkeys(wanted, made)
    return found


@pytest.mark.parametrize(
    "stack",
    [*DEPLOY, *OTHERS, *PACKAGED],
    ids=lambda one: f"{one.blueprint} {one.environment} {one.road}",
)
def test_the_commands_bring_what_the_model_says(sites: dict[Stack, Site], stack: Stack) -> None:
    site = sites[stack]
    assert site.went_wrong[stack] == ""
    account = replace(site.accounts[stack], region=stack.region)
    assert dict(types(account, stack.name)) == site.expected(stack)


def test_what_a_stage_gave_is_passed_on_by_hand(
    tmp_path: Path, new_account: Callable[[], Account]
) -> None:
    site = Site(tmp_path, new_account, [REPLICA], [STAGING])
    assert site.went_wrong[REPLICA] == ""
    assert site.run(STAGING, "stages") == ""
    account = replace(site.accounts[STAGING], region=STAGING.region)
    assert dict(types(account, STAGING.name)) == site.expected(STAGING, with_stages=True)
    # who deploys again without them keeps them
    assert site.run(STAGING, "deploy") == ""
    found = cloudformation.describe(account, STAGING.name)
    assert found
    assert ":us-west-2:" in found.parameters["CopyVaultArn"]


def test_deploy_sets_the_tags_by_which_people_find_things(sites: dict[Stack, Site]) -> None:
    stack = DEPLOY[0]
    found = cloudformation.describe(sites[stack].accounts[stack], stack.name)
    assert found
    assert found.tags == {"project": stack.blueprint, "environment": stack.environment}


def test_every_environment_takes_every_road_that_knows_environments() -> None:
    built = {(path.parent.name, path.stem) for path in ROOT.glob("dist/params/*/*.overrides.json")}
    built = {(blueprint, name.removesuffix(".overrides")) for blueprint, name in built}
    for roads in (DEPLOY, OTHERS):
        assert {(one.blueprint, one.environment) for one in roads} == built


def test_a_packaged_tree_says_itself_where_it_is(sites: dict[Stack, Site]) -> None:
    (stack,) = [one for one in PACKAGED if one.blueprint == "pyshop"]
    packaged = (sites[stack].folder(stack) / "packaged.yaml").read_text()
    assert "/packaged-pyshop/" in packaged
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
