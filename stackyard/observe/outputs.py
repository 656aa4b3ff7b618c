"""A stack's outputs in the forms that other tools read."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Literal

Format = Literal["text", "env", "dotenv", "json"]
WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def formatted(outputs: Mapping[str, str], form: Format) -> str:
    """Return outputs as text.

    ``env`` is for a shell to ``eval``, ``dotenv`` for a file ``.env``.
    """
    if form == "json":
        return json.dumps(dict(outputs), indent=2)
    if form == "env":
        rows = [f"export {variable(key)}={shlex.quote(text)}" for key, text in outputs.items()]
    elif form == "dotenv":
        # JSON's escapes are those that readers of .env files know; a dollar would be expanded
        rows = [
            f"{variable(key)}={json.dumps(text, ensure_ascii=False).replace('$', chr(92) + '$')}"
            for key, text in outputs.items()
        ]
    else:
        rows = [f"{key} = {text}" for key, text in outputs.items()]
    return "\n".join(rows)


def variable(name: str) -> str:
    """Return ``LOAD_BALANCER_URL`` for ``LoadBalancerUrl``."""
    return WORDS.sub("_", name).upper()
