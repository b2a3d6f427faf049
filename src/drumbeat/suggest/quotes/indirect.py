"""Reports without marks, or with marks in a part only: `She said that A`, `A, she said`, `A, she said, B`, `according to her`."""

from drumbeat.suggest.quotes import clauses
from drumbeat.suggest.quotes.cues import Cue
from drumbeat.suggest.quotes.lexicon import VERBS
from drumbeat.suggest.quotes.line import STOPS, Draft


def add_indirect(line: Draft) -> None:
    """A report for every cue that has none yet and has a content by the parse."""
    for cue in line.cues:
        if cue.at in line.used:
            continue
        if clauses.complement(line.tree, cue) is not None or not _around(line, cue):
            _clause(line, cue)


def _around(line: Draft, cue: Cue) -> bool:
    """`A, she said, B`, none of it in marks."""
    tree, begin, end = line.tree, cue.first, cue.last
    while begin > 0 and tree.words[begin - 1] not in STOPS | {":"} and line.where[begin - 1] < 0:
        begin -= 1
    while end + 1 < len(tree) and tree.words[end + 1] not in STOPS and line.where[end + 1] < 0:
        end += 1
    parts = clauses.around(tree, cue, begin, end)
    if parts is None:
        return False
    line.add(list(line.spans(parts)), cue, "inserted")
    return True


def _clause(line: Draft, cue: Cue) -> None:
    """The clause that the parse gives, with the whole of every piece that it reaches into."""
    found = clauses.content(line.tree, cue)
    if found is None:
        return
    (first, last), after = found
    if after:
        last = before_next_report(line, cue, first, line.sentence_end(first, last))
        if last < first:
            return
    start, end = line.tree.starts[first], line.tree.ends[last]
    if line.where[first] >= 0:
        start = line.pieces[line.where[first]].start
    if line.where[last] >= 0:
        end = line.pieces[line.where[last]].end
    if not any(number in line.of_piece for number in line.covered([(start, end)])):
        line.add([(start, end)], cue, "clause" if after else "trailing")


def before_next_report(line: Draft, cue: Cue, first: int, last: int) -> int:
    """The last word before a report that is joined to this one (`and four in ten said …`, `, adding that …`)."""
    tree = line.tree
    head = clauses.complement(tree, cue)
    for other in line.cues_between(first + 1, last):
        if other.at == head or tree.heads[other.at] != head:
            continue
        own = other.head is not None and tree.heads[other.head] == other.at
        joined = tree.deps[other.at] == "conj" and (own or tree.lower[head] not in VERBS)
        beside = tree.deps[other.at] == "advcl" and (tree.tags[other.at] == "VBG" or own)
        if not (joined or beside) or clauses.content(tree, other) is None:
            continue
        begin = min(tree.left[other.at], other.first) - 1
        while begin > first and tree.pos[begin] in {"PUNCT", "CCONJ", "SCONJ"}:
            begin -= 1
        if begin > first + 1 and (tree.words[begin + 1] == "," or joined):
            return begin
    return last
