"""How quick the gaps are with many questions: `python benchmarks/gaps.py [--questions 5000] [--ratings 10000]`.

Fills a state file in a temporary folder with a year of them, then times what the page and its CSV ask of it.
Milliseconds, median of ten.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from medqa.state import GapStore, Person, Role, StateDatabase
from medqa.state.gaps import NOTHING_NEAR
from medqa.state.redaction import redacted
from medqa.surfaces.markup import page
from medqa.surfaces.staff.gaps import MOST_SHOWN, grouped

SEED = 5
TOPICS = [f"Topic {n}" for n in range(130)]
KEEP_DAYS = 400
QUESTION = (
    "Can {who} take {n} mg of thing {n} since March 2025 with the other one that Dr. Miller gave, call 555 0123 {n}"
)


def fill(root: Path, questions: int, ratings: int, random: Random) -> None:
    """As `GapStore.note` and `FeedbackStore.add` leave it, in one transaction."""
    now = datetime.now(UTC)
    with StateDatabase(root).writing() as db:
        for n in range(questions):
            at, topic = now - timedelta(minutes=random.randrange(60 * 24 * 365)), random.choice(TOPICS)
            db.execute(
                "INSERT INTO gap_counts (day, topic, n) VALUES (?, ?, 1) "
                "ON CONFLICT (day, topic) DO UPDATE SET n = n + 1",
                (at.date().isoformat(), topic),
            )
            text = redacted(QUESTION.format(who=random.choice(["I", "my son"]), n=n))
            near = f"{topic}, Section {random.randrange(8)}"
            db.execute(
                "INSERT INTO gap_questions (at, topic, near, text) VALUES (?, ?, ?, ?)",
                (at.isoformat(timespec="seconds"), topic, near, text),
            )
        for n in range(ratings):
            cited = ",".join(f'{{"article_id": "{t}", "title": "{t}"}}' for t in random.sample(TOPICS, 3))
            said = '{"text": "' + "A sentence. " * 20 + '"}'
            db.execute(
                "INSERT INTO feedback (id, at, helpful, reason, answer, question, status, assignee, comment) "
                "VALUES (?, ?, ?, NULL, ?, NULL, 'new', '', '')",
                (
                    f"{n:032x}",
                    (now - timedelta(minutes=random.randrange(60 * 24 * 365))).isoformat(timespec="milliseconds"),
                    int(random.random() < 0.6),
                    f'{{"kind": "answered", "answer": [{said}], "citations": [{cited}]}}',
                ),
            )


def timed(work: Callable[[], object], times: int = 10) -> str:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append((time.perf_counter() - start) * 1000)
    return f"{statistics.median(spent):.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=5_000)
    parser.add_argument("--ratings", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        fill(root, chosen.questions, chosen.ratings, Random(SEED))
        store = GapStore(root)
        print(f"{chosen.questions} questions, {chosen.ratings} items of feedback")
        once_more = timed(lambda: store.note("T", near="T, s", question=QUESTION, keep_days=KEEP_DAYS))
        print(f"keeping one more, durably: {once_more}")
        kept = store.questions(keep_days=KEEP_DAYS)
        for name, work in (
            ("topics over time", store.topics),
            ("badly rated articles", store.rated),
            ("all kept questions", lambda: store.questions(keep_days=KEEP_DAYS)),
            ("grouped", lambda: grouped(kept)),
            ("the whole page", lambda: _whole(store)),
            ("redacting one", lambda: redacted(QUESTION)),
        ):
            print(f"{name}: {timed(work)}")
        print(f"deleting {len(kept)} of them: {timed(store.forget_questions, 1)}")


def _whole(store: GapStore) -> str:
    groups = grouped(store.questions(keep_days=KEEP_DAYS))
    return page(
        "staff/gaps.html",
        topics=store.topics()[:MOST_SHOWN],
        rated=store.rated()[:MOST_SHOWN],
        groups=groups[:MOST_SHOWN],
        kept=sum(len(group.questions) for group in groups),
        keeps=True,
        days=KEEP_DAYS,
        nothing=NOTHING_NEAR,
        person=Person("sam", frozenset({Role.STAFF})),
        ways=(),
        at="",
        admin=False,
    )


if __name__ == "__main__":
    main()
