"""Corpora to find links in: pages and quotations in Parquet, in any number of parts, with the columns that links are told by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drumbeat import __version__, schema, tables
from drumbeat.folder import file_of
from drumbeat.jsonl import write_json
from drumbeat.model import Entity, to_builtins
from drumbeat.suggest.links.quotations import Said

Row = dict[str, Any]
_COLUMNS = {
    "documents": ("document_id", "text", "published"),
    "regions": ("document_id", "start", "end", "kind"),
    "quotes": ("document_id", "quote_id", "type", "content", "speaker", "speaker_name", "parent"),
    "knowledge_base": ("entity", "type", "name", "aliases", "description", "speaks_for", "wikidata", "evidence"),
}


@dataclass(frozen=True, slots=True)
class Story:
    """A page; its main text is all of it, or not known."""

    document_id: str
    text: str | None
    published: str | None = None
    regions: bool = True


Part = tuple[Sequence[Story], Sequence[Said]]


def write_corpus(folder: Path, parts: Mapping[str, Part], entities: Iterable[Entity] = (), leave_out: Sequence[str] = ()) -> Path:
    """A corpus of parts by name, each a file of each config; the folder."""
    files = []
    for part, (stories, quotations) in parts.items():
        rows: dict[str, list[Row]] = {
            "documents": [{"document_id": it.document_id, "text": it.text, "published": it.published} for it in stories],
            "regions": [
                {"document_id": it.document_id, "start": 0, "end": len(it.text or ""), "kind": "main"} for it in stories if it.regions
            ],
            "quotes": [_quote(it) for it in quotations],
        }
        files += [_write(folder, config, part, found) for config, found in rows.items() if config not in leave_out]
    files.append(_write(folder, "knowledge_base", "00000-of-00001", [_entity(it) for it in entities]))
    write_json(folder / "manifest.json", {"version": __version__, "files": files})
    return folder


def _write(folder: Path, name: str, part: str, rows: Sequence[Row]) -> Row:
    config = schema.config(name)
    some = replace(config, columns=tuple(column for column in config.columns if column.name in _COLUMNS[name]))
    path = file_of(name, part)
    with tables.TableWriter(folder / path, some) as writer:
        for at in range(0, len(rows), 1000):
            writer.add(rows[at : at + 1000])
    return {"path": path.as_posix(), "config": name, "split": "train", "rows": len(rows), "bytes": 0, "sha256": "", "logical_sha256": ""}


def _quote(item: Said) -> Row:
    content = [{"start": 0, "end": len(item.text), "text": item.text}]
    speaker = {"speaker": item.speaker.entity, "speaker_name": " ".join(item.speaker.name) or None}
    return {"document_id": item.document_id, "quote_id": item.id, "type": item.type, "content": content, "parent": item.parent} | speaker


def _entity(entity: Entity) -> Row:
    row = to_builtins(entity)
    return {name: row.get(name) for name in _COLUMNS["knowledge_base"]} | {"entity": entity.id, "aliases": list(entity.aliases)}
