"""Health checks: what is in order, what is not, and the step that mends it.

A check never raises: what goes wrong inside it is its finding. Nothing is changed on disk, nothing is
fetched. `examine_all` runs every check in the order in which a person would mend things.
"""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from packaging.requirements import Requirement

from medqa.config import Settings
from medqa.engine import build_engine, plan_indexing
from medqa.engine.paths import cache_dir, state_root
from medqa.errors import BuildError, ConfigError, MedqaError

MIN_PYTHON = (3, 11)
MB = 1_000_000
LEAST_FREE_MB = 50
"""Below this not even the small library can be built."""
ROOM_FOR_BUILDS = 2.5
"""A new build stands beside the old one, and is copied once while it is checked."""

CPU_INFO = Path("/proc/cpuinfo")


class Severity(StrEnum):
    """`info` is worth knowing and needs nothing; only `error` means that something does not work."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `remedy` is the next step; empty when there is nothing to do."""

    check: str
    severity: Severity
    message: str
    remedy: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def examine_all(settings: Settings) -> tuple[Finding, ...]:
    """The findings of every check, in the order of `CHECKS`."""
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            findings.extend(check(settings))
        except MedqaError as error:
            findings.append(Finding(name, Severity.ERROR, error.message, error.remedy))
        except OSError as error:
            findings.append(
                Finding(
                    name, Severity.ERROR, f"Cannot be checked: {error}.", "Look at the rights of that file or folder."
                )
            )
    return tuple(findings)


