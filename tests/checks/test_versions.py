from __future__ import annotations

import datetime

import pytest

from stackyard.checks import versions
from tests.checks.systems import resource, said, system

TODAY = datetime.date(2026, 11, 1)


def database(engine: str, version: object, kind: str = "DBInstance") -> list[str]:
    found = resource(f"RDS::{kind}", Engine=engine, EngineVersion=version)
    return said("versions", {"Database": found})


def runtime(name: str, today: datetime.date = TODAY) -> list[tuple[str, bool]]:
    function = resource("Lambda::Function", Runtime=name)
    found = versions.check(system({"Worker": function}), today=today)
    return [(item.message, item.warning) for item in found]


def test_engine_version_that_cannot_be_created_is_found_with_those_that_can() -> None:
    (message,) = database("postgres", "15.5")
    assert message.startswith(
        "dev Database: postgres 15.5 can no longer be created; take one of 15."
    )
    assert "16." not in message


def test_versions_are_listed_newest_first() -> None:
    (message,) = database("postgres", "15.5")
    listed = [item for item in message.rpartition("one of ")[2].split(", ") if "." in item]
    figures = [[int(figure) for figure in item.split(".")] for item in listed]
    assert figures == sorted(figures, reverse=True)


def test_engine_version_that_does_not_exist_is_found() -> None:
    (message,) = database("aurora-postgresql", "16.99", "DBCluster")
    assert "aurora-postgresql 16.99 is not known; take one of 16." in message


@pytest.mark.parametrize("version", ["18", "17", "16", "15", 17, "17.9"])
def test_major_version_is_fine_while_a_minor_one_can_be_created(version: object) -> None:
    assert database("postgres", version) == []


def test_version_that_only_aws_knows_is_left_alone() -> None:
    assert database("postgres", {"Fn::ImportValue": "version"}) == []


def test_runtime_that_is_blocked_is_found() -> None:
    ((message, warning),) = runtime("nodejs14.x")
    assert (
        "nodejs14.x can no longer be created, since 2024-01-09; take one of nodejs24.x" in message
    )
    assert not warning


def test_runtime_that_is_deprecated_is_a_warning() -> None:
    ((message, warning),) = runtime("nodejs20.x")
    assert warning
    assert message == (
        "runtime nodejs20.x is deprecated since 2026-04-30 and cannot be created from "
        "2027-02-01 on; take one of nodejs24.x, nodejs22.x"
    )


def test_runtime_is_blocked_once_its_day_has_come() -> None:
    ((message, warning),) = runtime("nodejs20.x", datetime.date(2027, 2, 1))
    assert not warning
    assert "can no longer be created" in message


@pytest.mark.parametrize("name", ["nodejs24.x", "python3.13"])
def test_supported_runtime_is_fine(name: str) -> None:
    assert runtime(name) == []


def test_function_from_an_image_has_no_runtime() -> None:
    assert said("versions", {"F": resource("Lambda::Function", PackageType="Image")}) == []
