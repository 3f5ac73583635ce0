"""Reading articles of every format into `Document`s with exact spans.

Reading order: `pieces` (what every format is reduced to), `plain`, `markdown`, `web`, `word`, `pdf`,
`json_lines` (the formats), `metadata` (front matter), `sentences`, `assemble` (text and spans in one pass),
`formats` (which reader for which file), `reading` (folders, hashes, problems).
"""

from __future__ import annotations

from medqa.corpus.reading import CorpusReading, read_corpus, source_files
from medqa.corpus.sentences import sentence_spans

__all__ = ["CorpusReading", "read_corpus", "sentence_spans", "source_files"]
