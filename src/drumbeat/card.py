"""The YAML of README.md that makes a repository a Hugging Face dataset.

Only the keys between the markers are ours; a person writes the rest.  Each config's description carries the SHA-256 of its file: for a
local folder `datasets` keys its cache by this YAML alone, so without the digest an edited corpus would load stale.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from drumbeat.jsonl import read_text
from drumbeat.model import CorpusFile, Manifest
from drumbeat.repository import Repository
from drumbeat.schema import Column, config

_BEGIN, _END = "# generated: configs\n", "# end generated\n"
_FRONT_MATTER = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_DTYPES = {"string": "string", "bool": "bool", "int": "int32", "date": "date32"}


def generated_keys(manifest: Manifest) -> dict[str, Any]:
    """The keys `configs` and `dataset_info`, from manifest and schema."""
    files = manifest.files
    return {
        "configs": [_config_entry(file, manifest.version, default=file is files[0]) for file in files],
        "dataset_info": [
            {
                "config_name": file.config,
                "features": [_named(column) for column in config(file.config).columns],
                "splits": [{"name": file.split, "num_bytes": file.bytes, "num_examples": file.rows}],
            }
            for file in files
        ],
    }


def readme(repository: Repository, manifest: Manifest) -> str:
    """README.md with its generated keys renewed; a bare card where there is none yet."""
    text = read_text(repository.readme) if repository.readme.is_file() else ""
    block = _BEGIN + yaml.safe_dump(generated_keys(manifest), sort_keys=False, allow_unicode=True, width=10_000) + _END
    found = _FRONT_MATTER.match(text)
    if found is None:
        return f"---\n{block}---\n{text}"
    front = found[1]
    if _BEGIN in front and _END in front:
        before, _, rest = front.partition(_BEGIN)
        front = before + block + rest.partition(_END)[2]
    else:
        front += block
    return f"---\n{front}---\n{text[found.end() :]}"


def differences(repository: Repository, manifest: Manifest) -> list[str]:
    """What in the card's YAML is not what manifest and schema say, in words; empty where nothing."""
    if not repository.readme.is_file():
        return ["there is no README.md, so `load_dataset` finds no configs"]
    found = _FRONT_MATTER.match(read_text(repository.readme))
    try:
        keys = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError as error:
        return [f"its YAML cannot be read: {' '.join(str(error).split())}"]
    if not isinstance(keys, dict):
        return ["no YAML block at its top, so `load_dataset` finds no configs"]
    wanted = generated_keys(manifest)
    return [difference for key, value in wanted.items() for difference in _entry_differences(key, keys.get(key) or [], value)]


def _entry_differences(key: str, found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> list[str]:
    names = [entry.get("config_name") for entry in found]
    expected = [entry["config_name"] for entry in wanted]
    if names != expected:
        return [f"{key}: lists {names}, not {expected}"]
    return [
        f"{key} {entry['config_name']}: {field} is not what manifest and schema say"
        for entry, given in zip(wanted, found, strict=True)
        for field in dict.fromkeys([*entry, *given])
        if entry.get(field) != given.get(field)
    ]


def _config_entry(file: CorpusFile, version: str, *, default: bool) -> dict[str, Any]:
    pattern = str(Path("corpus") / file.config / f"{file.split}-*.parquet")
    return {
        "config_name": file.config,
        "version": version,
        "description": f"{config(file.config).description} sha256:{file.sha256}",
        "data_files": [{"split": file.split, "path": pattern}],
    } | ({"default": True} if default else {})


def _named(column: Column) -> dict[str, Any]:
    return {"name": column.name} | _typed(column)


def _typed(column: Column) -> dict[str, Any]:
    """A column as `datasets` writes features in YAML."""
    match column.kind:
        case "list":
            inner = _typed(column.items[0])
            return {"list": inner.get("dtype", inner.get("struct", inner))}
        case "struct":
            return {"struct": [_named(item) for item in column.items]}
        case "label":
            return {"dtype": {"class_label": {"names": {str(index): name for index, name in enumerate(column.names)}}}}
        case kind:
            return {"dtype": _DTYPES[kind]}
