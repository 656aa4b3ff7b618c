"""What there is to validate, and what decides the result."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.installed import version
from stackyard.lint.cache import digest
from stackyard.lint.rows import INFORMATIONAL

NATIVE = "cloudformation-validate"
CFN_LINT = "cfn-lint"
# the URL of a nested template: https://${TemplateBucket}.../${TemplatePrefix}components/alerts.yaml
NESTED = re.compile(r"\$\{TemplatePrefix\}([\w/.-]+\.yaml)")


@dataclass(frozen=True)
class Evaluation:
    """A template as one environment deploys it.

    Attributes:
        template: path below ``dist/``.
        environment: its name, for complaints.
        parameters: CloudFormation's names and values.
        region: where it is deployed.
    """

    template: str
    environment: str
    parameters: Mapping[str, str]
    region: str


@dataclass(frozen=True)
class Task:
    """One call of a validator.

    Attributes:
        template: path below ``dist/``.
        text: the template.
        key: digest of all that the result depends on.
        subject: region or environment that a complaint is about, or empty.
        regions: where the template must work.
        parameters: values for its parameters, none to take the defaults.
    """

    template: str
    text: str
    key: str
    subject: str
    regions: tuple[str, ...]
    parameters: Mapping[str, str]


def cfn_lint_tasks(texts: Mapping[str, str], regions: tuple[str, ...]) -> Iterator[Task]:
    """Yield one task for each template.

    None for a parameter set: cfn-lint takes 20 times as long as AWS's validator, and what it sees
    in a set beyond that one is checked when the set is read.
    """
    for path, text in texts.items():
        children = [texts.get(child, "") for child in NESTED.findall(text)]
        key = _key(CFN_LINT, path, digest(text, children), regions)
        yield Task(path, text, key, "", regions, {})


def native_tasks(
    texts: Mapping[str, str], sets: Sequence[Evaluation], regions: tuple[str, ...]
) -> Iterator[Task]:
    """Yield a task for each template in each region, and for each parameter set of a template."""
    contents = {path: digest(text) for path, text in texts.items()}

    def task(path: str, region: str, subject: str, parameters: Mapping[str, str]) -> Task:
        key = _key(NATIVE, path, contents[path], region, dict(parameters))
        return Task(path, texts[path], key, subject, (region,), parameters)

    for path in texts:
        for region in regions:
            yield task(path, region, region, {})
    for one in sets:
        yield task(one.template, one.region, one.environment, one.parameters)


def missing_children(text: str, known: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield line, column and path of each template that *text* nests and nobody builds."""
    for found in NESTED.finditer(text):
        if found[1] not in known:
            line = text.count("\n", 0, found.start()) + 1
            yield line, found.start(1) - text.rfind("\n", 0, found.start()), found[1]


@functools.cache
def own_code() -> str:
    """Return the digest of this package: what other code found is not what it would find."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return digest([path.read_text("utf-8") for path in files])


def _key(tool: str, *parts: object) -> str:
    return digest(own_code(), tool, version(tool), sorted(INFORMATIONAL), parts)
