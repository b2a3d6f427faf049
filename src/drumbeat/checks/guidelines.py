"""Level 3: the guidelines of each layer, on gold.

Runs only on what passed level 2.
"""

from collections.abc import Iterator
from itertools import pairwise

from drumbeat import marks
from drumbeat.checks.finding import Finding, check
from drumbeat.checks.form import Page
from drumbeat.checks.offsets import Subject
from drumbeat.model import Quote, Span, spans


def _ordered(subject: Subject, layer: str) -> list[tuple[int, Span]]:
    records = getattr(subject.annotations, layer)
    return sorted(((index, Span(record.start, record.end)) for index, record in enumerate(records)), key=lambda item: item[1])


def _overlapping(subject: Subject, layer: str) -> Iterator[tuple[int, Span, Span]]:
    """Each record that begins before an earlier one has ended, with the one of those that reaches furthest."""
    reach = Span(0, 0)
    for index, span in _ordered(subject, layer):
        if span.start < reach.end:
            yield index, span, reach
        reach = max(reach, span, key=lambda candidate: candidate.end)


def _shown(text: str, limit: int = 60) -> str:
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


# -- regions --------------------------------------------------------------------------------------


@check("D301", fix="extend the region that it belongs to, or add one")
def regions_cover(subject: Subject) -> Iterator[Finding]:
    """Every visible character lies in a region."""
    text, position = subject.text, 0
    for _, span in [*_ordered(subject, "regions"), (-1, Span(len(text), len(text)))]:
        gap = text[position : span.start]
        if gap.strip():
            start = position + len(gap) - len(gap.lstrip())
            bare = gap.strip()
            yield subject.finding("D301", f"in no region: {_shown(bare)}", "regions", None, Span(start, start + len(bare)))
        position = max(position, span.end)


@check("D302", fix="let one of them end where the other begins")
def regions_apart(subject: Subject) -> Iterator[Finding]:
    """Regions do not overlap."""
    for index, span, before in _overlapping(subject, "regions"):
        yield subject.finding("D302", f"overlaps the region {before.start}..{before.end}", "regions", index, span)


@check("D303", fix="join the two regions")
def regions_maximal(subject: Subject) -> Iterator[Finding]:
    """A region is a maximal run of its role: its neighbour has another role."""
    regions = subject.annotations.regions
    for (first, _), (second, span) in pairwise(_ordered(subject, "regions")):
        if regions[first].role == regions[second].role:
            yield subject.finding("D303", f"follows another {regions[second].role} region", "regions", second, span)


# -- quotations -----------------------------------------------------------------------------------


def _children(subject: Subject, parent: Quote) -> list[Span]:
    below, wanted = [], {parent.id}
    quotes = subject.annotations.quotes
    while wanted:
        inside = [quote for quote in quotes if quote.parent in wanted]
        below += [span for quote in inside for span in quote.content]
        wanted = {quote.id for quote in inside}
    return below


@check("D311", fix="correct the type, the content's edges, or list the marks as nonquote")
def type_by_marks(subject: Subject) -> Iterator[Finding]:
    """A quotation's type follows from the marks in its content that are no nonquote's and not only a child's."""
    pairs = marks.find_marks(subject.text).pairs
    nonquotes = [(item.start, item.end) for item in subject.annotations.nonquotes]
    for index, quote in enumerate(subject.annotations.quotes):
        content = [(span.start, span.end) for span in quote.content]
        children = [(span.start, span.end) for span in _children(subject, quote)]
        derived = marks.quotation_type(subject.text, content, marks.owned_pairs(pairs, content, children, nonquotes))
        if derived != quote.type:
            yield subject.finding("D311", f"type is {quote.type}, by the marks it is {derived}", "quotes", index, quote.content[0])


@check("D312", fix="add the quotation it belongs to, or a nonquote span with its reason")
def marks_accounted(subject: Subject) -> Iterator[Finding]:
    """Every quotation mark lies in a content or nonquote span."""
    covered = [(span.start, span.end) for quote in subject.annotations.quotes for span in quote.content]
    covered += [(item.start, item.end) for item in subject.annotations.nonquotes]
    for position in marks.unaccounted(marks.find_marks(subject.text), covered):
        around = subject.text[max(0, position - 15) : position + 16]
        yield subject.finding(
            "D312", f"quotation mark in …{around!r}… is in no content or nonquote", "quotes", None, Span(position, position + 1)
        )


@check("D313", fix="correct the parent, or extend its content")
def inside_parent(subject: Subject) -> Iterator[Finding]:
    """A quotation's content lies inside its parent's content."""
    by_id = {quote.id: quote for quote in subject.annotations.quotes}
    for index, quote in enumerate(subject.annotations.quotes):
        if quote.parent is not None:
            outer = by_id[quote.parent].content
            for span in quote.content:
                if not any(span in candidate for candidate in outer):
                    yield subject.finding("D313", f"content is not inside that of its parent {quote.parent}", "quotes", index, span)


