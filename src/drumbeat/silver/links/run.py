"""The verb: a corpus -> its links, by whatever engine maps a function over tasks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from drumbeat.corpus import Corpus
from drumbeat.errors import CorpusError
from drumbeat.jsonl import refuse_no_file, write_jsonl
from drumbeat.model import Cluster, Relation, to_builtins
from drumbeat.scale import Engine
from drumbeat.silver.links.groups import GroupWordings, RelatePages
from drumbeat.silver.links.pairs import AllPairs, Compared, ComparePages, FindPairs, JudgeWordings
from drumbeat.silver.links.parts import READ, Counts, ReadPart, StoredPage, dropped, without_repeats
from drumbeat.silver.links.ranges import SORTED, SortPages, SortWordings, page_key, ranges, said_key
from drumbeat.silver.links.tasks import Task, entities_of, make
from drumbeat.silver.links.work import SIZES, Kind, Numbered, Records, Sizes, Work, length, offsets, read_array
from drumbeat.suggest.links import together
from drumbeat.suggest.links.components import pieces
from drumbeat.suggest.links.pages import groups, in_order_of_ids
from drumbeat.suggest.links.quotations import ALIKE, Said, with_alone
from drumbeat.suggest.links.read import part_names

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
Offsets = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found in how much, and how many tasks an earlier run had done."""

    links: list[Relation | Cluster]
    counts: Counts
    before: int


def link_corpus(corpus: Corpus, output: Path, engine: Engine, progress: Progress = lambda *_: None, sizes: Sizes = SIZES) -> Outcome:
    """Write the links of a corpus, as JSON Lines, through a folder of work beside them that is removed in the end.

    What an earlier run of the same has done is not done again.

    Raises SuggestError where there are no documents or words, CorpusError where a file cannot be read or layers are cut in other files than
    documents, ScaleError where the engine fails or the folder holds something else or is another run's, OSError where a disk is full.  Then
    the folder stays.
    """
    names = part_names(corpus)
    _refuse_other_parts(corpus, names)
    refuse_no_file(output)
    work = Work.beside(output, corpus.manifest, sizes)
    with work.claimed():
        run = _Run(work, engine, progress)
        counts, relations, clusters, parts = run.steps(names)
        links = together(relations, clusters, _fragments(work, parts), entities_of(work))
        write_jsonl(output, map(to_builtins, links))
        work.end()
    return Outcome(links, counts, run.before)


def _refuse_other_parts(corpus: Corpus, names: Sequence[str]) -> None:
    for config in ("regions", "quotes"):
        others = sorted(set(part_names(corpus, config)) - set(names))
        if others:
            raise CorpusError(
                f"{corpus.manifest}: lists {config}/{others[0]}, and no documents/{others[0]}; leave --workers and --engine out"
            )


