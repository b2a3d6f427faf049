"""Quotations in marks and the cues of their own line: `“A,” she said`, `She said: “A”`, `“A,” she said. “B.”`."""

from dataclasses import replace

from drumbeat.suggest.quotes import clauses, indirect
from drumbeat.suggest.quotes.cues import ANY, FINITE, Cue, verb_cue
from drumbeat.suggest.quotes.lexicon import VERBS
from drumbeat.suggest.quotes.line import SENTENCE_ENDS, STOPS, Draft, Report
from drumbeat.suggest.quotes.nonquotes import is_title

_ASKS = frozenset(",?!—–-…")  # a piece that ends so leaves its sentence open
_GOES_ON = _ASKS | {";", ".", "--", "---", "―"}
_IN_PHRASES = {"DET", "NOUN", "PROPN", "ADJ", "NUM", "ADP", "PUNCT", "PART"}
_LONGEST_ASIDE = 12  # words between a cue and its piece where the parse does not join them


def add_direct(line: Draft) -> None:
    """First the cues that follow a piece, since those hardly ever mislead; then those before it; then what only goes on."""
    for number in range(len(line.pieces)):
        _cue_after(line, number)
    for number in range(len(line.pieces)):
        if number not in line.of_piece:
            _cue_before(line, number)
        if number not in line.of_piece:
            _goes_on(line, number)


# -- a cue after the piece ----------------------------------------------------------------------------


def _cue_after(line: Draft, number: int) -> None:
    """`“A,” she said`: the words after the piece begin with source and cue, in either order."""
    piece, tree = line.pieces[number], line.tree
    first, last = line.gap_after(number)
    if not piece.closed or first > last:
        return
    begins = line.begins_sentence(number)
    if piece.ending not in _GOES_ON and tree.words[first] not in _GOES_ON and not begins:
        return
    if piece.ending == "." and tree.words[first][:1].isupper() and tree.lower[first] not in VERBS:
        return
    at = first
    while at <= last and tree.pos[at] == "PUNCT" and tree.words[at] not in STOPS | {":"}:
        at += 1
    if at > last or tree.words[at] in STOPS:
        return
    end = next((word for word in range(at, last + 1) if tree.words[word] in STOPS), last + 1) - 1
    cue = _first_cue(line, at, end, strong=begins and _leads_on(line, number))
    if cue is None or (cue.at in line.used and line.used[cue.at].rule == "after"):
        return
    if not begins and (cue.verb.takes & {"q", "w"} or is_title(line, number) or clauses.complement(tree, cue) is not None):
        return
    cue = _with_whole_source(line, at, cue)
    before = None if begins else _last_cue(line, number)
    if before is not None and (cue.source is None or cue.source[0] < at):
        return  # "She said it was “A,” adding …": the piece belongs to the first cue
    line.add([(_begin(line, number), _tail(line, number, at, cue))], cue, "after")
    if before is not None:  # "Lee called it “A,” the Tide reported": a report in a report
        _cue_before(line, number)


def _leads_on(line: Draft, number: int) -> bool:
    """Words in marks that leave their sentence open: with a comma, or with small letters after them."""
    piece = line.pieces[number]
    small = line.tree.words[piece.last + 1][:1].islower()
    return piece.last - piece.first > 3 and (piece.ending == "," or (small and piece.ending in _ASKS))


def _first_cue(line: Draft, at: int, end: int, strong: bool) -> Cue | None:
    """The cue of `she said` at the head of a stretch: no other clause stands before it."""
    tree = line.tree
    cue = next(iter(line.cues_between(at, end)), None)
    if cue is not None:
        begin = _head(cue, at)
        if cue.head is not None and cue.head >= at and tree.tags[cue.head] in {"WP", "WDT"}:
            return None
        if tree.child(cue.at, "auxpass") is not None and cue.source is None:
            return None
        if tree.lower[at] in {"as", "is", "was"} or not any(tree.tags[word] in FINITE for word in range(at, begin)):
            return cue
    return _any_verb(line, at, end) if strong else None


def _head(cue: Cue, at: int) -> int:
    """The first word of cue and source, as far as they stand after `at`."""
    begin = cue.words[0][0]
    return cue.source[0] if cue.source and at <= cue.source[0] < begin else begin


