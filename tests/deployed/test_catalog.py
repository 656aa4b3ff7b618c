"""The catalog on the embedded account, where Service Catalog's types are stand-ins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.catalog import offers
from stackyard.catalog.publishing import publish_all
from stackyard.deploy.destroy import destroy
from stackyard.deploy.publish import default_bucket
from stackyard.errors import DeployError
from stackyard.local.account import LocalServer
from stackyard.project import Project
from tests.deployed.census import census
from tests.deployed.small import EVERYTHING, outcome
from tests.deployed.systems import Built, built, types


@pytest.fixture(scope="module")
def catalog(project: Project) -> Built:
    return built(project, "catalog")


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_what_is_deployed_is_what_the_model_says(
    server: LocalServer, account: Account, catalog: Built, environment: str
) -> None:
    end = catalog.brought(account, environment)
    assert (end.result, end.cause) == ("created", None)
    stack = catalog.sets[environment].stack_name
    assert dict(types(account, stack)) == catalog.expected(environment)
    made_up = {one.type for one in server.stand_ins(account)}
    assert {one.split("::")[1] for one in made_up} == {"ServiceCatalog"}
    assert catalog.brought(account, environment).result == "unchanged"


def test_sharing_moves_from_own_roles_to_those_of_each_account(
    account: Account, catalog: Built
) -> None:
    catalog.brought(account, "dev")
    changes = {"LaunchRolePrefix": "acme-launch", "SharedAccountIds": "111111111111,222222222222"}
    assert catalog.brought(account, "dev", **changes).result == "updated"
    stack = catalog.sets["dev"].stack_name
    assert dict(types(account, stack)) == catalog.expected("dev", **changes)


def test_destroying_it_leaves_the_account_as_it_was(account: Account, catalog: Built) -> None:
    s3.create(account, default_bucket(account))
    before = census(account)
    catalog.brought(account, "production")
    all_of_it = replace(EVERYTHING, lifts_protection=True)
    name = catalog.sets["production"].stack_name
    assert outcome(list(destroy(account, name, all_of_it))).result == "deleted"
    left = {one for one in census(account) - before if "Object" not in one}
    assert left == set()


def test_every_version_is_published_once(
    account: Account, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = built_offers(project)
    monkeypatch.setattr(offers, "read", lambda _: current)
    bucket = default_bucket(account)
    first = list(publish_all(account, project, bucket))
    assert {one.system for one in first} == current.keys()
    assert all(one.is_new for one in first)
    assert not any(one.is_new for one in publish_all(account, project, bucket))
    body = account.client("s3").get_object(Bucket=bucket, Key=first[0].key)["Body"].read()
    assert b"${TemplatePrefix}" not in body
    assert b'"Ref": "Template' not in body


def test_an_older_version_that_is_not_there_is_missed(
    account: Account, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = built_offers(project)
    older = {"name": "0.0.1", "prefix": "stackyard/0000/"}
    current["pyshop"]["versions"] = [older, *current["pyshop"]["versions"]]
    monkeypatch.setattr(offers, "read", lambda _: {"pyshop": current["pyshop"]})
    s3.create(account, default_bucket(account))
    with pytest.raises(DeployError, match=r"pyshop 0\.0\.1 is offered and not there"):
        list(publish_all(account, project, default_bucket(account)))


def built_offers(project: Project) -> dict[str, offers.Offer]:
    """Return the offers with the builds of now, whatever was offered when."""
    found = {}
    for name, offer in offers.read(project).items():
        prefix = offers.built_prefix(project.dist, name)
        newest = {**offer["versions"][-1], "prefix": prefix}
        found[name] = {**offer, "versions": [newest]}
    return found
