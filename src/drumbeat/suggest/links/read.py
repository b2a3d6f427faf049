"""The pages and quotations of a corpus repository, or of a built or silver corpus, as links see them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import msgspec

from drumbeat.corpus import Corpus
from drumbeat.errors import CorpusError, RecordError, SuggestError
from drumbeat.links import content_words, words_of
from drumbeat.model import Annotation, AnnotationSet, CorpusFile, Entity, Seed, Span, every_span
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
Repeated = AbstractSet[tuple[str, str]]  # names of files, and of pages in them that an earlier file has


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

    A page that stands in several files, as silver corpora may have it, counts as the first of them has it, in the order of their names.

    Raises SuggestError where it has no documents, or not their words, or other words of one page; CorpusError where a file cannot be read.
    """
    again = _again(corpus)
    twice = {name for _, name in again}
    texts: dict[str, str] = {}
    pages: list[Page] = []
    for file, page, text in pages_of(corpus, again):
        if page.document_id in twice and texts.setdefault(page.document_id, text) != text:
            raise other_text(corpus, page.document_id)
        if (file, page.document_id) not in again:
            pages.append(page)
    return Linkable(pages, list(quotations_of(corpus, again)), knowledge_base_of(corpus))


def part_names(corpus: Corpus, config: str = "documents") -> list[str]:
    """The names of the files of a config.  Raises SuggestError where it has no documents."""
    if "documents" not in corpus.tables:
        raise SuggestError(f"{corpus.manifest}: lists no documents, so there is nothing to link; give a corpus with the config documents")
    return [_name(file) for file in corpus.tables[config].files] if config in corpus.tables else []


def pages_of(corpus: Corpus, without: Repeated = frozenset()) -> Iterator[tuple[str, Page, str]]:
    """Each page with the name of its file and its text; regions are passed over that stand in a file with a page that is not to count."""
    main: defaultdict[str, list[Span]] = defaultdict(list)
    told: set[str] = set()
    for file, row in _rows(corpus, "regions"):
        name = row["document_id"]
        if (file, name) not in without:
            told.add(name)
            if row["kind"] == MAIN:
                main[name].append(Span(row["start"], row["end"]))
    for file, row in _rows(corpus, "documents"):
        name, text = row["document_id"], row["text"]
        if text is None:
            raise SuggestError(f"{corpus.folder}: is text-free, and links are found by the words; put them back with `drumbeat hydrate`")
        yield file, Page.of(name, text, main[name] if name in told else None, row["published"]), text


def quotations_of(corpus: Corpus, without: Repeated = frozenset()) -> Iterator[Said]:
    """The quotations, but for those that stand in a file with a page that is not to count."""
    return (_said_of_row(row) for file, row in _rows(corpus, "quotes") if (file, row["document_id"]) not in without)


def knowledge_base_of(corpus: Corpus) -> dict[str, Entity]:
    """The entities by their ids."""
    return {row["entity"]: _entity(row) for _, row in _rows(corpus, "knowledge_base")}


def other_text(corpus: Corpus, document_id: str) -> SuggestError:
    """What is wrong where two files have a page with different words."""
    return SuggestError(f"{corpus.manifest}: document {document_id} stands twice in documents, with two texts; make the corpus anew")


def stands_twice(corpus: Corpus, file: str, document_id: str) -> SuggestError:
    """What is wrong where one file has a page twice."""
    return SuggestError(f"{corpus.manifest}: document {document_id} stands twice in documents/{file}; make the corpus anew")


def _again(corpus: Corpus) -> Repeated:
    """The pages that an earlier file has, with their file."""
    part_names(corpus)
    first: dict[str, str] = {}
    again: set[tuple[str, str]] = set()
    for file, row in _rows(corpus, "documents", ("document_id",)):
        name = row["document_id"]
        if (file, name) in again or first.get(name) == file:
            raise stands_twice(corpus, file, name)
        if first.setdefault(name, file) != file:
            again.add((file, name))
    return again


def _rows(corpus: Corpus, name: str, only: tuple[str, ...] | None = None) -> Iterator[tuple[str, Row]]:
    """The rows of a config that the corpus may lack, with the names of their files.  Raises CorpusError where it lacks columns of it."""
    table = corpus.tables.get(name)
    if table is None:
        return
    if missing := set(_COLUMNS[name]) - {column.name for column in table.columns}:
        raise CorpusError(f"{corpus.manifest}: {name} has no column {', '.join(sorted(missing))}; give a corpus in drumbeat's own schema")
    for file in table.files:
        yield from ((_name(file), row) for row in table.read_file(file, only or _COLUMNS[name]))


def _name(file: CorpusFile) -> str:
    return PurePosixPath(file.path).name


def _entity(row: Row) -> Entity:
    fields = {name: value for name, value in row.items() if name != "entity"}
    return msgspec.convert(fields | {"id": row["entity"]}, Entity)


def _said_of_row(row: Row) -> Said:
    text = " ".join(words_of(part["text"] for part in row["content"]))
    return Said(row["document_id"], row["quote_id"], row["type"], text, Speaker.of(row["speaker"], row["speaker_name"]), row["parent"])
