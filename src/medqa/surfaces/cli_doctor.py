"""The findings of the health checks, for a person or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from medqa.config import Settings
from medqa.doctor import Finding, Severity, examine_all
from medqa.surfaces.cli_files import print_json
from medqa.surfaces.terminal import print_plain

_MARKS = {Severity.OK: "ok     ", Severity.INFO: "note   ", Severity.WARNING: "warning", Severity.ERROR: "ERROR  "}


def examine(settings: Settings, *, as_json: bool) -> bool:
    """Print every finding. False when one of them is an error."""
    findings = examine_all(settings)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    return all(finding.severity is not Severity.ERROR for finding in findings)


def _print(findings: Sequence[Finding]) -> None:
    """A line a finding, its remedy below it, and a closing line with the counts."""
    lines = []
    for finding in findings:
        lines.append(f"{_MARKS[finding.severity]}  {finding.check}: {finding.message}")
        if finding.remedy and finding.severity is not Severity.OK:
            lines.append(f"         -> {finding.remedy}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    warnings = sum(finding.severity is Severity.WARNING for finding in findings)
    lines += ["", f"{errors} errors, {warnings} warnings."]
    print_plain("\n".join(lines))
