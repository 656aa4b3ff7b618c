"""A stack's outputs in the forms that other tools read."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from stackyard.declared import FILLED_BY_THE_TOOL
from stackyard.errors import BuildError

Format = Literal["text", "env", "dotenv", "json"]
MASKED = "****"
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
        rows = [f"{variable(key)}={_quoted(text)}" for key, text in outputs.items()]
    else:
        rows = [f"{key} = {text}" for key, text in outputs.items()]
    return "\n".join(rows)


def environment_file(source: str, parameters: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """Return the text of a ``.env`` file: parameters of a stack, and its outputs.

    An output wins over a parameter of its name. A secret is in neither: templates make secrets in
    Secrets Manager and give their ARNs. What AWS masks, because a template says ``NoEcho``, is left
    out.

    Args:
        source: what wrote it, and of what, for its first lines.
        parameters: of the stack as it is deployed.
        outputs: likewise.
    """
    shown = {
        name: text
        for name, text in {**parameters, **outputs}.items()
        if name not in FILLED_BY_THE_TOOL and text != MASKED
    }
    head = [f"# {line}" for line in source.splitlines()]
    return "\n".join([*head, formatted(shown, "dotenv"), ""])


def write(path: Path, text: str) -> None:
    """Write a file in one piece, with the folders that it is in.

    Raises:
        BuildError: it cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, "utf-8")
        aside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            aside.unlink()
        reason = (error.strerror or str(error)).lower()
        raise BuildError(f"{path}: cannot be written: {reason}; name another file") from None


def variable(name: str) -> str:
    """Return ``LOAD_BALANCER_URL`` for ``LoadBalancerUrl``."""
    return WORDS.sub("_", name).upper()


def _quoted(text: str) -> str:
    # JSON's escapes are those that readers of .env files know; a dollar would be expanded
    return json.dumps(text, ensure_ascii=False).replace("$", "\\$")
