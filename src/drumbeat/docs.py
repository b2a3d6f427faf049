"""The generated parts of the documents: counts, label tables, agreement, citation, check codes.

A document marks a part with ``<!-- generated: NAME -->`` and ``<!-- end generated -->``; `drumbeat build` renews what stands between, and
`drumbeat build --check` fails where it is stale.  schema/README.md and croissant.json are generated whole.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from drumbeat import agreement, card, citation, croissant, schema, tables
from drumbeat.checks import CHECKS, LEVELS
from drumbeat.errors import BuildError
from drumbeat.export.carried import CARRIED
from drumbeat.export.files import FORMATS
from drumbeat.model import Manifest
from drumbeat.repository import Repository, read_annotations

_PART = re.compile(r"(<!-- generated: (.*?) -->\n).*?(<!-- end generated -->)", re.DOTALL)
_DOCUMENTS = ("README.md", "DATASHEET.md", "annotations/GUIDELINES.md")
_PEERS = ("PARC/PolNeAR", "Citron", "CleanEval", "OntoNotes 5", "CoNLL-2003")

Row = dict[str, Any]
Compared = tuple[str, str, str, list[agreement.Figure]]  # document_id, the two annotators, their figures


def generated(repository: Repository, manifest: Manifest, corpus: Path) -> dict[Path, str]:
    """Every document with its generated parts renewed, by path.

    Raises BuildError where a document names a part that nothing generates, or lacks what croissant.json takes from it.
    """
    source = _Source(repository, manifest, corpus)
    texts = {repository.readme: card.readme(repository, manifest)}
    for name in _DOCUMENTS:
        path = repository.root / name
        if path in texts or path.is_file():
            texts[path] = _renew(texts.get(path) or card.read_document(path), name, source)
    texts[repository.croissant] = croissant.text(croissant.read_sources(repository, texts), manifest)
    reference = repository.root / "schema" / "README.md"
    if reference.parent == schema.schema_folder():
        texts[reference] = schema_reference()
    return texts


@dataclass(frozen=True, slots=True)
class _Source:
    """What the parts are made from: the annotations, and the corpus that was built of them, read as it is needed."""

    repository: Repository
    manifest: Manifest
    corpus: Path

    def rows(self, name: str, *columns: str) -> Iterator[Row]:
        """Some columns of a config."""
        for file in self.manifest.files:
            if file.config == name:
                yield from tables.read_rows(self.corpus / file.path, schema.config(name), columns)


def _renew(text: str, name: str, source: _Source) -> str:
    def part(match: re.Match[str]) -> str:
        if match[2] not in _PARTS:
            raise BuildError(f"{name}: nothing generates a part named {match[2]!r}; there are {', '.join(_PARTS)}; mend the marker")
        return f"{match[1]}{_PARTS[match[2]](source)}\n{match[3]}"

    return _PART.sub(part, text)


def table(header: list[str], rows: list[list[Any]], right: tuple[int, ...] = ()) -> str:
    """A Markdown table; the columns in `right` are set flush right."""
    rule = ["---:" if index in right else "---" for index in range(len(header))]
    cells = [[_cell(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *cells])


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|").replace("<", "\\<").replace("\n", " ")


def contents(manifest: Manifest) -> str:
    """The configs and their sizes."""
    counts: Counter[str] = Counter()
    for file in manifest.files:
        counts[file.config] += file.rows
    rows: list[list[Any]] = [[f"`{name}`", number, schema.config(name).description] for name, number in counts.items()]
    return table(["config", "rows", "what a row is"], rows, right=(1,))


def _pages(source: _Source) -> str:
    """What each page holds."""
    names = ("regions", "quotes", "nonquotes", "entities")
    counts = {name: Counter(row["document_id"] for row in source.rows(name, "document_id")) for name in names}
    words, boilerplate = Counter[str](), Counter[str]()
    for row in source.rows("tokens", "document_id", "tokens"):
        words[row["document_id"]] += len(row["tokens"])
    for row in source.rows("boilerplate", "document_id", "text"):
        boilerplate[row["document_id"]] += _visible(row["text"])
    rows: list[list[Any]] = []
    for document in source.rows("documents", "document_id", "text"):
        name, text = document["document_id"], document["text"]
        sizes = [len(text), words[name], *(counts[layer][name] for layer in names)]
        rows.append([f"`{name}`", *sizes, f"{boilerplate[name] / _visible(text):.0%}"])
    rows.append(["all", *(sum(row[column] for row in rows) for column in range(1, 7)), ""])
    header = ["page", "characters", "words", "regions", "quotations", "nonquotes", "mentions", "boilerplate"]
    return table(header, rows, right=tuple(range(1, 8)))


def _distribution(source: _Source) -> str:
    """How often each label occurs."""
    kinds = (("role", "regions", "role"), ("type", "quotes", "type"), ("reason", "nonquotes", "reason"), ("label", "entities", "label"))
    rows: list[list[Any]] = []
    for label_set, config, column in (*kinds, ("relation", "relations", "label")):
        counts = Counter(row[column] for row in source.rows(config, column))
        rows.append([f"`{config}.{column}`", ", ".join(f"{name} {counts[name]}" for name in schema.labels(label_set))])
    wordings = Counter(member["wording"] for row in source.rows("quote_clusters", "members") for member in row["members"])
    rows.append(["`quote_clusters.members.wording`", ", ".join(f"{name} {wordings[name]}" for name in schema.labels("wording"))])
    return table(["column", "rows with each label"], rows)


def _labels(_: _Source) -> str:
    """The label sets that users meet."""
    return "\n\n".join(f"**`{name}`**\n\n{_label_table(name)}" for name in ("role", "type", "label", "reason"))


def _formats(_: _Source) -> str:
    """What each export format carries."""
    rows: list[list[Any]] = [[what, *("yes" if name in carriers else "–" for name in FORMATS)] for what, carriers in CARRIED.items()]
    return table(["what", *(f"`{name}`" for name in FORMATS)], rows)


def _decisions(source: _Source) -> str:
    """How much adjudication decided."""
    rows: list[list[Any]] = []
    for document, annotation in read_annotations(source.repository):
        followed = Counter(", ".join(decision.followed) or "neither" for decision in annotation.decisions)
        detail = ", ".join(f"{name} {count}" for name, count in sorted(followed.items()))
        rows.append([f"`{document.seed.document_id}`", len(annotation.decisions), detail])
    return table(["page", "decisions", "whose reading the gold has"], rows, right=(1,))


def _versions(source: _Source) -> str:
    """The versions a build depends on."""
    manifest = source.manifest
    return (
        f"Version {manifest.version}; normaliser {manifest.normalizer}, segmenter {manifest.segmenter}, "
        f"bytes written by pyarrow {manifest.pyarrow}."
    )


def _citation(source: _Source) -> str:
    """How to cite this version."""
    work = citation.parse(croissant.read_sources(source.repository).citation)
    return f"```bibtex\n{citation.bibtex(work, source.manifest.version)}\n```" if work else "There is no CITATION.cff."


def _agreement(source: _Source) -> str:
    """Agreement of the independent sets, per page."""
    found = list(agreement_figures(source.repository))
    if not found:
        return "No document has two independent sets."
    header = ["layer", "measure", *(f"`{name}`" for name in short_names([document_id for document_id, _, _, _ in found]))]
    return table(header, agreement_rows(found), right=tuple(range(2, len(header))))


_PARTS: dict[str, Callable[[_Source], str]] = {
    "contents": lambda source: contents(source.manifest),
    "pages": _pages,
    "distribution": _distribution,
    "labels": _labels,
    "formats": _formats,
    "agreement": _agreement,
    "decisions": _decisions,
    "versions": _versions,
    "citation": _citation,
}


def agreement_figures(repository: Repository) -> Iterator[Compared]:
    """The figures of every two sets of a document that are not suggested."""
    for document, annotation in read_annotations(repository):
        sets = [item for item in annotation.sets if item.method != "suggested"]
        for one, other in combinations(sets, 2):
            yield document.seed.document_id, one.annotator, other.annotator, agreement.agreement(document.text, one, other)


def short_names(document_ids: Sequence[str]) -> list[str]:
    """What table heads call documents: the part before the first underscore, where that tells them apart."""
    short = [name.partition("_")[0] for name in document_ids]
    return short if len(set(short)) == len(set(document_ids)) else list(document_ids)


def agreement_rows(found: Sequence[Compared]) -> list[list[str]]:
    """Figures as tables show them: layer, measure, and a cell for every two sets."""
    by_measure = zip(*(figures for _, _, _, figures in found), strict=True)
    return [[first.layer, first.measure, *map(_figure, (first, *others))] for first, *others in by_measure]


def _figure(figure: agreement.Figure) -> str:
    return "–" if figure.value is None else f"{figure.value:.3f}"


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

JSON Schema 2020-12, the one source of fields and labels: Python label sets, Arrow schema, Hugging Face features, the card's
YAML and croissant.json are derived from it. `records/` describes the JSON that people and tools write, `corpus/` the rows of each
config, `labels.json` every closed set of labels. Label ids are the order in the file: append only.

Offsets are Unicode code points over the document's normalised text, `start` inclusive, `end` exclusive, never on white
space at either edge.

What is marked *words* repeats the publishers' words: it is null in the text-free form (`drumbeat build --text-free`)."""

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
            name = "{" + ", ".join(item.name + (" (*words*)" if item.words else "") for item in column.items) + "}"
        case "label":
            name = "label"
        case kind:
            name = kind
    return name + (" or null" if column.nullable else "") + (", *words*" if column.words else "")


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