@check("D314", fix="give each character to one role")
def roles_apart(subject: Subject) -> Iterator[Finding]:
    """Content, cue and source of one quotation do not overlap."""
    for index, quote in enumerate(subject.annotations.quotes):
        ordered = sorted(((span, role) for role, span in spans(quote)), key=lambda item: item[0])
        for (before, role), (after, other) in pairwise(ordered):
            if after.start < before.end and role != other:
                yield subject.finding("D314", f"{other} overlaps {role}", "quotes", index, after)


@check("D315", fix="name the speaker as the page does; without an id the name alone may stand")
def speaker_named(subject: Subject) -> Iterator[Finding]:
    """A speaker has a speaker_name."""
    for index, quote in enumerate(subject.annotations.quotes):
        if quote.speaker is not None and quote.speaker_name is None:
            yield subject.finding("D315", f"speaker {quote.speaker} without speaker_name", "quotes", index, quote.content[0])


@check("D316", fix="remove the span, or correct its edges")
def nonquotes_have_marks(subject: Subject) -> Iterator[Finding]:
    """A nonquote span holds a quotation mark."""
    positions = marks.find_marks(subject.text).positions
    for index, item in enumerate(subject.annotations.nonquotes):
        if not any(item.start <= position < item.end for position in positions):
            yield subject.finding(
                "D316",
                f"no quotation mark in {_shown(subject.text[item.start : item.end])}",
                "nonquotes",
                index,
                Span(item.start, item.end),
            )


# -- entities -------------------------------------------------------------------------------------


@check("D321", fix="link it to a record of the knowledge base; a new entity gets a new record")
def mention_linked(subject: Subject) -> Iterator[Finding]:
    """A gold mention has an entity."""
    for index, mention in enumerate(subject.annotations.entities):
        if mention.entity is None:
            yield subject.finding("D321", "mention without an entity", "entities", index, Span(mention.start, mention.end))


@check("D322", fix="correct the label or the link")
def label_fits(subject: Subject) -> Iterator[Finding]:
    """A mention's label is its entity's type; a place acting as a body may be ORG or FAC under one record."""
    for index, mention in enumerate(subject.annotations.entities):
        record = subject.entities.get(mention.entity or "")
        if record and mention.label != record.type and {mention.label, record.type} != {"ORG", "FAC"}:
            yield subject.finding(
                "D322", f"label {mention.label}, but {record.id} is {record.type}", "entities", index, Span(mention.start, mention.end)
            )


@check("D323", fix="correct the span or the link, or add the name to the record's aliases")
def name_known(subject: Subject) -> Iterator[Finding]:
    """A mention's text is among its entity's names."""
    for index, mention in enumerate(subject.annotations.entities):
        record = subject.entities.get(mention.entity or "")
        text = subject.text[mention.start : mention.end]
        if record and text != record.name and text not in record.aliases:
            yield subject.finding("D323", f"{_shown(text)} is no name of {record.id}", "entities", index, Span(mention.start, mention.end))


@check("D324", fix="keep the outermost name")
def mentions_apart(subject: Subject) -> Iterator[Finding]:
    """Mentions do not overlap."""
    for index, span, before in _overlapping(subject, "entities"):
        yield subject.finding("D324", f"overlaps the mention {before.start}..{before.end}", "entities", index, span)


@check("D325", fix="leave the article or the possessive outside")
def mention_edges(subject: Subject) -> Iterator[Finding]:
    """A mention has no leading `the` and no possessive `'s`."""
    for index, mention in enumerate(subject.annotations.entities):
        text = subject.text[mention.start : mention.end]
        if text.lower().startswith("the ") or text.endswith(("'s", "’s")):
            yield subject.finding(
                "D325", f"{_shown(text)} takes in an article or a possessive", "entities", index, Span(mention.start, mention.end)
            )


# -- the whole page -------------------------------------------------------------------------------


@check("D331", fix="adjudicate its sets, or take its line out of seeds.jsonl until then")
def gold_present(page: Page) -> Iterator[Finding]:
    """Every document has gold: a corpus is not built with pages that nobody adjudicated."""
    if page.annotation and page.source and page.annotation.gold is None:
        yield Finding("D331", "no gold yet", page.source.path, page.source.line("gold"), document_id=page.annotation.document_id)


GOLD_CHECKS = (
    regions_cover,
    regions_apart,
    regions_maximal,
    type_by_marks,
    marks_accounted,
    inside_parent,
    roles_apart,
    speaker_named,
    nonquotes_have_marks,
    mention_linked,
    label_fits,
    name_known,
    mentions_apart,
    mention_edges,
)
