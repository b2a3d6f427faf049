"""Suggestions beside the gold of a repository: one set a document, in annotations/<document_id>.json."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import msgspec

from drumbeat.errors import SuggestError
from drumbeat.jsonl import write_json
from drumbeat.model import Annotation, AnnotationSet, to_builtins
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_seeds, unannotated
from drumbeat.suggest.page import NAME, Suggester, Suggestion, suggest


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was suggested for a document, and whether its annotation file changed."""

    document_id: str
    suggestion: Suggestion
    changed: bool


def suggest_documents(
    repository: Repository, by: Suggester, date: str, documents: Collection[str] = (), progress: Callable[[str], None] = lambda _: None
) -> Iterator[Suggested]:
    """Suggest for all documents, or those that are named; each is written when it is done, so that a run may be cut short.

    Gold and the sets of people are not touched.  Earlier sets of ours give way where the new one has all their layers.

    Raises SuggestError on an unknown document_id, and what the readers of the repository raise.
    """
    seeds = read_seeds(repository)
    unknown = set(documents) - {seed.document_id for seed in seeds}
    if unknown:
        raise SuggestError(f"{repository.seeds}: no document {', '.join(sorted(unknown))}; see the document_id of each line")
    for seed in seeds:
        if not documents or seed.document_id in documents:
            document = read_document(repository, seed)
            yield suggest_document(repository, document, by, date)
        progress(seed.document_id)


def suggest_document(repository: Repository, document: Document, by: Suggester, date: str) -> Suggested:
    """Suggest for one document and write its annotation file, which need not be there yet."""
    document_id = document.seed.document_id
    there = repository.annotation(document_id).is_file()
    old = read_annotation(repository, document) if there else unannotated(document)
    suggestion = suggest(document.text, by, date)
    new = with_suggestion(old, suggestion.annotations)
    if new != old:
        write_json(repository.annotation(document_id), to_builtins(new))
    return Suggested(document_id, suggestion, new != old)


def with_suggestion(annotation: Annotation, made: AnnotationSet) -> Annotation:
    """The annotations of a document with a set of ours, in the place of the earlier ones that it has all layers of.

    A set that says the same as before keeps its date, so that suggesting twice changes nothing.
    """
    if not made.layers:
        return annotation
    kept = [item for item in annotation.sets if not (_ours(item) and set(item.layers) <= set(made.layers))]
    same = [item for item in annotation.sets if item == msgspec.structs.replace(made, date=item.date)]
    return msgspec.structs.replace(annotation, sets=(*kept, *(same[:1] or [made])))


def _ours(item: AnnotationSet) -> bool:
    return item.method == "suggested" and item.annotator.startswith(f"{NAME}-")
