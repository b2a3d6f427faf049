"""Names where the model sees none: listed ones, web addresses that are companies, bodies that their last word tells."""

import re
from collections.abc import Iterator, Sequence

from drumbeat.suggest.entities import cues, lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, covered, key
from drumbeat.suggest.entities.words import Word

_WEB = re.compile(r"[A-Z][\w-]*\.(?:com|org|net|co\.uk)$")


def candidates(words: Sequence[Word], names: Sequence[Name]) -> list[Name]:
    """The names, and others where there are none yet; in text order."""
    return sorted([*names, *_found(words, covered(words, names))], key=lambda name: name.first)


def _found(words: Sequence[Word], taken: bytearray) -> Iterator[Name]:
    openings = lexicon.openings()
    at = 0
    while at < len(words):
        name = None
        if not taken[at] and (words[at].capital or words[at].text in openings):
            name = _listed(words, taken, at) or _web(words, at) or _body(words, taken, at)
        if name:
            yield name
        at = name.last if name else at + 1


def _listed(words: Sequence[Word], taken: bytearray, at: int) -> Name | None:
    known = lexicon.known()
    for length in lexicon.openings().get(words[at].text, ()):
        last = at + length
        if last > len(words) or any(taken[at:last]) or words[last - 1].line != words[at].line:
            continue
        labels = known.get(key(words, at, last))
        if labels and not (length == 1 and in_longer(words, at)):
            return Name(at, last, labels[0])
    return None


def _web(words: Sequence[Word], at: int) -> Name | None:
    return Name(at, at + 1, "ORG", sure=True) if _WEB.match(words[at].text) else None


def _body(words: Sequence[Word], taken: bytearray, at: int) -> Name | None:
    """Capitalised words of which the last is `Lab`, `Council` and the like."""
    if words[at].opens or not _is_proper(words[at]):
        return None
    last = at
    while (
        last < len(words)
        and last - at < 6
        and not taken[last]
        and words[last].line == words[at].line
        and _is_proper(words[last])
        and not (last > at and words[last].opens)
    ):
        last += 1
    if last - at > 1 and bare(words[last - 1].text) in cues.ORG_HEADS and words[at].text not in cues.TITLE_PARTS:
        return Name(at, last, "ORG")
    return None


def _is_proper(word: Word) -> bool:
    return word.capital and word.tag in ("NNP", "NNPS") and word.text[-1] != "."


def in_longer(words: Sequence[Word], at: int) -> bool:
    """A capitalised word beside it makes it part of a longer name that was not recognised."""
    after = words[at + 1] if at + 1 < len(words) else None
    before = words[at - 1] if at else None
    return (after is not None and after.line == words[at].line and after.capital and after.tag in ("NNP", "NNPS") and not after.label) or (
        before is not None
        and before.line == words[at].line
        and before.capital
        and before.tag in ("NNP", "NNPS")
        and not before.label
        and not before.opens
    )
