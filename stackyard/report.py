"""What is asked of a build, and what it says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from stackyard.findings import Finding


class Options(NamedTuple):
    """What to build and how thoroughly.

    Attributes:
        blueprint: only this one; all if empty.
        environment: only this one of the blueprint; all if empty.
        check: write nothing, report what is stale.
        native: run AWS's own validator.
        cfn_lint: run cfn-lint.
    """

    blueprint: str = ""
    environment: str = ""
    check: bool = False
    native: bool = True
    cfn_lint: bool = True

    @property
    def lints(self) -> bool:
        """Whether a validator looks at the templates."""
        return self.native or self.cfn_lint


@dataclass
class Row:
    """One environment of a blueprint, as the table shows it."""

    blueprint: str
    environment: str
    nested: int
    resources: int
    parameters: int
    findings: int
    seconds: float


@dataclass
class Report:
    """What a build did.

    Attributes:
        rows: one per environment.
        findings: everything wrong; empty if the build is good.
        warnings: what will be wrong one day.
        changes: files of dist/ that differ from what was there, with what is the matter.
        notes: facts worth a line, such as a validator that is not installed.
        rejected: folder with what was built, if there are findings; dist/ is then as it was.
        inputs: digest of all that was read, if the build is good.
        seconds: wall time.
    """

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rejected: str = ""
    inputs: str = ""
    seconds: float = 0.0

    def data(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        told = {
            name: [finding._asdict() for finding in getattr(self, name)]
            for name in ("findings", "warnings")
        }
        return asdict(self) | told
