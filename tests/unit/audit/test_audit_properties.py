"""What must hold of every audit, whatever the articles say."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from audit_samples import CLEAN, TODAY
from hypothesis import given, settings
from hypothesis import strategies as st

from medqa.audit import Severity, audit_corpus
from medqa.corpus import read_corpus

FRAGMENTS = st.sampled_from(
    [
        "Baclofen is completely safe.", "## Heading {#stopping}", "- a list item", "You can stop at any time.",
        "<b>bold</b> &nbsp; text", "[link](javascript:x)", "[[", "`code`", "| a | b |", "\n\n", "\n", "---", "# Title",
        "Do not drive.", "CAN'T Stop", "\u200b\u202e", "naïve ﬁ ½ 中文", "Take 4,000 mg a day.", "   ", "???", "💊",
    ]
)  # fmt: skip
BODIES = st.lists(FRAGMENTS | st.text(max_size=40), max_size=12).map("\n".join)


@settings(max_examples=60, deadline=None)
@given(body=BODIES, suffix=st.sampled_from([".md", ".txt", ".html"]), front=st.booleans())
def test_every_finding_stands_where_it_says(body: str, suffix: str, front: bool) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"warm-packs{suffix}"
        head = CLEAN[: CLEAN.index("\n---\n") + 5] if front else ""
        file.write_bytes((head + body).encode("utf-8", "surrogatepass"))
        audit = audit_corpus([Path(folder)], max_file_bytes=1 << 20, today=TODAY)
        reading = read_corpus([Path(folder)], max_file_bytes=1 << 20)
    documents = {document.id: document for document in reading.documents}
    assert len(audit.articles) == len(documents)
    assert audit.errors + audit.warnings == len(audit.findings)
    assert sum(finding.rule_id in ("unreadable", "duplicate-id") for finding in audit.findings) == len(reading.problems)
    for finding in audit.findings:
        assert finding.severity in tuple(Severity)
        assert finding.message
        if finding.article_id is None:
            continue
        document = documents[finding.article_id]
        if finding.span is not None:
            assert finding.sentence == finding.span.of(document.text)
            assert finding.sentence.strip()
        if finding.section_id is not None:
            document.section(finding.section_id)


@settings(max_examples=25, deadline=None)
@given(bodies=st.lists(BODIES, min_size=1, max_size=3))
def test_the_order_of_files_does_not_matter(bodies: list[str]) -> None:
    with TemporaryDirectory() as folder:
        files = []
        for number, body in enumerate(bodies):
            files.append(Path(folder) / f"article-{number}.txt")
            files[-1].write_bytes(body.encode("utf-8", "surrogatepass"))
        forth = audit_corpus(files, max_file_bytes=1 << 20, today=TODAY)
        back = audit_corpus(files[::-1], max_file_bytes=1 << 20, today=TODAY)
    assert forth.findings == back.findings
