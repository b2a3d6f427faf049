"""Rows to Parquet and back: the only module that knows pyarrow.

Rows are dictionaries in the words of `schema/corpus/`: labels by name, dates as ISO strings.  In the files a label
is an int64 with the `huggingface` metadata that makes `load_dataset` give a ClassLabel.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import IO, Any, TypeAlias

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from drumbeat.errors import BuildError, CorpusError
from drumbeat.schema import Column, Config

Row = dict[str, Any]

Batch: TypeAlias = Any  # a RecordBatch of pyarrow, so that others can say what they pass on

PYARROW = pa.__version__
ANEW = "run `drumbeat build`, or of a silver corpus remove the file and run `drumbeat annotate` again"
DOCUMENTS_PER_ROW_GROUP = 256
_ROWS_PER_BATCH = 1024  # what is held as dictionaries at a time
_FOREIGN_ROWS_PER_BATCH = 64  # whose pages may be of any size

LOGICAL = "drumbeat_logical_sha256"  # in a file's footer: bytes that are known to be a build's vouch for it

_canonical = msgspec.json.Encoder(order="sorted")

# Bytes must not depend on how rows reach the writer: each row group is written as one chunk, the rest is fixed here.
# Content-defined chunking lets the Hub store what two versions share once; zstd 3 is the knee of size against time.
OPTIONS = {
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    "data_page_version": "1.0",
    "use_content_defined_chunking": True,
    "write_page_index": True,
    "store_schema": True,
}


def arrow_schema(config: Config) -> pa.Schema:
    """The Arrow schema of a config, with the features of Hugging Face `datasets` in its metadata."""
    features = {column.name: feature(column) for column in config.columns}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([pa.field(column.name, _arrow_type(column)) for column in config.columns], metadata=metadata)


def feature(column: Column) -> Any:
    """A column as `datasets.Features` writes it in JSON."""
    match column.kind:
        case "label":
            return {"names": list(column.names), "_type": "ClassLabel"}
        case "list":
            return {"feature": feature(column.items[0]), "_type": "List"}
        case "struct":
            return {item.name: feature(item) for item in column.items}
        case kind:
            return {"dtype": _DTYPES.get(kind, kind), "_type": "Value"}


def columns_of(features: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns that features describe, in JSON as a file's metadata or `datasets.Features.to_dict()` has them: `feature` undone.

    A type that the schema does not know keeps its own name as its kind, so that data of other versions can be read.
    """
    return tuple(_column(name, value) for name, value in features.items())


def _column(name: str, value: Any) -> Column:
    kind = value.get("_type") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and not isinstance(kind, str):
        return Column(name, "struct", items=columns_of(value))
    match kind:
        case "ClassLabel":
            return Column(name, "label", names=tuple(value["names"]))
        case "List" | "LargeList":
            return Column(name, "list", items=(_column("item", value["feature"]),))
        case "Value":
            return Column(name, _KINDS.get(value["dtype"], value["dtype"]))
        case _:
            return Column(name, str(kind))


def features_sha256(columns: Sequence[Column]) -> str:
    """SHA-256 of what columns there are, of which types, with which label ids; their order does not matter."""
    features = {column.name: feature(column) for column in columns}
    return hashlib.sha256(_canonical.encode(features)).hexdigest()


_DTYPES = {"string": "string", "bool": "bool", "int": "int32", "date": "date32"}
_KINDS = {dtype: kind for kind, dtype in _DTYPES.items()}
_ARROW = {"string": pa.string(), "bool": pa.bool_(), "int": pa.int32(), "date": pa.date32(), "label": pa.int64()}


def _arrow_type(column: Column) -> pa.DataType:
    match column.kind:
        case "list":
            return pa.list_(_arrow_type(column.items[0]))
        case "struct":
            return pa.struct([pa.field(item.name, _arrow_type(item)) for item in column.items])
        case kind:
            return _ARROW[kind]


def _encoder(column: Column) -> Callable[[Any], Any] | None:
    """What turns a row's value into what Arrow takes; None where it is the same."""
    match column.kind:
        case "label":
            return {name: index for index, name in enumerate(column.names)}.__getitem__
        case "date":
            return lambda value: value and date.fromisoformat(value)
        case "list":
            inner = _encoder(column.items[0])
            return inner and (lambda values: list(map(inner, values)))
        case "struct":
            coders = {item.name: coder for item in column.items if (coder := _encoder(item))}
            return (lambda value: value | {name: coder(value[name]) for name, coder in coders.items()}) if coders else None
        case _:
            return None


def _decoder(column: Column) -> Callable[[Any], Any] | None:
    match column.kind:
        case "label":
            return lambda index: column.names[index] if index is not None and 0 <= index < len(column.names) else index
        case "date":
            return lambda value: value and value.isoformat()
        case "list":
            inner = _decoder(column.items[0])
            return inner and (lambda values: values and [inner(value) for value in values])
        case "struct":
            coders = {item.name: coder for item in column.items if (coder := _decoder(item))}
            return (lambda value: value and value | {name: coder(value[name]) for name, coder in coders.items()}) if coders else None
        case _:
            return None