class _Run:
    """The steps, one after the other."""

    def __init__(self, work: Work, engine: Engine, progress: Progress) -> None:
        self.work, self._engine, self._progress = work, engine, progress
        self.before = 0

    def steps(self, names: Sequence[str]) -> tuple[Counts, list[Relation], "Clusters", int]:
        """What stands before the records: counts, relations, groups of quotations, and how many parts there are."""
        work = self.work
        parts = [ReadPart(work, number, name) for number, name in enumerate(names)]
        self._do("reading", parts)
        counts = without_repeats(work, parts)
        pages, wordings = self._sort(len(parts))
        page_files, wording_files = self._find(pages, wordings)
        compared, judged = self._judge(pages, wordings, page_files, wording_files)
        relating, grouping = list(_relating(work, compared, pages)), list(_grouping(work, judged, wordings))
        self._do("grouping", [*relating, *grouping])
        relations = in_order_of_ids(_every(relating, Relation))
        found = with_alone(map(np.array, _every(grouping, list[int])), _repeated(work, wordings))
        return counts, relations, Clusters(work, found, wordings), len(parts)

    def _sort(self, parts: int) -> tuple[Offsets, Offsets]:
        """The numbers of the first pages and wordings of each range."""
        size = self.work.sizes.bytes
        of = {kind: [self.work.file(READ, kind, part) for part in range(parts)] for kind in ("pages", "wordings")}
        by_id, by_text = ranges(of["pages"], StoredPage, page_key, size), ranges(of["wordings"], Said, said_key, size)
        pages = [SortPages(self.work, number, *edges, parts) for number, edges in enumerate(by_id)]
        wordings = [SortWordings(self.work, number, *edges, parts) for number, edges in enumerate(by_text)]
        self._do("sorting", [*pages, *wordings])
        return offsets(task.target for task in pages), offsets(task.target for task in wordings)

    def _find(self, pages: Offsets, wordings: Offsets) -> tuple[list[Path], list[Path]]:
        """The files of candidates."""
        of_pages: list[Any] = self._finding("pages", pages)
        few = wordings[-1] <= self.work.sizes.whole
        of_wordings: list[Any] = [AllPairs(self.work, "wordings", wordings[-1])] if few else self._finding("wordings", wordings)
        self._do("finding candidates", [*of_pages, *of_wordings])
        return [task.target for task in of_pages], [task.target for task in of_wordings]

    def _finding(self, kind: Kind, starts: Offsets) -> list[FindPairs]:
        rows = sum(length(self.work.file(SORTED, f"{kind}-keys", file)) for file in range(len(starts) - 1))
        number = max(1, -(-rows // self.work.sizes.rows))
        return [FindPairs(self.work, kind, at, number, starts) for at in range(number)]

    def _judge(
        self, pages: Offsets, wordings: Offsets, page_files: Sequence[Path], wording_files: Sequence[Path]
    ) -> tuple[list[ComparePages], list[JudgeWordings]]:
        of_pages = [ComparePages(self.work, *cut, len(page_files), pages) for cut in self._cut(page_files, pages[-1])]
        of_wordings = [JudgeWordings(self.work, *cut, len(wording_files), wordings) for cut in self._cut(wording_files, wordings[-1])]
        self._do("comparing", [*of_pages, *of_wordings])
        return of_pages, of_wordings

    def _cut(self, files: Sequence[Path], items: int) -> Iterator[tuple[int, int, int]]:
        """Ranges of lower items, numbered, with about so many pairs each as a task may have."""
        number = max(1, min(items, -(-sum(map(length, files)) // self.work.sizes.pairs)))
        return ((at, items * at // number, items * (at + 1) // number) for at in range(number))

    def _do(self, title: str, tasks: Sequence[Task]) -> None:
        missing = [task for task in tasks if not task.target.is_file()]
        self.before += len(tasks) - len(missing)
        self._progress(title, len(tasks) - len(missing), len(tasks))
        for done, _ in enumerate(self._engine(make, missing), len(tasks) - len(missing) + 1):
            self._progress(title, done, len(tasks))


def _relating(work: Work, tasks: Sequence[ComparePages], starts: Offsets) -> Iterator[RelatePages]:
    """Tasks of a few components each."""
    alike = {(one, other): comparison for one, other, comparison in _every(tasks, Compared)}
    costs = ((group, len(group[1])) for group in groups(alike))
    yield from (RelatePages(work, number, of_task, starts) for number, of_task in enumerate(_shared_out(costs, work.sizes.pairs)))


def _grouping(work: Work, tasks: Sequence[JudgeWordings], starts: Offsets) -> Iterator[GroupWordings]:
    edges = np.concatenate([read_array(task.target) for task in tasks], axis=1).T
    likeness = np.concatenate([read_array(task.likeness) for task in tasks])
    costs = ((piece, len(piece) ** 2) for piece in pieces(edges, likeness, ALIKE))
    yield from (GroupWordings(work, number, of_task, starts) for number, of_task in enumerate(_shared_out(costs, work.sizes.compared)))


def _shared_out(costs: Iterable[tuple[T, int]], most: int) -> Iterator[tuple[T, ...]]:
    """Things with what they cost, in their order, as many together as cost so much."""
    held: list[T] = []
    spent = 0
    for thing, cost in costs:
        held.append(thing)
        spent += cost
        if spent >= most:
            yield tuple(held)
            held, spent = [], 0
    if held:
        yield tuple(held)


def _every(tasks: Sequence[Task], kind: Any) -> Iterator[Any]:
    return (record for task in tasks for record in Records[Any](task.target, kind))


def _repeated(work: Work, starts: Offsets) -> Iterator[int]:
    """The numbers of wordings that several quotations have."""
    for file, start in enumerate(starts[:-1]):
        yield from (read_array(work.file(SORTED, "repeated", file)) + start).tolist()


def _fragments(work: Work, parts: int) -> Iterator[Said]:
    for part in range(parts):
        gone = dropped(work, part)
        of_part = Records[Said](work.file(READ, "fragments", part), Said)
        yield from (item for item in of_part if item.document_id not in gone)


class Clusters(Sequence[list[Said]]):
    """Groups of quotations by the numbers of their wordings, read when they are asked for."""

    def __init__(self, work: Work, groups: Sequence[Sequence[int]], starts: Offsets) -> None:
        self._groups = groups
        paths = [work.file(SORTED, "said", file) for file in range(len(starts) - 1)]
        self._said = Numbered[tuple[Said, ...]](paths, tuple[Said, ...], starts)

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, at: int) -> list[Said]:  # type: ignore[override]  # no slices
        return [item for number in self._groups[at] for item in self._said[number]]
