"""Words in columns, as in CoNLL-2003: the words and sentences of the config `tokens`, a BIO tag a column, the last one first in rank.

Tags are those of the corpus: a word belongs to the first span that covers its first character, and only outermost quotations are
tagged.  A span that runs on into a next sentence begins anew there, as every reader of the format takes it.
"""

from collections.abc import Mapping, Sequence

from drumbeat import segment
from drumbeat.model import LAYERS, AnnotationSet, Entity, Span
from drumbeat.repository import Document
from drumbeat.rows import Row, document_rows

START = "-DOCSTART- -X- O O"  # as the shared task wrote it; readers look for this very line


def to_conll(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str] = ("entities",)) -> str:
    """The document's lines: `-DOCSTART-`, then a line a word and a blank line after each sentence.

    The columns stand in the order of the layers, `entities` last; `quotes` has three: content, cue, source.

    Raises BuildError where no corpus could be built of it.
    """
    rows = document_rows(document, gold, entities)["tokens"]
    columns = [column for layer in LAYERS if layer in layers for column in _columns(layer, gold, rows)]
    lines, done = [START, ""], 0
    for row in rows:
        here = slice(done, done := done + len(row["tokens"]))
        tags = [segment.begun(column[here]) for column in columns]
        lines += [" ".join(cells) for cells in zip(row["tokens"], *tags, strict=True)]
        lines.append("")
    return "\n".join(lines) + "\n"


def _columns(layer: str, gold: AnnotationSet, rows: Sequence[Row]) -> list[list[str]]:
    """The tags of a layer over all words of a document."""
    starts = [start for row in rows for start in row["token_start"]]
    match layer:
        case "regions":
            return [segment.bio(starts, ((Span(item.start, item.end), item.role) for item in gold.regions))]
        case "nonquotes":
            return [segment.bio(starts, sorted((Span(item.start, item.end), item.reason) for item in gold.nonquotes))]
        case "quotes":
            return [[tag for row in rows for tag in row[f"{role}_tags"]] for role in ("content", "cue", "source")]
        case _:
            return [[tag for row in rows for tag in row["entity_tags"]]]
