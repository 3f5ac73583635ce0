"""How quick the feedback store stays as it fills.

    python benchmarks/feedback.py [--items 10000]

Fills a store in a temporary folder with answers of a real one's size, then prints the median and 95th percentile in
milliseconds of each operation, and the size of the file. A connection is held open, as a running server does. Every
addition is flushed to the disk: that figure is the disk's.
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from medqa.state import (
    STATE_FILE,
    Feedback,
    FeedbackFilter,
    FeedbackReason,
    FeedbackStatus,
    FeedbackStore,
    StateDatabase,
)

ARTICLES = [f"article-{n}" for n in range(130)]
SENTENCE = "Tell your doctor before you stop: stopping at once can bring the pain and the spasms back, or worse. "
START = datetime(2026, 1, 1, tzinfo=UTC)


def item(n: int, draw: random.Random) -> Feedback:
    """Five sentences of three articles, as a reply cites them: about 4 kB of JSON."""
    cited = draw.sample(ARTICLES, 3)
    helpful = draw.random() < 0.6
    return Feedback(
        helpful=helpful,
        reason=None if helpful else draw.choice(list(FeedbackReason)),
        answer={
            "kind": "answered",
            "answer": [{"text": SENTENCE * 2, "citations": [1 + s % 3], "context": None} for s in range(5)],
            "citations": [
                {"n": i + 1, "article_id": article, "title": article, "quote": SENTENCE * 2, "start": 0, "end": 200}
                for i, article in enumerate(cited)
            ],
            "warnings": [{"id": "w", "text": SENTENCE, "source": "label", "source_url": "https://example.org"}],
            "disclaimer": SENTENCE,
            "generator": "extractive",
            "index": {"build_id": f"build-{n % 7}", "articles": 130, "chunks": 2900},
        },
        status=draw.choices(list(FeedbackStatus), (5, 2, 10, 1))[0],
        assignee=draw.choice(["", "eva", "tom", "ana"]),
        at=(START + timedelta(minutes=7 * n)).isoformat(timespec="milliseconds"),
    )


def timed(name: str, call: Callable[[int], object], times: int = 40) -> None:
    taken = []
    for n in range(times):
        started = time.perf_counter()
        call(n)
        taken.append((time.perf_counter() - started) * 1000)
    print(f"{name:44} p50 {np.percentile(taken, 50):7.2f}   p95 {np.percentile(taken, 95):7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    count = parser.parse_args().items
    draw = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="medqa-benchmark-") as folder:
        store = FeedbackStore(Path(folder))
        store.add(item(-1, draw))
        held = StateDatabase(Path(folder)).connect()
        started = time.perf_counter()
        for n in range(count):
            store.add(item(n, draw))
        print(f"{count} items added in {time.perf_counter() - started:.1f} s")
        middle = store.list(limit=count // 2)[-1]
        new = FeedbackFilter(status=FeedbackStatus.NEW)
        unsafe = FeedbackFilter(helpful=False, reason=FeedbackReason.UNSAFE)
        timed("add", lambda n: store.add(item(count + n, draw)))
        timed("the newest 50", lambda _: store.list())
        timed("50 from the middle on", lambda _: store.list(after=middle))
        timed("50 of one status", lambda _: store.list(new))
        timed("50 that were called unsafe", lambda _: store.list(unsafe))
        timed("50 that cite one article", lambda n: store.list(FeedbackFilter(article_id=ARTICLES[n])))
        timed("50 of one person, of one week", lambda _: store.list(week("eva")))
        timed("counts of all", lambda _: store.counts())
        timed("counts of what was called unsafe", lambda _: store.counts(unsafe))
        timed("update", lambda _: store.update(middle.id, by="eva", status=FeedbackStatus.OPEN))
        timed("all as CSV", lambda _: store.export_csv(io.StringIO()), times=3)
        held.close()
        print(f"the file has {(Path(folder) / STATE_FILE).stat().st_size / 1e6:.1f} MB")


def week(assignee: str) -> FeedbackFilter:
    return FeedbackFilter(assignee=assignee, since="2026-01-20", until="2026-01-27")


if __name__ == "__main__":
    main()
