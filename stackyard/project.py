"""Where a project keeps what: the folders that every other module asks for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Project(NamedTuple):
    """A folder with template sources, parameter files and the ``dist/`` made from them.

    Attributes:
        root: the folder that holds ``params/`` and ``dist/``.
        package: name of the package with ``components`` and ``blueprints``, importable from root.
    """

    root: Path
    package: str = "templates_src"

    @property
    def sources(self) -> Path:
        """Folder of the package."""
        return self.root / self.package

    @property
    def params(self) -> Path:
        """What people write: one folder per blueprint, one file per environment."""
        return self.root / "params"

    @property
    def dist(self) -> Path:
        """What is built, and committed."""
        return self.root / "dist"

    @property
    def work(self) -> Path:
        """What may be deleted at any time: caches, the embedded account's state."""
        return self.root / ".stackyard"
