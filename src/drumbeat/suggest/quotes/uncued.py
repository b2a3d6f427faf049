"""Pieces that no cue of their sentence reports: captions, lines after a colon, the speaker who goes on, fragments."""

import re
from collections.abc import Sequence

from drumbeat.marks import Interval
from drumbeat.suggest.quotes.cues import FINITE
from drumbeat.suggest.quotes.line import SENTENCE_ENDS, Draft, Report
from drumbeat.suggest.quotes.nonquotes import is_title
from drumbeat.suggest.quotes.sources import noun_phrase, subject

_DASHES = frozenset(("-", "–", "—", "―", "--", "~", "---"))
_LONGEST_CAPTION = 16  # words
_SHORTEST_FRAGMENT = 6  # words; fewer are more often scare quotes (in headlines they are not)
_AFTER_DASH = re.compile(r"\s*(?:--+|[-–—―~])\s*(?=[A-Z])([^\n]{2,120})")
_END_OF_NAME = re.compile(r"[.,;(\[]\s|[.,;]?\s*$|,")
_PERSONS = frozenset(("he", "she", "they", "who"))
_VERB_TAGS = FINITE | {"VBG", "VBN"}
_VERB = re.compile(r" (?:is|was|are|were|has|had|will|said|says) ")

Found = tuple[tuple[Interval, ...], Interval | None, str]  # cue, speaker, rule


def add_uncued(lines: Sequence[Draft], headlines: Sequence[bool]) -> None:
    """A report for every unclaimed piece that is a sentence of its own, or a fragment of what somebody said."""
    for number, line in enumerate(lines):
        for index, piece in enumerate(line.pieces):
            if index in line.of_piece:
                continue
            found = _alone(lines, number, index) if _stands_alone(line, index) else _fragment(line, index, headlines[number])
            if found is not None:
                cue, speaker, rule = found
                here = speaker is not None and rule in {"caption", "colon"}
                line.keep(Report([(piece.start, piece.end)], cue, speaker if here else None, rule, speaker=speaker))
                line.of_piece.setdefault(index, line.reports[-1])


def _stands_alone(line: Draft, index: int) -> bool:
    """The piece is a sentence of its own: it begins one, and what follows does not go on with it."""
    piece = line.pieces[index]
    before, (first, last) = line.gap_before(index), line.gap_after(index)
    begins = line.begins_sentence(index) or (before[0] <= before[1] and line.tree.words[before[1]] == ":")
    ends = first > last or piece.ends_sentence or line.tree.words[first] in _DASHES | {".", "[", "("}
    return begins and ends and (piece.last - piece.first > 3 or first > last)


def _alone(lines: Sequence[Draft], number: int, index: int) -> Found:
    line = lines[number]
    first, last = line.gap_before(index)
    found = None
    if first <= last and line.tree.words[last] == ":":
        found = _before_colon(line, first, last)
    found = found or _caption(line, index, lines[number + 1] if number + 1 < len(lines) else None)
    if found is None and number and index == 0:
        above = lines[number - 1]
        if above.tree.words[-1] == ":":
            found = _before_colon(above, 0, len(above.tree) - 1)
    return found or _goes_on(lines, number, index) or ((), None, "alone")


def _before_colon(line: Draft, first: int, colon: int) -> Found:
    """Who the words before a colon say is speaking: their last cue's source, or the subject of their sentence."""
    tree = line.tree
    begin = next((word + 1 for word in range(colon - 1, first - 1, -1) if tree.words[word] in SENTENCE_ENDS), first)
    for cue in reversed(line.cues_between(begin, colon)):
        if cue.source:
            return line.spans(cue.words), line.span(cue.source), "colon"
    mark = line.spans([(colon, colon)])
    dash = next((word for word in range(colon - 1, begin - 1, -1) if tree.words[word] in _DASHES or tree.lower[word] == "from"), None)
    if dash is not None and tree.pos[colon - 1] == "PROPN" and not any(tree.tags[word] in FINITE for word in range(dash, colon)):
        return mark, line.span((dash + 1, colon - 1)), "colon"  # "… goes on - Lee: “A”"
    head = _main_subject(line, begin, colon)
    if head is None:
        return mark, None, "colon"
    phrase = noun_phrase(tree, head)
    return mark, line.span((max(phrase[0], begin), min(phrase[1], colon - 1))), "colon"


