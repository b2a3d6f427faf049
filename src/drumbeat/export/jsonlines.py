"""A document with all its layers as one JSON object: the columns of the corpus, nested.

Each layer is a list of the rows of the config of that name (`schema/corpus/`), without what is the same in all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from drumbeat.model import LAYERS, AnnotationSet, Entity
from drumbeat.repository import Document
from drumbeat.rows import document_rows

Json = dict[str, Any]
ONCE = ("document_id", "status", "annotator")  # stand with the document, not with each row


def to_object(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str] = LAYERS) -> Json:
    """The document's columns, who annotated it, and its layers.  Raises BuildError where no corpus could be built of it."""
    rows = document_rows(document, gold, entities)
    (page,) = rows["documents"]
    nested = {layer: [{name: row[name] for name in row if name not in ONCE} for row in rows[layer]] for layer in LAYERS if layer in layers}
    return page | {"annotator": gold.annotator} | nested
