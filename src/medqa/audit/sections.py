"""Which sections an article of a kind has, and which of them a heading is (``sections.toml``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from medqa.audit.rules import read_table
from medqa.errors import ConfigError
from medqa.knowledge.folding import fold
from medqa.types import Section


@dataclass(frozen=True, slots=True)
class Wanted:
    """A section that articles of a kind have. `danger`: its absence is an error. `optional`: where it applies."""

    id: str
    name: str
    danger: bool
    optional: bool
    headings: tuple[re.Pattern[str], ...]


def subject_of(section: Section, kind: str) -> str:
    """The wanted section that this one is first of all; empty for none."""
    return next(iter(subjects_of(section, kind)), "")


def subjects_of(section: Section, kind: str) -> tuple[str, ...]:
    """The wanted sections that this one is: by its own id, else by what its heading says (which may be several)."""
    wanted = wanted_sections(kind)
    if any(one.id == section.id for one in wanted):
        return (section.id,)
    heading = fold(" ".join(section.heading_path) or section.heading)
    return tuple(one.id for one in wanted if any(pattern.search(heading) for pattern in one.headings))


@cache
def wanted_sections(kind: str) -> tuple[Wanted, ...]:
    """The sections of a kind in their order; empty for an unknown kind."""
    try:
        return tuple(
            Wanted(
                id=row["id"],
                name=row["name"],
                danger=row.get("danger", False),
                optional=row.get("optional", False),
                headings=tuple(re.compile(pattern) for pattern in row["headings"]),
            )
            for row in read_table("sections.toml").get(kind, ())
        )
    except (KeyError, re.error) as error:
        raise ConfigError(f"A section in sections.toml is malformed ({kind}): {error!r}.") from error
