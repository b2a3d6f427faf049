"""Names suggested: who and what a page names, on the shared parse (scheme section 3)."""

from collections.abc import Sequence

from drumbeat.model import Entity, Mention
from drumbeat.suggest.entities import consistency
from drumbeat.suggest.entities.boundaries import model_names
from drumbeat.suggest.entities.candidates import candidates
from drumbeat.suggest.entities.capitals import datelines, lowered
from drumbeat.suggest.entities.joins import joined
from drumbeat.suggest.entities.strays import without_strays
from drumbeat.suggest.entities.words import words as words_of
from drumbeat.suggest.entities.works import with_works
from drumbeat.suggest.parse import Parsed


def suggest_entities(parsed: Parsed, knowledge_base: Sequence[Entity] = ()) -> tuple[Mention, ...]:
    """The names of a page."""
    words = words_of(parsed)
    names = model_names(words)
    names = datelines(words, joined(words, names))
    names = candidates(words, names)
    decisions = consistency.decided(words, names)
    names = lowered(words, consistency.everywhere(words, names, decisions), decisions)
    names = without_strays(words, names, consistency.surnames(words, names))
    names = with_works(words, names)
    return tuple(
        Mention(f"m{number}", words[name.first].start, words[name.last - 1].end, name.label, None)
        for number, name in enumerate(names, start=1)
    )
