"""Validation of a built corpus, measured against reading its files and against python `jsonschema` row by row, in one run.

    python -m benchmarks.validate [--documents 2000 20000 200000]

Some documents are generated and built (`benchmarks.generate`); their rows are then written again and again under other document_ids,
with the writer's own options and row groups, until there are enough documents.  The logical digests in manifest and footers are those
of the few: of files that are as they were written they are compared, not computed.  Each measurement is in a process of its own.
"""

import argparse
import hashlib
import platform
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.generate import generate
from benchmarks.measure import tell, told
from drumbeat import build, schema, tables
from drumbeat.checks.files import check_files
from drumbeat.jsonl import write_json
from drumbeat.model import to_builtins
from drumbeat.repository import Repository, read_manifest

CHECKOUT = Repository(Path(__file__).parents[1])
BASE = 2 * tables.DOCUMENTS_PER_ROW_GROUP
SAMPLE = 3  # documents that python jsonschema goes through


def blow_up(base: Repository, root: Path, number: int) -> Repository:
    """A corpus of many documents from the rows of a few."""
    made = Repository(root)
    files = []
    for file in read_manifest(base).files:
        path, config = made.corpus / file.path, schema.config(file.config)
        path.parent.mkdir(parents=True)
        rows = 0
        with pq.ParquetWriter(path, tables.arrow_schema(config), **tables.OPTIONS) as writer:
            for table in _repeated(pq.ParquetFile(base.corpus / file.path), number):
                writer.write_table(table, row_group_size=len(table))
                rows += len(table)
            writer.add_key_value_metadata({tables.LOGICAL: file.logical_sha256})
        with path.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        files.append(msgspec.structs.replace(file, rows=rows, bytes=path.stat().st_size, sha256=sha256))
    write_json(made.manifest, to_builtins(msgspec.structs.replace(read_manifest(base), files=tuple(files))))
    return made


def _repeated(file: pq.ParquetFile, number: int) -> Iterator[pa.Table]:
    groups = [file.read_row_group(index) for index in range(file.num_row_groups)]
    if not groups or "document_id" not in groups[0].column_names:
        yield from groups
        return
    for begin in range(0, number, BASE):
        for table in groups:
            encoded = table["document_id"].combine_chunks().dictionary_encode()
            ids = pa.array([f"g{begin + int(old.removeprefix('g')):08}" for old in encoded.dictionary.to_pylist()])
            column = table.column_names.index("document_id")
            yield table.set_column(column, table.schema.field(column), ids.take(encoded.indices))


def read(repository: Repository) -> None:
    """pyarrow: every file, all columns, a row group at a time, one thread."""
    for file in read_manifest(repository).files:
        with pq.ParquetFile(repository.corpus / file.path) as opened:
            for index in range(opened.num_row_groups):
                opened.read_row_group(index, use_threads=False)


def validate(repository: Repository) -> None:
    """drumbeat: level 5 on all files, with their SHA-256."""
    assert not list(check_files(repository, read_manifest(repository)))


def by_rows(repository: Repository) -> None:
    """python jsonschema: each row of some documents as a dictionary; nothing else that level 5 looks at."""
    wanted = {f"g{index:08}" for index in range(SAMPLE)}
    for config in schema.configs():
        validator = schema.validator(f"corpus/{config.name}.json")
        path = repository.corpus / config.name / "train-00000-of-00001.parquet"
        for row in islice(tables.read_rows(path, config), 5000):
            if row.get("document_id") in wanted:
                assert validator.is_valid(row)


JOBS: dict[str, Callable[[Repository], None]] = {"read": read, "validate": validate, "jsonschema": by_rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, nargs="+", default=[2048, 20480, 200192])
    parser.add_argument("--job", nargs=2, metavar=("JOB", "ROOT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        tell(partial(JOBS[options.job[0]], Repository(Path(options.job[1]))))
        return
    print(f"{platform.machine()}, Python {platform.python_version()}, pyarrow {tables.PYARROW}")
    with tempfile.TemporaryDirectory() as folder:
        base = generate(CHECKOUT, Path(folder) / "base", BASE)
        build.build(base)
        for number in options.documents:
            report(blow_up(base, Path(folder) / str(number), number), number)


def report(repository: Repository, number: int) -> None:
    """Print the figures of one size."""
    documents = -(-number // BASE) * BASE
    files = read_manifest(repository).files
    parts = {job: told("benchmarks.validate", "--job", job, str(repository.root))[0] for job in JOBS}
    each = {job: 1000 * part["cpu"] / (SAMPLE if job == "jsonschema" else documents) for job, part in parts.items()}
    print(f"{documents} documents, {sum(file.rows for file in files):,} rows, {sum(file.bytes for file in files) / 1e6:.0f} MB")
    for job, part in parts.items():
        print(f"  {job:>10}: {each[job]:8.3f} CPU ms a document, {part['cpu']:8.2f} CPU s, peak {part['memory']:5.0f} MiB")
    slower, faster = each["validate"] / each["read"], each["jsonschema"] / each["validate"]
    print(f"  validation / reading {slower:.2f}, jsonschema / validation {faster:.0f}", flush=True)


if __name__ == "__main__":
    main()
