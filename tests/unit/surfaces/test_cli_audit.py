"""`medqa audit`: its exit status, its JSON, its lines, its report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medqa.audit import load_rules
from medqa.surfaces.cli import app

runner = CliRunner()
ROOT = Path(__file__).parents[3]

LEAFLET = """\
Baclofen for pain

Baclofen is a tablet. Baclofen relaxes muscles. Many people take baclofen.

Benefits of baclofen

  • Unlike opioids, Baclofen does not carry the risk of addiction or dependence <b>at all</b>.
"""
GENTLE = """\
---
id: gentle
title: Gentle walks
kind: living
summary: Walks.
topics: [walks]
sources:
  - {name: One, url: "https://one.example", seen_on: 2026-01-01, fact: "Walks help."}
  - {name: Two, url: "https://two.example", seen_on: 2026-01-01, fact: "Walks are free."}
written_on: 2026-01-01
review_due_on: 2099-01-01
---

## When do I get help now? {#get-help-now}

Call a doctor for pain that stays.
"""


@pytest.fixture
def leaflet(tmp_path: Path) -> Path:
    file = tmp_path / "leaflet.txt"
    file.write_text(LEAFLET, encoding="utf-8")
    return file


def test_errors_make_the_exit_status_one(leaflet: Path) -> None:
    result = runner.invoke(app, ["audit", str(leaflet)])
    assert result.exit_code == 1
    assert "ERROR    claim-no-dependence, benefits-of-baclofen: It says “does not carry the risk" in result.stdout
    assert re.search(r"\n1 article, \d+ words, reading grade .*: \d+ errors, \d+ warnings\.\n$", result.stdout)


def test_warnings_alone_do_not(tmp_path: Path) -> None:
    (tmp_path / "gentle.md").write_text(GENTLE, encoding="utf-8")
    result = runner.invoke(app, ["audit", "--corpus", str(tmp_path)])
    assert result.exit_code == 0
    assert "warning  length" in result.stdout
    assert "0 errors, 1 warning." in result.stdout


def test_json_has_sentences_spans_reasons_and_rules(leaflet: Path) -> None:
    result = runner.invoke(app, ["audit", str(leaflet), "--json"])
    audit = json.loads(result.stdout)
    assert result.exit_code == 1
    assert audit["errors"] == sum(finding["severity"] == "error" for finding in audit["findings"])
    (claim,) = [finding for finding in audit["findings"] if finding["rule_id"] == "claim-no-dependence"]
    assert claim["sentence"].startswith("Unlike opioids, Baclofen does not carry the risk")
    assert claim["end"] - claim["start"] == len(claim["sentence"])
    assert all(claim[key] for key in ("reason", "action", "source", "message"))
    assert {rule["id"] for rule in audit["rules"]} == set(load_rules().rules)
    assert sum(rule["findings"] for rule in audit["rules"]) == len(audit["findings"])
    (figures,) = audit["articles"]
    assert figures["article_id"] == "leaflet"
    assert audit["summary"]["articles"] == audit["summary"]["files"] == 1


def test_a_path_may_be_given_either_way(leaflet: Path) -> None:
    positional = runner.invoke(app, ["audit", str(leaflet), "--json"])
    option = runner.invoke(app, ["audit", "--corpus", str(leaflet), "--json"])
    assert positional.stdout == option.stdout


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    result = runner.invoke(app, ["audit", str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "does not exist" in result.stderr


def test_the_report_is_one_file_that_shows_every_finding(leaflet: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    result = runner.invoke(app, ["audit", str(leaflet), "--html", str(report), "--json"])
    page = report.read_text(encoding="utf-8")
    audit = json.loads(result.stdout)
    assert page.count('class="finding ') == len(audit["findings"])
    assert page.count('class="finding error"') == audit["errors"]
    assert "<mark>does not carry the risk of addiction or dependence</mark>" in page
    assert "&lt;b&gt;at all&lt;/b&gt;" in page, "what an article holds is text, never markup"
    assert "<script" not in page
    assert not re.search(r"""(?:src|href)=["'](?!https?://|\#)""", page), "nothing is loaded from elsewhere"
    assert "<style>" in page


def test_the_report_of_a_clean_library(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    (tmp_path / "articles").mkdir()
    runner.invoke(app, ["audit", str(tmp_path / "articles"), "--html", str(report)])
    assert "Nothing to mend" in report.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written(leaflet: Path, tmp_path: Path) -> None:
    result = runner.invoke(app, ["audit", str(leaflet), "--html", str(tmp_path / "no" / "report.html")])
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_every_rule_stands_in_the_docs() -> None:
    page = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    for rule in load_rules().rules.values():
        assert f"| `{rule.id}` | {rule.severity} | {rule.title} | {rule.action} |" in page, "see docs/audit.md"
