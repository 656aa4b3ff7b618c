"""``image`` and ``migrations`` in parameter files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stackyard.environments import ParameterSet, load
from stackyard.images.source import Source
from stackyard.parameter_files import parameter_files
from stackyard.schema import schema

BODY: dict[str, Any] = {
    "Parameters": {
        "Image": {"Type": "String", "Default": ""},
        "Nat": {"Type": "String", "Default": "single"},
    },
    "Rules": {
        "ImageIsReachable": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Nat"}, "none"]},
            "Assertions": [{"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Image"}, ""]}]}}],
        }
    },
    "Outputs": {"RepositoryUri": {"Value": "uri"}},
}
DEV = "stack_name: shop-dev\nregions: [us-east-1]\n"
IMAGE = "image:\n  dockerfile: ../app/Dockerfile\n"


def read(
    folder: Path, text: str, body: dict[str, Any] = BODY, common: str = ""
) -> tuple[list[ParameterSet], list[str]]:
    (folder / "params" / "shop").mkdir(parents=True)
    (folder / "params" / "shop" / "dev.yaml").write_text(DEV + text)
    if common:
        (folder / "params" / "shop" / "common.yaml").write_text(common)
    sets, found = load(folder / "params", "shop", body)
    return sets, [str(one) for one in found]


def test_the_folder_of_the_dockerfile_is_its_context(tmp_path: Path) -> None:
    (item,), found = read(tmp_path, IMAGE)
    assert found == []
    assert item.image == Source("../app/Dockerfile", "../app")
    assert item.migrations == ()


def test_everything_that_a_build_takes_is_read(tmp_path: Path) -> None:
    more = '  context: .\n  target: release\n  arguments: {PYTHON: "3.13"}\n'
    (item,), found = read(tmp_path, f"{IMAGE}{more}migrations: [alembic, upgrade, head]\n")
    assert found == []
    expected = Source("../app/Dockerfile", ".", "release", (("PYTHON", "3.13"),))
    assert (item.image, item.migrations) == (expected, ("alembic", "upgrade", "head"))


def test_an_environment_replaces_what_all_share(tmp_path: Path) -> None:
    shared = f"{IMAGE}  target: base\nmigrations: [migrate]\n"
    (item,), _ = read(tmp_path, "image: {dockerfile: Dockerfile}\n", common=shared)
    assert item.image == Source("Dockerfile", ".")
    assert item.migrations == ("migrate",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image: Dockerfile\n", "3:8: params image is a single value, not a mapping"),
        ("image: {context: .}\n", "image has no dockerfile; write dockerfile: ../Dockerfile"),
        ("image: {dockerfil: x}\n", "no key 'dockerfil'; did you mean 'dockerfile'? known: docker"),
        ('image: {dockerfile: ""}\n', "image.dockerfile is empty; write it or remove the key"),
        ("image: {dockerfile: [x]}\n", "image.dockerfile is a list; write one value"),
        (IMAGE + "  arguments: {A: [b]}\n", "image.arguments.A is a list; write one value"),
        ("migrations: alembic upgrade head\n", "migrations is a single value; write a list"),
        ("migrations: []\n", "migrations is empty; write the words of a command"),
        (IMAGE + "parameters: {Image: x}\n", "and Image names another; remove one of them"),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_place(
    tmp_path: Path, text: str, message: str
) -> None:
    sets, found = read(tmp_path, text)
    assert sets == []
    assert any(message in one for one in found)
    assert all(one.startswith("params/shop/dev.yaml:") for one in found)


@pytest.mark.parametrize(
    ("body", "text", "message"),
    [
        ({}, IMAGE, "image: the template has no parameter Image; remove it"),
        ({}, "migrations: [x]\n", "migrations: the template has no parameter Image; remove it"),
        ({"Outputs": {}}, IMAGE, "the template has no output RepositoryUri to push it to"),
        ({"Hook": True}, "migrations: [x]\n", "in a hook of this system; write MigrationCommand"),
    ],
)
def test_what_the_template_cannot_do_is_said(
    tmp_path: Path, body: dict[str, Any], text: str, message: str
) -> None:
    hook = {"MigrationCommand": {"Type": "String", "Default": ""}}
    whole = {**BODY, "Parameters": {**BODY["Parameters"], **hook}} if "Hook" in body else body
    (_, found) = read(tmp_path, text, {**BODY, **whole} if body else {"Parameters": {}})
    assert any(message in one for one in found)


def test_an_image_that_is_to_be_built_breaks_no_rule_about_images(tmp_path: Path) -> None:
    isolated = "parameters: {Nat: none}\n"
    assert read(tmp_path / "built", IMAGE + isolated)[1] == []
    assert "ImageIsReachable" in read(tmp_path / "none", isolated)[1][0]


def test_other_clients_keep_the_image_that_was_built(tmp_path: Path) -> None:
    (built,), _ = read(tmp_path / "built", IMAGE)
    (none,), _ = read(tmp_path / "none", "")
    names = [
        [one["ParameterKey"] for one in json.loads(parameter_files(item, BODY)["json"])]
        for item in (built, none)
    ]
    assert names == [["Nat"], ["Image", "Nat"]]


@pytest.mark.parametrize(
    ("content", "is_good"),
    [
        ({"image": {"dockerfile": "Dockerfile", "arguments": {"A": 1}}}, True),
        ({"migrations": ["alembic", "upgrade", "head"]}, True),
        ({"image": {"context": "."}}, False),
        ({"image": {"dockerfile": "x", "tag": "y"}}, False),
        ({"migrations": "alembic"}, False),
    ],
)
def test_an_editor_says_the_same(content: Any, is_good: bool) -> None:
    assert jsonschema.Draft7Validator(schema("shop", BODY)).is_valid(content) is is_good
