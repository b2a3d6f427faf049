"""A small fabricated corpus repository that every check passes; tests break it in one place at a time."""

import hashlib
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drumbeat.croissant import RAI
from drumbeat.jsonl import write_json, write_jsonl, write_text
from drumbeat.normalize import VERSION, decode, normalize
from drumbeat.repository import Repository

Json = dict[str, Any]

PAGES = {
    "toy-a": (
        "Skip to content\r\n"
        "\n"
        "Bridge in Northtown to open\n"
        "by Ada Byrne 3 min read\n"
        "The bridge will open on Friday, Mayor Lena Ortiz said. “We are ready,” she added, “and so is the ‘old lady’.”\n"
        "Northtown’s critics call it a “white elephant”.\n"
        "Read more\n"
    ).encode(),
    "toy-b": ("\ufeffBridge opens\nMayor Lena Ortiz said:\u00a0“We are ready.” The weekly Tide hopes for “better” days.\n").encode(),
}


CITATION = """\
cff-version: 1.2.0
message: Please cite it.
title: "Toy: a corpus & more"
abstract: Two fabricated pages.
authors:
  - name: The toymakers
  - given-names: Ada
    family-names: Byrne
version: 0.0.1
date-released: 2026-03-01
url: https://example.org/toy
keywords: [toys]
"""


def datasheet() -> str:
    """A datasheet that answers what croissant.json asks, and nothing else."""
    parts: dict[str, list[str]] = {}
    for name in sorted({name for questions in RAI.values() for name in questions}):
        question, _, part = name.partition(" ")
        parts.setdefault(question, [f"Answer to {question}."]).extend([f"**{part}.** Answer to {name}."] if part else [])
    answers = (f"### {question}. What of it?\n\n" + "\n\n".join(paragraphs) + "\n" for question, paragraphs in parts.items())
    return "# Datasheet\n\n## All\n\n" + "\n".join(answers)


class Page:
    """Finds spans by their words, so that no offset is counted by hand."""

    def __init__(self, data: bytes) -> None:
        normalized = normalize(decode(data))
        self.text, self.sha256 = normalized.text, normalized.sha256

    def span(self, words: str, nth: int = 0) -> Json:
        start = -1
        for _ in range(nth + 1):
            start = self.text.index(words, start + 1)
        return {"start": start, "end": start + len(words)}


def _quote(identifier: str, kind: str, content: list[Json], cue: list[Json], source: list[Json], **more: Any) -> Json:
    base = {"id": identifier, "type": kind, "content": content, "cue": cue, "source": source, "speaker": None, "speaker_name": None}
    return base | {"parent": None, "negated": False, "garbled": False} | more


def _set(annotator: str, regions: list[Json], quotes: list[Json], nonquotes: list[Json], entities: list[Json]) -> Json:
    base = {"annotator": annotator, "method": "manual", "date": "2026-01-02"}
    return base | {"regions": regions, "quotes": quotes, "nonquotes": nonquotes, "entities": entities}


def _first(annotator: str) -> Json:
    page = Page(PAGES["toy-a"])
    said = "The bridge will open on Friday"
    body = page.text[page.text.index(said) : page.text.index("\nRead more")]
    lena = {"speaker": "lena-ortiz", "speaker_name": "Lena Ortiz"}
    return _set(
        annotator,
        [
            {"id": "r001", "role": "navigation"} | page.span("Skip to content"),
            {"id": "r002", "role": "headline"} | page.span("Bridge in Northtown to open"),
            {"id": "r003", "role": "byline"} | page.span("by Ada Byrne"),
            {"id": "r004", "role": "interface"} | page.span("3 min read"),
            {"id": "r005", "role": "body"} | page.span(body),
            {"id": "r006", "role": "interface"} | page.span("Read more"),
        ],
        [
            _quote("q001", "indirect", [page.span(said)], [page.span("said")], [page.span("Mayor Lena Ortiz")], **lena),
            _quote(
                "q002",
                "direct",
                [page.span("“We are ready,”"), page.span("“and so is the ‘old lady’.”")],
                [page.span("added")],
                [page.span("she")],
                **lena,
            ),
            _quote("q003", "direct", [page.span("‘old lady’")], [], [], parent="q002"),
            _quote("q004", "mixed", [page.span("a “white elephant”")], [page.span("call it")], [page.span("Northtown’s critics")]),
        ],
        [],
        [
            {"id": "m001", "label": "GPE", "entity": "northtown"} | page.span("Northtown"),
            {"id": "m002", "label": "PERSON", "entity": "ada-byrne"} | page.span("Ada Byrne"),
            {"id": "m003", "label": "PERSON", "entity": "lena-ortiz"} | page.span("Lena Ortiz"),
            {"id": "m004", "label": "GPE", "entity": "northtown"} | page.span("Northtown", 1),
        ],
    )