def _any_verb(line: Draft, at: int, end: int) -> Cue | None:
    """After words in marks that leave their sentence open nearly every verb reports (`“…,” the ad began`)."""
    tree = line.tree
    finite = (word for word in range(at, end + 1) if tree.tags[word] in {"VBD", "VBZ", "VBP"} and tree.deps[word] != "relcl")
    verb = next((word for word in finite if tree.pos[word] == "VERB"), None)
    if verb is None:  # "the document states", taken for a noun
        verb = next((word for word in range(end, at - 1, -1) if tree.lower[word] in VERBS and tree.lower[word].endswith(("s", "d"))), None)
    if verb is None or any(tree.tags[word] in FINITE and tree.deps[word] != "relcl" for word in range(at, verb)):
        return None
    cue = verb_cue(tree, verb, ANY, line.where)
    return cue if cue.source and cue.source[0] >= at and cue.head is not None and tree.tags[cue.head] not in {"WP", "WDT"} else None


def _begin(line: Draft, number: int) -> int:
    """Where the content begins that ends with this piece: with the piece, or with the sentence that the piece is a part of."""
    tree, begin = line.tree, line.pieces[number].start
    while not line.begins_sentence(number):
        first, last = line.gap_before(number)
        reports = first <= last and any(not cue.verb.takes & {"q", "w"} for cue in line.cues_between(first, last))
        if reports and tree.words[last] in {",", ":"}:
            break
        stop = next((word for word in range(last, first - 1, -1) if tree.words[word] in SENTENCE_ENDS | {":"}), None)
        if stop is not None:
            return tree.starts[stop + 1]
        if first <= last:
            verb = tree.tags[min(line.pieces[number].first + 1, line.pieces[number].last)] in FINITE
            aside = tree.words[last] in {",", "(", "-", "–", "—", "--"} and not verb
            if aside and not any(tree.tags[word] in FINITE for word in range(first, last + 1)):
                break  # "As for the plan, “A,” she said"
            begin = tree.starts[first]
        if number == 0 or number - 1 in line.of_piece:
            break
        if first <= last and line.pieces[number - 1].ends_sentence and tree.words[first][:1].isupper():
            break
        number -= 1
        begin = line.pieces[number].start
    return begin


def _with_whole_source(line: Draft, at: int, cue: Cue) -> Cue:
    """Nothing but its source stands between a piece and a cue: `a voice-over | in the ad | said`."""
    tree, source = line.tree, cue.source
    if source is None or not at < source[0] <= cue.at or tree.pos[at] not in {"DET", "NOUN", "PROPN", "ADJ", "NUM"}:
        return cue
    between = {tree.pos[word] for word in range(at, source[0])}
    return replace(cue, source=(at, source[1])) if between <= _IN_PHRASES else cue


def _tail(line: Draft, number: int, at: int, cue: Cue) -> int:
    """Where the words end that a piece goes on with before its cue (`“A” against B, he said`)."""
    tree, piece, begin = line.tree, line.pieces[number], _head(cue, at)
    goes_on = piece.ending not in _ASKS | {"."} and tree.pos[piece.last + 1] != "PUNCT"
    if goes_on and begin - at > 1 and tree.words[begin - 1] == ",":
        return tree.ends[begin - 2]
    return piece.end


# -- a cue before the piece ---------------------------------------------------------------------------


def _cue_before(line: Draft, number: int) -> None:
    """`She said, “A”` and `She said it was “A”`: the sentence up to the piece has a cue."""
    cue = _last_cue(line, number)
    if cue is None or is_title(line, number):
        return
    outer = _outer_cue(line, number, cue)
    if outer is not None:
        start = line.tree.starts[max(outer[1], outer[0].words[-1][1] + 1)]
        line.add([(start, _content_end(line, outer[0], number, start))], outer[0], "before")
    _report_before(line, cue, number)


def _report_before(line: Draft, cue: Cue, number: int) -> None:
    if cue.at in line.used:
        if line.used[cue.at].rule == "after" and not line.begins_sentence(number):  # "“A,” she said, “B”"
            _append(line, number, line.used[cue.at], _after_cue(line, cue, number))
        return
    start = _content_start(line, cue, number)
    if start is not None:
        line.add([(start, _content_end(line, cue, number, start))], cue, "before")


def _after_cue(line: Draft, cue: Cue, number: int) -> int:
    """Where the content goes on after a cue in its middle: after the comma (`“A,” she said, is “B”`), else with the piece."""
    tree, piece = line.tree, line.pieces[number]
    word = max(cue.last, cue.words[-1][1]) + 1
    goes_on = word + 1 < piece.first and tree.words[word] == "," and tree.words[piece.first - 1] not in {",", ":"}
    return tree.starts[word + 1] if goes_on and tree.tags[word + 1] != "VBG" else piece.start


