"""The gate: every rule that a corpus repository must hold, each with a code that is never reused.

    >>> from drumbeat.checks import validate          # doctest: +SKIP
    >>> list(validate(Repository(Path("."))))         # doctest: +SKIP
    []

Findings are values; nothing here raises for what is wrong in the data.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain

from drumbeat.checks import across, guidelines, offsets, release
from drumbeat.checks.finding import CHECKS, LEVELS, Check, Finding, as_github, as_json, as_text
from drumbeat.checks.form import Page, load_page, load_shared
from drumbeat.checks.offsets import Subject
from drumbeat.model import AnnotationSet, Entity
from drumbeat.repository import Repository

__all__ = ["CHECKS", "LEVELS", "Check", "Finding", "as_github", "as_json", "as_text", "validate", "validate_inputs"]


Progress = Callable[[str], None]

UNREADABLE = ("D101", "D106")  # what cannot be read was not checked for anything, so no selection hides it


def validate(repository: Repository, select: Sequence[str] = (), progress: Progress = lambda _: None) -> Iterator[Finding]:
    """Every finding about a repository, in the order of levels and documents.

    `select` keeps the codes that begin with one of its entries (`D3`, `D311`); levels of which none is selected do not run, but for
    those that must pass first.  A level that fails for a document spares it the dearer ones.  `progress` is called with each
    document_id.

    Of a folder that has a corpus and no seeds only the fifth level is looked at, but for what it was built from.
    """
    levels = {check.level for code, check in CHECKS.items() if not select or code.startswith(tuple(select))}
    inputs = validate_inputs(repository, progress, levels) if levels - {5} and not repository.built_only else iter(())
    corpus = release.check_corpus(repository) if 5 in levels else iter(())
    for finding in chain(inputs, corpus):
        if not select or finding.code.startswith(tuple(select)) or finding.code in UNREADABLE:
            yield finding


def validate_inputs(
    repository: Repository, progress: Progress = lambda _: None, levels: Collection[int] = (1, 2, 3, 4)
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
    for seed in shared.seeds:
        page, found = load_page(repository, seed)
        clean &= not found
        yield from found
        across_documents.take(page)
        if entities is not None and {2, 3} & set(levels):
            yield from _document(page, entities)
        progress(seed.record.document_id)
    if 4 in levels:
        for check in (*across.SHARED_CHECKS, *(across.CROSS_CHECKS if clean else ())):
            yield from check(across_documents)


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
