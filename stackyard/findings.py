"""What a validator or check has to say about one place in a template."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One complaint. It fails the build unless it is a warning.

    Attributes:
        file: path relative to the project, ``dist/components/network.yaml``.
        line: 1-based, 0 if the finding concerns no line.
        column: 1-based, 0 likewise.
        rule: stable id (``E3012``, ``F3002``, or the name of a check module).
        message: what is wrong, with the value, and what to do.
        subject: environment or resource path that the finding is about, or empty.
        warning: it will be wrong one day, such as a runtime that AWS is about to retire.
    """

    file: str
    line: int
    column: int
    rule: str
    message: str
    subject: str = ""
    warning: bool = False

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        about = f" ({self.subject})" if self.subject else ""
        return f"{place}: {self.rule} {self.message}{about}"
