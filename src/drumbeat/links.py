"""Rules of links across documents: how near two wordings are, and which cluster member is the reference."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from rapidfuzz.distance import LCSseq

from drumbeat.model import Entity, Quote

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_VARIANT = 0.5  # share of the shorter wording's words that must stand in the longer in the same order (scheme, section 4)


def content_words(text: str, quote: Quote) -> tuple[str, ...]:
    """The lower-cased words of a quotation's content, without marks and punctuation."""
    return words_of(text[span.start : span.end] for span in quote.content)


def words_of(content: Iterable[str]) -> tuple[str, ...]:
    """The lower-cased words of a content's parts, without marks and punctuation."""
    return tuple(word.replace("’", "'") for word in _WORD.findall(" ".join(content).lower()))


def wording(words: Sequence[str], reference: Sequence[str]) -> str:
    """The wording class of a member against the reference, by the words of both.

    `verbatim`: the shorter is a run of the longer; `variant`: at least half of the shorter's words stand in the longer
    in the same order, by longest common subsequence; `paraphrase`: fewer.
    """
    short, long = sorted((tuple(words), tuple(reference)), key=len)
    if any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1)):
        return "verbatim"
    return "variant" if LCSseq.similarity(short, long) >= _VARIANT * len(short) else "paraphrase"


class Reported(Protocol):
    """What a quotation, or a short record of one, says of itself."""

    @property
    def id(self) -> str: ...  # noqa: D102

    @property
    def type(self) -> str: ...  # noqa: D102


def reference(members: Sequence[tuple[str, Reported, Sequence[str]]]) -> int:
    """The index of a cluster's reference among (document_id, quotation, words).

    The direct member with the most words; ties go to the lowest document_id, then quotation id.  Without a direct
    member, the longest of all.
    """
    direct = [index for index, (_, quote, _) in enumerate(members) if quote.type == "direct"]
    candidates = direct or range(len(members))
    return min(candidates, key=lambda index: (-len(members[index][2]), members[index][0], members[index][1].id))


def speaks_for(speaker: str, knowledge_base: Mapping[str, Entity]) -> list[str]:
    """The speaker and all that it speaks for, directly or through others (Peskov, the Kremlin, Russia)."""
    chain: list[str] = []
    current: str | None = speaker
    while current is not None and current not in chain:
        chain.append(current)
        record = knowledge_base.get(current)
        current = record.speaks_for if record else None
    return chain