def check_python(_: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    if sys.version_info[:2] >= MIN_PYTHON:
        yield Finding("python", Severity.OK, f"Python {version}.")
    else:
        wanted = ".".join(map(str, MIN_PYTHON))
        yield Finding("python", Severity.ERROR, f"Python {version} is too old.", f"Install Python {wanted} or newer.")


def check_packages(_: Settings) -> Iterator[Finding]:
    """Every package that medqa needs, at a version that it allows."""
    reinstall = "Reinstall: pip install -e .   (or: make run)"
    try:
        needed = [Requirement(text) for text in importlib.metadata.requires("medqa") or ()]
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", Severity.ERROR, "medqa itself is not installed.", reinstall)
        return
    needed = [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]
    troubled = False
    for requirement in needed:
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            troubled = True
            yield Finding("packages", Severity.ERROR, f"{requirement.name} is not installed.", reinstall)
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            troubled = True
            message = f"{requirement.name} is {found}; medqa is tested with {requirement.specifier}."
            yield Finding("packages", Severity.WARNING, message, reinstall)
    if not troubled:
        yield Finding("packages", Severity.OK, f"All {len(needed)} packages are there, at versions that fit.")


def check_model(settings: Settings) -> Iterator[Finding]:
    """The files of the configured models are there and, for those that ship, are the published ones."""
    from medqa.embedding.model_files import ADAPTED, BUNDLED, GATE, open_model_files

    for model in _models(settings):
        files = open_model_files(model)
        checked = "hashes are the published ones" if model in (BUNDLED, ADAPTED, GATE) else "hashes were taken"
        message = f"{files.name}: {len(files.sha256)} files, {files.dim} dimensions, {checked} ({files.identity[:12]})."
        yield Finding("model", Severity.OK, message)


def _models(settings: Settings) -> list[str]:
    """The model for passages, where there is one that for questions, and the safety gate's where it is used."""
    from medqa.embedding.model_files import GATE, open_model_files
    from medqa.safety.second_look import has_weights

    chosen = settings.embedding
    gate = [GATE] if has_weights(open_model_files(chosen.model).identity) else []
    return [chosen.model, *filter(None, [chosen.reads_questions]), *gate]


def check_runtime(settings: Settings) -> Iterator[Finding]:
    """The quantised form of each model is there, whole, and gives a vector."""
    from medqa.embedding.export import Recipe, whats_wrong
    from medqa.embedding.model_files import open_model_files
    from medqa.embedding.opening import KINDS
    from medqa.embedding.quantised import QuantisedEmbedder
    from medqa.embedding.runtimes import RUNTIMES, preferred_kind

    chosen = settings.embedding
    files = open_model_files(chosen.model)
    if chosen.backend == "torch" or (chosen.backend == "auto" and files.pooling is None):
        yield Finding("runtime", Severity.INFO, "The model runs on torch, several times slower than quantised.")
        return
    kind = preferred_kind() if chosen.backend == "auto" else KINDS[chosen.backend]
    for model in _models(settings):
        recipe = Recipe(kind, open_model_files(model))
        folder = cache_dir(settings) / recipe.fingerprint
        trouble = whats_wrong(folder)
        if trouble is not None:
            message = f"The quantised model in {folder} cannot be used: {trouble}."
            yield Finding("runtime", Severity.WARNING, message, "It is made anew (about a minute) by: medqa index")
            continue
        embedder = QuantisedEmbedder(recipe, RUNTIMES[kind](folder), batch_size=chosen.batch_size)
        start = time.perf_counter()
        embedder.encode_query("Does it work?")
        took = (time.perf_counter() - start) * 1000
        yield Finding("runtime", Severity.OK, f"{kind} works for {model}: a question in {took:.0f} ms.")


def check_second_look(settings: Settings) -> Iterator[Finding]:
    """Safety weights that were trained for the configured model: without them the rules judge alone."""
    from medqa.embedding.model_files import open_model_files
    from medqa.safety.second_look import read_weights

    files = open_model_files(settings.embedding.model)
    try:
        weights = read_weights(files.identity)
    except ConfigError as error:
        yield Finding("second look", Severity.WARNING, error.message, error.remedy)
        return
    message = f"Trained for {files.name}: {len(weights.concept_names)} concepts, cards from {weights.above:.2f} on."
    yield Finding("second look", Severity.OK, message)


def check_index(settings: Settings) -> Iterator[Finding]:
    """The live build is there, fits the settings, is undamaged and answers."""
    from medqa.index import list_builds

    engine = build_engine(settings)
    try:
        info = engine.index_info()
        engine.warm()
    finally:
        engine.close()
    message = f"Build {info.build_id}: {info.articles} articles, {info.chunks} passages; every file is as it was built."
    yield Finding("index", Severity.OK, message)
    for build in list_builds(settings.index_dir):
        if build.problem and not build.live:
            remedy = "Remove old builds with: medqa index --purge"
            yield Finding("index", Severity.WARNING, f"The older build {build.build_id}: {build.problem}", remedy)


def check_corpus(settings: Settings) -> Iterator[Finding]:
    """The articles can be read, and the index holds what they say now."""
    plan = plan_indexing(settings)
    for problem in plan.problems:
        yield Finding("corpus", Severity.ERROR, f"Not readable: {problem}", "Mend the file, then run: medqa index")
    if plan.changed:
        changes = ", ".join(
            f"{len(articles)} {name}"
            for name, articles in (
                ("added", plan.added),
                ("edited", plan.edited),
                ("removed", plan.removed),
                ("withdrawn", plan.withdrawn),
            )
            if articles
        )
        message = f"The index is not what the articles or settings say now ({changes or 'settings'})."
        yield Finding("corpus", Severity.WARNING, message, "Refresh it with: medqa index")
    if not plan.problems and not plan.changed:
        yield Finding("corpus", Severity.OK, f"{plan.articles} articles, all readable and indexed as they are.")


def check_reviews(settings: Settings) -> Iterator[Finding]:
    """Counts the articles of the index by the state of their clinical review."""
    engine = build_engine(settings)
    try:
        articles = sorted(engine.titles())
        states = {article: engine.review_state(engine.document(article)).value for article in articles}
    except BuildError:
        # reported by the check of the index
        yield Finding("reviews", Severity.INFO, "Not checked: there is no index to look at.")
        return
    finally:
        engine.close()
    counts = Counter(states.values())
    late = {
        "overdue": "is past its review date and is shown as overdue",
        "expired": "is so long past its review date that it is no longer quoted",
    }
    for state, meaning in late.items():
        if counts[state]:
            names = ", ".join(article for article in articles if states[article] == state)
            message = f"{counts[state]} of {len(articles)}: {names}: each {meaning}."
            yield Finding("reviews", Severity.WARNING, message, "Have it reviewed, set reviewed_on and review_due_on.")
    if counts["unreviewed"]:
        message = (
            f"{counts['unreviewed']} of {len(articles)} articles are not clinically reviewed; each citation says so."
        )
        yield Finding("reviews", Severity.INFO, message, "A clinician signs with reviewed_on and reviewed_by.")
    if counts["current"] == len(articles):
        yield Finding("reviews", Severity.OK, f"All {len(articles)} articles are reviewed and in date.")


def check_withdrawals(settings: Settings) -> Iterator[Finding]:
    """The record of withdrawn and deleted articles can be read: nothing is answered without it."""
    from medqa.state import ArticleState

    state = ArticleState(state_root(settings))
    try:
        hidden = state.hidden_articles()
    finally:
        state.close()
    yield Finding("withdrawals", Severity.OK, f"{len(hidden)} articles are withdrawn or deleted and stay hidden.")


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Room for the next build beside the live one."""
    folder = settings.index_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free / MB
    used = sum(path.stat().st_size for path in settings.index_dir.glob("builds/*/**/*") if path.is_file())
    builds = sum(1 for _ in settings.index_dir.glob("builds/*/manifest.json")) or 1
    wanted_mb = max(LEAST_FREE_MB, ROOM_FOR_BUILDS * used / builds / MB)
    message = f"{free_mb:,.0f} MB free in {folder}; the next build wants about {wanted_mb:,.0f} MB."
    remedy = "Free some space, or remove old builds with: medqa index --purge"
    if free_mb < LEAST_FREE_MB:
        yield Finding("disk", Severity.ERROR, message, remedy)
    elif free_mb < wanted_mb:
        yield Finding("disk", Severity.WARNING, message, remedy)
    else:
        yield Finding("disk", Severity.OK, message)


def check_port(settings: Settings) -> Iterator[Finding]:
    """Whether the server could listen where it is told to."""
    host, port = settings.server.host, settings.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # as servers do: a port whose last connection is still closing counts as free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"{host}:{port} cannot be listened on ({error.strerror}); medqa may be running there already."
            yield Finding("port", Severity.WARNING, message, "Choose another with: medqa serve --port 7861")
            return
    yield Finding("port", Severity.OK, f"{host}:{port} is free.")


def check_processor(_: Settings) -> Iterator[Finding]:
    """Instructions that decide how fast texts are embedded."""
    machine = platform.machine()
    if machine not in ("x86_64", "AMD64") or not CPU_INFO.is_file():
        yield Finding("processor", Severity.INFO, f"{machine}: its instructions cannot be told here.")
        return
    flags = set[str]()
    for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("flags"):
            flags = set(line.partition(":")[2].split())
            break
    known = [name for name in ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8") if name in flags]
    if "avx2" in flags:
        yield Finding("processor", Severity.OK, f"{machine} with {', '.join(known)}.")
    else:
        message = f"{machine} without AVX2: embedding works but is slow."
        yield Finding("processor", Severity.WARNING, message, "Use a machine with AVX2 for large libraries.")


CHECKS: dict[str, Check] = {
    "python": check_python,
    "packages": check_packages,
    "processor": check_processor,
    "disk": check_disk,
    "model": check_model,
    "runtime": check_runtime,
    "second look": check_second_look,
    "index": check_index,
    "corpus": check_corpus,
    "reviews": check_reviews,
    "withdrawals": check_withdrawals,
    "port": check_port,
}
"""By the name that their findings carry."""
