"""Writing the gold of a repository in another tool's format; the end that reads and writes.

Documents pass through one at a time, so memory does not grow with their number; spaCy's DocBin alone is held until it is whole.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drumbeat.errors import ExportError
from drumbeat.export import docbin
from drumbeat.export.brat import CONFIG, to_ann, to_config
from drumbeat.export.conll import to_conll
from drumbeat.export.jsonlines import to_object
from drumbeat.export.webanno import to_collection
from drumbeat.folder import folder_aside
from drumbeat.jsonl import aside, compact, write_text
from drumbeat.model import LAYERS, AnnotationSet, Entity, every_span
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_knowledge_base, read_seeds
from drumbeat.rows import regions_of

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A document with its gold, and which layers of it are wanted."""

    document: Document
    gold: AnnotationSet
    entities: Mapping[str, Entity]
    layers: tuple[str, ...]


# The formats of which a document is some lines of text, so that they can go to a pipe.
LINES: Mapping[str, Callable[[Item], str]] = {
    "conll": lambda item: to_conll(item.document, item.gold, item.entities, item.layers),
    "webanno-json": lambda item: compact(to_collection(item.document, item.gold, item.entities, item.layers)) + "\n",
    "jsonl": lambda item: compact(to_object(item.document, item.gold, item.entities, item.layers)) + "\n",
}
FORMATS = ("spacy", "conll", "brat", "webanno-json", "jsonl")
DEFAULT_LAYERS = {"conll": ("entities",)}  # the others carry all at once


def export(
    repository: Repository,
    form: str,
    output: Path,
    layers: Sequence[str] = (),
    documents: Collection[str] = (),
    progress: Progress = lambda _: None,
) -> int:
    """Write documents in one of FORMATS, all or those that are named; the number of documents.

    `output` is a file, for brat a folder that is not there yet or empty. It is there whole or not at all.

    Raises ExportError, BuildError where no corpus could be built of a document, and what reading the files raises.
    """
    if form == "spacy":
        docbin.spacy()  # before anything is read
    exported = Counter[str]()

    def counted() -> Iterator[Item]:
        for item in items(repository, form, layers, documents):
            yield item
            exported[form] += 1
            progress(item.document.seed.document_id)

    if form == "brat":
        with _new_folder(output) as folder:
            _write_brat(folder, counted())
    elif output.is_dir():
        raise ExportError(f"{output}: is a folder; {form} is one file: name it")
    else:
        with aside(output) as file:
            if form == "spacy":
                docbin.write(file, ((item.document, item.gold, item.entities, item.layers) for item in counted()))
            else:
                file.writelines(LINES[form](item).encode("utf-8") for item in counted())
    return exported[form]


def items(repository: Repository, form: str, layers: Sequence[str] = (), documents: Collection[str] = ()) -> Iterator[Item]:
    """What is to be exported, in the order of document_id.

    Raises ExportError where a document does not exist, has no gold, or its gold is broken.
    """
    seeds = read_seeds(repository)
    if unknown := sorted(set(documents) - {seed.document_id for seed in seeds}):
        raise ExportError(f"{repository.seeds}: no document {', '.join(unknown)}; see the document_id of each line")
    entities = read_knowledge_base(repository)
    wanted = tuple(layer for layer in LAYERS if layer in (layers or DEFAULT_LAYERS.get(form, LAYERS)))
    for seed in seeds:
        if not documents or seed.document_id in documents:
            document = read_document(repository, seed)
            gold = read_annotation(repository, document).gold
            if gold is None:
                path = repository.annotation(seed.document_id)
                raise ExportError(f"{path}: no gold yet; adjudicate its sets, or name the documents that have one with --document")
            if broken := _broken(document, gold):
                raise ExportError(f"{seed.document_id}: {broken}; run `drumbeat validate`")
            yield Item(document, gold, entities, wanted)


def _broken(document: Document, gold: AnnotationSet) -> str | None:
    """What no format can say of a gold, since records are told apart by their ids and found by their visible edges."""
    text = document.text
    regions_of(document, gold)
    for layer in LAYERS:
        found = Counter(record.id for record in getattr(gold, layer))
        if twice := [name for name, number in found.items() if number > 1]:
            return f"id {twice[0]} stands twice in {layer}"
    for quote in gold.quotes:
        if quote.parent is not None and all(quote.parent != other.id for other in gold.quotes):
            return f"parent {quote.parent} of {quote.id} is no quotation of this document"
    for *_, span in every_span(gold):
        if text[span.start].isspace() or text[span.end - 1].isspace():
            return f"span {span.start}..{span.end} has white space at its edge"
    return None


def _write_brat(folder: Path, wanted: Iterable[Item]) -> None:
    write_text(folder / CONFIG, to_config())
    for item in wanted:
        name = item.document.seed.document_id
        write_text(folder / f"{name}.txt", item.document.text)
        write_text(folder / f"{name}.ann", to_ann(item.document, item.gold, item.entities, item.layers))


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, that becomes it at the end.

    Raises ExportError where something is there already: brat keeps its annotators' work in such a folder.
    """
    if target.is_symlink() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
        raise ExportError(f"{target}: is there already, and may hold somebody's work; name a new folder, or move this one away")
    with folder_aside(target) as folder:
        yield folder
        os.replace(folder, target)