def _main_subject(line: Draft, begin: int, colon: int) -> int | None:
    """Who the words before a colon are about: the subject of their main verb, else of the first verb, else the noun above all."""
    tree = line.tree
    root = next((above for above in tree.ancestors(colon - 1) if tree.heads[above] == above), colon - 1)
    subjects = [word for word in range(begin, colon) if tree.deps[word] == "nsubj" and line.where[word] < 0]
    subjects = [
        word for word in subjects if tree.tags[word] not in {"WDT", "WP"} and tree.lower[word] not in {"it", "that", "this", "there"}
    ]
    if subjects:
        return next((word for word in subjects if tree.heads[word] == root), subjects[0])
    return next((word for word in range(begin, colon) if tree.heads[word] == word and tree.pos[word] in {"PROPN", "NOUN"}), None)


def _caption(line: Draft, index: int, below: Draft | None) -> Found | None:
    """`“A” — Name` at the end of the line, or with the dash on the next line."""
    if index + 1 < len(line.pieces):
        return None
    found = _AFTER_DASH.match(line.text, line.pieces[index].end)
    first, last = line.gap_after(index)
    if found is None and first > last and below is not None and not below.pieces and len(below.tree) <= _LONGEST_CAPTION:
        found = _AFTER_DASH.match(line.text, below.start)
    if found is None:
        return None
    name = _END_OF_NAME.search(found[1])
    end = found.start(1) + (name.start() if name else len(found[1]))
    if end - found.start(1) < 2 or _VERB.search(line.text, found.start(1), end):
        return None
    dash = found.start() + len(found[0]) - len(found[0].lstrip())
    return ((dash, dash + 1),), (found.start(1), end), "caption"


def _goes_on(lines: Sequence[Draft], number: int, index: int) -> Found | None:
    """Who spoke last before the piece, in this line or in the one above."""
    start = lines[number].pieces[index].start
    for line in (lines[number], lines[number - 1]) if number else (lines[number],):
        spoken = [(_end(report), report.speaker) for report in line.reports if report.content[0][0] < start]
        spoken += [(line.tree.starts[cue.at], line.span(cue.source)) for cue in line.cues if line.tree.starts[cue.at] < start]
        if spoken:
            speaker = max(spoken, key=lambda item: item[0])[1]
            return ((), speaker, "runs on") if speaker else None
    return None


def _end(report: Report) -> int:
    return max(report.content[-1][1], report.cue[-1][1] if report.cue else 0)


def _fragment(line: Draft, index: int, headline: bool) -> Found | None:
    """Words of somebody inside a sentence: in a headline (`brief leader on “very good” talks`), or many of them."""
    piece, tree = line.pieces[index], line.tree
    words = sum(tree.words[word][0].isalnum() for word in range(piece.first, piece.last + 1))
    if is_title(line, index) or not (headline or words >= _SHORTEST_FRAGMENT) or not words:
        return None
    if tree.words[min(piece.first + 1, piece.last)][:1].isupper() and words < _SHORTEST_FRAGMENT:
        return None
    if headline:
        return (), None, "fragment"
    verbs = (word for word in range(piece.first - 1, -1, -1) if tree.tags[word] in _VERB_TAGS and line.where[word] < 0)
    verb = next(verbs, None)
    who = subject(tree, verb) if verb is not None else None
    if who is not None and line.where[who] < 0 and (tree.entities[who] in {"PERSON", "ORG"} or tree.lower[who] in _PERSONS):
        return (), line.span(noun_phrase(tree, who)), "fragment"
    before = [report.speaker for report in line.reports if report.content[0][0] < piece.start and report.speaker]
    return (), before[-1] if before else None, "fragment"
