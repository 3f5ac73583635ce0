"""How quick the inbox is with many items: `python benchmarks/inbox.py [--items 10000]`.

Fills a state file in a temporary folder, then times what the pages ask of it. Milliseconds, median of twenty.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from medqa.state import Feedback, FeedbackFilter, FeedbackReason, FeedbackStatus, FeedbackStore

SEED = 5
ARTICLES = [f"article-{n}" for n in range(130)]


def item(number: int, random: Random) -> Feedback:
    helpful = random.random() < 0.6
    cited = random.sample(ARTICLES, 3)
    said = [{"text": f"Sentence {n} of answer {number}. " * 3, "citations": [n + 1]} for n in range(5)]
    citations = [{"article_id": a, "title": a, "section": "s", "quote": "q " * 40, "start": 0, "end": 9} for a in cited]
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=7 * number)
    made = Feedback(
        helpful=helpful,
        answer={"kind": "answer", "answer": said, "citations": citations, "index": {"build_id": "b1"}},
        reason=None if helpful else random.choice(list(FeedbackReason)),
        question=f"what about thing {number}" if random.random() < 0.3 else None,
        at=at.isoformat(timespec="milliseconds"),
    )
    return replace(made, status=random.choice(list(FeedbackStatus)), assignee=random.choice(["", "sam", "ada"]))


def timed(work: Callable[[], object], times: int = 20) -> float:
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spent.append((time.perf_counter() - start) * 1000)
    return statistics.median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    chosen = parser.parse_args()
    random = Random(SEED)
    with tempfile.TemporaryDirectory() as folder:
        store = FeedbackStore(Path(folder))
        start = time.perf_counter()
        for number in range(chosen.items):
            store.add(item(number, random))
        each = (time.perf_counter() - start) * 1000 / chosen.items
        print(f"{chosen.items} items; keeping one, durably: {each:.1f} ms")
        unsafe = FeedbackFilter(reason=FeedbackReason.UNSAFE, status=FeedbackStatus.OPEN)
        of_article = FeedbackFilter(article_id=ARTICLES[7])
        last = store.list(limit=chosen.items)[-60]
        for name, work in (
            ("the first page", lambda: store.list(limit=51)),
            ("the last page", lambda: store.list(limit=51, after=last)),
            ("open and unsafe", lambda: store.list(unsafe, limit=51)),
            ("of one article", lambda: store.list(of_article, limit=51)),
            ("the counts", store.counts),
            ("one item", lambda: store.get(last.id)),
        ):
            print(f"{name}: {timed(work):.1f} ms")
        print(f"all of it as CSV: {timed(lambda: store.export_csv(io.StringIO()), 3):.0f} ms")


if __name__ == "__main__":
    main()
