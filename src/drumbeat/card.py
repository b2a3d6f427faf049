"""The YAML of README.md that makes a repository a Hugging Face dataset.

Only the keys between the markers are ours; a person writes the rest.  Each config's description carries the SHA-256 of its file, or of
the digests of its files: for a local folder `datasets` keys its cache by this YAML alone, so without it an edited corpus would load stale.
"""

import hashlib
import re
from collections.abc import Sequence
from itertools import groupby
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
    """The keys `size_categories`, `configs` and `dataset_info`, from manifest and schema."""
    tables = [list(files) for _, files in groupby(manifest.files, key=lambda file: (file.config, file.split))]
    return {
        "size_categories": [size_category(sum(file.rows for file in manifest.files if file.config == "documents"))],
        "configs": [_config_entry(files, manifest.version, default=files is tables[0]) for files in tables],
        "dataset_info": [
            {
                "config_name": files[0].config,
                "features": [_named(column) for column in config(files[0].config).columns],
                "splits": [
                    {
                        "name": files[0].split,
                        "num_bytes": sum(file.bytes for file in files),
                        "num_examples": sum(file.rows for file in files),
                    }
                ],
            }
            for files in tables
        ],
    }


def size_category(documents: int) -> str:
    """What the Hub calls the size of a dataset, here by the number of its documents."""
    powers = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
    above = sum(documents >= 10 ** (3 + power) for power in range(len(powers)))
    if above in (0, len(powers)):
        return f"n<{powers[0]}" if above == 0 else f"n>{powers[-1]}"
    return f"{powers[above - 1]}<n<{powers[above]}"


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


def own_keys(readme: Path) -> dict[str, Any]:
    """What a person wrote into a card's YAML; empty where there is no card.  Raises RecordError, and BuildError as `readme` does."""
    found = _FRONT_MATTER.match(read_document(readme)) if readme.is_file() else None
    own = _BLOCK.sub("", found[1]) if found else ""
    _refuse(readme, own)
    return yaml.safe_load(own) or {}


def with_keys(keys: dict[str, Any], body: str) -> str:
    """A card with these keys, to which `readme` adds the generated ones."""
    return f"---\n{yaml.safe_dump(keys, sort_keys=False, allow_unicode=True, width=10_000)}---\n{body}"


def read_document(path: Path) -> str:
    """A document that builds renew, without byte order mark and with line feeds only.  Raises RecordError."""
    return read_text(path).removeprefix("\ufeff").replace("\r\n", "\n")


def front_matter(text: str) -> dict[str, Any]:
    """The keys of the YAML at the top of README.md; none where there is no such block.  Raises BuildError as `mapping` does."""
    found = _FRONT_MATTER.match(text)
    return mapping(found[1], "README.md") if found else {}


def mapping(text: str, name: str) -> dict[str, Any]:
    """The keys of a YAML text, which is what `name` holds; none where it is empty.  Raises BuildError where it is no mapping."""
    try:
        keys = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a date that is none is a ValueError
        raise BuildError(f"{name}: its YAML cannot be read: {' '.join(str(error).split())}; mend it") from None
    if keys is not None and not isinstance(keys, dict):
        raise BuildError(f"{name}: its YAML is no list of keys and values; mend it")
    return keys or {}


def _refuse(readme: Path, own: str) -> None:
    """What a person wrote must be YAML, and must not say what the build says."""
    keys = mapping(own, str(readme))
    twice = [key for key in ("size_categories", "configs", "dataset_info") if key in keys]
    if twice or _BEGIN in own or _END in own:
        what = f"`{twice[0]}` stands outside the generated part" if twice else "one of the markers of its generated part is missing"
        raise BuildError(f"{readme}: its YAML: {what}; remove both, the build writes them anew")


def differences(repository: Repository, manifest: Manifest) -> list[str]:
    """What in the card's YAML is not what manifest and schema say, in words; empty where nothing."""
    if not repository.readme.is_file():
        return ["there is no README.md, so `load_dataset` finds no configs"]
    try:
        keys = front_matter(read_document(repository.readme))
    except (BuildError, RecordError) as error:
        return [str(error).partition(": ")[2].removesuffix("; mend it")]
    if not keys:
        return ["no YAML block at its top, so `load_dataset` finds no configs"]
    wanted = generated_keys(manifest)
    return [difference for key, value in wanted.items() for difference in _entry_differences(key, keys.get(key), value)]


def _entry_differences(key: str, found: Any, wanted: list[Any]) -> list[str]:
    if key == "size_categories":
        return [] if found == wanted else [f"{key}: is {found}, not {wanted}"]
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


def _config_entry(files: Sequence[CorpusFile], version: str, *, default: bool) -> dict[str, Any]:
    file = files[0]
    digest = file.sha256 if len(files) == 1 else hashlib.sha256("".join(file.sha256 for file in files).encode()).hexdigest()
    pattern = str(Path("corpus") / file.config / f"{file.split}-*.parquet")
    return {
        "config_name": file.config,
        "version": version,
        "description": f"{config(file.config).description} sha256:{digest}",
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
