"""W3C Web Annotations: a document's annotations as an AnnotationCollection in JSON-LD (not the format of the tool WebAnno).

Every record is an Annotation whose targets select the text twice over, by position and by quotation; both count code points, as the
Web Annotation Data Model (4.2.4, 4.2.5) asks.  A quotation is up to three of them: its content carries the quotation's values, its
cue and its source link to the content.  What the W3C's vocabulary has no word for stands under the prefix `drumbeat`.  Documents and
records have no address, so their ids are `urn:drumbeat:…`, a name of our own that nobody registered.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from drumbeat.model import LAYERS, AnnotationSet, Entity, Mention, Quote, Span
from drumbeat.repository import Document
from drumbeat.rows import wikidata

Json = dict[str, Any]
ANNO = "http://www.w3.org/ns/anno.jsonld"
CONTEXT = [ANNO, {"drumbeat": "urn:drumbeat:term:"}]
WIKIDATA = "http://www.wikidata.org/entity/"  # where Wikidata's own RDF has its entities
AROUND = 32  # characters of prefix and suffix


def to_collection(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str] = LAYERS) -> Json:
    """The collection of a document's annotations, its one page inside it."""
    page = _Page(document, entities)
    items = [item for layer in LAYERS if layer in layers for item in page.annotations(layer, gold)]
    base = {"@context": CONTEXT, "id": f"{page.iri}:annotations", "type": "AnnotationCollection"}
    label = {"label": document.seed.title} if document.seed.title else {}
    first = {"id": f"{page.iri}:annotations:1", "type": "AnnotationPage", "partOf": base["id"], "startIndex": 0, "items": items}
    text = {"drumbeat:document": {"id": page.iri}, "drumbeat:text_sha256": document.normalized.sha256}
    return base | label | text | {"drumbeat:annotator": gold.annotator, "total": len(items), "first": first}


class _Page:
    """Makes the annotations of one document."""

    def __init__(self, document: Document, entities: Mapping[str, Entity]) -> None:
        self.iri = f"urn:drumbeat:document:{document.seed.document_id}"
        self._text, self._entities = document.text, entities

    def annotations(self, layer: str, gold: AnnotationSet) -> Iterator[Json]:
        match layer:
            case "quotes":
                for quote in gold.quotes:
                    yield from self._quotation(quote)
            case "regions":
                for region in gold.regions:
                    yield self._annotation(layer, region.id, "tagging", [_tag(region.role)], [Span(region.start, region.end)])
            case "nonquotes":
                for item in gold.nonquotes:
                    yield self._annotation(layer, item.id, "tagging", [_tag(item.reason)], [Span(item.start, item.end)])
            case _:
                for mention in gold.entities:
                    yield self._annotation(layer, mention.id, "identifying", self._links(mention), [Span(mention.start, mention.end)])

    def _annotation(self, layer: str, name: str, motivation: str, body: list[Json], spans: Sequence[Span], **more: Any) -> Json:
        base = {"id": f"{self.iri}:{layer}:{name}", "type": "Annotation", "motivation": motivation, "drumbeat:layer": layer}
        return base | more | {"body": body, "target": [self._target(span) for span in spans]}

    def _quotation(self, quote: Quote) -> Iterator[Json]:
        values: Json = {"drumbeat:role": "content"}
        if quote.speaker is not None:
            values["drumbeat:speaker"] = {"id": _entity(quote.speaker)}
        if quote.speaker_name is not None:
            values["drumbeat:speaker_name"] = quote.speaker_name
        if quote.parent is not None:
            values["drumbeat:parent"] = {"id": f"{self.iri}:quotes:{quote.parent}"}
        tags = [quote.type, *(flag for flag in ("negated", "garbled") if getattr(quote, flag))]
        head = self._annotation("quotes", quote.id, "tagging", [_tag(tag) for tag in tags], quote.content, **values)
        yield head
        for role in ("cue", "source"):
            if of_role := getattr(quote, role):
                link = [_resource("linking", head["id"])]
                yield self._annotation("quotes", f"{quote.id}:{role}", "linking", link, of_role, **{"drumbeat:role": role})

    def _links(self, mention: Mention) -> list[Json]:
        body = [_tag(mention.label)]
        if mention.entity is not None:
            body.append(_resource("identifying", _entity(mention.entity)))
        if known := wikidata(self._entities, mention.entity):
            body.append(_resource("identifying", WIKIDATA + known))
        return body

    def _target(self, span: Span) -> Json:
        text, start, end = self._text, span.start, span.end
        quoted = {"exact": text[start:end], "prefix": text[max(0, start - AROUND) : start], "suffix": text[end : end + AROUND]}
        selector = [{"type": "TextPositionSelector", "start": start, "end": end}, {"type": "TextQuoteSelector"} | quoted]
        return {"type": "SpecificResource", "source": self.iri, "selector": selector}


def _entity(identifier: str) -> str:
    return f"urn:drumbeat:entity:{identifier}"


def _tag(value: str) -> Json:
    return {"type": "TextualBody", "purpose": "tagging", "value": value}


def _resource(purpose: str, source: str) -> Json:
    return {"type": "SpecificResource", "purpose": purpose, "source": source}
