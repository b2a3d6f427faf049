"""Which parts an input is worked on in, and what each of them is called."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import SEEK_END
from itertools import islice, pairwise
from typing import BinaryIO

from drumbeat import __version__, normalize, schema, segment, tables
from drumbeat.errors import CorpusError, IngestError
from drumbeat.ingest.inputs import Input, opened
from drumbeat.ingest.page import Flaw, Item, Page, Reading
from drumbeat.ingest.rows import json_items_between, no_text_column, parquet_items, text_column
from drumbeat.ingest.sources import items
from drumbeat.jsonl import canonical
from drumbeat.model import LAYERS, Entity, to_builtins
from drumbeat.suggest.page import Regions, Suggester, suggester

READING = Reading(max_bytes=1_000_000)  # memory grows with the largest page, and a page of news has a hundredth of this


@dataclass(frozen=True, slots=True)
class Options:
    """What a silver corpus is made with; whatever could change a byte of it is here, in the input or in a version.

    `sample` is the share of pages that are taken, told by the digest of their bytes; `part_bytes` how much text is sorted at a time
    and becomes a file of each config.
    """

    layers: tuple[str, ...] = LAYERS
    regions: Regions = "model"
    model: str | None = None
    knowledge_base: tuple[Entity, ...] = ()
    reading: Reading = READING
    rights: str | None = None
    sample: float = 1.0
    part_bytes: int = 16_000_000

    def suggester(self) -> Suggester:
        """The suggester, its models loaded.  Raises SuggestError."""
        layers = [layer for layer in LAYERS if layer in self.layers or layer == "regions"]  # in which all rows lie
        return suggester(layers, self.regions, self.model, self.knowledge_base)


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a file: the row groups from `start` to `stop` of Parquet, the lines that begin at such bytes of JSON Lines, else all of it.

    `name` is what its files are called: a digest of all they depend on.  `limit` is how many records are read at most, `size` about how
    many bytes the shard has.
    """

    name: str
    input: Input
    start: int
    stop: int
    size: int
    limit: int | None = None

    def __str__(self) -> str:
        """The file, and where in it."""
        unit = {"parquet": "row groups", "jsonl": "bytes"}.get(self.input.form)
        return f"{self.input.name}, {unit} {self.start} to {self.stop}" if unit else self.input.name


def plan(inputs: Sequence[Input], options: Options, annotator: str, limit: int | None = None, shard_bytes: int = 16_000_000) -> list[Shard]:
    """The shards of the inputs, in their order, of about `shard_bytes` each; `annotator` names the suggester with its versions.

    Parquet is cut between row groups, JSON Lines between lines where it is not compressed; what is neither is one shard a file.
    With a `limit` only the first records of all are taken, which are read here to be counted.

    Raises IngestError where a Parquet file is none or has no column of text.
    """
    made_by = _digest_of(options, annotator)
    shards = [shard for item in inputs for shard in _cut(item, options, shard_bytes)]
    if limit is not None:
        shards = list(_limited(shards, options, limit))
    return [replace(shard, name=_name(shard, made_by)) for shard in shards]


def is_planned(shard: Shard, options: Options, annotator: str) -> bool:
    """Whether the plan is one that is made here: with the same options, suggester and versions, which another machine may not have."""
    return shard.name == _name(shard, _digest_of(options, annotator))


def read_shard(shard: Shard, options: Options) -> Iterator[Item]:
    """What the records of a shard are: pages, flaws, and what is no page.

    Raises OSError where the file cannot be read, IngestError where it is no longer of the size that was planned for.
    """
    with opened(shard.input.url) as file:
        name = shard.input.name
        match shard.input.form:
            case "parquet":
                found = parquet_items(file, name, name, options.reading, range(shard.start, shard.stop))
            case "jsonl" if not _is_zipped(file):
                found = json_items_between(file, shard.start, shard.stop, name, name, options.reading)
            case form:
                found = items(form, file, name, name, options.reading)
        yield from _first(found, shard.limit)
        if file.seek(0, SEEK_END) != shard.input.size:
            raise IngestError(f"{name}: was changed while it was being read; run the command again when it is no longer written to")


def _first(found: Iterator[Item], limit: int | None) -> Iterator[Item]:
    """As many pages and flaws, and what stands between them."""
    for item in found if limit is None or limit > 0 else ():
        yield item
        limit = None if limit is None else limit - isinstance(item, Page | Flaw)
        if limit == 0:
            return


def _cut(item: Input, options: Options, shard_bytes: int) -> Iterator[Shard]:
    whole = Shard("", item, 0, item.size, item.size)
    if item.form == "parquet":
        yield from _row_groups(whole, options, shard_bytes)
    elif _is_cut_anywhere(item):
        number = max(1, round(item.size / shard_bytes))
        edges = [item.size * index // number for index in range(number + 1)]
        yield from (replace(whole, start=start, stop=stop, size=stop - start) for start, stop in pairwise(edges) if start < stop)
    else:
        yield whole


def _row_groups(whole: Shard, options: Options, shard_bytes: int) -> Iterator[Shard]:
    item = whole.input
    try:
        with opened(item.url) as file:
            found = tables.describe_foreign(file)
    except CorpusError as error:
        raise IngestError(f"{item.name}: {error}; leave it out, or get it again") from None
    column = text_column(found.columns, options.reading)
    if column is None:
        raise IngestError(f"{item.name}: {no_text_column(options.reading)}; it has {', '.join(found.columns) or 'no columns'}")
    if found.columns[column] not in ("string", "large_string", "string_view"):
        raise IngestError(f"{item.name}: column {column!r} holds {found.columns[column]}, not text; name another with --column")
    start, held = 0, 0
    for index, size in enumerate(found.groups):
        if start < index and held + size > shard_bytes:
            yield replace(whole, start=start, stop=index, size=held)
            start, held = index, 0
        held += size
    if found.groups:
        yield replace(whole, start=start, stop=len(found.groups), size=held)


def _limited(shards: Sequence[Shard], options: Options, limit: int) -> Iterator[Shard]:
    for shard in shards:
        if limit <= 0:
            return
        records = (item for item in read_shard(shard, options) if isinstance(item, Page | Flaw))
        count = sum(1 for _ in islice(records, limit))
        yield replace(shard, limit=count)
        limit -= count


def _is_cut_anywhere(item: Input) -> bool:
    if item.form != "jsonl":
        return False
    with opened(item.url) as file:
        return not _is_zipped(file)


def _is_zipped(file: BinaryIO) -> bool:
    """By its first bytes, as readers tell it."""
    zipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return zipped


def _digest_of(options: Options, annotator: str) -> str:
    """Of all that the files of a shard depend on beside its input."""
    reading = options.reading
    made = {
        "annotator": annotator,
        "versions": [__version__, normalize.VERSION, segment.VERSION, tables.PYARROW, schema.digest()],
        "layers": options.layers,
        "knowledge_base": to_builtins(options.knowledge_base),
        "reading": [reading.main, reading.column, reading.max_bytes],
        "rights": options.rights,
        "sample": options.sample,
        "part_bytes": options.part_bytes,
    }
    return hashlib.sha256(canonical(made).encode()).hexdigest()


def _name(shard: Shard, made_by: str) -> str:
    item = shard.input
    of = [made_by, item.name, item.form, item.digest, shard.start, shard.stop, shard.limit]
    return hashlib.sha256(canonical(of).encode()).hexdigest()[:16]
