"""``stackyard.yaml``: the organisation, and where each environment lives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stackyard import documents
from stackyard.documents import Document, Entry, nearest
from stackyard.errors import BuildError
from stackyard.library import known

FILE = "stackyard.yaml"
SCHEMA = Path(__file__).with_name("config.schema.json")


@dataclass(frozen=True)
class Place:
    """Where an environment lives.

    Attributes:
        account: twelve digits.
        region: ``eu-central-1``.
        profile: profile of the AWS configuration; its default if empty.
        artifact_bucket: for templates; the bootstrap stack's if empty.
        organization_id: of AWS Organizations, whose accounts may read templates there.
        stages: what is said of a stage that lives elsewhere, by its blueprint.
    """

    account: str
    region: str
    profile: str = ""
    artifact_bucket: str = ""
    organization_id: str = ""
    stages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Config:
    """What ``stackyard.yaml`` says.

    Attributes:
        organization: a short name.
        environments: where each lives.
    """

    organization: str
    environments: Mapping[str, Place] = field(default_factory=dict)

    def place(self, environment: str) -> Place:
        """Return where *environment* lives.

        Raises:
            BuildError: the file does not say; the message gives the nearest name.
        """
        known("environment", environment, self.environments, FILE)
        return self.environments[environment]

    def place_of_stage(self, environment: str, stage: str) -> Place:
        """Return where a stage lives; its region is empty where its own parameters say it.

        Raises:
            BuildError: as ``place``.
        """
        place = self.place(environment)
        # a bucket is read from its own region only
        given: dict[str, Any] = {"region": "", "artifact_bucket": ""}
        return replace(place, **{**given, **place.stages.get(stage, {})})


def load(root: Path) -> Config | None:
    """Return the configuration of the project at *root*, None if it has none.

    Raises:
        BuildError: the file does not keep to its schema; the message names every place.
    """
    path = root / FILE
    if not path.exists():
        return None
    document = Document(FILE)
    data = _data(document, path)
    if document.findings:
        raise BuildError(
            "\n".join(f"{one}".replace(": params ", ": ") for one in document.findings)
        )
    bucket = data.get("artifact_bucket", "")
    places = {
        name: Place(**{"artifact_bucket": bucket, **given})
        for name, given in data["environments"].items()
    }
    return Config(data["organization"], places)


def text(organization: str, places: Mapping[str, Place], artifact_bucket: str = "") -> str:
    """Return the content of a new file; what is left out is empty."""
    lines = [
        "# Where each environment lives. A deployment into another account is refused.",
        f"organization: {organization}",
    ]
    if artifact_bucket:
        lines.append(f"artifact_bucket: {artifact_bucket}")
    lines.append("environments:")
    for name, place in places.items():
        lines += [f"  {name}:", f'    account: "{place.account}"', f"    region: {place.region}"]
        if place.profile:
            lines.append(f"    profile: {json.dumps(place.profile)}")
    return "\n".join([*lines, ""])


@cache
def schema() -> Any:
    """Return the JSON Schema of the file."""
    return json.loads(SCHEMA.read_text("utf-8"))


def _data(document: Document, path: Path) -> Any:
    """Return the file as plain data, with a complaint for each place that breaks the schema."""
    entries = document.read(path)
    return {} if entries is None else _mapping(document, "", entries, schema(), None)


def _mapping(
    document: Document,
    where: str,
    entries: Mapping[str, Entry],
    rules: Any,
    node: yaml.Node | None,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    properties = rules.get("properties", {})
    for name, entry in entries.items():
        inner = properties.get(name, rules["additionalProperties"])
        path = f"{where}.{name}" if where else name
        if inner is False:
            hint = nearest(name, properties)
            known_here = ", ".join(sorted(properties))
            document.complain(entry.place, f"{path} is not known; {hint}known: {known_here}")
        else:
            found[name] = _value(document, path, entry.node, inner)
    at = document.place(node) if node else documents.Place(document.file, 1, 1)
    for name in rules.get("required", ()):
        if name not in entries:
            wanted = properties[name]["description"]
            document.complain(at, f"{where or FILE} has no {name}; add {name}: {wanted}")
    return found


def _value(document: Document, where: str, node: yaml.Node, rules: Any) -> Any:
    if rules["type"] == "object":
        entries = document.entries(where, node)
        return {} if entries is None else _mapping(document, where, entries, rules, node)
    value = document.text(where, node)
    if value is not None and not re.search(rules["pattern"], value):
        message = f"{where} is {value!r}; write {rules['description']}"
        document.complain(document.place(node), message)
    return value
