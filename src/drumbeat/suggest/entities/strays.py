"""What looks like a name and is none: common words with a capital."""

from collections.abc import Sequence

from drumbeat.suggest.entities import cues, lexicon
from drumbeat.suggest.entities.boundaries import Name, bare, key
from drumbeat.suggest.entities.words import Word

_GENERIC = (
    cues.TITLE_PARTS | cues.ORG_HEADS | cues.LAW_HEADS | cues.NO_NAMES | frozenset({"Section", "Article", "Chapter", "States", "Sections"})
)
_SCORED = frozenset({"PERSON", "ORG", "GPE", "LOC", "FAC"})
_LEAD = 2.5  # what has to speak for a name that the model does not see; below, fewer than half of them are right
_COMMON = ("NN", "NNS", "JJ", "VB", "VBG", "VBN", "VBD", "VBZ", "VBP", "RB", "IN", "DT", "UH", "CD", "PRP", "WP")


def without_strays(words: Sequence[Word], names: Sequence[Name], surnames: frozenset[lexicon.Key]) -> list[Name]:
    """The names, common words with a capital left out."""
    proper = {key(words, name.first, name.last) for name in names if words[name.last - 1].tag in ("NNP", "NNPS")}
    seen = {key(words, name.first, name.last) for name in names if name.model}
    return [name for name in names if not _is_stray(words, name, surnames, proper, seen)]


def _is_stray(
    words: Sequence[Word], name: Name, surnames: frozenset[lexicon.Key], proper: set[lexicon.Key], seen: set[lexicon.Key]
) -> bool:
    if name.sure:
        return False
    found = key(words, name.first, name.last)
    if " ".join(found) in cues.PHRASES or (found not in seen and name.lead < _LEAD):
        return True
    if name.last - name.first > 1 or found in lexicon.known() or found in surnames:
        return False
    if bare(found[0]) in _GENERIC and found[0] not in lexicon.first_names():
        return True
    if name.lead > _LEAD or (name.first and words[name.first - 1].text in ("-", "–")):
        return False
    return (
        words[name.first].tag in _COMMON
        and found not in proper
        and name.label in _SCORED
        and (words[name.first].opens or name.label == "ORG")
    )
