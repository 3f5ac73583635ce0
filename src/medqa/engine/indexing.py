"""From articles to a live index: read, chunk, embed what is new, build beside, verify, switch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from medqa.chunking import Chunker
from medqa.config import Settings
from medqa.corpus import CorpusReading
from medqa.embedding import VectorCache, open_embedder, text_hash
from medqa.engine.gate import open_question_model, prepare_gate
from medqa.engine.library import library_files, read_library
from medqa.engine.opening import expected_of
from medqa.engine.paths import cache_dir, state_root, vector_cache_path
from medqa.errors import CorpusError, DamagedIndexError, StaleIndexError
from medqa.index import BuildLock, Expected, Manifest, article_hash, build_index, current_manifest
from medqa.index.fields import FieldVectors, field_texts
from medqa.index.layout import STORE, build_path, finished_builds
from medqa.index.manifest import check_files
from medqa.index.store import PassageStore
from medqa.ports import Embedder, Progress
from medqa.state import ArticleState, HiddenBecause
from medqa.types import ArticleId, ArticleStatus, BuildId, Chunk, Document, ReadProblem

StageProgress = Callable[[str, int, int], None]
"""Called with (stage, done, total); may raise to cancel."""


@dataclass(frozen=True, slots=True)
class IndexingReport:
    """What indexing did, or would do.

    `kept` are articles whose file can no longer be read: they stay as they were indexed before. `replaced` are those of
    the corpus that an uploaded one stands in for. `reused` and
    `embedded` count passages whose vectors were cached and made anew.
    """

    build_id: str
    changed: bool
    articles: int
    chunks: int
    reused: int
    embedded: int
    seconds: float
    problems: tuple[ReadProblem, ...] = ()
    added: tuple[ArticleId, ...] = ()
    edited: tuple[ArticleId, ...] = ()
    removed: tuple[ArticleId, ...] = ()
    withdrawn: tuple[ArticleId, ...] = ()
    kept: tuple[ArticleId, ...] = ()
    replaced: tuple[ArticleId, ...] = ()


@dataclass(frozen=True, slots=True)
class _Changes:
    """The articles to index, compared with the live build."""

    documents: tuple[Document, ...]
    added: tuple[ArticleId, ...]
    edited: tuple[ArticleId, ...]
    removed: tuple[ArticleId, ...]
    withdrawn: tuple[ArticleId, ...]
    kept: tuple[ArticleId, ...]
    gone: tuple[ArticleId, ...]
    leaving: tuple[ArticleId, ...]
    """Of the withdrawn ones, those that the live build still holds."""

    @property
    def any_since_live(self) -> bool:
        return bool(self.added or self.edited or self.removed or self.leaving)

    def lists(self) -> dict[str, tuple[ArticleId, ...]]:
        """What a report names."""
        names = ("added", "edited", "removed", "withdrawn", "kept")
        return {name: getattr(self, name) for name in names}


def plan_indexing(settings: Settings, *, progress: StageProgress | None = None) -> IndexingReport:
    """What `index_corpus` would do: reads and compares, embeds and builds nothing."""
    start = time.perf_counter()
    live = _live_manifest(settings)
    reading, replaced = read_library(settings, _stage(progress, "reading"))
    changes = _compare(settings, reading, live)
    return IndexingReport(
        build_id=live.build_id if live else "",
        changed=changes.any_since_live,
        articles=len(changes.documents),
        chunks=0,
        reused=0,
        embedded=0,
        seconds=time.perf_counter() - start,
        problems=reading.problems,
        replaced=replaced,
        **changes.lists(),
    )


def index_corpus(settings: Settings, *, progress: StageProgress | None = None) -> IndexingReport:
    """Bring the index up to date with the articles; unchanged ones are not embedded again.

    Stages told to `progress`: reading, chunking, embedding, building, verifying. Files that cannot be read are
    in the report, the others go on, and what was indexed of them before is kept. Raises `CorpusError` when no
    article is left, and the index's errors; the live index then stays as it was.
    """
    start = time.perf_counter()
    embedder = _open_embedder(settings)
    open_question_model(settings, embedder)  # its quantised form is made now, not at the first question
    prepare_gate(settings, embedder)
    chunker = Chunker(embedder, settings.chunking.max_tokens)
    expected = expected_of(embedder, settings)
    with BuildLock(settings.index_dir) as lock:
        live = _live_manifest(settings)
        if live is not None and _is_current(settings, live, expected):
            # a kill between switch and clearing would leave an article that is back hidden
            ArticleState(state_root(settings)).clear(ArticleId(i) for i in live.article_hashes)
            return _unchanged(live, time.perf_counter() - start)
        reading, replaced = read_library(settings, _stage(progress, "reading"))
        changes = _compare(settings, reading, live)
        documents = changes.documents
        if not documents:
            raise _nothing_to_index(reading)
        if live is not None and reading.problems and _fits(live, expected) and not changes.any_since_live:
            return _unchanged(live, time.perf_counter() - start, reading.problems, changes.kept)
        chunks = _chunk(documents, chunker, progress)
        cache = VectorCache(vector_cache_path(settings))
        texts = [chunk.embedding_text for chunk in chunks]
        vectors, reused, embedded = cache.encode_cached(embedder, texts, _stage(progress, "embedding"))
        fields = _field_vectors(cache, embedder, documents, chunks)
        state = ArticleState(state_root(settings))
        built = build_index(
            settings.index_dir,
            documents=documents,
            chunks=chunks,
            vectors=vectors,
            field_vectors=fields,
            lexical_texts=_lexical_texts(documents, chunks),
            embedder=embedder.fingerprint,
            chunking=expected.chunking,
            corpus_roots=_roots(settings),
            source_files=_files_read(reading),
            keep_builds=settings.index.keep_builds,
            progress=_stage(progress, "building"),
            on_stage=lambda stage: _tell(progress, stage),
            on_ready=lambda build: _hide(state, changes, build),
            lock=lock,
        )
        state.clear(document.id for document in documents)
        cache.sweep(_text_hashes_of_builds(settings))
    return IndexingReport(
        build_id=built.build_id,
        changed=True,
        articles=built.articles,
        chunks=built.chunks,
        reused=reused,
        embedded=embedded,
        seconds=time.perf_counter() - start,
        problems=reading.problems,
        replaced=replaced,
        **changes.lists(),
    )


# --- steps ---------------------------------------------------------------------------------------------


def _open_embedder(settings: Settings) -> Embedder:
    e = settings.embedding
    return open_embedder(model=e.model, backend=e.backend, batch_size=e.batch_size, cache_dir=cache_dir(settings))


def _live_manifest(settings: Settings) -> Manifest | None:
    """The live build's manifest; None where there is none, or its files are not as they were built.

    A damaged build is never "up to date": the next one is made anew.
    """
    try:
        live = current_manifest(settings.index_dir)
        if live is not None:
            check_files(build_path(settings.index_dir, BuildId(live.build_id)), live)
    except (DamagedIndexError, StaleIndexError):
        return None
    return live


def _fits(live: Manifest, expected: Expected) -> bool:
    return (live.embedder, live.chunking, live.dim) == (expected.embedder, expected.chunking, expected.dim)


def _is_current(settings: Settings, live: Manifest, expected: Expected) -> bool:
    return _fits(live, expected) and live.source_files == library_files(settings)


def _files_read(reading: CorpusReading) -> dict[str, str]:
    """The files without a problem. The others are left out, so that the next run reads and names them again."""
    troubled = {problem.path for problem in reading.problems}
    return {path: sha256 for path, sha256 in reading.files.items() if path not in troubled}


def _compare(settings: Settings, reading: CorpusReading, live: Manifest | None) -> _Changes:
    published = [d for d in reading.documents if d.status is ArticleStatus.PUBLISHED]
    withdrawn = tuple(d.id for d in reading.documents if d.status is ArticleStatus.WITHDRAWN)
    before: Mapping[str, str] = live.article_hashes if live else {}
    present = {document.id for document in reading.documents}
    kept = _still_indexed(settings, reading, live, present) if live else []
    documents = tuple(sorted((*published, *kept), key=lambda d: d.id))
    hashes = {document.id: article_hash(document) for document in published}
    removed = tuple(ArticleId(i) for i in before if i not in {d.id for d in documents} and i not in withdrawn)
    same_corpus = live is not None and live.corpus_roots == _roots(settings)
    return _Changes(
        documents=documents,
        added=tuple(i for i in hashes if i not in before),
        edited=tuple(i for i, value in hashes.items() if before.get(i, value) != value),
        removed=removed,
        withdrawn=withdrawn,
        kept=tuple(d.id for d in kept),
        gone=removed if same_corpus else (),
        leaving=tuple(i for i in withdrawn if i in before),
    )


def _still_indexed(
    settings: Settings, reading: CorpusReading, live: Manifest, present: set[ArticleId]
) -> list[Document]:
    """Articles of the live build whose file is there and can no longer be read: nothing indexed is lost."""
    broken = {problem.path for problem in reading.problems}
    if not broken or live.corpus_roots != _roots(settings):
        return []
    store = PassageStore(build_path(settings.index_dir, BuildId(live.build_id)) / STORE)
    try:
        old = (store.document(ArticleId(i)) for i in live.article_hashes if i not in present)
        return [document for document in old if document.source_path in broken]
    finally:
        store.close()


def _chunk(documents: Sequence[Document], chunker: Chunker, progress: StageProgress | None) -> list[Chunk]:
    chunks: list[Chunk] = []
    for done, document in enumerate(documents, start=1):
        chunks += chunker.chunk(document)
        if progress is not None:
            progress("chunking", done, len(documents))
    return chunks


def _lexical_texts(documents: Sequence[Document], chunks: Sequence[Chunk]) -> list[str]:
    """What BM25 reads of each passage: headings, passage, and the other names of the article's subject."""
    names = {document.id: " ".join(document.aliases) for document in documents}
    return [f"{chunk.embedding_text}\n{names[chunk.document_id]}" for chunk in chunks]


