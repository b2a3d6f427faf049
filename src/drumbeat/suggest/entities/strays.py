"""What looks like a name and is none: common words with a capital, titles of works in quotation marks."""

from collections.abc import Mapping, Sequence

from drumbeat.suggest.entities import lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, key
from drumbeat.suggest.entities.words import Word

_GENERIC = lexicon.TITLE_PARTS | lexicon.ORG_HEADS | lexicon.LAW_HEADS | lexicon.NO_NAMES | frozenset({"Section", "Article", "Chapter", "States", "Sections"})
_OPEN = frozenset({"“", '"', "``", "‘", "`", "'"})
_CLOSE = frozenset({"”", '"', "''", "’", "'"})
_SMALL = ("IN", "DT", "CC", "TO", "RP", "PRP$", "POS")
_COMMON = ("NN", "NNS", "JJ", "VB", "VBG", "VBN", "VBD", "VBZ", "VBP", "RB", "IN", "DT", "UH", "CD", "PRP", "WP")


def without_strays(words: Sequence[Word], names: Sequence[Name], surnames: frozenset[lexicon.Key]) -> list[Name]:
    """The names, common words with a capital left out."""
    proper = {key(words, name.first, name.last) for name in names if words[name.last - 1].tag in ("NNP", "NNPS")}
    return [name for name in names if not _is_stray(words, name, surnames, proper)]


def _is_stray(words: Sequence[Word], name: Name, surnames: frozenset[lexicon.Key], proper: set[lexicon.Key]) -> bool:
    if name.last - name.first > 1 or name.sure:
        return False
    found = key(words, name.first, name.last)
    if found in lexicon.known() or found in surnames:
        return False
    if bare(found[0]) in _GENERIC:
        return True
    return words[name.first].tag in _COMMON and found not in proper and name.label in ("PERSON", "ORG", "GPE", "LOC", "FAC") and words[name.first].opens


def titles(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Stretches of words in quotation marks that are written as titles are: `Last Tango in Paris`, not `yes, in Paris`."""
    found: list[tuple[int, int]] = []
    opened = -1
    for at, word in enumerate(words):
        if opened >= 0 and (word.line != words[opened].line or at - opened > 12):
            opened = -1
        if word.text in _OPEN and opened < 0:
            opened = at
        elif word.text in _CLOSE and opened >= 0:
            if _is_titled(words, opened + 1, at):
                found.append((opened + 1, at))
            opened = -1
    return found


def _is_titled(words: Sequence[Word], first: int, last: int) -> bool:
    while last > first and words[last - 1].text in (",", "."):
        last -= 1
    inner = words[first:last]
    small = [word for word in inner if word.text.isalpha() and not word.capital]
    return 0 < len(inner) and inner[0].capital and inner[-1].capital and all(len(word.text) < 5 and word.tag in _SMALL for word in small)
