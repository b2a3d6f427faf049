"""The records that pass between functions: small, immutable, and nothing but data.

They mirror `schema/records/`, which is the source of their fields and labels; `tests/test_schema.py` fails where one
drifts.  Offsets are code points over the document's normalised text, end-exclusive.
"""

from collections.abc import Iterator
from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all records; `id` is null for records that have none."""


class Span(Record, frozen=True, order=True):
    """text[start:end]."""

    start: int
    end: int

    def __contains__(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end

    def lies_in(self, text: str) -> bool:
        """The span covers something of the text, and nothing beyond it."""
        return 0 <= self.start < self.end <= len(text)


class Region(Record, frozen=True, omit_defaults=True):
    """A maximal run of one role.  A suggester says with `confidence` how sure it is; people's records have none."""

    id: str
    start: int
    end: int
    role: str
    confidence: float | None = None


class Quote(Record, frozen=True, omit_defaults=True):
    """An attribution: who is reported to have said what, with which words."""

    id: str
    type: str
    content: tuple[Span, ...]
    cue: tuple[Span, ...]
    source: tuple[Span, ...]
    speaker: str | None
    speaker_name: str | None
    parent: str | None
    negated: bool
    garbled: bool
    confidence: float | None = None


class Nonquote(Record, frozen=True, omit_defaults=True):
    """Quotation marks that report nobody."""

    id: str
    start: int
    end: int
    reason: str
    confidence: float | None = None


class Mention(Record, frozen=True, omit_defaults=True):
    """A name in the text."""

    id: str
    start: int
    end: int
    label: str
    entity: str | None
    confidence: float | None = None


LAYERS = ("regions", "quotes", "nonquotes", "entities")


class AnnotationSet(Record, frozen=True, omit_defaults=True):
    """One annotator's work on one document; records stand in the order of the text.

    `layers` are those that were annotated: an empty layer among them says that there is nothing, another one says nothing.
    """

    annotator: str
    method: str
    date: str
    regions: tuple[Region, ...]
    quotes: tuple[Quote, ...]
    nonquotes: tuple[Nonquote, ...]
    entities: tuple[Mention, ...]
    layers: tuple[str, ...] = LAYERS
    score: float | None = None
    foreign: tuple[dict[str, Any], ...] = ()


class Decision(Record, frozen=True):
    """What adjudication chose, and why."""

    layer: str
    start: int
    end: int
    id: str | None
    followed: tuple[str, ...]
    why: str
    by: str
    date: str


class Annotation(Record, frozen=True):
    """annotations/<document_id>.json."""

    document_id: str
    text_sha256: str
    normalizer: str
    gold: AnnotationSet | None
    sets: tuple[AnnotationSet, ...]
    decisions: tuple[Decision, ...]


class Entity(Record, frozen=True):
    """A line of annotations/knowledge_base.jsonl."""

    id: str
    type: str
    name: str
    aliases: tuple[str, ...]
    description: str
    speaks_for: str | None
    wikidata: str | None
    evidence: str | None


class Relation(Record, frozen=True, tag_field="link", tag="relation", rename={"from_document": "from", "to_document": "to"}):
    """How two documents belong together."""

    id: str
    label: str
    from_document: str
    to_document: str
    directed: bool
    note: str | None


class Member(Record, frozen=True):
    """A quotation of a cluster, and how near its words are to the reference's."""

    document_id: str
    quote_id: str
    wording: str


class Cluster(Record, frozen=True, tag_field="link", tag="cluster"):
    """Quotations that report the same utterance."""

    id: str
    speaker: str | None
    members: tuple[Member, ...]
    note: str | None


class Seed(Record, frozen=True):
    """A line of seeds/seeds.jsonl."""

    document_id: str
    file: str
    sha256: str
    bytes: int
    outlet: str | None
    title: str | None
    published: str | None
    author: str | None
    language: str | None
    inferred: tuple[str, ...]
    evidence: dict[str, str]
    rights: str


class CorpusFile(Record, frozen=True):
    """A file of a built corpus."""

    path: str
    config: str
    split: str
    rows: int
    bytes: int
    sha256: str
    logical_sha256: str


class Inputs(Record, frozen=True):
    """Digests of what a corpus was built from."""

    seeds: str
    annotations: str
    schema: str


