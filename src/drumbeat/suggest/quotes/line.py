"""One line of a page while its quotations are being found: its words, its stretches between marks, its cues, its reports so far."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from drumbeat.marks import Interval, Pair
from drumbeat.suggest.quotes.cues import Cue, find_cues, is_asserted
from drumbeat.suggest.quotes.sources import Words, antecedent, proper_noun
from drumbeat.suggest.quotes.tree import Tree

SENTENCE_ENDS = frozenset(".?!")
STOPS = SENTENCE_ENDS | {";"}
_LONGEST_REST = 8  # words after a cue at the end of a line
_OPENING = "“„«‘"
_MARKS = re.compile("[\"”“„''’‘»«`\\s]+$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch between marks: offsets with the marks, its first and last word (marks are words too), the last sign inside the marks."""

    start: int
    end: int
    closed: bool
    first: int
    last: int
    ending: str
    broken: bool  # closed by a mark that opens

    @property
    def ends_sentence(self) -> bool:
        """The words in the marks end a sentence themselves."""
        return self.ending in {".", "?", "!", "…"}


@dataclass(slots=True)
class Report:
    """A quotation in the making: offsets in the page, the speaker's phrase wherever it stands, and the rule that found it."""

    content: list[Interval]
    cue: tuple[Interval, ...] = ()
    source: Interval | None = None
    rule: str = ""
    negated: bool = False
    speaker: Interval | None = None
    antecedent: Interval | None = None  # what `who` as a source stands for
    proper: Interval | None = None  # the proper noun that heads the source, whether or not it was found to be a name
    garbled: bool = False
    asserted: bool = True  # said to have been said; not what somebody would, should or is to say


@dataclass(slots=True)
class Draft:
    """A line and what has been found in it.  `where` says of each word in which piece it stands, -1 for none."""

    text: str
    tree: Tree
    pieces: list[Piece]
    where: list[int]
    cues: list[Cue]
    inner: list[Cue]
    places: list[int]  # of the words of `cues`
    reports: list[Report] = field(default_factory=list)
    of_piece: dict[int, Report] = field(default_factory=dict)
    used: dict[int, Report] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """Where the line begins in the page."""
        return self.tree.starts[0]

    def gap_after(self, number: int) -> Words:
        """The first and last word between this piece and the next; none where the last comes before the first."""
        stop = self.pieces[number + 1].first if number + 1 < len(self.pieces) else len(self.tree)
        return self.pieces[number].last + 1, stop - 1

    def gap_before(self, number: int) -> Words:
        """The first and last word between the piece before and this one."""
        return (self.pieces[number - 1].last + 1 if number else 0), self.pieces[number].first - 1

    def begins_sentence(self, number: int) -> bool:
        """Nothing of its sentence stands before this piece."""
        first, last = self.gap_before(number)
        if first > last:
            return number == 0 or self.pieces[number - 1].ends_sentence
        if self.tree.words[last] in {".", "?", "!", ":", "*", "•"}:
            return True
        return number == 0 and all(self.tree.pos[word] == "PUNCT" for word in range(first, last + 1))

    def cues_between(self, first: int, last: int) -> list[Cue]:
        """The cues whose word lies there, both ends included."""
        return self.cues[bisect_left(self.places, first) : bisect_right(self.places, last)]

    def sentence_end(self, first: int, last: int) -> int:
        """The last word up to `last` that is still in the sentence of `first`."""
        for word in range(first, last + 1):
            here = self.where[word]
            if here < 0 and self.tree.words[word] in STOPS:
                return word - 1
            if here >= 0 and self.pieces[here].last == word and self.pieces[here].ending in SENTENCE_ENDS:
                return word
        return last

    def add(self, content: list[Interval], cue: Cue, rule: str) -> Report:
        """A new report by a cue, with the pieces that stand in it and belong to no other yet."""
        report = Report(content, self.spans(cue.words), self.span(cue.source), rule, cue.negated)
        report.speaker = report.source
        report.asserted = is_asserted(self.tree, cue)
        if cue.head is not None:
            report.antecedent = self.span(antecedent(self.tree, cue.head))
            report.proper = self.span(proper_noun(self.tree, cue.head))
        self.used[cue.at] = report
        return self.keep(report)

    def keep(self, report: Report) -> Report:
        """Take a report in, and give it the free pieces in its content."""
        self.reports.append(report)
        for number in self.covered(report.content):
            self.of_piece.setdefault(number, report)
            report.garbled |= self.pieces[number].broken
        return report

    def covered(self, content: Sequence[Interval]) -> list[int]:
        """The pieces that begin inside the content."""
        return [number for start, end in content for number in range(self._first_from(start), self._first_from(end))]

    def _first_from(self, offset: int) -> int:
        return bisect_left(self.pieces, offset, key=lambda piece: piece.start)

    def span(self, words: Words | None) -> Interval | None:
        """First and last word as offsets in the page."""
        return (self.tree.starts[words[0]], self.tree.ends[words[1]]) if words else None

    def spans(self, words: Sequence[Words]) -> tuple[Interval, ...]:
        """Runs of words as offsets in the page."""
        return tuple((self.tree.starts[first], self.tree.ends[last]) for first, last in words)


