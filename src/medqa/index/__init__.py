"""The index as a disposable artefact: built beside the live one, verified, switched to, rolled back, swept.

Nothing here decides what an article says; everything here can be deleted and made again from the corpus.
"""

from medqa.index.build import STAGES, BuildReport, article_hash, build_index
from medqa.index.lexical import normalise, stems
from medqa.index.live import HidesArticles, LiveIndex
from medqa.index.lock import BuildLock
from medqa.index.manifest import Counts, Expected, Manifest, corpus_hash
from medqa.index.opened import IndexView, OpenBuild, load_libraries
from medqa.index.switch import BuildInfo, current_manifest, list_builds, purge, rollback

__all__ = [
    "STAGES",
    "BuildInfo",
    "BuildLock",
    "BuildReport",
    "Counts",
    "Expected",
    "HidesArticles",
    "IndexView",
    "LiveIndex",
    "Manifest",
    "OpenBuild",
    "article_hash",
    "build_index",
    "corpus_hash",
    "current_manifest",
    "list_builds",
    "load_libraries",
    "normalise",
    "purge",
    "rollback",
    "stems",
]
