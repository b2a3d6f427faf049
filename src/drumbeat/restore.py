"""A text-free document with words again: pure functions, one document at a time.

Most columns of words are slices of the text at the offsets of their own row.  The others (title, author, the names of speakers,
aliases) come back from their *places*: where on a page the value stands, in offsets and without words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from drumbeat import segment
from drumbeat.anchor import INTERRUPTED, Placing, Same, Unplaced, anchors
from drumbeat.model import Anchor, Anchors, Entity, Place, Span
from drumbeat.schema import Config, config

Row = dict[str, Any]
Rows = dict[str, list[Row]]
Aliases = dict[str, list[tuple[str, int, str]]]  # entity, place in its list, alias
Slot = tuple[str, tuple[str, ...], str, int | None]  # config, key, column, place in a list
Values = dict[Slot, str]

NOT_ON_THE_PAGE = "the page does not have it in these words"
ON_NO_COPY = "no copy has it"


def by_first_word(entities: Iterable[Entity]) -> Aliases:
    """Every alias, by its first word."""
    index: Aliases = {}
    for entity in entities:
        for item, alias in enumerate(entity.aliases):
            words = segment.words(alias, Span(0, len(alias)))
            index.setdefault(alias[words[0].start : words[0].end] if words else "", []).append((entity.id, item, alias))
    return index


def anchors_of(text: str, rows: Rows, aliases: Aliases) -> Anchors:
    """How the words of a document are found again in a copy of its page.  `rows` are its rows by config."""
    document_id = rows["documents"][0]["document_id"]
    found = anchors(text, *([Span(row["start"], row["end"]) for row in rows[name]] for name in ("regions", "blocks", "tokens")))
    places = (Place(*slot, *_where(text, value, found)) for slot, value in _named(rows, aliases).items() if value is not None)
    here = (place for place in places if place.item is None or place.start is not None)  # the alias of another page's
    return Anchors(document_id, found, tuple(here))


def _named(rows: Rows, aliases: Aliases) -> dict[Slot, str | None]:
    """The values that are no slices at their row's offsets; of the aliases all that may stand on the page."""
    document = rows["documents"][0]
    key = (document["document_id"],)
    values: dict[Slot, str | None] = {("documents", key, column, None): document[column] for column in ("title", "author")}
    values |= {("quotes", (*key, quote["quote_id"]), "speaker_name", None): quote["speaker_name"] for quote in rows["quotes"]}
    words = {word for row in rows["tokens"] for word in row["tokens"]}
    seen = sorted(entry for word in words for entry in aliases.get(word, ()))
    return values | {("knowledge_base", (entity,), "aliases", item): alias for entity, item, alias in seen}


def _where(text: str, value: str, found: Sequence[Anchor]) -> tuple[int, int] | tuple[None, None]:
    """Where a value stands: first inside an anchor, where another copy may have it too, else anywhere, else nowhere."""
    first = at = text.find(value)
    while at >= 0:
        if any(anchor.start <= at and at + len(value) <= anchor.end for anchor in found):
            return at, at + len(value)
        at = text.find(value, at + 1)
    return (first, first + len(value)) if first >= 0 else (None, None)


@dataclass(frozen=True, slots=True)
class Remark:
    """What could not be put back, or not as it was: a row, or one value of it, with its place in the old text."""

    document_id: str | None
    config: str
    id: str | None
    column: str | None
    start: int | None
    end: int | None
    why: str


@dataclass(slots=True)
class Restored:
    """A document with its words: its rows, the values of other configs that its text has, what is lost and what is not as it was."""

    rows: Rows
    values: Values = field(default_factory=dict)
    lost: list[Remark] = field(default_factory=list)
    changed: list[Remark] = field(default_factory=list)


def restored(rows: Rows, record: Anchors, text: str, origin: Row, placing: Placing) -> Restored:
    """The rows of a text-free document with the words of a copy's text.

    `origin` are the columns of `documents` that another text brings with it.  A row is placed whole or not at all: a quotation that
    was left without its source would say that the page names none.  Only regions may be placed in part.
    """
    done = Restored({"documents": [rows["documents"][0] | {"text": text} | origin]})
    _place_regions(rows["regions"], text, placing, done)
    for name in rows:
        if name not in done.rows:
            done.rows[name] = []
            for row in rows[name]:
                try:
                    done.rows[name].append(with_words(config(name), row, text, placing))
                except Unplaced as lost:
                    done.lost.append(_remark(name, row, lost.start, lost.end, lost.why))
    _lift_children(rows["quotes"], done)
    _find_values(record, text, placing, done)
    for name in ("documents", "quotes"):
        done.rows[name] = [put_back(config(name), row, done.values) for row in done.rows[name]]
    return done


