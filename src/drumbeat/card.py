"""The YAML of README.md that makes a repository a Hugging Face dataset.

Only the keys between the markers are ours; a person writes the rest.  Each config's description carries the SHA-256 of its file: for a
local folder `datasets` keys its cache by this YAML alone, so without the digest an edited corpus would load stale.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from drumbeat.errors import BuildError, RecordError
from drumbeat.jsonl import read_text
from drumbeat.model import CorpusFile, Manifest
from drumbeat.repository import Repository
from drumbeat.schema import Column, config

_BEGIN, _END = "# generated: configs\n", "# end generated\n"
_BLOCK = re.compile(f"^{_BEGIN}.*?^{_END}", re.DOTALL | re.MULTILINE)
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
    """README.md with its generated keys renewed; a bare card where there is none yet.

    Raises BuildError where its YAML cannot be read or has a generated key outside the markers.
    """
    text = read_document(repository.readme) if repository.readme.is_file() else ""
    block = _BEGIN + yaml.safe_dump(generated_keys(manifest), sort_keys=False, allow_unicode=True, width=10_000) + _END
    found = _FRONT_MATTER.match(text)
    if found is None:
        return f"---\n{block}---\n{text}"
    front = found[1]
    own = _BLOCK.sub("", front)
    _refuse(repository.readme, own)
    front = _BLOCK.sub(lambda _: block, front) if own != front else front + block
    return f"---\n{front}---\n{text[found.end() :]}"


def read_document(path: Path) -> str:
    """A document that builds renew, without byte order mark and with line feeds only.  Raises RecordError."""
    return read_text(path).removeprefix("\ufeff").replace("\r\n", "\n")


def _refuse(readme: Path, own: str) -> None:
    """What a person wrote must be YAML, and must not say what the build says."""
    try:
        keys = yaml.safe_load(own) or {}
    except yaml.YAMLError as error:
        raise BuildError(f"{readme}: its YAML cannot be read: {' '.join(str(error).split())}; mend the block at its top") from None
    twice = [key for key in ("configs", "dataset_info") if not isinstance(keys, dict) or key in keys]
    if twice or _BEGIN in own or _END in own:
        what = f"`{twice[0]}` stands outside the generated part" if twice else "one of the markers of its generated part is missing"
        raise BuildError(f"{readme}: its YAML: {what}; remove both, the build writes them anew")


def differences(repository: Repository, manifest: Manifest) -> list[str]:
    """What in the card's YAML is not what manifest and schema say, in words; empty where nothing."""
    if not repository.readme.is_file():
        return ["there is no README.md, so `load_dataset` finds no configs"]
    try:
        found = _FRONT_MATTER.match(read_document(repository.readme))
    except RecordError as error:
        return [str(error).partition(": ")[2]]
    try:
        keys = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError as error:
        return [f"its YAML cannot be read: {' '.join(str(error).split())}"]
    if not isinstance(keys, dict):
        return ["no YAML block at its top, so `load_dataset` finds no configs"]
    wanted = generated_keys(manifest)
    return [difference for key, value in wanted.items() for difference in _entry_differences(key, keys.get(key), value)]


def _entry_differences(key: str, found: Any, wanted: list[dict[str, Any]]) -> list[str]:
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        return [f"{key}: is no list of entries with a config_name"]
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
