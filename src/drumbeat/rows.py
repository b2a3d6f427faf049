"""From a document and its gold to the rows of every config: pure, one document at a time."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from drumbeat import links, segment
from drumbeat.errors import BuildError
from drumbeat.model import AnnotationSet, Cluster, Entity, Member, Quote, Region, Relation, Span, every_span, spans, to_builtins
from drumbeat.repository import Document
from drumbeat.schema import kinds

Row = dict[str, Any]

# Documents' metadata, the knowledge base and the links are set by hand, once; the layers of a document by its annotators.
MAINTAINERS = "maintainers"
_SET_BY_MAINTAINERS = {"status": "gold", "annotator": MAINTAINERS}
_TAGGED = {"quotes", "entities"}  # the layers that tokens have tags of


class Regions:
    """Looks up what part of the page a span lies in.

    Raises BuildError where the regions are no partition of the text or a role is unknown.
    """

    def __init__(self, text: str, regions: Sequence[Region]) -> None:
        self.regions = sorted(regions, key=lambda region: region.start)
        self._starts = [region.start for region in self.regions]
        edges = [0, *(edge for region in self.regions for edge in (region.start, region.end)), len(text)]
        gaps = [(end, start) for end, start in zip(edges[::2], edges[1::2], strict=True) if start < end or text[end:start].strip()]
        unknown = [region.role for region in self.regions if region.role not in kinds()]
        if gaps or unknown:
            what = f"regions overlap or leave text out at {gaps[0][0]}..{gaps[0][1]}" if gaps else f"unknown role {unknown[0]!r}"
            raise BuildError(f"{what}; run `drumbeat validate`")

    def where(self, start: int, end: int) -> Row:
        """The derived columns `region` (of the first character) and `in_boilerplate` (all of it) of a stretch."""
        at = bisect_right(self._starts, start) - 1
        role = self.regions[at].role
        inside = kinds()[role] == "boilerplate"
        while self.regions[at].end < end and at + 1 < len(self.regions):
            at += 1
            inside &= kinds()[self.regions[at].role] == "boilerplate"
        return {"region": role, "in_boilerplate": inside}


def regions_of(document: Document, gold: AnnotationSet) -> Regions:
    """The lookup of a document whose spans all lie in its text.

    Raises BuildError where one does not, where a quotation has no content, or where the regions are no partition.
    """
    _inside(document.text, document.seed.document_id, gold)
    try:
        return Regions(document.text, gold.regions)
    except BuildError as error:
        raise BuildError(f"{document.seed.document_id}: {error}") from None


def document_rows(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], status: str = "gold") -> dict[str, list[Row]]:
    """The rows of one document, by config; of its gold, or with the status `silver` of what a suggester made of it.

    Tokens have tags of quotations and names, so there are none where one of these layers was not annotated.

    Raises BuildError where a span does not lie in the text or in no region.
    """
    text, document_id = document.text, document.seed.document_id
    lookup = regions_of(document, gold)
    made = {"status": status, "annotator": gold.annotator}
    regions = [_region_row(text, document_id, region, made) for region in gold.regions]
    blocks = list(segment.blocks(text, lookup.regions))
    return {
        "documents": [{**_document_row(document), **(_SET_BY_MAINTAINERS if status == "gold" else made)}],
        "regions": regions,
        "boilerplate": [row for row in regions if row["kind"] == "boilerplate"],
        "nonquotes": [
            {
                "document_id": document_id,
                "nonquote_id": item.id,
                **_span(text, item.start, item.end),
                "reason": item.reason,
                **lookup.where(item.start, item.end),
                **made,
            }
            for item in gold.nonquotes
        ],
        "blocks": [
            {"document_id": document_id, **_span(text, block.start, block.end), "role": region.role, "kind": kinds()[region.role], **made}
            for block, region in blocks
        ],
        "quotes": [{**_quote_row(text, document_id, quote, lookup), **made} for quote in gold.quotes],
        "entities": [
            {
                "document_id": document_id,
                "mention_id": mention.id,
                **_span(text, mention.start, mention.end),
                "label": mention.label,
                "entity": mention.entity,
                "wikidata": wikidata(entities, mention.entity),
                **lookup.where(mention.start, mention.end),
                **made,
            }
            for mention in gold.entities
        ],
        "tokens": _token_rows(document, gold, [block for block, _ in blocks], lookup, made) if set(gold.layers) >= _TAGGED else [],
    }


def wikidata(entities: Mapping[str, Entity], entity: str | None) -> str | None:
    """The Wikidata id of an entity, where it has one."""
    return entities[entity].wikidata if entity is not None and entity in entities else None


def knowledge_base_rows(entities: Mapping[str, Entity]) -> list[Row]:
    """One row an entity."""
    rows = (to_builtins(entity) for entity in entities.values())
    return [{"entity": row.pop("id"), **row, **_SET_BY_MAINTAINERS} for row in rows]


def relation_rows(relations: Sequence[Relation]) -> list[Row]:
    """One row a pair of documents."""
    return [
        {
            "relation_id": item.id,
            "label": item.label,
            "from_document": item.from_document,
            "to_document": item.to_document,
            "directed": item.directed,
            **_SET_BY_MAINTAINERS,
        }
        for item in relations
    ]


def cluster_rows(clusters: Sequence[Cluster], quotes: Mapping[tuple[str, str], tuple[Quote, Sequence[str]]]) -> list[Row]:
    """One row a cluster; `quotes` holds the members by (document_id, quote_id), with the words of their contents.

    Raises BuildError where a member does not exist.
    """
    rows = []
    for cluster in clusters:
        members = [(member.document_id, *_member(quotes, cluster, member)) for member in cluster.members]
        reference = cluster.members[links.reference(members)]
        rows.append(
            {
                "cluster_id": cluster.id,
                "speaker": cluster.speaker,
                "reference_document": reference.document_id,
                "reference_quote": reference.quote_id,
                "members": [to_builtins(member) for member in cluster.members],
                **_SET_BY_MAINTAINERS,
            }
        )
    return rows


def _member(quotes: Mapping[tuple[str, str], tuple[Quote, Sequence[str]]], cluster: Cluster, member: Member) -> tuple[Quote, Sequence[str]]:
    try:
        return quotes[member.document_id, member.quote_id]
    except KeyError:
        raise BuildError(
            f"cluster {cluster.id}: there is no quotation {member.quote_id} in {member.document_id}; run `drumbeat validate`"
        ) from None


def _inside(text: str, document_id: str, gold: AnnotationSet) -> None:
    for quote in gold.quotes:
        if not quote.content:
            raise BuildError(f"{document_id}: quotation {quote.id} has no content; run `drumbeat validate`")
    for *_, span in every_span(gold):
        if not span.lies_in(text):
            where = f"span {span.start}..{span.end} does not lie in the text (0..{len(text)})"
            raise BuildError(f"{document_id}: {where}; run `drumbeat validate`")


def _span(text: str, start: int, end: int) -> Row:
    return {"start": start, "end": end, "text": text[start:end]}


def _region_row(text: str, document_id: str, region: Region, made: Row) -> Row:
    place = {"document_id": document_id, "region_id": region.id, **_span(text, region.start, region.end)}
    return {**place, "role": region.role, "kind": kinds()[region.role], **made}


def _document_row(document: Document) -> Row:
    seed, normalized = document.seed, document.normalized
    return {
        "document_id": seed.document_id,
        "file": seed.file,
        "text": normalized.text,
        "text_sha256": normalized.sha256,
        **{name: getattr(seed, name) for name in ("outlet", "title", "published", "author", "language")},
        "inferred": list(seed.inferred),
        "rights": seed.rights,
        "seed_sha256": seed.sha256,
        "seed_bytes": seed.bytes,
        "normalizer": normalized.version,
        "offset_map": [asdict(edit) for edit in normalized.edits],
    }


def _quote_row(text: str, document_id: str, quote: Quote, lookup: Regions) -> Row:
    return {
        "document_id": document_id,
        "quote_id": quote.id,
        "type": quote.type,
        "content": [_span(text, span.start, span.end) for span in quote.content],
        "cue": [_span(text, span.start, span.end) for span in quote.cue],
        "source": [_span(text, span.start, span.end) for span in quote.source],
        "speaker": quote.speaker,
        "speaker_name": quote.speaker_name,
        "parent": quote.parent,
        "negated": quote.negated,
        "garbled": quote.garbled,
        "region": lookup.where(quote.content[0].start, quote.content[0].end)["region"],
        "in_boilerplate": all(lookup.where(span.start, span.end)["in_boilerplate"] for _, span in spans(quote)),
    }


def _token_rows(document: Document, gold: AnnotationSet, blocks: Sequence[Span], lookup: Regions, made: Row) -> list[Row]:
    text = document.text
    sentences = [sentence for block in blocks for sentence in segment.sentences(text, block)]
    words = [segment.words(text, sentence) for sentence in sentences]
    starts = [word.start for of_sentence in words for word in of_sentence]
    outermost = [quote for quote in gold.quotes if quote.parent is None]
    tags = {"entity_tags": segment.bio(starts, sorted((Span(mention.start, mention.end), mention.label) for mention in gold.entities))}
    for role in ("content", "cue", "source"):
        tags[f"{role}_tags"] = segment.bio(starts, sorted((span, role) for quote in outermost for span in getattr(quote, role)))
    rows, done = [], 0
    for sentence, of_sentence in zip(sentences, words, strict=True):
        here = slice(done, done := done + len(of_sentence))
        rows.append(
            {
                "document_id": document.seed.document_id,
                **_span(text, sentence.start, sentence.end),
                "tokens": [text[word.start : word.end] for word in of_sentence],
                "token_start": starts[here],
                "token_end": [word.end for word in of_sentence],
                **{name: segment.begun(of_document[here]) for name, of_document in tags.items()},
                **lookup.where(sentence.start, sentence.end),
                **made,
            }
        )
    return rows
