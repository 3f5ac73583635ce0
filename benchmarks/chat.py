"""How long a person waits: from the click on Send to the first sentence and to the whole answer, in a real browser.

Once alone, once while 19 others press Send at the same moment, the way their pages would, and once a message that needs
a card beside those 19. Needs Chromium and a running
chat:

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
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

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
VEILED = (
    "just wanted to thank you bot, you've been kind. I won't be needing answers after tonight",
    "Not that I'd do anything but I'd be quite happy if my heart stopped tonight",
)
"""Messages that get their card from the second look."""
OTHERS = 19
Times = tuple[float, float]
"""Milliseconds to the first sentence and to the whole reply."""
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
        with _Crowd(arguments.url) as crowd:
            asked = [q for _ in range(arguments.rounds) for q in QUESTIONS]
            _row("20 at once", [crowd.beside(partial(_ask, page, question)) for question in asked])
            veiled = [message for _ in range(3 * arguments.rounds) for message in VEILED]
            _row("card, 20", [crowd.beside(partial(_ask, page, message)) for message in veiled])
        browser.close()
    print(f"The other {OTHERS} waited p50 {_p(crowd.waits, 50):.0f}, p95 {_p(crowd.waits, 95):.0f} ms for all of it.")


def _ask(page: Page, question: str) -> Times:
    if page.locator("#mq-clear").is_visible():
        page.click("#mq-clear")
        page.wait_for_selector("#mq-log .example")
    page.evaluate("window.times = {}")
    page.fill("#mq-box textarea", question)
    page.click("#mq-send")
    page.wait_for_function("window.times.whole", timeout=60_000)
    times = page.evaluate("window.times")
    return times["first"] - times["click"], times["whole"] - times["click"]


def _row(name: str, times: list[Times]) -> None:
    first, whole = zip(*times, strict=True)
    waits = "".join(f"{_p(values, 50):>20.0f}{_p(values, 95):>8.0f}" for values in (first, whole))
    print(f"{name:14}{len(times):>4}{waits}")


def _p(values: list[float] | tuple[float, ...], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


class _Crowd:
    """`OTHERS` people who ask at the same moment as the browser. `waits`: milliseconds to their whole answers."""

    def __init__(self, url: str) -> None:
        self.waits: list[float] = []
        self._client = httpx.Client(base_url=url, timeout=120, limits=httpx.Limits(max_connections=2 * OTHERS))
        self._threads = ThreadPoolExecutor(OTHERS)
        config = self._client.get("/config").raise_for_status().json()
        box = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "mq-box")
        self._asking = next(d["id"] for d in config["dependencies"] if box in d["inputs"])

    def __enter__(self) -> _Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self._client.close()

    def beside(self, asking: Callable[[], Times]) -> Times:
        """What `asking` measures while all the others ask one question each."""
        others = [self._threads.submit(self._person, QUESTIONS[n % len(QUESTIONS)]) for n in range(OTHERS)]
        times = asking()
        self.waits += [other.result() for other in others]
        return times

    def _person(self, question: str) -> float:
        session = os.urandom(8).hex()
        event = {"data": [question, [], "en"], "fn_index": self._asking, "session_hash": session}
        start = time.perf_counter()
        self._client.post("/gradio_api/queue/join", json=event).raise_for_status()
        with self._client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: ") and json.loads(line[6:]).get("msg") == "process_completed":
                    break
        return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
