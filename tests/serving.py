"""The real app as a process of its own on a free loopback port, started with ``app.py`` and forbidden the network."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
ARTICLES = ("baclofen", "baclofen-withdrawal", "gabapentin", "acetaminophen", "low-back-pain", "sciatica")
"""Of the shipped articles: enough for real questions, few enough to be indexed in seconds."""
FORBID_NETWORK = Path(__file__).parent / "forbid_network"
MAX_BODY_KB = 64
MAX_QUESTION_CHARS = 500
START_TIMEOUT_S = 150.0


@dataclass(frozen=True, slots=True)
class RunningApp:
    url: str
    folder: Path = Path()
    pid: int = 0

    @property
    def log(self) -> str:
        return _read(self.folder / "app.log")

    @property
    def network_attempts(self) -> list[str]:
        return _read(self.folder / "attempts.txt").splitlines()

    def ask(
        self, question: str, messages: Sequence[Mapping[str, Any]] = (), session: str = "", language: str = "en"
    ) -> list[dict[str, Any]]:
        """Sends a question the way the page does and returns the messages that the page would then show."""
        with httpx.Client(base_url=self.url, timeout=30) as client:
            event = {
                "data": [question, list(messages), language],
                "fn_index": self._asking(client),
                "session_hash": session or os.urandom(8).hex(),
            }
            client.post("/gradio_api/queue/join", json=event).raise_for_status()
            with client.stream(
                "GET", "/gradio_api/queue/data", params={"session_hash": event["session_hash"]}
            ) as stream:
                return _last_messages(stream.iter_lines())

    def _asking(self, client: httpx.Client) -> int:
        config = client.get("/config").raise_for_status().json()
        box = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "mq-box")
        return next(d["id"] for d in config["dependencies"] if box in d["inputs"])


def _last_messages(lines: Iterator[str]) -> list[dict[str, Any]]:
    """The chat's value in the closing event of one question."""
    for line in lines:
        event = json.loads(line.removeprefix("data: ")) if line.startswith("data: ") else {}
        if event.get("msg") == "process_completed":
            assert event["success"], event
            return list(event["output"]["data"][0])
    raise AssertionError("the server closed the stream without an answer")


def text_of(message: Mapping[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@contextmanager
def running_app(folder: Path, **settings: str) -> Iterator[RunningApp]:
    """`settings` are environment variables of the app, such as ``MEDQA_SERVER__MAX_QUESTION_CHARS``."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for name in ARTICLES:
        (found,) = (ROOT / "corpus").rglob(f"{name}.md")
        shutil.copy(found, corpus)
    attempts, log_file = folder / "attempts.txt", folder / "app.log"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MEDQA_")},
        "PYTHONPATH": str(FORBID_NETWORK),
        "PYTHONUNBUFFERED": "1",
        "TEST_NETWORK_ATTEMPTS": str(attempts),
        "MEDQA_SERVER__PORT": "0",
        "MEDQA_CORPUS_PATHS": json.dumps([str(corpus)]),
        "MEDQA_INDEX_DIR": str(folder / "index"),
        **settings,
    }
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        yield RunningApp(_address(process, log_file), folder, process.pid)
    finally:
        process.send_signal(signal.SIGCONT)  # a test may have halted it
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log_file: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        found = re.search(r"medqa is ready: (http://\S+)", _read(log_file))
        if found and _is_healthy(found.group(1)):
            return found.group(1)
        if process.poll() is not None:
            raise AssertionError(f"the app ended with {process.returncode}:\n{_read(log_file)}")
        time.sleep(0.2)
    raise AssertionError(f"the app was not ready in {START_TIMEOUT_S:.0f} s:\n{_read(log_file)}")


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