def _field_vectors(
    cache: VectorCache, embedder: Embedder, documents: Sequence[Document], chunks: Sequence[Chunk]
) -> FieldVectors:
    texts = field_texts(documents, chunks)
    vectors, *_ = cache.encode_cached(embedder, [_cut(text, embedder) for text in texts.all])
    titles, headings = len(texts.titles), len(texts.headings)
    return FieldVectors(vectors[:titles], vectors[titles : titles + headings], vectors[titles + headings :])


def _cut(text: str, embedder: Embedder) -> str:
    """The first tokens of a title or heading that are read whole: more than that is no heading."""
    offsets = embedder.token_offsets(text)
    return text if len(offsets) <= embedder.max_tokens else text[: offsets[embedder.max_tokens - 1][1]]


def _hide(state: ArticleState, changes: _Changes, build: BuildId) -> None:
    if changes.gone:
        state.hide(changes.gone, HiddenBecause.DELETED, reason="no longer in the corpus", build_id=build)
    if changes.withdrawn:
        state.hide(changes.withdrawn, HiddenBecause.WITHDRAWN, reason="withdrawn in its front matter", build_id=build)


def _text_hashes_of_builds(settings: Settings) -> set[str]:
    """Of every text that was embedded for a build that is still on disk: the vectors that may be needed again."""
    hashes: set[str] = set()
    for build_id in finished_builds(settings.index_dir):
        store = PassageStore(build_path(settings.index_dir, build_id) / STORE)
        try:
            chunks = list(store.all_chunks())
            hashes.update(text_hash(chunk.embedding_text) for chunk in chunks)
            hashes.update(text_hash(text) for text in field_texts(store.documents(), chunks).all)
        finally:
            store.close()
    return hashes


def _tell(progress: StageProgress | None, stage: str) -> None:
    if progress is not None and stage == "verifying":
        progress("verifying", 0, 1)


def _roots(settings: Settings) -> tuple[str, ...]:
    return tuple(sorted(str(path.resolve()) for path in settings.corpus_paths))


def _nothing_to_index(reading: CorpusReading) -> CorpusError:
    first = f" The first problem: {reading.problems[0]}." if reading.problems else ""
    return CorpusError(
        f"There is no published article to index.{first}", remedy="Name your articles with: medqa index --corpus PATH"
    )


def _unchanged(
    live: Manifest, seconds: float, problems: tuple[ReadProblem, ...] = (), kept: tuple[ArticleId, ...] = ()
) -> IndexingReport:
    return IndexingReport(
        build_id=live.build_id,
        changed=False,
        articles=live.counts.articles,
        chunks=live.counts.chunks,
        reused=live.counts.chunks,
        embedded=0,
        seconds=seconds,
        problems=problems,
        kept=kept,
    )


def _stage(progress: StageProgress | None, name: str) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)
