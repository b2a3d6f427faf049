"""spaCy's DocBin: documents with entities, span groups and what spaCy has no place for in `user_data`.

Tokens are the words of the config `tokens`, cut further where a span begins or ends inside one, and white space as spaCy keeps it, so
that every span is whole tokens and `doc.text` is the document's text.  The only module that imports spaCy, which is an extra.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import IO, Any

from drumbeat import segment
from drumbeat.errors import ExportError
from drumbeat.model import LAYERS, AnnotationSet, Entity, Mention, Nonquote, Quote, Region, Span, spans
from drumbeat.repository import Document
from drumbeat.rows import regions_of, wikidata

KEY = "drumbeat"  # of what stands in user_data
ATTRIBUTES = ("SENT_START", "ENT_IOB", "ENT_TYPE", "ENT_KB_ID", "ENT_ID")  # those that are set; the others double the memory


def spacy() -> Any:
    """The library.  Raises ExportError where it is not installed."""
    try:
        import spacy.tokens
        import spacy.util
        import spacy.vocab
    except ImportError:
        raise ExportError("--format spacy needs spaCy; install it with: pip install 'drumbeat[spacy]'") from None
    return spacy


def write(file: IO[bytes], documents: Iterable[tuple[Document, AnnotationSet, Mapping[str, Entity], Sequence[str]]]) -> None:
    """Write documents, given as `to_doc` takes them, as one DocBin, which is held in memory until it is whole."""
    library = spacy()
    vocab = library.vocab.Vocab()  # making one takes longer than making a Doc
    docs = (to_doc(*document, vocab=vocab) for document in documents)
    file.write(library.tokens.DocBin(ATTRIBUTES, docs=docs, store_user_data=True).to_bytes())


def to_doc(
    document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str] = LAYERS, vocab: Any = None
) -> Any:
    """A Doc with a span group a layer.

    Spans have the records' ids; those of `quotes` are labelled content, cue and source.  `doc.ents` are the mentions, of those that
    overlap the longest.  Give a language's `vocab`, such as `spacy.blank("en").vocab`, where the Doc is not only stored: without one its
    tokens do not know what they look like.

    Raises ExportError without spaCy, and BuildError where no corpus could be built of the document.
    """
    library = spacy()
    marked = {layer: list(_marked(layer, gold, entities)) for layer in LAYERS if layer in layers}
    begins, words = _sentences(document, gold)
    edges = {edge for of_layer in marked.values() for span, *_ in of_layer for edge in (span.start, span.end)}
    tokens = list(_tokens(document.text, edges | {edge for word in words for edge in (word.start, word.end)}))
    doc = library.tokens.Doc(
        library.vocab.Vocab() if vocab is None else vocab,
        words=[document.text[start:end] for start, end, _ in tokens],
        spaces=[space for _, _, space in tokens],
        sent_starts=[index == 0 or start in begins for index, (start, _, _) in enumerate(tokens)],
        user_data={KEY: _values(document, gold, entities, layers)},
    )
    first = {start: index for index, (start, _, _) in enumerate(tokens)}
    last = {end: index + 1 for index, (_, end, _) in enumerate(tokens)}
    for layer, of_layer in marked.items():
        doc.spans[layer] = [
            library.tokens.Span(doc, first[span.start], last[span.end], label=label, kb_id=link, span_id=name)
            for span, label, name, link in of_layer
        ]
    if "entities" in marked:  # else spaCy takes them as not annotated
        doc.set_ents(library.util.filter_spans(doc.spans["entities"]))
    return doc


def _marked(layer: str, gold: AnnotationSet, entities: Mapping[str, Entity]) -> Iterator[tuple[Span, str, str, str]]:
    """The spans of a layer with label, id and link."""
    for record in getattr(gold, layer):
        match record:
            case Region():
                yield Span(record.start, record.end), record.role, record.id, ""
            case Nonquote():
                yield Span(record.start, record.end), record.reason, record.id, ""
            case Mention():
                link = wikidata(entities, record.entity) or record.entity or ""
                yield Span(record.start, record.end), record.label, record.id, link
            case Quote():
                for role, span in spans(record):
                    yield span, role, record.id, ""


def _values(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str]) -> dict[str, Any]:
    """What spans have no place for: plain values, by the records' ids."""
    names = ("type", "speaker", "speaker_name", "parent", "negated", "garbled")
    quotes = {quote.id: {name: getattr(quote, name) for name in names} for quote in gold.quotes if "quotes" in layers}
    mentions = {
        mention.id: {"entity": mention.entity, "wikidata": wikidata(entities, mention.entity)}
        for mention in gold.entities
        if "entities" in layers
    }
    made = {"document_id": document.seed.document_id, "text_sha256": document.normalized.sha256, "annotator": gold.annotator}
    return made | {"quotes": quotes, "entities": mentions}


def _sentences(document: Document, gold: AnnotationSet) -> tuple[set[int], list[Span]]:
    """Where sentences begin, and the words."""
    blocks = segment.blocks(document.text, regions_of(document, gold).regions)
    sentences = [sentence for block, _ in blocks for sentence in segment.sentences(document.text, block)]
    return {sentence.start for sentence in sentences}, [word for sentence in sentences for word in segment.words(document.text, sentence)]


def _tokens(text: str, cuts: set[int]) -> Iterator[tuple[int, int, bool]]:
    """The text cut into tokens: start, end, and whether the next character is a space that belongs to the token."""
    before: tuple[int, int] | None = None
    for start, end in pairwise(sorted(cuts | {0, len(text)})):
        if before is not None:
            space = text[start] == " "
            yield *before, space
            start += space
        before = (start, end) if start < end else None
    if before is not None:
        yield *before, False
