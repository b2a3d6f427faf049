"""Level 2: offsets, ids and references, in the gold and in every annotator's set."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from drumbeat.checks.finding import Finding, check
from drumbeat.checks.form import Page, Source
from drumbeat.model import LAYERS, AnnotationSet, Entity, Seed, Span, every_span
from drumbeat.normalize import Normalized, restore


@dataclass(frozen=True, slots=True)
class Subject:
    """One annotation set over its text: what the checks of levels 2 and 3 look at.

    `steps` is where the set stands in its file.
    """

    document_id: str
    text: str
    source: Source
    steps: tuple[str | int, ...]
    annotations: AnnotationSet
    entities: dict[str, Entity] = field(repr=False)

    def finding(self, code: str, message: str, layer: str, index: int | None = None, span: Span | None = None) -> Finding:
        """A finding about one record of a layer, or about the layer."""
        record = getattr(self.annotations, layer)[index] if index is not None else None
        steps = (*self.steps, layer) if index is None else (*self.steps, layer, index)
        return Finding(
            code,
            message,
            self.source.path,
            self.source.line(*steps),
            document_id=self.document_id,
            layer=layer,
            id=record.id if record else None,
            start=span.start if span else None,
            end=span.end if span else None,
        )


# -- the page -------------------------------------------------------------------------------------


@check("D201", fix="restore the page from git; a page that was fetched again is a new seed")
def seed_digest(page: Page, data: bytes) -> Iterator[Finding]:
    """A page has the size and SHA-256 that seeds.jsonl gives."""
    seed: Seed = page.seed.record
    if hashlib.sha256(data).hexdigest() != seed.sha256 or len(data) != seed.bytes:
        yield Finding(
            "D201", f"seeds/{seed.file} has other bytes than this line says", page.seed.path, page.seed.line, document_id=seed.document_id
        )


@check("D202", fix="run the normaliser that the file names, or move the annotations to the new text and name the new version")
def normalizer_version(page: Page, normalized: Normalized) -> Iterator[Finding]:
    """An annotation counts over the text of this normaliser version."""
    if page.annotation and page.source and page.annotation.normalizer != normalized.version:
        message = f"annotated over normaliser {page.annotation.normalizer!r}, this is {normalized.version!r}"
        yield Finding("D202", message, page.source.path, page.source.line("normalizer"), document_id=page.annotation.document_id)


@check("D203", fix="the page or the normaliser changed under the annotations: restore the page, never the hash alone")
def text_digest(page: Page, normalized: Normalized) -> Iterator[Finding]:
    """An annotation's text_sha256 is that of the page's normalised text, and its document_id that of the seed."""
    if page.annotation and page.source and page.annotation.text_sha256 != normalized.sha256:
        message = f"text_sha256 {page.annotation.text_sha256[:12]}… is not the text's {normalized.sha256[:12]}…"
        yield Finding("D203", message, page.source.path, page.source.line("text_sha256"), document_id=page.annotation.document_id)
    if page.annotation and page.source and page.annotation.document_id != page.seed.record.document_id:
        message = f"document_id {page.annotation.document_id!r} in the file of {page.seed.record.document_id!r}"
        yield Finding("D203", message, page.source.path, page.source.line("document_id"), document_id=page.seed.record.document_id)


@check("D204", fix="this is a fault of the normaliser: report it with the page")
def offset_map(page: Page, normalized: Normalized) -> Iterator[Finding]:
    """The offset map brings back the seed: outside its edits text and seed are equal, and every edge of an edit maps both ways."""
    seed = page.decoded or ""
    mapping = normalized.offset_map
    restored = restore(normalized, seed) == seed
    if not restored or any(
        mapping.to_text(*mapping.to_seed(edit.start, edit.end)) != (edit.start, edit.end)
        for edit in normalized.edits
        if edit.end > edit.start
    ):
        yield Finding(
            "D204",
            "the offset map does not lead back to the seed",
            f"seeds/{page.seed.record.file}",
            document_id=page.seed.record.document_id,
        )


# -- the annotations ------------------------------------------------------------------------------


@check("D211", fix="move the span into the text; offsets are code points, end-exclusive")
def span_bounds(subject: Subject) -> Iterator[Finding]:
    """A span lies in the text: 0 <= start < end <= its length."""
    for layer, index, role, span in every_span(subject.annotations):
        if not span.lies_in(subject.text):
            yield subject.finding("D211", f"{role} does not lie in the text (0..{len(subject.text)})", layer, index, span)


@check("D212", fix="move the edge to the first or last visible character")
def span_edges(subject: Subject) -> Iterator[Finding]:
    """A span neither begins nor ends with white space, nor cuts a character from its combining marks."""
    text = subject.text
    for layer, index, role, span in every_span(subject.annotations):
        if not span.lies_in(text):
            continue
        if text[span.start].isspace() or text[span.end - 1].isspace():
            yield subject.finding("D212", f"{role} has white space at its edge: {text[span.start : span.end]!r}", layer, index, span)
        elif unicodedata.combining(text[span.start]) or (span.end < len(text) and unicodedata.combining(text[span.end])):
            yield subject.finding("D212", f"{role} cuts a character from its combining marks", layer, index, span)


@check("D213", fix="order the spans by start and join those that touch")
def span_order(subject: Subject) -> Iterator[Finding]:
    """The spans of one role stand in text order and do not overlap."""
    for index, quote in enumerate(subject.annotations.quotes):
        for role in ("content", "cue", "source"):
            spans: Sequence[Span] = getattr(quote, role)
            for before, after in pairwise(spans):
                if after.start < before.end:
                    yield subject.finding(
                        "D213",
                        f"{role} span {after.start}..{after.end} does not come after {before.start}..{before.end}",
                        "quotes",
                        index,
                        after,
                    )


@check("D214", fix="give the later record a new id; ids are never reused")
def unique_ids(subject: Subject) -> Iterator[Finding]:
    """An id stands once in its layer."""
    for layer in LAYERS:
        records = getattr(subject.annotations, layer)
        seen: set[str] = set()
        for index, record in enumerate(records):
            if record.id in seen:
                yield subject.finding("D214", f"id {record.id} stands twice in {layer}", layer, index)
            seen.add(record.id)


@check("D215", fix="name a quotation of this document, or null")
def parent_exists(subject: Subject) -> Iterator[Finding]:
    """A parent is another quotation of the same document."""
    ids = {quote.id for quote in subject.annotations.quotes}
    for index, quote in enumerate(subject.annotations.quotes):
        if quote.parent is not None and quote.parent not in ids:
            yield subject.finding("D215", f"parent {quote.parent} is no quotation of this document", "quotes", index, quote.content[0])


@check("D216", fix="set one of the parents to null")
def parent_cycle(subject: Subject) -> Iterator[Finding]:
    """No quotation is its own parent, directly or through others."""
    parents = {quote.id: quote.parent for quote in subject.annotations.quotes}
    for index, quote in enumerate(subject.annotations.quotes):
        seen, current = {quote.id}, quote.parent
        while current is not None and current in parents and current not in seen:
            seen.add(current)
            current = parents[current]
        if current == quote.id:
            yield subject.finding("D216", "is its own parent", "quotes", index, quote.content[0])


@check("D217", fix="add the record to annotations/knowledge_base.jsonl, or mend the id")
def entity_exists(subject: Subject) -> Iterator[Finding]:
    """An entity id that is not null has a record in the knowledge base, for mentions and for speakers."""
    for index, mention in enumerate(subject.annotations.entities):
        if mention.entity is not None and mention.entity not in subject.entities:
            yield subject.finding(
                "D217", f"no entity {mention.entity!r} in the knowledge base", "entities", index, Span(mention.start, mention.end)
            )
    for index, quote in enumerate(subject.annotations.quotes):
        if quote.speaker is not None and quote.speaker not in subject.entities:
            yield subject.finding(
                "D217", f"no entity {quote.speaker!r} (the speaker) in the knowledge base", "quotes", index, quote.content[0]
            )


@check("D218", fix="name a record of the gold and the annotator of a set, and keep the stretch inside the text")
def decisions(page: Page, text: str) -> Iterator[Finding]:
    """A decision points into the text, at a record of the gold and at annotators of sets; so the sets' annotators are distinct."""
    annotation, source = page.annotation, page.source
    if annotation is None or source is None:
        return
    annotators = Counter(item.annotator for item in annotation.sets)
    for name, count in annotators.items():
        if count > 1:
            yield Finding("D218", f"two sets by {name!r}", source.path, source.line("sets"), document_id=annotation.document_id)
    for index, decision in enumerate(annotation.decisions):
        known = {record.id for record in getattr(annotation.gold, decision.layer)} if annotation.gold else set()
        wrong = [
            f"stretch {decision.start}..{decision.end} does not lie in the text"
            if not Span(decision.start, decision.end).lies_in(text)
            else "",
            f"{decision.layer} {decision.id} is not in the gold" if decision.id is not None and decision.id not in known else "",
            *(f"no set by {name!r}" for name in decision.followed if name not in annotators),
        ]
        for message in filter(None, wrong):
            yield Finding(
                "D218",
                message,
                source.path,
                source.line("decisions", index),
                document_id=annotation.document_id,
                start=decision.start,
                end=decision.end,
            )


SET_CHECKS = (span_bounds, span_edges, span_order, unique_ids, parent_exists, parent_cycle, entity_exists)