def draft(text: str, tree: Tree, pairs: Sequence[Pair]) -> Draft:
    """The line with its pieces and cues, and no report yet.  `pairs` are the outer pairs of marks that reach into it, in order."""
    pieces = [piece for pair in pairs if (piece := _piece(text, tree, pair)) is not None]
    where = _places(tree, pieces)
    cues = find_cues(tree, where)
    if pieces and not pieces[-1].closed and (closed := _close(tree, pieces[-1], cues)) is not None:
        pieces[-1] = closed
        where = _places(tree, pieces)
        cues = find_cues(tree, where)
    outside = [cue for cue in cues if where[cue.at] < 0]
    inside = [cue for cue in cues if where[cue.at] >= 0]
    return Draft(text, tree, pieces, where, outside, inside, [cue.at for cue in outside])


def _places(tree: Tree, pieces: Sequence[Piece]) -> list[int]:
    where = [-1] * len(tree)
    for number, piece in enumerate(pieces):
        where[piece.first : piece.last + 1] = [number] * (piece.last + 1 - piece.first)
    return where


def _close(tree: Tree, piece: Piece, cues: Sequence[Cue]) -> Piece | None:
    """A piece whose closing mark is missing ends before the cue that closes its line (`“It is over, she said on Monday.`)."""
    cue = cues[-1] if cues else None
    if cue is None or "c" not in cue.verb.takes or cue.source is None or cue.first - 1 <= piece.first:
        return None
    rest = tree.words[cue.last + 1 : len(tree)]
    inverted = cue.source[0] > cue.at and cue.verb.lemma == "say"
    open_end = len(rest) > _LONGEST_REST or any(word in {",", ":", ";"} for word in rest)
    if tree.words[cue.first - 1] != "," or (open_end and not inverted):
        return None
    return Piece(piece.start, tree.ends[cue.first - 1], True, piece.first, cue.first - 1, ",", True)


def _piece(text: str, tree: Tree, pair: Pair) -> Piece | None:
    start, end = max(pair.start, tree.starts[0]), min(pair.end, tree.ends[-1])
    broken = pair.closed and end - start > 1 and text[start] in _OPENING and text[end - 1] in _OPENING
    if broken:  # `do, “she said`: the stray mark is no part of it
        end -= 1
    while end > start and text[end - 1].isspace():
        end -= 1
    first, last = bisect_left(tree.ends, start + 1), bisect_left(tree.starts, end) - 1
    if first > last or not any(sign.isalnum() for sign in text[start:end]):
        return None
    ending = _MARKS.sub("", text[max(start, end - 8) : end])[-1:]
    return Piece(start, end, pair.closed and pair.end <= tree.ends[-1], first, last, ending, broken)
