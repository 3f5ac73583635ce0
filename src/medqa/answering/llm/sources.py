"""What a model may reword: the sentences of an answer made of quotations, numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medqa.types import Answer, Citation, CitedSentence


@dataclass(frozen=True, slots=True)
class Source:
    """A quoted sentence, or a list with the sentence that leads in to it. `text` is what a claim is held against."""

    sentences: tuple[CitedSentence, ...]

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)

    @property
    def citations(self) -> tuple[Citation, ...]:
        return tuple(dict.fromkeys(c for s in self.sentences for c in s.citations))


def sources_of(answer: Answer) -> tuple[Source, ...]:
    """The answer's sentences in order; a list goes with its lead-in. Number n is index n-1."""
    groups: list[list[CitedSentence]] = []
    for sentence in answer.sentences:
        if sentence.list_item and groups and (groups[-1][-1].lead_in or groups[-1][-1].list_item):
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return tuple(Source(tuple(group)) for group in groups)


def fenced(question: str, sources: Sequence[Source]) -> str:
    """The message to the model: question and sources as data. Nothing in them can close a fence."""
    blocks = [f'<source number="{n}">\n{_plain(source.text)}\n</source>' for n, source in enumerate(sources, start=1)]
    return f"<question>\n{_plain(question)}\n</question>\n\n" + "\n".join(blocks)


def _plain(text: str) -> str:
    return text.replace("<", "\u2039").replace(">", "\u203a")
