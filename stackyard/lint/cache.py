"""What the validators said last time, by content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stackyard.errors import BuildError

Results = dict[str, dict[str, list[Any]]]  # by template and key
Entries = dict[str, Results]  # by tier


def digest(*parts: Any) -> str:
    """Return the SHA-256 of JSON data."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Cache:
    """Results by tier, template and key.

    The file begins with the digest of the rest: one that was cut short, or edited, counts as empty.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.old = _read(file)
        self.new: Entries = {}

    def find(self, tier: str, template: str, key: str) -> list[Any] | None:
        """Return what was kept under *key*, None if nothing was."""
        result = self.old.get(tier, {}).get(template, {}).get(key)
        if result is not None:
            self.keep(tier, template, key, result)
        return result

    def keep(self, tier: str, template: str, key: str, result: Sequence[Any]) -> None:
        """Remember *result*, which is JSON data."""
        self.new.setdefault(tier, {}).setdefault(template, {})[key] = list(result)

    def save(self, complete: bool) -> None:
        """Write the file if it changes, in one piece, whoever else writes it at the same time.

        Args:
            complete: whether all there is was asked for: what nobody asked for is then dropped.

        Raises:
            BuildError: the file cannot be written.
        """
        entries: Entries = {}
        for tier in self.old.keys() | self.new.keys():
            old, new = self.old.get(tier, {}), self.new.get(tier, {})
            # a tier that is switched off keeps what it has
            entries[tier] = new if complete and new else _merged(old, new)
        if entries == self.old:
            return
        body = json.dumps(entries, sort_keys=True, separators=(",", ":"))
        aside = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            aside.write_text(f"{_seal(body)}\n{body}", encoding="utf-8")
            aside.replace(self.file)
        except OSError as error:
            raise BuildError(
                f"{self.file}: cannot be written ({error.strerror}); make its folder writable"
            ) from None


def _merged(old: Results, new: Results) -> Results:
    return {path: {**old.get(path, {}), **new.get(path, {})} for path in {**old, **new}}


def _seal(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _read(file: Path) -> Entries:
    try:
        seal, _, body = file.read_text(encoding="utf-8").partition("\n")
        entries: Entries = json.loads(body) if seal == _seal(body) else {}
    except (OSError, ValueError):
        return {}
    return entries
