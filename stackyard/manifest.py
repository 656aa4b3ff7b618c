"""``dist/manifest.json``: what was built from what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stackyard import installed
from stackyard.project import Project
from stackyard.renderings import EMITTERS, Rendered

MANIFEST = "manifest.json"


class Manifest:
    """The manifest of one build.

    Args:
        project: what is built.
        files: what was made of it, by path below ``dist/``.
    """

    def __init__(self, project: Project, files: Mapping[str, bytes]) -> None:
        self.project = project
        self.files = files
        self._digests: dict[Path, str] = {}

    def text(self, built: Mapping[str, tuple[Sequence[Rendered], list[str]]], whole: bool) -> bytes:
        """Return the file.

        Args:
            built: by blueprint, its templates, its own first, and its environments.
            whole: whether these are all there are; what is said of others is kept if not.
        """
        path = self.project.dist / MANIFEST
        manifest: dict[str, Any] = {"blueprints": {}}
        if not whole and path.exists():
            manifest = json.loads(path.read_bytes())
        manifest["tools"] = {name: installed.version(name) for name in EMITTERS}
        for name, (tree, environments) in built.items():
            manifest["blueprints"][name] = self._facts(name, tree, environments)
        return (json.dumps(manifest, indent=2) + "\n").encode()

    def _facts(
        self, name: str, tree: Sequence[Rendered], environments: list[str]
    ) -> dict[str, Any]:
        functions = sorted({function for item in tree for function in item.functions})
        outputs = [
            *(f"{item.path}.yaml" for item in tree),
            *(f"functions/{function}.zip" for function in functions),
            *(path for path in self.files if path.startswith(f"params/{name}/")),
            f"schema/{name}.json",
        ]
        return {
            "template": f"{tree[0].path}.yaml",
            "prefix": tree[0].prefix,
            "environments": environments,
            "inputs": dict(self._inputs(name, tree, functions)),
            "outputs": {path: sha256(self.files[path]) for path in sorted(outputs)},
        }

    def _inputs(
        self, name: str, tree: Sequence[Rendered], functions: Sequence[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the files that a blueprint is made from and their digests, in order."""
        sources = self.project.sources
        paths = {self.project.root / item.source for item in tree}
        paths |= {sources / "contract.py", *sources.glob("parts/*.py")}
        paths |= {*(self.project.params / name).glob("*.yaml")}
        for function in functions:
            paths |= {path for path in (sources / "functions" / function).glob("*.*")}
        for path in sorted(path for path in paths if path.is_file()):
            if path not in self._digests:
                self._digests[path] = sha256(path.read_bytes())
            yield str(path.relative_to(self.project.root)), self._digests[path]


def sha256(content: bytes) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(content).hexdigest()