class SideFile(Record, frozen=True):
    """A file beside the tables of a built corpus."""

    path: str
    bytes: int
    sha256: str


class Receipt(Record, frozen=True):
    """receipts/<shard>.json of a silver corpus: a shard is done, and these are its files.

    `input` says which file the shard is of, by its name.  `pages` went into the corpus, `rejects` did not.
    """

    shard: str
    input: str
    pages: int
    rejects: int
    files: tuple[CorpusFile, ...]
    side_files: tuple[SideFile, ...]


class Reject(Record, frozen=True):
    """A line of rejects/<shard>.jsonl of a silver corpus: what did not become a page, where it stands, and why."""

    place: str
    reason: str


FULL, TEXT_FREE, HYDRATED, SILVER = "full", "text-free", "hydrated", "silver"
WITH_WORDS = (FULL, SILVER)  # forms in which no column of words is null where it need not be


class Manifest(Record, frozen=True, kw_only=True):
    """corpus/manifest.json.

    `form`: `full`; `text-free`, without the publishers' words; or `hydrated`, with words of other copies of the pages, or of some
    of the pages; or `silver`, in full, but made by suggesters from pages that nobody reviewed.  `anchors` is what finds the words again,
    in the text-free form.
    """

    version: str
    form: str = FULL
    normalizer: str
    segmenter: str
    pyarrow: str
    inputs: Inputs
    files: tuple[CorpusFile, ...]
    anchors: SideFile | None = None


class Anchor(Record, frozen=True):
    """A stretch of a page, and a short digest of its words (`drumbeat.anchor`)."""

    start: int
    end: int
    digest: str


class Place(Record, frozen=True):
    """A stretch of a page that says what a row holds elsewhere: a title, an author, the name of a speaker, an alias.

    `key` are the columns that identify the row, `item` is the place in a list, null where the column is none.  Without a `start` the
    page does not have the value in these words.
    """

    config: str
    key: tuple[str, ...]
    column: str
    item: int | None
    start: int | None
    end: int | None


class Anchors(Record, frozen=True):
    """A line of corpus/anchors.jsonl of a text-free corpus: how the words of one document are found again."""

    document_id: str
    anchors: tuple[Anchor, ...]
    places: tuple[Place, ...]


class ReleasedSplit(Record, frozen=True):
    """A split of a config, by what is in it."""

    config: str
    split: str
    rows: int
    logical_sha256: str
    features_sha256: str


class Release(Record, frozen=True):
    """A line of releases.jsonl."""

    version: str
    form: str
    date: str
    splits: tuple[ReleasedSplit, ...]


def from_builtins(data: Any, kind: Any) -> Any:
    """A record from what `json.loads` gave; the schema has already been checked."""
    return msgspec.convert(data, kind)


def to_builtins(record: Any) -> Any:
    """What `json.loads` would give: dictionaries and lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(record))


def spans(quote: Quote) -> Iterator[tuple[str, Span]]:
    """Every span of a quotation with its role's name."""
    for role, of_role in (("content", quote.content), ("cue", quote.cue), ("source", quote.source)):
        for span in of_role:
            yield role, span


def every_span(annotations: AnnotationSet) -> Iterator[tuple[str, int, str, Span]]:
    """Every span of a set with its layer, its record's index and its role."""
    for layer in ("regions", "nonquotes", "entities"):
        records: tuple[Region | Nonquote | Mention, ...] = getattr(annotations, layer)
        for index, record in enumerate(records):
            yield layer, index, "span", Span(record.start, record.end)
    for index, quote in enumerate(annotations.quotes):
        for role, span in spans(quote):
            yield "quotes", index, role, span


def in_text_order(annotations: AnnotationSet) -> AnnotationSet:
    """The set with its records in the order of the text; of two that begin together the longer stands first."""

    def place(record: Region | Nonquote | Mention) -> tuple[int, int, str]:
        return record.start, -record.end, record.id

    return msgspec.structs.replace(
        annotations,
        regions=tuple(sorted(annotations.regions, key=place)),
        quotes=tuple(sorted(annotations.quotes, key=lambda quote: (quote.content[0].start, -quote.content[-1].end, quote.id))),
        nonquotes=tuple(sorted(annotations.nonquotes, key=place)),
        entities=tuple(sorted(annotations.entities, key=place)),
    )
