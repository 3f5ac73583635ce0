"""Articles that were uploaded at the desk: kept beside the index, never written into the corpus."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from medqa.errors import StateError
from medqa.state.audit_trail import note_act, now
from medqa.state.database import StateDatabase
from medqa.types import ArticleId

FOLDER = Path("state") / "uploads"
"""Below the index folder: the files as `medqa index` reads them, written out from the database."""


@dataclass(frozen=True, slots=True)
class Upload:
    """`name` is the file's, `sha256` that of its bytes, `at` an ISO time in UTC."""

    article_id: ArticleId
    name: str
    sha256: str
    by: str
    at: str


class UploadStore:
    """Uploaded articles in the state file of an index folder, one for each article id."""

    def __init__(self, root: Path) -> None:
        self._database = StateDatabase(root)
        self.folder = root / FOLDER

    def list(self) -> tuple[Upload, ...]:
        """By article id."""
        with self._database.reading() as db:
            rows = (
                []
                if db is None
                else db.execute(
                    "SELECT article_id, name, sha256, actor, at FROM uploads ORDER BY article_id"
                ).fetchall()
            )
        return tuple(Upload(ArticleId(row[0]), *row[1:]) for row in rows)

    def keep(self, article_id: ArticleId, name: str, data: bytes, *, by: str) -> Upload:
        """Keep the file for the next build, in the place of an earlier one of that article. `name` is one file name.

        Raises `StateError` for a name that is none.
        """
        for part in (article_id, name):
            if not part or part != Path(part).name or part.startswith("."):
                raise StateError(
                    f"{part!r} is no name for a file.", remedy="Give the article an id and the file a name."
                )
        upload = Upload(article_id, name, hashlib.sha256(data).hexdigest(), by, now())
        with self._database.writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO uploads (article_id, name, sha256, actor, at, data) VALUES (?, ?, ?, ?, ?, ?)",
                (article_id, name, upload.sha256, by, upload.at, data),
            )
            note_act(db, by, "article uploaded", article_id, {"file": name, "sha256": upload.sha256})
        return upload

    def take_back(self, article_id: ArticleId, *, reason: str, by: str) -> None:
        """The next build is made without it. Raises `StateError` without a reason, or where there is none."""
        if not reason.strip():
            raise StateError("An upload is taken back for a reason.", remedy="Say it in a few words.")
        with self._database.writing() as db:
            if not db.execute("DELETE FROM uploads WHERE article_id = ?", (article_id,)).rowcount:
                raise StateError(f"No article {article_id!r} was uploaded.", remedy="Load the page again.")
            note_act(db, by, "upload taken back", article_id, {"reason": reason.strip()})

    def write_out(self) -> Path | None:
        """Bring `folder` to what is kept, each file put in place at once; None where nothing is kept."""
        wanted = {upload.article_id: upload for upload in self.list()}
        if self.folder.exists():
            for entry in self.folder.iterdir():
                if ArticleId(entry.name) in wanted:
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
        for upload in wanted.values():
            place = self.folder / upload.article_id
            place.mkdir(parents=True, exist_ok=True)
            for other in place.iterdir():
                if other.name != upload.name:
                    other.unlink()
            target = place / upload.name
            if not target.exists() or hashlib.sha256(target.read_bytes()).hexdigest() != upload.sha256:
                part = place / f".{upload.name}.part"
                part.write_bytes(self._data(upload.article_id))
                part.replace(target)
        return self.folder if wanted else None

    def _data(self, article_id: ArticleId) -> bytes:
        with self._database.reading() as db:
            row = db and db.execute("SELECT data FROM uploads WHERE article_id = ?", (article_id,)).fetchone()
        if not row:
            raise StateError(f"No article {article_id!r} was uploaded.", remedy="Load the page again.")
        return bytes(row[0])