def _second(annotator: str) -> Json:
    page = Page(PAGES["toy-b"])
    body = page.text[page.text.index("Mayor") :].strip()
    lena = {"speaker": "lena-ortiz", "speaker_name": "Lena Ortiz"}
    return _set(
        annotator,
        [{"id": "r001", "role": "headline"} | page.span("Bridge opens"), {"id": "r002", "role": "body"} | page.span(body)],
        [_quote("q001", "direct", [page.span("“We are ready.”")], [page.span("said")], [page.span("Mayor Lena Ortiz")], **lena)],
        [{"id": "n001", "reason": "scare_quote"} | page.span("“better”")],
        [
            {"id": "m001", "label": "PERSON", "entity": "lena-ortiz"} | page.span("Lena Ortiz"),
            {"id": "m002", "label": "ORG", "entity": "tide"} | page.span("Tide"),
        ],
    )


def _entity(identifier: str, kind: str, name: str, speaks_for: str | None = None, wikidata: str | None = None) -> Json:
    base = {"id": identifier, "type": kind, "name": name, "aliases": [name], "description": "fabricated", "speaks_for": speaks_for}
    return base | {"wikidata": wikidata, "evidence": "fabricated" if wikidata else None}


@dataclass
class Toy:
    """The repository as data; `write` puts all of it on disk."""

    root: Path
    pages: dict[str, bytes] = field(default_factory=lambda: dict(PAGES))
    seeds: list[Json] = field(default_factory=list)
    annotations: dict[str, Json] = field(default_factory=dict)
    entities: list[Json] = field(default_factory=list)
    links: list[Json] = field(default_factory=list)

    @property
    def repository(self) -> Repository:
        return Repository(self.root)

    def gold(self, document_id: str = "toy-a") -> Json:
        gold: Json = self.annotations[document_id]["gold"]
        return gold

    def write(self) -> None:
        write_jsonl(self.repository.seeds, self.seeds)
        for document_id, data in self.pages.items():
            (self.root / "seeds" / f"{document_id}.txt").write_bytes(data)
        for document_id, annotation in self.annotations.items():
            write_json(self.repository.annotation(document_id), annotation)
        write_jsonl(self.repository.knowledge_base, self.entities)
        write_jsonl(self.repository.links, self.links)
        if not self.repository.readme.exists():
            write_text(self.repository.readme, "---\npretty_name: toy\n---\n# Toy\n")


def toy(root: Path) -> Toy:
    made = Toy(root)
    for document_id, gold in (("toy-a", _first("carol")), ("toy-b", _second("carol"))):
        data = PAGES[document_id]
        made.seeds.append(
            {"document_id": document_id, "file": f"{document_id}.txt", "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            | {"outlet": None, "title": None, "published": "2026-01-01", "author": None, "language": "en"}
            | {"inferred": ["language"], "evidence": {}, "rights": "fabricated"}
        )
        made.annotations[document_id] = {
            "document_id": document_id,
            "text_sha256": normalize(decode(data)).sha256,
            "normalizer": VERSION,
            "gold": gold,
            "sets": [deepcopy(gold) | {"annotator": "alice"}, deepcopy(gold) | {"annotator": "bob"}],
            "decisions": [
                {"layer": "quotes", "start": 0, "end": 4, "id": "q001", "followed": ["alice"], "why": "fabricated", "by": "carol"}
                | {"date": "2026-01-02"}
            ],
        }
    made.entities = [
        _entity("ada-byrne", "PERSON", "Ada Byrne"),
        _entity("lena-ortiz", "PERSON", "Lena Ortiz", speaks_for="northtown"),
        _entity("northtown", "GPE", "Northtown", wikidata="Q1"),
        _entity("tide", "ORG", "Tide"),
    ]
    made.links = [
        {"link": "relation", "id": "l001", "label": "same_event", "from": "toy-a", "to": "toy-b", "directed": False, "note": None},
        {"link": "cluster", "id": "c001", "speaker": "lena-ortiz", "note": None}
        | {
            "members": [
                {"document_id": "toy-a", "quote_id": "q002", "wording": "verbatim"},
                {"document_id": "toy-b", "quote_id": "q001", "wording": "verbatim"},
            ]
        },
    ]
    made.write()
    return made
