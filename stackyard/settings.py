"""One parameter file: ``params/<blueprint>/common.yaml`` or ``<env>.yaml``."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard.declared import Declaration
from stackyard.documents import Document, Entry, Place, nearest

if TYPE_CHECKING:
    from stackyard.images.source import Source

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
STACK_NAME = r"[a-zA-Z][-a-zA-Z0-9]*"
LONGEST_STACK_NAME = 128
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html and, since stack
# tags are handed to every resource, the characters that all services take:
# https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
MOST_TAGS = 50
LONGEST_TAG_KEY = 128
LONGEST_TAG_VALUE = 256
# What destroying an environment does with its data; who says nothing is asked for each resource
DESTROY_RULES = ("guarded", "keep-data", "everything")
TAG_CHARACTERS = re.compile(r"[\w \t.:/=+@-]*")


@dataclass
class Settings:
    """What one parameter file says; None where it says nothing.

    Attributes:
        stack_name: name of the stack.
        regions: where it is deployed, the first being the main one.
        termination_protection: whether the stack refuses to be deleted.
        destroy: what destroying the stack does with its data.
        image: what the application's image is built from.
        migrations: words of the command that a new image runs once.
        tags: tags of the stack, which CloudFormation hands to its resources.
        parameters: values of the template's parameters, as text.
        places: where each key stands: ``regions``, ``tags.project``, ``AzCount``. A key that is in
            here and has no value was complained of.
        start: where something that is missing should be.
    """

    start: Place
    stack_name: str | None = None
    regions: tuple[str, ...] | None = None
    termination_protection: bool | None = None
    destroy: str | None = None
    image: Source | None = None
    migrations: tuple[str, ...] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)


class Reader:
    """Reads one parameter file and complains of everything in it that is wrong."""

    def __init__(self, document: Document, declared: Mapping[str, Declaration]) -> None:
        self.document = document
        self.declared = declared
        self.settings = Settings(Place(document.file, 1, 1))
        self.keys = {
            "stack_name": self._stack_name,
            "regions": self._regions,
            "tags": self._tags,
            "termination_protection": self._termination_protection,
            "destroy": self._destroy,
            "image": self._image,
            "migrations": self._migrations,
            "parameters": self._parameters,
        }

    def read(self, path: Path, *, is_common: bool) -> Settings | None:
        """Return what the file says, None if nothing in it can be read."""
        entries = self.document.read(path)
        if entries is None:
            return None
        for entry in entries.values():
            if entry.key not in self.keys:
                self._complain_of_unknown(entry)
            elif is_common and entry.key == "stack_name":
                message = "stack_name names one environment's stack; move it to that file"
                self.document.complain(entry.place, message)
            else:
                self.keys[entry.key](entry)
        return self.settings

    def _complain_of_unknown(self, entry: Entry) -> None:
        if entry.key in self.declared:
            message = f"{entry.key} is a parameter of the template; move it below parameters"
        else:
            hint = nearest(entry.key, self.keys)
            message = f"no key {entry.key!r}; {hint}known: {', '.join(self.keys)}"
        self.document.complain(entry.place, message)

    def _stack_name(self, entry: Entry) -> None:
        self.settings.places[entry.key] = entry.place
        name = self.document.text(entry.key, entry.node)
        if name is None:
            return
        if re.fullmatch(STACK_NAME, name) and len(name) <= LONGEST_STACK_NAME:
            self.settings.stack_name = name
        else:
            self.document.complain(
                self.document.place(entry.node),
                f"stack_name is {name!r}; begin with a letter, then letters, digits and hyphens, "
                f"{LONGEST_STACK_NAME} characters at most",
            )

    def _regions(self, entry: Entry) -> None:
        self.settings.places[entry.key] = entry.place
        names = self.document.items(entry.key, entry.node)
        if names is None:
            return
        place = self.document.place(entry.node)
        if not names:
            self.document.complain(place, "regions is empty; name at least one: [us-east-1]")
        for name, node in zip(names, entry.node.value, strict=True):
            if name not in known_regions():
                hint = nearest(name, known_regions()) or "write one as in us-east-1 "
                message = f"regions: no region {name!r}; {hint.rstrip()}"
                self.document.complain(self.document.place(node), message)
        for name in sorted({name for name in names if names.count(name) > 1}):
            self.document.complain(place, f"regions names {name} twice; remove one")
        if names and known_regions().issuperset(names):
            self.settings.regions = tuple(dict.fromkeys(names))

    def _tags(self, entry: Entry) -> None:
        for tag in (self.document.entries("tags", entry.node) or {}).values():
            self.settings.places[f"tags.{tag.key}"] = tag.place
            value = self.document.text(tag.key, tag.node)
            if value is None:
                continue
            self.settings.tags[tag.key] = value
            for part, text, longest in (
                ("key", tag.key, LONGEST_TAG_KEY),
                ("value", value, LONGEST_TAG_VALUE),
            ):
                if not 1 <= len(text) <= longest:
                    message = f"has a {part} of {len(text)} characters; write 1 to {longest}"
                    self.document.complain(tag.place, f"tag {tag.key!r} {message}")
                if not TAG_CHARACTERS.fullmatch(text):
                    message = f"has the {part} {text!r}; use letters, digits, space and _.:/=+-@"
                    self.document.complain(tag.place, f"tag {tag.key!r} {message}")
            if tag.key.lower().startswith("aws:"):
                message = f"tag {tag.key!r} begins with aws:, which AWS keeps; choose another"
                self.document.complain(tag.place, message)

    def _termination_protection(self, entry: Entry) -> None:
        self.settings.places[entry.key] = entry.place
        text = self.document.text(entry.key, entry.node, "flag")
        if text in ("true", "false"):
            self.settings.termination_protection = text == "true"
        elif text is not None:
            message = f"{entry.key} is {text!r}; write true or false"
            self.document.complain(self.document.place(entry.node), message)

    def _destroy(self, entry: Entry) -> None:
        self.settings.places[entry.key] = entry.place
        text = self.document.text(entry.key, entry.node)
        if text in DESTROY_RULES:
            self.settings.destroy = text
        elif text is not None:
            message = f"{entry.key} is {text!r}; write one of {', '.join(DESTROY_RULES)}"
            self.document.complain(self.document.place(entry.node), message)

    def _image(self, entry: Entry) -> None:
        from stackyard.images.source import read

        self.settings.places[entry.key] = entry.place
        self.settings.image = read(self.document, entry)

    def _migrations(self, entry: Entry) -> None:
        self.settings.places[entry.key] = entry.place
        words = self.document.items(entry.key, entry.node)
        if words is not None and not all(words):
            words = []
        if words == []:
            message = "migrations is empty; write the words of a command: [alembic, upgrade, head]"
            self.document.complain(self.document.place(entry.node), message)
        self.settings.migrations = tuple(words) if words else None

    def _parameters(self, entry: Entry) -> None:
        self.settings.start = entry.place
        for given in (self.document.entries("parameters", entry.node) or {}).values():
            declared = self.declared.get(given.key)
            if declared is None:
                hint = nearest(given.key, self.declared) or "remove it "
                message = f"the template has no parameter {given.key!r}; {hint.rstrip()}"
                self.document.complain(given.place, message)
                continue
            self.settings.places[given.key] = given.place
            text = self._value(declared, given)
            if text is None:
                continue
            problems = list(declared.problems(text))
            for problem in problems:
                self.document.complain(self.document.place(given.node), f"{given.key} {problem}")
            if not problems:
                self.settings.parameters[given.key] = text

    def _value(self, declared: Declaration, given: Entry) -> str | None:
        """Return the value of a parameter as text, a list comma-joined."""
        if not declared.is_list or not isinstance(given.node.value, list):
            return self.document.text(given.key, given.node, declared.kind)
        texts = self.document.items(given.key, given.node, declared.kind)
        if texts is None:
            return None
        for text in texts:
            if "," in text:
                message = f"{given.key} has the item {text!r}, which would be split at the comma"
                self.document.complain(
                    self.document.place(given.node), f"{message}; write one item per entry"
                )
                return None
        return ",".join(texts)


@functools.cache
def known_regions() -> frozenset[str]:
    """Return every region of every partition, from the data that the AWS SDK ships.

    Only the file is read: importing the SDK would cost more than the whole build.
    """
    found = importlib.util.find_spec("botocore")
    folders = (found.submodule_search_locations if found else None) or []
    content = json.loads(Path(folders[0], "data", "partitions.json").read_text("utf-8"))
    names = {name for partition in content["partitions"] for name in partition["regions"]}
    return frozenset(name for name in names if not name.endswith("-global"))
