"""The tables about AWS that cfn-lint ships, read without importing it, which takes seconds."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stackyard.errors import BuildError


@cache
def read(name: str) -> Any:
    """Return the content of a file of cfn-lint's ``data`` folder.

    Args:
        name: ``AdditionalSpecs/StatefulResources.json``.

    Raises:
        BuildError: cfn-lint is not installed or keeps the file elsewhere.
    """
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise BuildError("cfn-lint: is not installed; install the lock file")
    try:
        return json.loads((Path(spec.origin).parent / "data" / name).read_bytes())
    except OSError:
        raise BuildError(f"cfn-lint: has no {name}; install the version of the lock file") from None
