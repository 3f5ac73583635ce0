"""Texts to vectors, on this machine alone.

Start at `open_embedder` (`opening.py`). `model_files` finds and checks a model; `sentence_transformer` is
the reference; `adapters` adds what was trained for questions; `export` makes the quantised form once and
`quantised` serves it; `cache` keeps vectors. Model libraries are imported when an embedder is opened, not before.
"""

from medqa.embedding.cache import VectorCache, text_hash
from medqa.embedding.opening import open_embedder, open_gate_reader, open_question_encoder

__all__ = ["VectorCache", "open_embedder", "open_gate_reader", "open_question_encoder", "text_hash"]
