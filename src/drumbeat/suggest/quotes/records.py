"""Reports and marks -> records that keep the rules of the corpus: edges, roles apart, parents, types, every mark accounted for."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from drumbeat.marks import Interval, Marks, Pair, owned_pairs, quotation_type
from drumbeat.model import Quote, Span
from drumbeat.suggest.quotes.line import Report

# How often content and speaker are right, by rule, measured on PolNeAR's training half (`benchmarks/quotes.py --rules` prints it anew).
CONFIDENCE = {
    "after": 0.96,
    "caption": 0.88,
    "inserted": 0.87,
    "trailing": 0.87,
    "before": 0.8,
    "clause": 0.79,
    "colon": 0.67,
    "runs on": 0.65,
    "label": 0.57,
    "nested": 0.32,
    "alone": 0.3,
    "fragment": 0.25,
}


@dataclass(slots=True)
class Entry:
    """A report whose spans keep the rules; `within` is the entry that it stands in."""

    report: Report
    content: list[Interval]
    cue: list[Interval]
    source: list[Interval]
    within: "Entry | None" = None
    below: list["Entry"] = field(default_factory=list)


def entries(text: str, reports: Iterable[Report]) -> list[Entry]:
    """The reports in text order, each with its spans tidied and its parent found; of two with one content the first is kept."""
    found: dict[tuple[Interval, ...], Entry] = {}
    for report in reports:
        cue = tidy(text, report.cue)
        source = _without(text, tidy(text, [_bare(text, report.source)] if report.source else []), cue)
        content = _without(text, tidy(text, report.content), [*cue, *source])
        if any(sign.isalnum() for start, end in content for sign in text[start:end]):
            found.setdefault(tuple(content), Entry(report, content, cue, source))
    ordered = sorted(found.values(), key=lambda entry: (entry.content[0][0], -entry.content[-1][1]))
    open_entries: list[Entry] = []
    kept = []
    for entry in ordered:
        open_entries = [outer for outer in open_entries if outer.content[-1][1] > entry.content[0][0]]
        whole = [*entry.content, *entry.cue, *entry.source]
        entry.within = next((outer for outer in reversed(open_entries) if _holds(outer.content, whole)), None)
        if entry.within is not None and not entry.report.asserted:
            continue  # "Lee said he would tell them A": nobody told them A
        kept.append(entry)
        for outer in _above(entry):
            outer.below.append(entry)
        open_entries.append(entry)
    return kept


def _bare(text: str, source: Interval) -> Interval:
    """Without the stop of the sentence, where the tokeniser left it on the last word; short words may be abbreviations."""
    word = text[source[0] : source[1]].rsplit(maxsplit=1)[-1] if text[source[0] : source[1]].strip() else ""
    return (source[0], source[1] - 1) if word.endswith(".") and "." not in word[:-1] and len(word) > 5 else source


def _above(entry: Entry) -> Iterator[Entry]:
    while entry.within is not None:
        entry = entry.within
        yield entry


def _holds(outer: Sequence[Interval], inner: Sequence[Interval]) -> bool:
    return all(any(start <= first and last <= end for start, end in outer) for first, last in inner)


def tidy(text: str, spans: Iterable[Interval]) -> list[Interval]:
    """Spans in order, joined where they touch, without white space at their edges, and no character cut from its combining marks."""
    kept: list[Interval] = []
    for start, end in sorted(spans):
        while start < end and (text[start].isspace() or unicodedata.combining(text[start])):
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        while start < end < len(text) and unicodedata.combining(text[end]):
            end += 1
        if start >= end:
            continue
        if kept and start <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept


def _without(text: str, spans: Sequence[Interval], others: Sequence[Interval]) -> list[Interval]:
    """What is left of spans where others have been taken out."""
    left = list(spans)
    for begin, stop in others:
        left = [
            part
            for start, end in left
            for part in ([(start, end)] if stop <= start or end <= begin else [(start, begin), (stop, end)])
            if part[0] < part[1]
        ]
    return tidy(text, left) if len(left) != len(spans) or left != list(spans) else left


class Accounts:
    """Which pair of marks makes which quotation direct, and which marks belong to none."""

    def __init__(self, text: str, marks: Marks) -> None:
        self.text, self.marks = text, marks
        self.by_start = list(marks.pairs)
        self.starts = [pair.start for pair in self.by_start]
        self.by_end = sorted(marks.pairs, key=lambda pair: pair.end)
        self.ends = [pair.end for pair in self.by_end]

    def type_of(self, entry: Entry, nonquotes: Sequence[Interval]) -> str:
        """The type that follows from the marks; `nonquotes` in text order."""
        pairs: dict[Pair, None] = {}
        for start, end in entry.content:
            pairs.update(dict.fromkeys(self.by_start[bisect_left(self.starts, start) : bisect_left(self.starts, end)]))
            pairs.update(dict.fromkeys(self.by_end[bisect_right(self.ends, start) : bisect_right(self.ends, end)]))
        first = bisect_left(nonquotes, (entry.content[0][0] - 500, 0))
        near = nonquotes[first : bisect_left(nonquotes, (entry.content[-1][1], 0))]
        children = [span for child in entry.below for span in child.content]
        return quotation_type(self.text, entry.content, owned_pairs(pairs, entry.content, children, near))

    def unclaimed(self, claimed: Sequence[Interval]) -> Iterator[Pair | int]:
        """Marks that stand in none of the spans: as a pair where both of its marks are left over, else one by one."""
        spans = tidy(self.text, claimed)
        begins = [start for start, _ in spans]

        def free(position: int) -> bool:
            at = bisect_right(begins, position) - 1
            return at < 0 or spans[at][1] <= position

        left = {position for position in self.marks.positions if free(position)}
        for pair in self.by_start:
            if pair.closed and pair.start in left and pair.end - 1 in left:
                left -= {pair.start, pair.end - 1}
                yield pair
        yield from sorted(left)


def mark_span(text: str, position: int) -> Interval:
    """The mark at a position: one character, or two where it is a doubled single one."""
    for start in (position, position - 1):
        if text[start : start + 2] in {"''", "``"} and start >= 0:
            return start, start + 2
    return position, position + 1


def to_spans(spans: Iterable[Interval]) -> tuple[Span, ...]:
    """Intervals as spans."""
    return tuple(Span(start, end) for start, end in spans)


def quote(entry: Entry, name: str, kind: str, speaker: tuple[str | None, str | None], parent: str | None) -> Quote:
    """The record of an entry; `speaker` is entity and name."""
    return Quote(
        id=name,
        type=kind,
        content=to_spans(entry.content),
        cue=to_spans(entry.cue),
        source=to_spans(entry.source),
        speaker=speaker[0],
        speaker_name=speaker[1],
        parent=parent,
        negated=entry.report.negated,
        garbled=entry.report.garbled,
        confidence=CONFIDENCE["nested" if entry.within is not None else entry.report.rule],
    )
