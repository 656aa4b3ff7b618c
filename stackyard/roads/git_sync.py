"""Stack deployment files, with which CloudFormation's Git sync deploys what is committed."""

from __future__ import annotations

import json
from collections.abc import Mapping


def deployment_file(template: str, parameters: Mapping[str, str], tags: Mapping[str, str]) -> str:
    """Return the text of ``<env>.deployment.yaml``.

    Every value is quoted: Git sync takes nothing but text, and readers of YAML disagree on what
    ``no`` and ``1e5`` are.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync-concepts-terms.html

    Args:
        template: path of the template from the root of the repository.
        parameters: values by CloudFormation's names.
        tags: of the stack.
    """
    lines = [f"template-file-path: {template}", *_mapping("parameters", parameters)]
    return "\n".join([*lines, *_mapping("tags", tags)]) + "\n"


def _mapping(title: str, values: Mapping[str, str]) -> list[str]:
    if not values:
        return [f"{title}: {{}}"]
    # JSON text is YAML text
    return [f"{title}:", *(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in values.items())]
