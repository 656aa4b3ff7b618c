"""The second region of ChronoTrail as AWS would see it."""

from __future__ import annotations

import pytest

from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve

NAME = "chronotrail-replica"


@pytest.fixture(scope="module")
def systems(project: Project, library: Library) -> dict[str, System]:
    bodies = {item.path: item.body for item in library.tree(NAME)}
    sets, findings = load(project.params, NAME, bodies[f"blueprints/{NAME}"])
    assert findings == []
    return {
        item.environment: resolve(
            NAME, bodies, item.parameters, item.regions[0], stack_name=item.stack_name
        )
        for item in sets
    }


def test_staging_and_production_have_one_in_another_region(systems: dict[str, System]) -> None:
    assert systems.keys() == {"staging", "prod"}
    assert {system.region for system in systems.values()} == {"us-west-2"}
    assert systems["prod"].stack_name == "ChronoTrail-Prod-Replica"


def test_replica_is_versioned_and_has_a_key_of_its_own(systems: dict[str, System]) -> None:
    found = systems["prod"].find("Replica/AssetsBucket")
    assert found
    bucket = plain(dict(found.properties))
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert systems["prod"].find("Key/Key")
    assert systems["prod"].find("Vault/Vault")
