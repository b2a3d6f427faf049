"""Names suggested: who and what a page names (scheme section 3), from the model's names on the shared parse.

The model sees one line at a time; a page says more.  A surname stands for the person who was named in full before it, a dateline is a
place, a name that is a body in one sentence is one in the next.  So the model's names are mended (`boundaries`, `joins`, `formulas`,
`capitals`), others are added (`candidates`), what each name is is decided once for the page by votes (`evidence`, `consistency`), and
what is no name is left out (`strays`, `works`).
"""

from collections.abc import Sequence

from drumbeat.model import Mention
from drumbeat.suggest.entities import consistency
from drumbeat.suggest.entities.boundaries import Name, model_names
from drumbeat.suggest.entities.candidates import candidates
from drumbeat.suggest.entities.capitals import lowered
from drumbeat.suggest.entities.formulas import with_formulas
from drumbeat.suggest.entities.joins import joined
from drumbeat.suggest.entities.links import KnowledgeBase, linked
from drumbeat.suggest.entities.strays import without_strays
from drumbeat.suggest.entities.words import Word
from drumbeat.suggest.entities.words import words as words_of
from drumbeat.suggest.entities.works import with_works
from drumbeat.suggest.parse import Parsed

_CONFIDENCE = ((7.0, 0.96), (3.5, 0.92), (2.5, 0.72), (1.0, 0.5))
"""The share of names that were right on the development sets, by how much spoke for their label (`benchmarks/README.md`)."""
_LEAST = 0.4
NOTHING_KNOWN = KnowledgeBase.of(())


def suggest_entities(parsed: Parsed, knowledge_base: KnowledgeBase = NOTHING_KNOWN) -> tuple[Mention, ...]:
    """The names of a page, in text order, none overlapping, each with a confidence.

    `entity` is the id of the one record of `knowledge_base` that fits the name and its label, else null.
    """
    words = words_of(parsed)
    names = suggested(words)
    return tuple(
        Mention(f"m{number}", words[name.first].start, words[name.last - 1].end, name.label, entity, _confidence(name))
        for number, (name, entity) in enumerate(zip(names, linked(words, names, knowledge_base), strict=True), start=1)
    )


def suggested(words: Sequence[Word]) -> list[Name]:
    """The names of a page, as runs of its words."""
    names = candidates(words, with_formulas(words, joined(words, model_names(words))))
    decisions = consistency.decided(words, names)
    names = lowered(words, consistency.everywhere(words, names, decisions), decisions)
    return with_works(words, without_strays(words, names, consistency.surnames(words, names)))


def _confidence(name: Name) -> float:
    return next((share for lead, share in _CONFIDENCE if name.lead >= lead), _LEAST)
