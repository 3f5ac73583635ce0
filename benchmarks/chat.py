"""How long a person waits: from the click on Send to the first sentence and to the whole answer, in a real browser.

Once alone, once while 19 others keep asking the way their pages would. Needs a running chat and Chromium:

    medqa serve --port 7860 &
    python benchmarks/chat.py http://127.0.0.1:7860

Each question is asked in a fresh conversation. Times are the browser's own (`performance.now()`), in milliseconds, and
hold everything that the person waits for: the network, the queue, the engine, and the page that is drawn.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Page, sync_playwright

QUESTIONS = (
    "What are the side effects of baclofen?",
    "Can I stop gabapentin suddenly?",
    "What helps against low back pain?",
    "Can I drink alcohol with tramadol?",
    "how long does a migrane last",
    "Is ibuprofen safe with kidney disease?",
    "What is a nerve block?",
    "Does heat help sore muscles?",
    "What should I ask my doctor about opioids?",
    "What is fibromyalgia?",
    "How is sciatica treated?",
    "Which pain medicines are safe in pregnancy?",
)
OTHERS = 19
WATCH = """() => {
  const log = document.querySelector('#mq-log');
  window.times = {};
  document.querySelector('#mq-send').addEventListener('click', () => { window.times.click = performance.now(); }, true);
  new MutationObserver(() => {
    const t = window.times, now = performance.now();
    if (!t.first && log.querySelector('.mq-quoted, .mq-abstained, .mq-card')) t.first = now;
    if (!t.whole && log.querySelector('.mq-tools, .mq-card')) t.whole = now;
  }).observe(log, {childList: true, subtree: true});
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="where the chat is served")
    parser.add_argument("--rounds", type=int, default=3, help="how often each question is asked (default 3)")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 375, "height": 700}, reduced_motion="reduce")
        page.goto(arguments.url)
        page.wait_for_selector("#mq-log .example")
        page.evaluate(WATCH)
        _ask(page, QUESTIONS[0])  # the first one pays for fonts and caches
        print(f"{'':14}{'n':>4}{'first sentence p50':>20}{'p95':>8}{'whole answer p50':>20}{'p95':>8}  (ms)")
        _row("alone", [_ask(page, q) for _ in range(arguments.rounds) for q in QUESTIONS])
        with _crowd(arguments.url) as answered:
            _row("20 at once", [_ask(page, q) for _ in range(arguments.rounds) for q in QUESTIONS])
        browser.close()
    print(
        f"The other {OTHERS} got {len(answered)} answers meanwhile: p50 {_p(answered, 50):.0f}, "
        f"p95 {_p(answered, 95):.0f} ms each."
    )


def _ask(page: Page, question: str) -> tuple[float, float]:
    """Milliseconds to the first sentence and to the whole reply."""
    if page.locator("#mq-clear").is_visible():
        page.click("#mq-clear")
        page.wait_for_selector("#mq-log .example")
    page.evaluate("window.times = {}")
    page.fill("#mq-box textarea", question)
    page.click("#mq-send")
    page.wait_for_function("window.times.whole", timeout=60_000)
    times = page.evaluate("window.times")
    return times["first"] - times["click"], times["whole"] - times["click"]


def _row(name: str, times: list[tuple[float, float]]) -> None:
    first, whole = zip(*times, strict=True)
    waits = "".join(f"{_p(values, 50):>20.0f}{_p(values, 95):>8.0f}" for values in (first, whole))
    print(f"{name:14}{len(times):>4}{waits}")


def _p(values: list[float] | tuple[float, ...], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


@contextmanager
def _crowd(url: str) -> Iterator[list[float]]:
    """`OTHERS` people who ask one question after another until the block ends; the list fills with their waits."""
    waits: list[float] = []
    done = threading.Event()
    people = [threading.Thread(target=_person, args=(url, n, done, waits)) for n in range(OTHERS)]
    for person in people:
        person.start()
    time.sleep(2)
    try:
        yield waits
    finally:
        done.set()
        for person in people:
            person.join()


def _person(url: str, n: int, done: threading.Event, waits: list[float]) -> None:
    with httpx.Client(base_url=url, timeout=120) as client:
        config = client.get("/config").raise_for_status().json()
        box = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "mq-box")
        asking = next(d["id"] for d in config["dependencies"] if box in d["inputs"])
        for turn in range(500):
            if done.is_set():
                return
            session = os.urandom(8).hex()
            question = QUESTIONS[(n + turn) % len(QUESTIONS)]
            start = time.perf_counter()
            event = {"data": [question, [], "en"], "fn_index": asking, "session_hash": session}
            client.post("/gradio_api/queue/join", json=event).raise_for_status()
            with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
                for line in stream.iter_lines():
                    if line.startswith("data: ") and json.loads(line[6:]).get("msg") == "process_completed":
                        break
            waits.append((time.perf_counter() - start) * 1000)


if __name__ == "__main__":
    main()
