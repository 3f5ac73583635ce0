"""Checks a library of health articles: what is missing, claimed, contradicted, unclear or badly built.

Reading order: `findings` (what comes out), `rules` with ``rules.toml`` (what is checked and why), `articles` (what a
check is given), the checks (`front_matter`, `claims`, `facts`, `language`, `structure`, `links`), `run` (all of them
over a corpus).
"""

from __future__ import annotations

from medqa.audit.findings import ArticleFigures, Audit, Finding, Severity
from medqa.audit.rules import Rule, load_rules
from medqa.audit.run import audit_corpus

__all__ = ["ArticleFigures", "Audit", "Finding", "Rule", "Severity", "audit_corpus", "load_rules"]
