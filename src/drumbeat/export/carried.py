"""What each format carries, as a round trip through the format's own reader shows it.

A declaration that README.md prints and `tests/test_export_carried.py` measures, cell by cell.
"""

from collections.abc import Mapping

from drumbeat.export.files import FORMATS

_EVERY = frozenset(FORMATS)
_NOT_CONLL = _EVERY - {"conll"}

CARRIED: Mapping[str, frozenset[str]] = {
    "the text, to the character": _NOT_CONLL - {"webanno-json"},
    "where spans begin and end, to the character": _NOT_CONLL,
    "ids of documents and records": _NOT_CONLL,
    "regions": _EVERY,
    "mentions": _EVERY,
    "mentions that overlap": _NOT_CONLL,
    "entities of mentions (knowledge base ids)": _NOT_CONLL,
    "Wikidata ids of mentions": _NOT_CONLL,
    "nonquotes": _EVERY,
    "content, cue and source of quotations": _EVERY,
    "which cue and source belong to which content": _NOT_CONLL,
    "content in several parts": _NOT_CONLL,
    "spans over line ends": _NOT_CONLL,
    "quotations inside quotations, and their parent": _NOT_CONLL,
    "type, negated, garbled": _NOT_CONLL,
    "speaker and speaker's name": _NOT_CONLL,
    "sentences and words": frozenset({"spacy", "conll"}),
    "who annotated": _NOT_CONLL - {"brat"},
    "what the page says of its origin (outlet, author, date …)": frozenset({"jsonl"}),
    "the way back to the page as received (offset map)": frozenset({"jsonl"}),
    "links across pages": frozenset(),
}
