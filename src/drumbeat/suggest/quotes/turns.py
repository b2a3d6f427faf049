"""Lines that begin with the name of who speaks: turns of a transcript (`LEE: …`), headlines (`Poll: …`, `Lee: …`)."""

import re
from collections import Counter
from collections.abc import Sequence

from drumbeat.marks import Interval
from drumbeat.suggest.quotes.lexicon import OTHER_LABELS, REPORTING_LABELS
from drumbeat.suggest.quotes.line import Draft, Report

_LONGEST_LABEL = 8  # words
_LABEL_IN_MARKS = re.compile(r"[\"“]([A-Z][\w.’' -]{1,30}):\s+(?=\S)")


def add_turns(lines: Sequence[Draft], headlines: Sequence[bool]) -> None:
    """A report for every line with a label that comes back on the page or stands in a headline; it takes the place of others there."""
    people = {word for line in lines for word, kind in zip(line.tree.words, line.tree.entities, strict=True) if kind in {"PERSON", "ORG"}}
    ends = [_label(line, people) for line in lines]
    names = [line.text[line.start : line.tree.ends[end]] if end is not None else "" for line, end in zip(lines, ends, strict=True)]
    known = Counter(names)
    transcript = sum(name.isupper() for name in names) > 1
    for number, (line, end, name, headline) in enumerate(zip(lines, ends, names, headlines, strict=True)):
        if end is not None and (known[name] > 1 or (transcript and name.isupper()) or headline or number == 0):
            _turn(line, end)
    quoted = [_LABEL_IN_MARKS.match(line.text, line.pieces[0].start) if line.pieces else None for line in lines]
    again = Counter(found[1] for found in quoted if found)
    for line, found in zip(lines, quoted, strict=True):
        if found and 0 not in line.of_piece and (found[1].isupper() or again[found[1]] > 1):
            _keep(line, (found.end(), line.pieces[0].end), (found.end(1), found.end(1) + 1), found.span(1))
            line.of_piece.setdefault(0, line.reports[-1])


def _label(line: Draft, people: set[str]) -> int | None:
    """The last word of a label, where the line begins with one."""
    tree = line.tree
    colon = next((at for at in range(1, min(_LONGEST_LABEL, len(tree) - 2)) if tree.words[at] == ":"), None)
    if colon is None or tree.starts[colon + 1] == tree.ends[colon] or line.where[0] >= 0:
        return None
    if any(tree.lower[word] in OTHER_LABELS for word in range(colon)):
        return None
    if tree.lower[colon - 1] in REPORTING_LABELS:
        return colon - 1
    named = all(tree.words[word][:1].isupper() or tree.pos[word] == "PUNCT" for word in range(colon))
    known = any(tree.pos[word] == "PROPN" or tree.words[word] in people or tree.words[word].isupper() for word in range(colon))
    return colon - 1 if named and known else None


def _turn(line: Draft, end: int) -> None:
    """The rest of the line is what the label's name says."""
    tree = line.tree
    colon, last = end + 1, len(tree) - 1
    if line.pieces and line.pieces[0].first == colon + 1 and line.pieces[0].last >= last - 1:
        return  # `Lee: “A”` is the business of the marks
    if tree.words[last] in {".", ";"}:
        last -= 1
    if last > colon + 1 and not any(report.content[0][0] < tree.starts[colon] for report in line.reports):
        line.reports.clear()
        line.of_piece.clear()
        content = tree.starts[colon + 1], tree.ends[last]
        _keep(line, content, (tree.starts[colon], tree.ends[colon]), (line.start, tree.ends[end]))


def _keep(line: Draft, content: Interval, colon: Interval, name: Interval) -> None:
    line.keep(Report([content], (colon,), name, "label", speaker=name))
