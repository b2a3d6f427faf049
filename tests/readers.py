"""Exports read back: each format by a reader of its own that is not ours, and from what it gives to our records.

What a format does not carry comes back as `UNKNOWN`, so that a test sees its absence.
"""

import importlib
import json
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from drumbeat.export import brat, conll, docbin, jsonlines, webanno
from drumbeat.export.files import FORMATS
from drumbeat.model import LAYERS, AnnotationSet, Entity, Mention, Nonquote, Quote, Region, Span, in_text_order
from drumbeat.repository import Document
from drumbeat.schema import labels
from tests.conftest import missing_part

UNKNOWN = "unknown"
Json = dict[str, Any]


def library(name: str) -> Any:
    """A reader; where it is not installed the test says so."""
    try:
        return importlib.import_module(name)
    except ImportError:
        missing_part(f"{name} is not installed; `make test` installs it")


@dataclass
class Back:
    """What came back of one document."""

    document_id: str = UNKNOWN
    text: str | None = None
    annotator: str = UNKNOWN
    regions: list[Region] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    nonquotes: list[Nonquote] = field(default_factory=list)
    entities: list[Mention] = field(default_factory=list)
    wikidata: dict[str, str] = field(default_factory=dict)
    words: list[list[str]] = field(default_factory=list)
    more: Json = field(default_factory=dict)

    @property
    def gold(self) -> AnnotationSet:
        layers = (tuple(self.regions), tuple(self.quotes), tuple(self.nonquotes), tuple(self.entities))
        return in_text_order(AnnotationSet(self.annotator, UNKNOWN, UNKNOWN, *layers))


def original(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity]) -> Back:
    """What went out, in the same form."""
    back = Back(document.seed.document_id, document.text, gold.annotator)
    for mention in gold.entities:
        if (known := entities.get(mention.entity or "")) and known.wikidata:
            back.wikidata[mention.id] = known.wikidata
    for layer in LAYERS:
        setattr(back, layer, list(getattr(gold, layer)))
    return back


def _quote(name: str, values: Mapping[str, Any], spans: Mapping[str, Sequence[Span]]) -> Quote:
    base: Json = {"type": UNKNOWN, "speaker": UNKNOWN, "speaker_name": UNKNOWN, "parent": UNKNOWN, "negated": False, "garbled": False}
    roles: Json = {role: tuple(sorted(spans.get(role, ()))) for role in ("content", "cue", "source")}
    return Quote(id=name, **roles, **(base | dict(values)))


# -- spaCy ----------------------------------------------------------------------------------------


def read_spacy(data: bytes) -> list[Back]:
    """By spaCy's DocBin."""
    spacy = library("spacy")
    docs = spacy.tokens.DocBin().from_bytes(data).get_docs(spacy.blank("en").vocab)
    return [_from_doc(doc) for doc in docs]