def _find_values(record: Anchors, text: str, placing: Placing, done: Restored) -> None:
    """The values that have places; those of rows that are lost are not asked for."""
    quotes = {row["quote_id"] for row in done.rows["quotes"]}
    for place in record.places:
        identity = place.key[1] if len(place.key) > 1 else None
        if place.config == "quotes" and identity not in quotes:
            continue
        try:
            if place.start is None or place.end is None:
                raise Unplaced(0, 0, NOT_ON_THE_PAGE)
            span = placing.place(place.start, place.end)
            words = text[span.start : span.end]
            value = words if isinstance(placing, Same) else " ".join(words.split())  # a copy may break its lines inside a name
            done.values[place.config, place.key, place.column, place.item] = value
        except Unplaced as lost:
            if place.item is None:  # a list's value may stand on another page: who has them all says what is missing
                done.lost.append(Remark(record.document_id, place.config, identity, place.column, place.start, place.end, lost.why))


def with_words(of: Config, row: Row, text: str, placing: Placing) -> Row:
    """A row with its offsets moved to a text, and what they cover there.  Raises Unplaced."""
    moved = row
    for column in of.columns:
        if column.name == "start":
            moved = _covering(moved, text, placing)
        elif column.name == "tokens":
            words = [placing.place(start, end) for start, end in zip(row["token_start"], row["token_end"], strict=True)]
            moved = moved | {"token_start": [word.start for word in words], "token_end": [word.end for word in words]}
            moved["tokens"] = [text[word.start : word.end] for word in words]
        elif column.kind == "list" and any(item.words for item in column.items[0].items):
            moved = moved | {column.name: [_covering(span, text, placing) for span in row[column.name]]}
    return moved


def _covering(span: Row, text: str, placing: Placing) -> Row:
    return span | _columns(placing.place(span["start"], span["end"]), text)


def _columns(span: Span, text: str) -> Row:
    return {"start": span.start, "end": span.end, "text": text[span.start : span.end]}


def put_back(of: Config, row: Row, values: Values) -> Row:
    """A row with the values whose places were found."""
    key = tuple(row[name] for name in of.key)
    for column in of.columns:
        if column.kind == "list" and column.items[0].words:
            row = row | {column.name: [values.get((of.name, key, column.name, item)) for item in range(len(row[column.name]))]}
        elif (value := values.get((of.name, key, column.name, None))) is not None:
            row = row | {column.name: value}
    return row


def _place_regions(regions: Sequence[Row], text: str, placing: Placing, done: Restored) -> None:
    """A region may be there in part, or with something else between its parts: each part is a region of its role."""
    taken = {row["region_id"] for row in regions}
    placed = done.rows["regions"] = []
    for row in regions:
        parts, lost = placing.pieces(row["start"], row["end"])
        done.lost += [_remark("regions", row, item.start, item.end, item.why) for item in lost]
        if len(parts) > 1:
            done.changed.append(_remark("regions", row, row["start"], row["end"], f"now {len(parts)} regions: {INTERRUPTED}"))
        for number, part in enumerate(parts, 1):
            region_id = row["region_id"] if number == 1 else _fresh(f"{row['region_id']}-{number}", taken)
            placed.append(row | {"region_id": region_id} | _columns(part, text))
    done.rows["boilerplate"] = [row for row in placed if row["kind"] == "boilerplate"]


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "-"
    taken.add(name)
    return name


def _lift_children(quotes: Sequence[Row], done: Restored) -> None:
    """A quotation whose parent is lost goes to the nearest one above that stays."""
    parents = {row["quote_id"]: row["parent"] for row in quotes}
    old = {row["quote_id"]: row["content"] for row in quotes}
    here = {row["quote_id"] for row in done.rows["quotes"]}
    for position, row in enumerate(done.rows["quotes"]):
        parent = row["parent"]
        while parent is not None and parent not in here:
            parent = parents.get(parent)
        if parent != row["parent"]:
            done.rows["quotes"][position] = row | {"parent": parent}
            content = old[row["quote_id"]]
            why = f"its parent {row['parent']} is lost: " + (f"now {parent}" if parent else "it has none now")
            done.changed.append(_remark("quotes", row, content[0]["start"], content[-1]["end"], why))


def _remark(name: str, row: Row, start: int, end: int, why: str) -> Remark:
    key = config(name).key
    identity = row[key[1]] if len(key) > 1 and isinstance(row[key[1]], str) else None
    return Remark(row["document_id"], name, identity, None, start, end, why)


def restored_clusters(clusters: Iterable[Row], lost: set[tuple[str | None, str | None]]) -> tuple[list[Row], list[Remark], list[Remark]]:
    """The clusters without the members that are lost, by (document_id, quote_id); with what is lost and what changed.

    A cluster goes where fewer than two members stay, or not the one that the wording of the others is compared with.
    """
    kept, gone, changed = [], [], []
    for row in clusters:
        members = [member for member in row["members"] if (member["document_id"], member["quote_id"]) not in lost]
        missing = ", ".join(f"{m['document_id']} {m['quote_id']}" for m in row["members"] if m not in members)
        remark = Remark(None, "quote_clusters", row["cluster_id"], None, None, None, f"without {missing}, lost on their pages")
        if (row["reference_document"], row["reference_quote"]) in lost or len(members) < min(2, len(row["members"])):
            gone.append(remark)
            continue
        if missing:
            changed.append(remark)
        kept.append(row | {"members": members})
    return kept, gone, changed
