"""Built corpora made from rows, of any schema, for comparing versions."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from drumbeat import tables
from drumbeat.corpus import read_corpus
from drumbeat.jsonl import read_json, write_json
from drumbeat.model import CorpusFile, to_builtins
from drumbeat.schema import Column, Config, config, configs
from drumbeat.tables import Row

Splits = Mapping[str, Sequence[Row]]


def write(root: Path, rows: Mapping[str, Splits], shapes: Mapping[str, Config] | None = None, version: str = "1.0.0") -> Path:
    """A checkout with nothing but a corpus; `shapes` are configs that are not those of the schema."""
    files = [
        _file(root / "corpus", (shapes or {}).get(name) or config(name), split, of) for name in rows for split, of in rows[name].items()
    ]
    inputs = dict.fromkeys(("seeds", "annotations", "schema"), "0" * 64)
    manifest = {"version": version, "normalizer": "1", "segmenter": "1", "pyarrow": tables.PYARROW, "inputs": inputs}
    write_json(root / "corpus" / "manifest.json", manifest | {"files": list(map(to_builtins, files))})
    return root


def _file(folder: Path, of: Config, split: str, rows: Sequence[Row]) -> CorpusFile:
    name = f"{of.name}/{split}-00000-of-00001.parquet"
    with tables.TableWriter(folder / name, of) as writer:
        writer.add(rows)
    data = (folder / name).read_bytes()
    return CorpusFile(name, of.name, split, len(rows), len(data), hashlib.sha256(data).hexdigest(), writer.digest.sha256)


def rows_of(root: Path) -> dict[str, dict[str, list[Row]]]:
    """The rows of a built corpus, by config and split."""
    return {name: {split: list(table.read(split)) for split in table.splits} for name, table in read_corpus(root).tables.items()}


def shape(name: str, **columns: Column | None) -> Config:
    """A config of the schema with some columns exchanged, added, or (None) taken out."""
    of = config(name) if name in {known.name for known in configs()} else Config(name, "", (), ())
    kept = [columns.get(column.name, column) for column in of.columns]
    new = [column for key, column in columns.items() if key not in {column.name for column in of.columns}]
    return replace(of, columns=tuple(column for column in (*kept, *new) if column is not None))


def edit_manifest(root: Path, **changes: Any) -> None:
    """Change keys of a manifest."""
    path = root / "corpus" / "manifest.json"
    write_json(path, read_json(path) | changes)


def renew_digest(root: Path, name: str) -> None:
    """Make a manifest say what a file is that was written by other means."""
    path = root / "corpus" / "manifest.json"
    manifest = read_json(path)
    data = (root / "corpus" / name).read_bytes()
    for file in manifest["files"]:
        if file["path"] == name:
            file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    write_json(path, manifest)
