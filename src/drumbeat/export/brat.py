"""brat's standoff format: a text, the annotations beside it, and the configuration that brat needs to show them.

A text-bound annotation (T) is one span, in fragments where it runs over line ends, since a line of the file is one annotation.  The
first content span is the head of a quotation: it carries the values (A), and every other span is related to it (R: `continues`,
`cue_of`, `source_of`; a quotation inside another: `child_of`, from head to head).  brat's ids are its own, so ours are notes (#), as are
entities and speakers; Wikidata ids are normalisations (N).  Offsets are code points on both sides.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import count

from drumbeat.errors import ExportError
from drumbeat.model import LAYERS, AnnotationSet, Entity, Mention, Nonquote, Quote, Region, Span
from drumbeat.repository import Document
from drumbeat.schema import kinds, labels

CONFIG = "annotation.conf"
RELATIONS = {"content": "continues", "cue": "cue_of", "source": "source_of"}
FLAGS = ("negated", "garbled")
_LINE = re.compile(r"\S(?:.*\S)?")


def to_ann(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str] = LAYERS) -> str:
    """The annotations of a document, a line each.  Raises ExportError where a speaker's name cannot stand on one line."""
    ann = _Ann(document)
    for layer in LAYERS:
        if layer in layers:
            match layer:
                case "regions":
                    for region in gold.regions:
                        ann.note("Id", ann.span(region.role, region), region.id)
                case "quotes":
                    _quotations(ann, gold.quotes)
                case "nonquotes":
                    for item in gold.nonquotes:
                        ann.note("Id", ann.span(item.reason, item), item.id)
                case _:
                    for mention in gold.entities:
                        _mention(ann, mention, entities)
    return "".join(f"{line}\n" for line in ann.lines)


class _Ann:
    """The lines of a file while they are written; every kind of line counts for itself."""

    def __init__(self, document: Document) -> None:
        self.lines: list[str] = []
        self.document_id, self._text = document.seed.document_id, document.text
        self._numbers = {kind: count(1) for kind in "TRAN#"}

    def _line(self, kind: str, *cells: str) -> str:
        identifier = f"{kind}{next(self._numbers[kind])}"
        self.lines.append("\t".join((identifier, *cells)))
        return identifier

    def span(self, label: str, span: Span | Region | Nonquote | Mention) -> str:
        """A text-bound annotation; its id."""
        fragments = [match.span() for match in _LINE.finditer(self._text, span.start, span.end)]
        offsets = ";".join(f"{start} {end}" for start, end in fragments)
        return self._line("T", f"{label} {offsets}", " ".join(self._text[start:end] for start, end in fragments))

    def relate(self, label: str, one: str, other: str) -> None:
        self._line("R", f"{label} Arg1:{one} Arg2:{other}")

    def attribute(self, name: str, of: str, value: str = "") -> None:
        self._line("A", f"{name} {of} {value}".rstrip())

    def normalize(self, of: str, wikidata: str, name: str) -> None:
        self._line("N", f"Reference {of} Wikidata:{wikidata}", " ".join(name.split()) or wikidata)

    def note(self, kind: str, of: str, value: str) -> None:
        self._line("#", f"{kind} {of}", value)


def _quotations(ann: _Ann, quotes: Sequence[Quote]) -> None:
    heads: dict[str, str] = {}
    for quote in quotes:
        heads[quote.id] = head = ann.span("content", quote.content[0])
        ann.note("Id", head, quote.id)
        ann.attribute("type", head, quote.type)
        for flag in FLAGS:
            if getattr(quote, flag):
                ann.attribute(flag, head)
        if quote.speaker is not None:
            ann.note("Speaker", head, quote.speaker)
        if quote.speaker_name is not None:
            ann.note("SpeakerName", head, _one_line(quote.speaker_name, ann.document_id, quote.id))
        for role, of_role in (("content", quote.content[1:]), ("cue", quote.cue), ("source", quote.source)):
            for span in of_role:
                ann.relate(RELATIONS[role], ann.span(role, span), head)
    for quote in quotes:
        if quote.parent is not None:
            ann.relate("child_of", heads[quote.id], heads[quote.parent])


def _one_line(name: str, document_id: str, quote_id: str) -> str:
    if name.splitlines() != [name.strip()] or "\t" in name:
        raise ExportError(f"{document_id}: speaker_name of {quote_id} has a line break, a tab or white space at its edge; mend it")
    return name


def _mention(ann: _Ann, mention: Mention, entities: Mapping[str, Entity]) -> None:
    identifier = ann.span(mention.label, mention)
    ann.note("Id", identifier, mention.id)
    if mention.entity is not None:
        ann.note("Entity", identifier, mention.entity)
        if (entity := entities.get(mention.entity)) and entity.wikidata:
            ann.normalize(identifier, entity.wikidata, entity.name)


def to_config() -> str:
    """annotation.conf, from the schema: what may be annotated, with which relations and values."""
    roles = [line for kind in labels("kind") for line in (f"!{kind}", *(f"\t{role}" for role in labels("role") if kinds()[role] == kind))]
    groups = {"quotation": ("content", "cue", "source"), "nonquote": labels("reason"), "mention": labels("label")}
    types = [line for name, of_name in groups.items() for line in (f"!{name}", *(f"\t{label}" for label in of_name))]
    relations = [f"{label}\tArg1:{role}, Arg2:content" for role, label in (*RELATIONS.items(), ("content", "child_of"))]
    overlap = "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>"  # names stand in quotations, and these in regions
    attributes = [f"type\tArg:content, Value:{'|'.join(labels('type'))}", *(f"{flag}\tArg:content" for flag in FLAGS)]
    sections = {"entities": roles + types, "relations": [*relations, overlap], "events": [], "attributes": attributes}
    return "\n".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections.items())
