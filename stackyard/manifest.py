"""``dist/manifest.json``: what was built from what."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stackyard import installed
from stackyard.renderings import EMITTERS

if TYPE_CHECKING:
    from stackyard.library import Library

MANIFEST = "manifest.json"


class Manifest:
    """The manifest of one build.

    Args:
        library: what is built.
        files: what was made of it, by path below ``dist/``.
    """

    def __init__(self, library: Library, files: Mapping[str, bytes]) -> None:
        self.library = library
        self.project = library.project
        self.files = files

    def text(self, built: Mapping[str, list[str]], whole: bool) -> bytes:
        """Return the file.

        Args:
            built: by blueprint, names of its environments.
            whole: whether these are all there are; what is said of others is kept if not.
        """
        path = self.project.dist / MANIFEST
        manifest: dict[str, Any] = {"blueprints": {}}
        if not whole and path.exists():
            manifest = json.loads(path.read_bytes())
        manifest["tools"] = {name: installed.version(name) for name in EMITTERS}
        for name, environments in built.items():
            manifest["blueprints"][name] = self._facts(name, environments)
        return (json.dumps(manifest, indent=2) + "\n").encode()

    def _facts(self, name: str, environments: list[str]) -> dict[str, Any]:
        tree = [*self.library.tree(name)]
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
            "inputs": dict(self._inputs(name, functions)),
            "outputs": {path: sha256(self.files[path]) for path in sorted(outputs)},
        }

    def _inputs(self, name: str, functions: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the files that a blueprint is made from and their digests, in order."""
        paths = [*(self.project.params / name).glob("*.yaml")]
        for function in functions:
            paths += (self.project.sources / "functions" / function).glob("*.*")
        found = self.library.inputs(name)
        for path in paths:
            if path.is_file():
                found[str(path.relative_to(self.project.root))] = sha256(path.read_bytes())
        yield from sorted(found.items())


def sha256(content: bytes) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(content).hexdigest()