def in_words(columns: Sequence[Column]) -> Callable[[Row], Row]:
    """What turns rows as Arrow and `datasets` give them into the words of the schema; a label id without a name stays a number."""
    coders = {column.name: coder for column in columns if (coder := _decoder(column))}
    return lambda row: row | {name: coder(row[name]) for name, coder in coders.items() if name in row}


class LogicalDigest:
    """SHA-256 of rows as JSON lines with sorted keys, labels by name: the same whatever wrote the bytes."""

    def __init__(self) -> None:
        self.rows = 0
        self._total = hashlib.sha256()

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows, in their order."""
        self.rows += len(rows)
        self._total.update(_canonical.encode_lines(rows))

    @property
    def sha256(self) -> str:
        """The digest of the rows so far, in hex."""
        return self._total.hexdigest()


class TableWriter:
    """One Parquet file that is written as rows arrive; memory holds one row group, most of it as Arrow.

    Use as a context manager.  `digest` is that of what went in.
    """

    def __init__(self, path: Path, config: Config) -> None:
        self.digest = LogicalDigest()
        self._config = config
        self._pending: list[Row] = []
        self._batches: list[pa.RecordBatch] = []
        self._schema = arrow_schema(config)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = pq.ParquetWriter(path, self._schema, **OPTIONS)

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.flush()
            self._file.add_key_value_metadata({LOGICAL: self.digest.sha256})
        self._file.close()

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows; they are not to be changed afterwards.

        Raises BuildError, now or later, where a value does not fit its column.
        """
        self.digest.add(rows)
        self._pending += rows
        if len(self._pending) >= _ROWS_PER_BATCH:
            self._to_arrow()

    def flush(self) -> None:
        """End the row group."""
        self._to_arrow()
        if self._batches:
            table = pa.Table.from_batches(self._batches, self._schema).combine_chunks()
            self._file.write_table(table, row_group_size=table.num_rows)
            self._batches.clear()

    def _to_arrow(self) -> None:
        if self._pending:
            self._batches.append(to_batch(self._pending, self._config))
            self._pending.clear()


