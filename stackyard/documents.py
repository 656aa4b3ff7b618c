"""YAML files that people write, read node by node so that every complaint has its line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import yaml

from stackyard.findings import Finding

# Editors and most tools read YAML 1.2, PyYAML reads 1.1. An unquoted scalar is taken only if its
# text survives both: 012345678901, 15.10, 1e5, 12:30:00, no and 2026-01-31 do not.
# https://yaml.org/spec/1.2.2/#103-core-schema and https://yaml.org/type/
STABLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
NUMBER_IN_1_2 = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"
)
BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "y"), "true"),
    **dict.fromkeys(("false", "no", "off", "n"), "false"),
}
TAG = "tag:yaml.org,2002:"


class Place(NamedTuple):
    """Where something stands in a file, line and column counted from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Entry(NamedTuple):
    """One key of a mapping, where it stands, and its value."""

    key: str
    place: Place
    node: yaml.Node


@dataclass
class Document:
    """A YAML file and what is wrong with it.

    Attributes:
        file: its name in complaints, relative to the project.
        subject: what its complaints are about: the environment, or empty.
        findings: the complaints so far.
    """

    file: str
    subject: str = ""
    findings: list[Finding] = field(default_factory=list)

    def complain(self, place: Place, message: str) -> None:
        """Note that *message* holds at *place*."""
        finding = Finding(place.file, place.line, place.column, "params", message, self.subject)
        self.findings.append(finding)

    def place(self, node: yaml.Node) -> Place:
        """Return where *node* begins."""
        return self._at(node.start_mark)

    def read(self, path: Path) -> dict[str, Entry] | None:
        """Return the top-level entries of the file at *path*, None if it has none."""
        try:
            data = path.read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.complain(Place(self.file), f"cannot be read: {reason}; make it a readable file")
            return None
        try:
            root = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.CSafeLoader)
        except UnicodeDecodeError as error:
            place = self._at_byte(data, error.start)
            self.complain(place, f"byte 0x{data[error.start]:02x} is not UTF-8; save it as UTF-8")
            return None
        except yaml.YAMLError as error:
            self._complain_of_syntax(error, data)
            return None
        if root is None:
            self.complain(Place(self.file), "is empty; write the keys or remove the file")
            return None
        return self.entries("the file", root)

    def entries(self, name: str, node: yaml.Node) -> dict[str, Entry] | None:
        """Return the entries of a mapping, the first of each key; None if *node* is no mapping."""
        if not isinstance(node, yaml.MappingNode):
            shape = "empty" if _is_null(node) else f"{_shape(node)}, not a mapping"
            self.complain(self.place(node), f"{name} is {shape}; write it as `key: value` lines")
            return None
        found: dict[str, Entry] = {}
        for key, value in node.value:
            place = self.place(key)
            if not isinstance(key, yaml.ScalarNode):
                self.complain(place, f"a key is {_shape(key)}; write a plain name")
            elif key.value in found:
                first = found[key.value].place.line
                message = f"{key.value} is given twice, first in line {first}; remove one of them"
                self.complain(place, message)
            else:
                found[key.value] = Entry(key.value, place, value)
        return found

    def items(self, name: str, node: yaml.Node, kind: str = "text") -> list[str] | None:
        """Return the texts of a list, None if one cannot be taken."""
        if not isinstance(node, yaml.SequenceNode):
            self.complain(self.place(node), f"{name} is {_shape(node)}; write a list: [a, b]")
            return None
        texts = [self.text(name, item, kind) for item in node.value]
        return None if None in texts else [text for text in texts if text is not None]

    def text(self, name: str, node: yaml.Node, kind: str = "text") -> str | None:
        """Return what *node* says as text, None with a complaint if readers would differ.

        Args:
            name: what is being read, for the complaint.
            node: the value.
            kind: ``text``, ``number`` or ``flag``, which is true or false.
        """
        if not isinstance(node, yaml.ScalarNode):
            problem: str | None = f"is {_shape(node)}; write one value"
        elif not node.tag.startswith(TAG):
            problem = f"has the tag {node.tag}; write a plain value, no function works here"
        elif node.style:  # quoted, or a block
            return str(node.value)
        else:
            problem = _lost_meaning(node, kind)
        if problem:
            self.complain(self.place(node), f"{name} {problem}")
            return None
        return str(node.value)

    def _at(self, mark: yaml.Mark) -> Place:
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _at_byte(self, data: bytes, position: int) -> Place:
        before = data[:position]
        return Place(self.file, before.count(b"\n") + 1, position - before.rfind(b"\n"))

    def _complain_of_syntax(self, error: yaml.YAMLError, data: bytes) -> None:
        place, problem = Place(self.file), str(error).partition("\n")[0]
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
            place, problem = self._at(error.problem_mark), str(error.problem)
        elif isinstance(error, yaml.reader.ReaderError):  # a character that YAML forbids
            place = self._at_byte(data, error.position)
        remedy = "check indentation (spaces, no tabs), colons and quotes there"
        self.complain(place, f"is not YAML: {problem}; {remedy}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'? `` for the name nearest to *name*, nothing if none is near."""
    import difflib  # only a mistake needs it

    plain = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.replace("_", "").lower(), plain, n=1)
    near = near or difflib.get_close_matches(name.lower(), plain, n=1)
    return f"did you mean {plain[near[0]]!r}? " if near else ""


def _lost_meaning(node: yaml.ScalarNode, kind: str) -> str | None:
    """Return what is wrong with an unquoted scalar, None if every reader sees the same."""
    value, tag = str(node.value), node.tag.removeprefix(TAG)
    boolean = BOOLEANS.get(value.lower())
    if _is_null(node):
        return 'has no value; write "" for an empty text or remove the key'
    if boolean and kind == "flag":
        return None if value == boolean else f"is {value}, not text to all readers; write {boolean}"
    if boolean and kind == "number":
        return f"is {value}, a boolean; write a number"
    if boolean:
        return f'is {value}, which YAML reads as {boolean}; write "{value}" in quotes'
    if tag == "timestamp":
        return f'is {value}, which YAML reads as a date; write "{value}" in quotes'
    if tag not in ("int", "float") and not NUMBER_IN_1_2.fullmatch(value):
        return None
    if kind == "number":
        return None if DECIMAL.fullmatch(value) else f"is {value}; write it in decimal digits"
    if STABLE_NUMBER.fullmatch(value):
        return None
    return f'is {value}, which YAML reads as a number and changes; write "{value}" in quotes'


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == f"{TAG}null")


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"
