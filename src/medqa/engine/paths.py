"""Where things lie below the index folder, and where quantised models are kept."""

from __future__ import annotations

from pathlib import Path

import platformdirs

from medqa.config import Settings


def cache_dir(settings: Settings) -> Path:
    """Folder of quantised model exports: the configured one, else the user's cache folder."""
    configured = settings.embedding.cache_dir
    return Path(configured) if configured else Path(platformdirs.user_cache_dir("medqa"))


def vector_cache_path(settings: Settings) -> Path:
    """The SQLite file of vectors by (model fingerprint, text hash)."""
    return settings.index_dir / "cache" / "vectors.sqlite"


def state_root(settings: Settings) -> Path:
    """The folder below which `ArticleState` keeps ``state/state.sqlite``."""
    return settings.index_dir