def to_batch(rows: Sequence[Row], config: Config) -> Batch:
    """Rows of a config as Arrow has them.  Raises BuildError where a value does not fit its column."""
    wanted = arrow_schema(config)
    arrays = [_array(rows, config, column, field.type) for column, field in zip(config.columns, wanted, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def from_batch(batch: Batch) -> list[Row]:
    """Rows as Arrow gives them."""
    rows: list[Row] = batch.to_pylist()
    return rows


def _array(rows: Sequence[Row], config: Config, column: Column, kind: pa.DataType) -> pa.Array:
    coder = _encoder(column)
    try:
        values = map(itemgetter(column.name), rows)
        return pa.array(list(map(coder, values) if coder else values), kind)
    except (KeyError, ValueError, TypeError, pa.ArrowException):
        for row in rows:
            try:
                value = row[column.name]
                pa.array([coder(value) if coder else value], kind)
            except (KeyError, ValueError, TypeError, pa.ArrowException) as error:
                key = ", ".join(str(row.get(name)) for name in config.key)
                message = f"{config.name}: row {key}: column {column.name}: {error!r} does not fit the schema"
                raise BuildError(f"{message}; run `drumbeat validate`") from None
        raise


def read_schema(path: Path) -> pa.Schema:
    """The Arrow schema of a Parquet file, metadata included.  Raises CorpusError."""
    with _opened(path) as file:
        return file.schema_arrow


def read_count(path: Path) -> tuple[int, str | None]:
    """How many rows a Parquet file has, and their logical digest as its footer gives it.  Raises CorpusError.

    Whoever wrote the file vouches for the digest, so it is worth what is known of the file's bytes.
    """
    with _opened(path) as file:
        digest = (file.metadata.metadata or {}).get(LOGICAL.encode())
        return file.metadata.num_rows, digest.decode("ascii", "replace") if digest is not None else None


@dataclass(frozen=True, slots=True)
class RowGroup:
    """A part of a Parquet file."""

    path: Path
    index: int


def row_groups(path: Path) -> list[RowGroup]:
    """The parts of a Parquet file, in their order.  Raises CorpusError."""
    with _opened(path) as file:
        return [RowGroup(path, index) for index in range(file.num_row_groups)]


def read_batches(
    groups: Iterable[RowGroup], columns: Sequence[str] | None = None, rows: int = 1 << 14, coded: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """The rows of some parts of files as Arrow holds them, all columns or some, at most so many at a time.

    Columns that are to be `coded` come as dictionaries, which is how files hold values that repeat.
    Raises CorpusError where a file is truncated, or holds values that its types do not have.
    """
    return (batch for _, batch in read_by_group(groups, columns, rows, coded))


def read_by_group(
    groups: Iterable[RowGroup], columns: Sequence[str] | None = None, rows: int = 1 << 14, coded: Sequence[str] = ()
) -> Iterator[tuple[RowGroup, pa.RecordBatch]]:
    """The same, each batch with the part of a file that it is of."""
    for path, of_file in groupby(groups, lambda group: group.path):
        with _opened(path, coded) as file:
            try:
                for group in of_file:
                    for batch in file.iter_batches(rows, row_groups=[group.index], columns=columns, use_threads=False):
                        batch.validate(full=True)
                        yield group, batch
            except (pa.ArrowException, OSError) as error:
                raise CorpusError(f"{path}: cannot be read to the end: {error}; {ANEW}") from None


def read_config(path: Path, name: str, key: tuple[str, ...] = ()) -> Config:
    """The config that a Parquet file itself describes, whatever schema it was built with.  Raises CorpusError where it does not."""
    found = read_schema(path)
    try:
        features = json.loads((found.metadata or {})[b"huggingface"])["info"]["features"]
        columns = columns_of(features)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise CorpusError(f"{path}: has no Hugging Face features that can be read, so its labels are numbers; build it anew") from None
    if (names := [column.name for column in columns]) != found.names:
        raise CorpusError(f"{path}: has the columns {found.names}, its features are of {names}; build it anew")
    return Config(name, "", key, columns)


def read_rows(path: Path, config: Config, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of a Parquet file, all columns or some, in the words of the schema.

    Raises CorpusError where the file is truncated or not Parquet.
    """
    decoded = in_words(config.columns)
    with _opened(path) as file:
        try:
            for batch in file.iter_batches(_ROWS_PER_BATCH, columns=columns):
                yield from map(decoded, batch.to_pylist())
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # no UTF-8, or a day that Python has not
            raise CorpusError(f"{path}: cannot be read to the end: {error}; {ANEW}") from None


def read_foreign(file: IO[bytes], columns: Collection[str], groups: range | None = None) -> Iterator[tuple[int, Row]]:
    """The rows of a Parquet file that somebody else wrote, as Arrow gives them, numbered from 1 in the file; all of them, or those of
    some row `groups`.  Of the columns asked for, they have those that there are.

    Raises CorpusError, without a place, where it is not Parquet or breaks off.
    """
    try:
        with pq.ParquetFile(file) as table:
            found = [name for name in table.schema_arrow.names if name in columns]
            groups = range(table.num_row_groups) if groups is None else groups
            number = 1 + sum(table.metadata.row_group(index).num_rows for index in range(groups.start))
            for batch in table.iter_batches(_FOREIGN_ROWS_PER_BATCH, row_groups=list(groups), columns=found):
                for row in batch.to_pylist():
                    yield number, row
                    number += 1
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"not a whole Parquet file: {error}") from None


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the end of a Parquet file says of it.

    `columns` are its columns with their types, those of the values where these stand in a dictionary; `groups` says how many bytes each
    row group holds, unpacked.
    """

    columns: Mapping[str, str]
    groups: tuple[int, ...]


def describe_foreign(file: IO[bytes]) -> Foreign:
    """What a Parquet file that somebody else wrote holds.  Raises CorpusError, without a place, where it is not Parquet or breaks off."""
    try:
        with pq.ParquetFile(file) as table:
            types = {field.name: field.type for field in table.schema_arrow}
            columns = {name: str(kind.value_type if pa.types.is_dictionary(kind) else kind) for name, kind in types.items()}
            sizes = (table.metadata.row_group(index).total_byte_size for index in range(table.num_row_groups))
            return Foreign(columns, tuple(sizes))
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"not a whole Parquet file: {error}") from None


def repeated(paths: Sequence[Path], column: str) -> int:
    """How many rows of some files have a value of a column that an earlier row has.  Raises CorpusError."""
    values: list[pa.Array] = []
    for path in paths:
        with _opened(path) as file:
            values += file.read([column]).column(0).chunks
    return sum(map(len, values)) - len(pc.unique(pa.chunked_array(values))) if values else 0


def _opened(path: Path, coded: Sequence[str] = ()) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, read_dictionary=list(coded))
    except (pa.ArrowException, OSError) as error:
        raise CorpusError(f"{path}: not a whole Parquet file: {error}; {ANEW}") from None


def schema_differences(found: pa.Schema, config: Config) -> list[str]:
    """What distinguishes a file's schema from the config's, in words; empty where they are equal."""
    wanted = arrow_schema(config)
    names, wanted_names = found.names, wanted.names
    if names != wanted_names:
        missing = [name for name in wanted_names if name not in names]
        extra = [name for name in names if name not in wanted_names]
        return [f"columns missing: {missing}, not in the schema: {extra}" if missing or extra else f"columns are in another order: {names}"]
    types = [
        f"{field.name} is {found.field(field.name).type}, not {field.type}" for field in wanted if not found.field(field.name).equals(field)
    ]
    return types or _metadata_differences(found.metadata or {}, wanted.metadata)


def _metadata_differences(found: Mapping[bytes, bytes], wanted: Mapping[bytes, bytes]) -> list[str]:
    try:
        features = json.loads(found.get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError):
        return ["no Hugging Face features in the metadata: labels would load as plain numbers"]
    expected = json.loads(wanted[b"huggingface"])["info"]["features"]
    return [f"feature {name} is {features.get(name)}, not {value}" for name, value in expected.items() if features.get(name) != value]
