"""The generated parts of the documents: counts, label tables, agreement, check codes.

A document marks a part with ``<!-- generated: NAME -->`` and ``<!-- end generated -->``; `drumbeat build` renews what stands between, and
`drumbeat build --check` fails where it is stale.  schema/README.md is generated whole.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drumbeat import agreement, card, schema, tables
from drumbeat.checks import CHECKS, LEVELS
from drumbeat.errors import BuildError
from drumbeat.jsonl import read_text
from drumbeat.model import Annotation, Manifest
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds

_PART = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)
_DOCUMENTS = ("README.md", "DATASHEET.md", "annotations/GUIDELINES.md")
_PEERS = ("PARC/PolNeAR", "Citron", "CleanEval", "OntoNotes 5", "CoNLL-2003")

Rows = dict[str, list[dict[str, Any]]]


def generated(repository: Repository, manifest: Manifest, corpus: Path) -> dict[Path, str]:
    """Every document with its generated parts renewed, by path.

    Raises BuildError where a document names a part that nothing generates.
    """
    rows: Rows = {file.config: list(tables.read_rows(corpus / file.path, schema.config(file.config))) for file in manifest.files}
    parts = _Parts(repository, manifest, rows)
    texts = {repository.readme: card.readme(repository, manifest)}
    for name in _DOCUMENTS:
        path = repository.root / name
        if path in texts or path.is_file():
            texts[path] = _renew(texts.get(path) or read_text(path), name, parts)
    reference = repository.root / "schema" / "README.md"
    if reference.parent == schema.schema_folder():
        texts[reference] = schema_reference()
    return texts


def _renew(text: str, name: str, parts: "_Parts") -> str:
    def part(match: re.Match[str]) -> str:
        make: Callable[[], str] | None = getattr(parts, match[2].replace("-", "_"), None)
        if make is None:
            raise BuildError(f"{name}: nothing generates a part named {match[2]!r}; mend the marker")
        return f"{match[1]}{make()}\n{match[3]}"

    return _PART.sub(part, text)


def table(header: list[str], rows: list[list[Any]], right: tuple[int, ...] = ()) -> str:
    """A Markdown table; the columns in `right` are set flush right."""
    rule = ["---:" if index in right else "---" for index in range(len(header))]
    cells = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *cells])


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|").replace("<", "\\<").replace("\n", " ")


class _Parts:
    """What the markers name; each method gives the Markdown of one part."""

    def __init__(self, repository: Repository, manifest: Manifest, rows: Rows) -> None:
        self._repository = repository
        self._manifest = manifest
        self._rows = rows

    def contents(self) -> str:
        """The configs and their sizes."""
        return table(
            ["config", "rows", "what a row is"],
            [[f"`{file.config}`", file.rows, schema.config(file.config).description] for file in self._manifest.files],
            right=(1,),
        )

    def pages(self) -> str:
        """What each page holds."""
        names = ("regions", "boilerplate", "quotes", "nonquotes", "entities", "tokens")
        rows: list[list[Any]] = []
        for document in self._rows["documents"]:
            own = {name: [row for row in self._rows[name] if row["document_id"] == document["document_id"]] for name in names}
            boilerplate = sum(_visible(row["text"]) for row in own["boilerplate"]) / _visible(document["text"])
            sizes = [len(document["text"]), sum(len(row["tokens"]) for row in own["tokens"])]
            sizes += [len(own[name]) for name in ("regions", "quotes", "nonquotes", "entities")]
            rows.append([f"`{document['document_id']}`", *sizes, f"{boilerplate:.0%}"])
        rows.append(["all", *(sum(row[column] for row in rows) for column in range(1, 7)), ""])
        header = ["page", "characters", "words", "regions", "quotations", "nonquotes", "mentions", "boilerplate"]
        return table(header, rows, right=tuple(range(1, 8)))

    def distribution(self) -> str:
        """How often each label occurs."""
        kinds = (("role", "regions", "role"), ("type", "quotes", "type"), ("reason", "nonquotes", "reason"), ("label", "entities", "label"))
        rows: list[list[Any]] = []
        for label_set, config, column in (*kinds, ("relation", "relations", "label")):
            counts = Counter(row[column] for row in self._rows[config])
            rows.append([f"`{config}.{column}`", ", ".join(f"{name} {counts[name]}" for name in schema.labels(label_set))])
        wordings = Counter(member["wording"] for row in self._rows["quote_clusters"] for member in row["members"])
        rows.append(["`quote_clusters.members.wording`", ", ".join(f"{name} {wordings[name]}" for name in schema.labels("wording"))])
        return table(["column", "rows with each label"], rows)

    def labels(self) -> str:
        """The label sets that users meet."""
        return "\n\n".join(f"**`{name}`**\n\n{_label_table(name)}" for name in ("role", "type", "label", "reason"))

    def agreement(self) -> str:
        """Agreement of the independent sets, per page."""
        return agreement_table(self._repository)

    def decisions(self) -> str:
        """How much adjudication decided."""
        rows: list[list[Any]] = []
        for document_id, annotation in _annotations(self._repository):
            followed = Counter(", ".join(decision.followed) or "neither" for decision in annotation.decisions)
            detail = ", ".join(f"{name} {count}" for name, count in sorted(followed.items()))
            rows.append([f"`{document_id}`", len(annotation.decisions), detail])
        return table(["page", "decisions", "whose reading the gold has"], rows, right=(1,))

    def versions(self) -> str:
        """The versions a build depends on."""
        manifest = self._manifest
        return (
            f"Version {manifest.version}; normaliser {manifest.normalizer}, segmenter {manifest.segmenter}, "
            f"bytes written by pyarrow {manifest.pyarrow}."
        )


def agreement_figures(repository: Repository) -> Iterator[tuple[str, str, str, list[agreement.Figure]]]:
    """(document_id, annotator, annotator, figures) for every two sets of a document that are not suggested."""
    for seed in read_seeds(repository):
        document = read_document(repository, seed)
        text = document.text
        annotation = read_annotation(repository, document)
        sets = [item for item in annotation.sets if item.method != "suggested"]
        for index, one in enumerate(sets):
            for other in sets[index + 1 :]:
                yield seed.document_id, one.annotator, other.annotator, agreement.agreement(text, one, other)


def agreement_table(repository: Repository) -> str:
    """The figures of all pages side by side, as Markdown."""
    found = list(agreement_figures(repository))
    if not found:
        return "No document has two independent sets."
    header = ["layer", "measure", *(f"`{document_id[:3]}`" for document_id, _, _, _ in found)]
    rows: list[list[Any]] = [
        [figure.layer, figure.measure, *(agreement_cell(figures[index]) for _, _, _, figures in found)]
        for index, figure in enumerate(found[0][3])
    ]
    return table(header, rows, right=tuple(range(2, len(header))))


def agreement_cell(figure: agreement.Figure) -> str:
    """A figure as tables show it."""
    return "–" if figure.value is None else f"{figure.value:.3f}"


def _annotations(repository: Repository) -> Iterator[tuple[str, Annotation]]:
    for seed in read_seeds(repository):
        yield seed.document_id, read_annotation(repository, read_document(repository, seed))


def _visible(text: str) -> int:
    return sum(not character.isspace() for character in text)


def _label_table(name: str) -> str:
    entries = schema.load("labels.json")["$defs"][name]["oneOf"]
    peers = [peer for peer in _PEERS if any(peer in entry.get("x-peers", {}) for entry in entries)]
    kind = ["kind"] if any("x-kind" in entry for entry in entries) else []
    return table(
        [name, *kind, "what it is", *peers],
        [
            [f"`{entry['const']}`", *([entry["x-kind"]] if kind else []), entry["description"]]
            + [entry.get("x-peers", {}).get(peer, "") for peer in peers]
            for entry in entries
        ],
    )


def schema_reference() -> str:
    """schema/README.md: every field, label and check code explained."""
    parts = [_INTRODUCTION, "## Corpus: the configs of `load_dataset`"]
    for config in schema.configs():
        rows: list[list[Any]] = [[f"`{column.name}`", _type(column), column.description] for column in config.columns]
        key = ", ".join(f"`{name}`" for name in config.key)
        parts.append(f"### `{config.name}`\n\n{config.description} Key: {key}.\n\n{table(['column', 'type', 'what it is'], rows)}")
    parts.append("## Records: what people and tools write")
    for path in sorted((schema.schema_folder() / "records").glob("*.json")):
        parts.append(_record(f"records/{path.name}"))
    parts.append("## Label sets")
    for name, definition in schema.load("labels.json")["$defs"].items():
        body = _label_table(name) if "oneOf" in definition else "`" + "` `".join(schema.labels(name)) + "`"
        parts.append(f"### `{name}`\n\n{definition['title']}.\n\n{body}")
    parts.append(_PEER_ROLES)
    parts.append(
        "## Check codes\n\nWhat `drumbeat validate` holds a repository to. A failed level spares a document the dearer ones. "
        "Codes are never reused."
    )
    for level, title in LEVELS.items():
        rows = [
            [f"`{check.code}`", check.rule, check.fix]
            for check in sorted(CHECKS.values(), key=lambda check: check.code)
            if check.level == level
        ]
        parts.append(f"### Level {level}: {title}\n\n{table(['code', 'rule', 'what to do'], rows)}")
    return "\n\n".join(parts) + "\n"


_INTRODUCTION = """\
# Schema