def _outer_cue(line: Draft, number: int, inner: Cue) -> tuple[Cue, int] | None:
    """The first cue of the sentence whose clause holds the last one and reaches the piece, and the clause's first word.

    `Lee said she would tell him “A”` is a report in a report.
    """
    tree, piece = line.tree, line.pieces[number]
    first, last = line.gap_before(number)
    stop = next((word for word in range(last, first - 1, -1) if tree.words[word] in SENTENCE_ENDS), first - 1)
    for cue in line.cues_between(stop + 1, inner.at - 1):
        found = clauses.content(tree, cue) if "c" in cue.verb.takes and cue.at not in line.used else None
        if found is not None and found[1] and found[0][0] <= inner.at and found[0][1] >= piece.first - 1:
            return cue, found[0][0]
    return None


def _last_cue(line: Draft, number: int) -> Cue | None:
    """The last cue between the piece before, or the last stop, and this piece."""
    first, last = line.gap_before(number)
    stop = next((word for word in range(last, first - 1, -1) if line.tree.words[word] in SENTENCE_ENDS), first - 1)
    return next((cue for cue in reversed(line.cues_between(stop + 1, last)) if "w" not in cue.verb.takes), None)


def _content_start(line: Draft, cue: Cue, number: int) -> int | None:
    """Where the content begins that reaches into the piece; none where the cue does not report it."""
    tree, piece, takes = line.tree, line.pieces[number], cue.verb.takes
    last = piece.first - 1
    after = max(cue.words[-1][1], cue.source[1] if cue.source and cue.source[0] > cue.at else 0) + 1
    if tree.words[last] == ":" or all(tree.pos[word] == "PUNCT" for word in range(after, last + 1)):
        return piece.start
    if "c" in takes:
        that = next((word for word in range(after, last + 1) if tree.lower[word] == "that" and tree.tags[word] == "IN"), None)
        if that is not None and not any(tree.tags[word] in FINITE for word in range(after, that)):
            return tree.starts[that]
        finite = any(tree.tags[word] in FINITE for word in range(after, last))
        if tree.words[after] == "," and (finite or (tree.deps[cue.at] == "parataxis" and tree.left[tree.heads[cue.at]] < cue.first)):
            return tree.starts[after + 1]  # "In both cases, he said, it was for “A”"
    if tree.words[last] == "," and "q" not in takes:
        return piece.start
    return None if "s" in takes else _by_parse(line, cue, number, after)


def _by_parse(line: Draft, cue: Cue, number: int, after: int) -> int | None:
    tree, piece, takes = line.tree, line.pieces[number], cue.verb.takes
    last = piece.first - 1
    found = clauses.content(tree, cue)
    if found is not None and found[1]:
        first, end = found[0]
        if first >= piece.first:
            return piece.start
        if end >= last:
            return tree.starts[first]
    for child in tree.children[cue.at]:
        if child < after or tree.left[child] > last or clauses.is_aside(tree, cue, child, piece.first):
            continue
        return tree.starts[max(tree.left[child], after)] if takes & {"c", "n", "o"} else None
    near = last - after < _LONGEST_ASIDE and not any(tree.tags[word] in FINITE for word in range(after, last + 1))
    return piece.start if "c" in takes and near else None


def _content_end(line: Draft, cue: Cue, number: int, start: int) -> int:
    """The end of the piece, or of the clause that goes on after it."""
    tree, piece = line.tree, line.pieces[number]
    if piece.ending in SENTENCE_ENDS or not piece.closed or (piece.ending == "," and start == piece.start):
        return piece.end
    found = clauses.content(tree, cue)
    if found is None or not found[1]:
        return piece.end
    last = indirect.before_next_report(line, cue, piece.last, line.sentence_end(piece.last + 1, found[0][1]))
    if last <= piece.last:
        return piece.end
    return line.pieces[line.where[last]].end if line.where[last] >= 0 else tree.ends[last]


# -- what goes on -------------------------------------------------------------------------------------


def _goes_on(line: Draft, number: int) -> None:
    """`“A,” she said. “B.”`: a piece that begins a sentence after one that was said."""
    before = line.of_piece.get(number - 1)
    if before is None or not line.begins_sentence(number):
        return
    first, last = line.gap_before(number)
    if sum(line.tree.words[word] in SENTENCE_ENDS for word in range(first, last + 1)) <= 1:
        _append(line, number, before, line.pieces[number].start)


def _append(line: Draft, number: int, report: Report, start: int) -> None:
    report.content.append((start, line.pieces[number].end))
    line.of_piece[number] = report
