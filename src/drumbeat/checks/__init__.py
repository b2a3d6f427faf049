"""The gate: every rule that a corpus repository must hold, each with a code that is never reused.

    >>> from drumbeat.checks import validate          # doctest: +SKIP
    >>> list(validate(Repository(Path("."))))         # doctest: +SKIP
    []

Findings are values; nothing here raises for what is wrong in the data.
"""

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import chain

from drumbeat.checks import across, files, guidelines, offsets, release
from drumbeat.checks.finding import CHECKS, LEVELS, Check, Finding, as_github, as_json, as_text
from drumbeat.checks.form import Line, Page, load_page, load_shared
from drumbeat.checks.offsets import Subject
from drumbeat.model import AnnotationSet, Entity
from drumbeat.repository import Repository
from drumbeat.scale import in_order

__all__ = ["CHECKS", "LEVELS", "Check", "Finding", "as_github", "as_json", "as_text", "validate", "validate_inputs"]


Progress = Callable[[str], None]

_PAGES_AT_A_TIME = 16  # that a process is handed
UNREADABLE = ("D101", "D106")  # what cannot be read was not checked for anything, so no selection hides it


def validate(
    repository: Repository,
    select: Sequence[str] = (),
    progress: Progress = lambda _: None,
    jobs: int = 1,
    passed: files.Passed = lambda _: None,
) -> Iterator[Finding]:
    """Every finding about a repository, in the order of levels and documents.

    `select` keeps the codes that begin with one of its entries (`D3`, `D311`); levels of which none is selected do not run, but for
    those that must pass first.  A level that fails for a document spares it the dearer ones.  `progress` is called with each
    document_id, `passed` with the number of rows of the built corpus that were passed since.  `jobs` is how many processes work at once.

    Of a folder that has a corpus and no seeds only the fifth level is looked at, but for what it was built from.
    """
    levels = {check.level for code, check in CHECKS.items() if not select or code.startswith(tuple(select))}
    inputs = validate_inputs(repository, progress, levels, jobs) if levels - {5} and not repository.built_only else iter(())
    corpus = release.check_corpus(repository, jobs, passed) if 5 in levels else iter(())
    for finding in chain(inputs, corpus):
        if not select or finding.code.startswith(tuple(select)) or finding.code in UNREADABLE:
            yield finding


def validate_inputs(
    repository: Repository, progress: Progress = lambda _: None, levels: Collection[int] = (1, 2, 3, 4), jobs: int = 1
) -> Iterator[Finding]:
    """The findings of levels 1 to 4: what a build needs to be clean.

    Documents pass through one at a time; what the fourth level needs of them is kept.
    """
    shared, found = load_shared(repository)
    clean = not found
    yield from found
    unread = {repository.root / finding.path for finding in found}
    entities = None if repository.knowledge_base in unread else shared.knowledge_base  # without it every link would dangle
    across_documents = across.Across(shared)
    known = entities if {2, 3} & set(levels) else None
    work = partial(_page, repository, known, across_documents.wanted)
    for seed, page in zip(shared.seeds, in_order(work, shared.seeds, jobs, _PAGES_AT_A_TIME), strict=True):
        clean &= page.clean
        yield from page.found
        across_documents.take(page.kept)
        progress(seed.record.document_id)
    if 4 in levels:
        for check in (*across.SHARED_CHECKS, *(across.CROSS_CHECKS if clean else ())):
            yield from check(across_documents)


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found about a page, whether it conforms to its schema, and what the fourth level needs of it."""

    found: list[Finding]
    clean: bool
    kept: across.Kept


def _page(repository: Repository, entities: dict[str, Entity] | None, wanted: Set[tuple[str, str]], seed: Line) -> _Looked:
    """Levels 1 to 3 of one document; without entities, the first alone."""
    page, found = load_page(repository, seed)
    further = _document(page, entities) if entities is not None else ()
    return _Looked([*found, *further], not found, across.kept(page, wanted))


def _document(page: Page, entities: dict[str, Entity]) -> Iterator[Finding]:
    """Levels 2 and 3 of one document."""
    if page.data is None or page.normalized is None:
        return
    found = list(offsets.seed_digest(page, page.data))
    for rule in (offsets.normalizer_version, offsets.text_digest, offsets.offset_map):
        found += rule(page, page.normalized)
    if found or page.annotation is None or page.source is None:
        yield from found  # offsets over another text would only raise noise
        return
    found += offsets.decisions(page, page.normalized.text)
    annotation = page.annotation
    numbered: list[tuple[tuple[str | int, ...], AnnotationSet]] = [(("sets", index), item) for index, item in enumerate(annotation.sets)]
    subjects = {
        steps: Subject(annotation.document_id, page.normalized.text, page.source, steps, item, entities)
        for steps, item in [(("gold",), annotation.gold), *numbered]
        if item is not None
    }
    for subject in subjects.values():
        for check in offsets.SET_CHECKS:
            found += check(subject)
    yield from found
    yield from guidelines.gold_present(page)
    gold = subjects.get(("gold",))
    if gold is not None and not found:
        for check in guidelines.GOLD_CHECKS:
            yield from check(gold)