<!-- Generated by `drumbeat build` from the JSON files beside it and from the check functions: edit those. -->

JSON Schema 2020-12, the one source of fields and labels: Python label sets, Arrow schema, Hugging Face features and the
card's YAML are derived from it. `records/` describes the JSON that people and tools write, `corpus/` the rows of each
config, `labels.json` every closed set of labels. Label ids are the order in the file: append only.

Offsets are Unicode code points over the document's normalised text, `start` inclusive, `end` exclusive, never on white
space at either edge."""

_PEER_ROLES = """\
## Names in other corpora

| drumbeat | PARC 3.0 / PolNeAR | Citron | Redewiedergabe | remark |
| --- | --- | --- | --- | --- |
| `content` | content | quote content | direct, indirect, reported | marks belong to the span; so does the complementizer |
| `cue` | cue | quote cue | frame | verb group, `according to`, or the colon or dash that stands for them |
| `source` | source | quote source | speaker mention | noun phrase with titles and appositions |
| `speaker` | – | source resolved by coreference | speaker | an id of the knowledge base |
| `parent` | nested attribution | – | nesting level | by id, not by inclusion |"""


def _type(column: schema.Column) -> str:
    match column.kind:
        case "list":
            name = f"list of {_type(column.items[0])}"
        case "struct":
            name = "{" + ", ".join(item.name for item in column.items) + "}"
        case "label":
            name = "label"
        case kind:
            name = kind
    return name + (" or null" if column.nullable else "")


def _record(name: str) -> str:
    file = schema.load(name)
    lines = [f"### `{name}`\n\n{file['title']}. {file['description']}"]
    for title, part in [
        ("", file),
        *((option["title"], option) for option in file.get("oneOf", ())),
        *sorted(file.get("$defs", {}).items()),
    ]:
        if "properties" in part:
            rows: list[list[Any]] = [
                [f"`{key}`", _property(value), value.get("description", "")] for key, value in part["properties"].items()
            ]
            lines.append((f"{title}:\n\n" if title else "") + table(["field", "type", "what it is"], rows))
    return "\n\n".join(lines)


def _property(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return f"`{value['$ref'].rpartition('/')[2]}`"
    if "anyOf" in value:
        return " or ".join(_property(option) for option in value["anyOf"])
    if "const" in value:
        return f"`{value['const']}`"
    if value.get("type") == "array":
        return f"list of {_property(value['items'])}"
    if "enum" in value:
        return "one of " + ", ".join(f"`{item}`" for item in value["enum"])
    kind = value.get("type", "object")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
