"""What third-party parsers raise when they stumble over a damaged file instead of refusing it."""

from __future__ import annotations

PARSER_FAILURES: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Listed one by one: a MemoryError, an ImportError or an interrupt is not the file's fault."""