def _from_doc(doc: Any) -> Back:
    values = doc.user_data[docbin.KEY]
    back = Back(values["document_id"], doc.text, values["annotator"])
    back.words = [[token.text for token in sentence if not token.is_space] for sentence in doc.sents]
    groups = {layer: doc.spans.get(layer, ()) for layer in LAYERS}
    back.regions = [Region(span.id_, span.start_char, span.end_char, span.label_) for span in groups["regions"]]
    back.nonquotes = [Nonquote(span.id_, span.start_char, span.end_char, span.label_) for span in groups["nonquotes"]]
    spans: defaultdict[str, defaultdict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for span in groups["quotes"]:
        spans[span.id_][span.label_].append(Span(span.start_char, span.end_char))
    back.quotes = [_quote(name, values["quotes"][name], of_quote) for name, of_quote in spans.items()]
    for span in groups["entities"]:
        link = values["entities"][span.id_]
        back.entities.append(Mention(span.id_, span.start_char, span.end_char, span.label_, link["entity"]))
        assert span.kb_id_ == (link["wikidata"] or link["entity"] or "")
        if link["wikidata"]:
            back.wikidata[span.id_] = span.kb_id_
    assert {(ent.id_, ent.label_, ent.kb_id_) for ent in doc.ents} <= {(s.id_, s.label_, s.kb_id_) for s in groups["entities"]}
    return back


# -- CoNLL ----------------------------------------------------------------------------------------


def read_conll(text: str, layers: Sequence[str]) -> list[Back]:
    """By spaCy's reader of CoNLL-2003, a column at a time, since it reads the last one.

    Offsets count over the words with a space between them: the format has no others.
    """
    names = [name for layer in LAYERS if layer in layers for name in {"quotes": ("content", "cue", "source")}.get(layer, (layer,))]
    backs: list[Back] = []
    for index, name in enumerate(names, 1):
        for number, doc in enumerate(_conll_docs(_column(text, index))):
            if number == len(backs):
                backs.append(Back(text=doc.text, words=[[token.text for token in sentence] for sentence in doc.sents]))
            _take_column(backs[number], name, doc)
    return backs


def _column(text: str, index: int) -> str:
    rows = [line if line == conll.START or not line else line.split(" ") for line in text.split("\n")]
    assert len({len(row) for row in rows if isinstance(row, list)}) <= 1
    return "\n".join(row if isinstance(row, str) else f"{row[0]} {row[index]}" for row in rows)


def _conll_docs(text: str) -> Iterator[Any]:
    converters = library("spacy.training.converters")
    yield from converters.conll_ner_to_docs(text, n_sents=0, no_print=True)


def _take_column(back: Back, name: str, doc: Any) -> None:
    for number, ent in enumerate(doc.ents):
        start, end, identifier = ent.start_char, ent.end_char, f"{name}{number}"
        match name:
            case "regions" if back.regions and back.regions[-1].role == ent.label_:  # a region of several sentences
                last = back.regions.pop()
                back.regions.append(Region(last.id, last.start, end, last.role))
            case "regions":
                back.regions.append(Region(identifier, start, end, ent.label_))
            case "nonquotes":
                back.nonquotes.append(Nonquote(identifier, start, end, ent.label_))
            case "entities":
                back.entities.append(Mention(identifier, start, end, ent.label_, UNKNOWN))
            case role:
                assert ent.label_ == role
                back.quotes.append(
                    _quote(identifier, {}, {"content": [Span(start, end)]} if role == "content" else {role: [Span(start, end)]})
                )


# -- brat -----------------------------------------------------------------------------------------


def read_brat(document_id: str, text: str, ann: str) -> Back:
    """By bratly, which holds every line to brat's grammar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its records are configured as in pydantic 1
        reader = library("bratly.io.file_read_src")
    assert reader.parse_and_fix_ann_grammar(ann) == ann.removesuffix("\n")
    found = reader.parse_ann_file(ann, document_id, no_duplicates=False, sorting=False, renumerotize=False).annotations
    assert "".join(f"{item}\n" for item in found) == ann
    return _from_brat(document_id, text, {item.id: item for item in found})


def _from_brat(document_id: str, text: str, found: Mapping[str, Any]) -> Back:
    back = Back(document_id, text)
    layer_of = {label: layer for layer, of_layer in _BRAT_LABELS.items() for label in of_layer}
    spans = {name: Span(item.fragments[0].start, item.fragments[-1].end) for name, item in found.items() if name.startswith("T")}
    notes: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    roles: defaultdict[str, defaultdict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for name, item in found.items():
        if name in spans:
            _assert_fragments(text, item, spans[name])
        match name[0]:
            case "#":
                notes[item.component.id][item.label] = item.value
            case "A":
                notes[item.component.id][item.label] = item.values[0] if item.values else True
            case "N":
                assert item.label == "Reference" and item.external_resource[0] == "Wikidata"
                back.wikidata[item.component.id] = item.external_resource[1]
    for name, item in found.items():
        if name.startswith("R"):
            one, head = item.argument1[1].id, item.argument2[1].id
            if item.label == "child_of":
                notes[one]["parent"] = notes[head]["Id"]
            else:
                assert brat.RELATIONS[found[one].label] == item.label
                roles[head][found[one].label].append(spans[one])
    for name, span in spans.items():
        mine, label = notes[name], found[name].label
        match layer_of[label]:
            case "regions":
                back.regions.append(Region(mine["Id"], span.start, span.end, label))
            case "nonquotes":
                back.nonquotes.append(Nonquote(mine["Id"], span.start, span.end, label))
            case "entities":
                back.entities.append(Mention(mine["Id"], span.start, span.end, label, mine.get("Entity")))
                if name in back.wikidata:
                    back.wikidata[mine["Id"]] = back.wikidata.pop(name)
            case _ if "Id" in mine:
                roles[name]["content"].append(span)
                values = {"speaker": mine.get("Speaker"), "speaker_name": mine.get("SpeakerName"), "parent": mine.get("parent")}
                flags = {flag: mine.get(flag, False) for flag in brat.FLAGS}
                back.quotes.append(_quote(mine["Id"], values | flags | {"type": mine["type"]}, roles[name]))
    return back


_BRAT_LABELS = {
    "regions": labels("role"),
    "quotes": ("content", "cue", "source"),
    "nonquotes": labels("reason"),
    "entities": labels("label"),
}


def _assert_fragments(text: str, item: Any, span: Span) -> None:
    """Fragments stand on one line each, and only white space lies between them."""
    pieces = [text[fragment.start : fragment.end] for fragment in item.fragments]
    assert item.content == " ".join(pieces) and not any("\n" in piece or not piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text[span.start : span.end].split())


# -- W3C Web Annotation ---------------------------------------------------------------------------

_OA, _AS, _DRUMBEAT = "http://www.w3.org/ns/oa#", "http://www.w3.org/ns/activitystreams#", "urn:drumbeat:term:"
_RDF_VALUE, _LABEL = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value", "http://www.w3.org/2000/01/rdf-schema#label"


def _context() -> Json:
    """What the W3C's context makes of the words that we use, written down from its vocabulary: the file itself is not ours to copy."""
    links = {"body": "hasBody", "target": "hasTarget", "source": "hasSource", "selector": "hasSelector"}
    classes = ("Annotation", "TextualBody", "SpecificResource", "TextPositionSelector", "TextQuoteSelector")
    motivations = ("tagging", "identifying", "linking")
    values = ("start", "end", "exact", "prefix", "suffix")
    return {
        "id": "@id",
        "type": "@type",
        "AnnotationCollection": f"{_AS}OrderedCollection",
        "AnnotationPage": f"{_AS}OrderedCollectionPage",
        "first": {"@id": f"{_AS}first", "@type": "@id"},
        "partOf": {"@id": f"{_AS}partOf", "@type": "@id"},
        "items": {"@id": f"{_AS}items", "@type": "@id", "@container": "@list"},
        "total": f"{_AS}totalItems",
        "startIndex": f"{_AS}startIndex",
        "label": _LABEL,
        "value": _RDF_VALUE,
        "motivation": {"@id": f"{_OA}motivatedBy", "@type": "@vocab"},
        "purpose": {"@id": f"{_OA}hasPurpose", "@type": "@vocab"},
        **{name: {"@id": f"{_OA}{term}", "@type": "@id"} for name, term in links.items()},
        **{name: f"{_OA}{name}" for name in (*classes, *motivations, *values)},
    }


def read_webanno(line: str) -> Back:
    """By PyLD, a JSON-LD processor: from the expanded form, in which only what the context knows is left."""
    jsonld = library("pyld").jsonld

    def loader(url: str, _: object) -> Json:
        assert url == webanno.ANNO
        return {"contextUrl": None, "documentUrl": url, "contentType": "application/ld+json", "document": {"@context": _context()}}

    (collection,) = jsonld.expand(json.loads(line), {"documentLoader": loader})
    return _from_collection(collection)


def _one(node: Json, key: str) -> Any:
    """The value, or the id, of a property that a node has once; null where it has none."""
    found = node.get(key, [{}])
    assert len(found) == 1
    return found[0].get("@value", found[0].get("@id"))


def _from_collection(collection: Json) -> Back:
    base = _one(collection, f"{_DRUMBEAT}document")
    back = Back(base.rpartition(":")[2], None, _one(collection, f"{_DRUMBEAT}annotator"))
    (page,) = collection[f"{_AS}first"]
    items = page[f"{_AS}items"][0]["@list"]
    assert collection["@type"] == [f"{_AS}OrderedCollection"] and page["@type"] == [f"{_AS}OrderedCollectionPage"]
    assert _one(collection, f"{_AS}totalItems") == len(items) == len({item["@id"] for item in items})
    assert _one(page, f"{_AS}partOf") == collection["@id"] and _one(page, f"{_AS}startIndex") == 0
    spans: defaultdict[str, defaultdict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    values: dict[str, Json] = {}
    for item in items:
        assert item["@type"] == [f"{_OA}Annotation"]
        layer, name = item["@id"].removeprefix(f"{base}:").split(":")[:2]
        assert layer == _one(item, f"{_DRUMBEAT}layer")
        targets = [_target(target, base, back) for target in item[f"{_OA}hasTarget"]]
        bodies = item[f"{_OA}hasBody"]
        tags = [_one(body, _RDF_VALUE) for body in bodies if body["@type"] == [f"{_OA}TextualBody"]]
        links = [_one(body, f"{_OA}hasSource") for body in bodies if body["@type"] == [f"{_OA}SpecificResource"]]
        motivation = _one(item, f"{_OA}motivatedBy").removeprefix(_OA)
        assert {_one(body, f"{_OA}hasPurpose").removeprefix(_OA) for body in bodies} <= {motivation, "tagging"}
        if layer == "quotes":
            role = _one(item, f"{_DRUMBEAT}role")
            spans[name][role] += targets
            if role == "content":
                values[name] = _values(item, tags, base)
            else:
                assert links == [f"{base}:quotes:{name}"]
            continue
        (span,) = targets
        match layer:
            case "regions":
                back.regions.append(Region(name, span.start, span.end, *tags))
            case "nonquotes":
                back.nonquotes.append(Nonquote(name, span.start, span.end, *tags))
            case _:
                ours = [link.removeprefix("urn:drumbeat:entity:") for link in links if link.startswith("urn:")]
                back.entities.append(Mention(name, span.start, span.end, tags[0], ours[0] if ours else None))
                for link in links:
                    if link.startswith(webanno.WIKIDATA):
                        back.wikidata[name] = link.removeprefix(webanno.WIKIDATA)
    back.quotes = [_quote(name, values[name], of_quote) for name, of_quote in spans.items()]
    return back


def _values(item: Json, tags: list[str], base: str) -> Json:
    speaker, parent = _one(item, f"{_DRUMBEAT}speaker"), _one(item, f"{_DRUMBEAT}parent")
    (kind,) = set(tags) - {"negated", "garbled"}
    return {
        "type": kind,
        "negated": "negated" in tags,
        "garbled": "garbled" in tags,
        "speaker": speaker and speaker.removeprefix("urn:drumbeat:entity:"),
        "speaker_name": _one(item, f"{_DRUMBEAT}speaker_name"),
        "parent": parent and parent.removeprefix(f"{base}:quotes:"),
    }


def _target(target: Json, base: str, back: Back) -> Span:
    assert _one(target, f"{_OA}hasSource") == base
    selectors = {selector["@type"][0].removeprefix(_OA): selector for selector in target[f"{_OA}hasSelector"]}
    position, quote = selectors.pop("TextPositionSelector"), selectors.pop("TextQuoteSelector")
    assert not selectors
    span = Span(_one(position, f"{_OA}start"), _one(position, f"{_OA}end"))
    back.more.setdefault("quoted", {})[span] = tuple(_one(quote, f"{_OA}{name}") for name in ("prefix", "exact", "suffix"))
    return span


# -- JSON Lines -----------------------------------------------------------------------------------


def read_jsonl(line: str) -> Back:
    """By json."""
    return from_object(json.loads(line))


def from_object(page: Json) -> Back:
    """From a row, whoever read it."""
    back = Back(page["document_id"], page["text"], page["annotator"])

    def span(row: Json) -> tuple[int, int]:
        assert back.text is not None and back.text[row["start"] : row["end"]] == row["text"]
        return row["start"], row["end"]

    back.regions = [Region(row["region_id"], *span(row), row["role"]) for row in page.get("regions", ())]
    back.nonquotes = [Nonquote(row["nonquote_id"], *span(row), row["reason"]) for row in page.get("nonquotes", ())]
    back.entities = [Mention(row["mention_id"], *span(row), row["label"], row["entity"]) for row in page.get("entities", ())]
    back.wikidata = {row["mention_id"]: row["wikidata"] for row in page.get("entities", ()) if row["wikidata"]}
    names = ("type", "speaker", "speaker_name", "parent", "negated", "garbled")
    for row in page.get("quotes", ()):
        roles: Json = {role: [Span(*span(part)) for part in row[role]] for role in ("content", "cue", "source")}
        back.quotes.append(_quote(row["quote_id"], {name: row[name] for name in names}, roles))
    back.more = {name: value for name, value in page.items() if name not in LAYERS}
    return back


# -- any ------------------------------------------------------------------------------------------


def _round_spacy(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str]) -> Back:
    library("spacy")
    file = BytesIO()
    docbin.write(file, [(document, gold, entities, layers)])
    (back,) = read_spacy(file.getvalue())
    return back


def _round_conll(document: Document, gold: AnnotationSet, entities: Mapping[str, Entity], layers: Sequence[str]) -> Back:
    (back,) = read_conll(conll.to_conll(document, gold, entities, layers), layers)
    return back


ROUND: dict[str, Callable[[Document, AnnotationSet, Mapping[str, Entity], Sequence[str]], Back]] = {
    "spacy": _round_spacy,
    "conll": _round_conll,
    "brat": lambda document, *rest: read_brat(document.seed.document_id, document.text, brat.to_ann(document, *rest)),
    "webanno-json": lambda *all: read_webanno(json.dumps(webanno.to_collection(*all))),
    "jsonl": lambda *all: read_jsonl(json.dumps(jsonlines.to_object(*all))),
}
assert tuple(ROUND) == FORMATS
