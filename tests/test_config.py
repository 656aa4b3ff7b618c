"""stackyard.yaml: what it says, and what is said of a faulty one."""

from pathlib import Path

import pytest

from stackyard import config
from stackyard.config import Place
from stackyard.errors import BuildError

GOOD = """\
organization: acme
artifact_bucket: acme-artifacts
environments:
  dev:
    account: "111111111111"
    region: eu-central-1
  production:
    account: "222222222222"
    region: us-east-1
    profile: acme-production
    artifact_bucket: acme-production-artifacts
    organization_id: o-a1b2c3d4e5
"""


def faults(folder: Path, text: str) -> str:
    (folder / config.FILE).write_text(text)
    with pytest.raises(BuildError) as caught:
        config.load(folder)
    return str(caught.value)


def test_a_project_without_the_file_has_no_configuration(tmp_path: Path) -> None:
    assert config.load(tmp_path) is None


def test_each_environment_has_its_account_and_what_is_said_for_all(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text(GOOD)
    found = config.load(tmp_path)
    assert found
    assert found.place("dev") == Place("111111111111", "eu-central-1", "", "acme-artifacts")
    production = found.place("production")
    assert production.profile == "acme-production"
    assert production.artifact_bucket == "acme-production-artifacts"
    assert production.organization_id == "o-a1b2c3d4e5"


def test_an_environment_that_is_not_configured_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / config.FILE).write_text(GOOD)
    found = config.load(tmp_path)
    assert found
    with pytest.raises(BuildError, match=r"stackyard\.yaml: no environment 'prodution'; did you"):
        found.place("prodution")


def test_what_init_writes_can_be_read_back(tmp_path: Path) -> None:
    places = {"dev": Place("012345678901", "eu-central-1", "me: and you")}
    (tmp_path / config.FILE).write_text(config.text("acme", places))
    found = config.load(tmp_path)
    assert found
    assert found.environments == places


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('"111111111111"', '"1111"', r"yaml:5:14: environments.dev.account is '1111'; write the"),
        ('"111111111111"', "012345678901", r"yaml:5:14: environments.dev.account is 012345678901"),
        ("organization: acme", "organisation: acme", "did you mean 'organization'"),
        ("    region: eu-central-1\n", "", "environments.dev has no region; add region: a region"),
        ("eu-central-1", "Frankfurt", r"yaml:6:13: environments.dev.region is 'Frankfurt'; write"),
        ("organization: acme", "organization: [acme]", r"yaml:1:15: organization is a list"),
    ],
)
def test_a_fault_is_named_with_its_place_and_remedy(
    tmp_path: Path, before: str, after: str, complaint: str
) -> None:
    assert before in GOOD
    assert complaint in faults(tmp_path, GOOD.replace(before, after))


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("acme\n", "ACME\n", 1).replace("us-east-1", "Virginia")
    assert len(faults(tmp_path, text).splitlines()) == 2
