"""The pages and quotations of a corpus repository, or of a built or silver corpus, as links see them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from drumbeat.corpus import Corpus
from drumbeat.errors import CorpusError, RecordError, SuggestError
from drumbeat.links import content_words, words_of
from drumbeat.model import Annotation, AnnotationSet, Entity, Seed, Span, every_span
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_knowledge_base, read_seeds
from drumbeat.schema import kinds
from drumbeat.suggest.links.pages import Page
from drumbeat.suggest.links.quotations import Said
from drumbeat.suggest.links.speakers import Speaker

MAIN, GOLD = "main", "gold"
_COLUMNS = {
    "documents": ("document_id", "text", "published"),
    "regions": ("document_id", "start", "end", "kind"),
    "quotes": ("document_id", "quote_id", "type", "content", "speaker", "speaker_name", "parent"),
    "knowledge_base": ("entity", "type", "name", "aliases", "description", "speaks_for", "wikidata", "evidence"),
}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Linkable:
    """What links are suggested for."""

    pages: list[Page]
    quotations: list[Said]
    knowledge_base: Mapping[str, Entity]


def from_repository(repository: Repository, name: str | None = None, progress: Callable[[str], None] = lambda _: None) -> Linkable:
    """The pages of a repository, each with its gold, or else its last suggested set; with `name`, the gold or an annotator's sets alone.

    An annotator may be given by what only one begins with.  A page that has no such set counts by its whole text, and has no quotations.

    Raises SuggestError where no page has a set that is asked for, or several annotators' names begin so; RecordError where a set is broken.
    """
    found = Linkable([], [], read_knowledge_base(repository))
    annotators: set[str] = set()
    taken: set[str] = set()
    for seed in read_seeds(repository):
        document = read_document(repository, seed)
        annotation = read_annotation(repository, document) if repository.annotation(seed.document_id).is_file() else None
        annotators |= {item.annotator for item in annotation.sets} if annotation else set()
        chosen = _chosen(annotation, name)
        taken |= {chosen.annotator} if chosen else set()
        _refuse_broken(chosen, document, repository)
        found.pages.append(_page(document, chosen))
        found.quotations.extend(_said(document, chosen))
        progress(seed.document_id)
    if (name == GOLD and not taken) or (name not in (None, GOLD) and len(taken) != 1):
        there = ", ".join(sorted(taken or annotators)) or "no sets"
        what = f"the sets of several annotators begin with {name!r}: {there}; give one" if taken else f"no set {name!r}; there are {there}"
        raise SuggestError(f"{repository.root}: {what}")
    return found


def _chosen(annotation: Annotation | None, name: str | None) -> AnnotationSet | None:
    if annotation is None:
        return None
    if name is None:
        suggested = [item for item in annotation.sets if item.method == "suggested"]
        return annotation.gold or (suggested[-1] if suggested else None)
    if name == GOLD:
        return annotation.gold
    exact = [item for item in annotation.sets if item.annotator == name]
    begun = [item for item in annotation.sets if item.annotator.startswith(name)]
    return next(reversed(exact or begun), None)


def _refuse_broken(chosen: AnnotationSet | None, document: Document, repository: Repository) -> None:
    for layer, index, _, span in every_span(chosen) if chosen else ():
        if not span.lies_in(document.text):
            where = f"{layer}[{index}]: span {span.start}..{span.end} outside the text (0..{len(document.text)})"
            raise RecordError(f"{repository.annotation(document.seed.document_id)}: {where}; `drumbeat validate` names the line")


def _page(document: Document, chosen: AnnotationSet | None) -> Page:
    seed: Seed = document.seed
    regions = chosen.regions if chosen and "regions" in chosen.layers else None
    main = None if regions is None else [Span(region.start, region.end) for region in regions if kinds().get(region.role) == MAIN]
    return Page.of(seed.document_id, document.text, main, seed.published)


def _said(document: Document, chosen: AnnotationSet | None) -> Iterator[Said]:
    for quote in chosen.quotes if chosen else ():
        text = " ".join(content_words(document.text, quote))
        speaker = Speaker.of(quote.speaker, quote.speaker_name)
        yield Said(document.seed.document_id, quote.id, quote.type, text, speaker, quote.parent)


def from_corpus(corpus: Corpus) -> Linkable:
    """The pages and quotations of a corpus in Parquet; layers that it lacks are empty.

    Raises SuggestError where it has no documents, or not their words; CorpusError where a file cannot be read.
    """
    if "documents" not in corpus.tables:
        raise SuggestError(f"{corpus.manifest}: lists no documents, so there is nothing to link; give a corpus with the config documents")
    main: defaultdict[str, list[Span]] = defaultdict(list)
    told: set[str] = set()
    for row in _rows(corpus, "regions"):
        told.add(row["document_id"])
        if row["kind"] == MAIN:
            main[row["document_id"]].append(Span(row["start"], row["end"]))
    pages: dict[str, Page] = {}
    for row in _rows(corpus, "documents"):
        name = row["document_id"]
        if row["text"] is None:
            raise SuggestError(f"{corpus.folder}: is text-free, and links are found by the words; put them back with `drumbeat hydrate`")
        if name in pages:
            raise SuggestError(f"{corpus.manifest}: document {name} stands twice in documents; build the corpus anew without one of them")
        pages[name] = Page.of(name, row["text"], main[name] if name in told else None, row["published"])
    known = {row["entity"]: _entity(row) for row in _rows(corpus, "knowledge_base")}
    return Linkable(list(pages.values()), [_said_of_row(row) for row in _rows(corpus, "quotes")], known)


def _rows(corpus: Corpus, name: str) -> Iterator[Row]:
    """The rows of a config that the corpus may lack.  Raises CorpusError where it lacks columns of it."""
    table = corpus.tables.get(name)
    if table is None:
        return
    if missing := set(_COLUMNS[name]) - {column.name for column in table.columns}:
        raise CorpusError(f"{corpus.manifest}: {name} has no column {', '.join(sorted(missing))}; give a corpus in drumbeat's own schema")
    for split in table.splits:
        yield from table.read(split, _COLUMNS[name])


def _entity(row: Row) -> Entity:
    fields = {name: value for name, value in row.items() if name != "entity"}
    return msgspec.convert(fields | {"id": row["entity"]}, Entity)


def _said_of_row(row: Row) -> Said:
    text = " ".join(words_of(part["text"] for part in row["content"]))
    return Said(row["document_id"], row["quote_id"], row["type"], text, Speaker.of(row["speaker"], row["speaker_name"]), row["parent"])
