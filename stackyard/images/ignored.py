"""``.dockerignore``: what of a folder no builder sees.

https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

FILE = ".dockerignore"
# https://pkg.go.dev/path/filepath#Match, and ** for any number of folders
PIECE = re.compile(r"\*\*/?|\*|\?|\[\^?[^\]]+\]|\\.|.", re.DOTALL)


class Ignored:
    """The patterns of a file, the last that matches deciding.

    Attributes:
        has_exceptions: whether something in an ignored folder may be wanted all the same.
    """

    def __init__(self, text: str = "") -> None:
        self._rules = [*_rules(text.removeprefix("\N{BYTE ORDER MARK}").splitlines())]
        self.has_exceptions = any(not ignores for _, ignores in self._rules)

    def __call__(self, path: str) -> bool:
        """Return whether *path*, with slashes and from the context, is left out."""
        parts = path.split("/")
        paths = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        found = False
        for pattern, ignores in self._rules:
            if found != ignores and any(map(pattern.fullmatch, paths)):
                found = ignores
        return found


def _rules(lines: Sequence[str]) -> list[tuple[re.Pattern[str], bool]]:
    rules = []
    for line in lines:
        text = line.strip()
        if not text or line.startswith("#"):
            continue
        ignores = not text.startswith("!")
        text = posixpath.normpath(text.removeprefix("!").strip()).lstrip("/")
        if text not in ("", "."):
            rules.append((re.compile(_expression(text)), ignores))
    return rules


def _expression(pattern: str) -> str:
    return "".join(_translated(piece) for piece in PIECE.findall(pattern))


def _translated(piece: str) -> str:
    if piece == "**/":
        return "(?:.*/)?"
    if piece == "**":
        return ".*"
    if piece == "*":
        return "[^/]*"
    if piece == "?":
        return "[^/]"
    if piece.startswith("[") and len(piece) > 1:
        return piece
    return re.escape(piece[-1])
