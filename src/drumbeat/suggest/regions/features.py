"""What is known of each line of a page before anything is suggested: of itself, of its neighbours, of its place in the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from drumbeat.suggest.regions import cues
from drumbeat.suggest.regions.evidence import LookUp
from drumbeat.suggest.regions.page import (
    APOSTROPHE,
    BAR,
    BRACKET,
    BULLET,
    COLON,
    COMMA,
    DASH,
    DIGIT,
    ELLIPSIS,
    EXCLAIM,
    IDEOGRAPH,
    LETTER,
    LOWER,
    QUOTE,
    SIGN,
    SPACE,
    STOP,
    UPPER,
    Floats,
    Hashes,
    Ints,
    Page,
)

_KIND = {kind: number for number, kind in enumerate(cues.KINDS)}
_HEADINGS = ("related", "comments", "subscription", "legal", "author", "navigation")
_NO_HEADING, _NO_HEADING_WORDS = 500, 5000  # lines and words, where there is none above
_BUCKETS = 1 << 14  # of content words
_OPENING = 6  # lines of running text that tell what an article is about
_REACHES = (3, 8, 20)  # lines above and below whose words are compared
_NEVER = 1 << 40  # lines to where a word stands again, where it does not


@dataclass(frozen=True, slots=True)
class Lines:
    """A page and what was counted of its lines; `matrix` has a row of features for each.

    `words`: how many; `sentence`: how many that stand in what reads like a sentence; `ends`: whether the line ends one; `cues`: how many
    of each kind.  `own` are the columns that tell of the line alone.
    """

    page: Page
    words: Floats
    sentence: Floats
    ends: npt.NDArray[np.bool_]
    cues: Floats
    own: Floats
    matrix: Floats


@dataclass(frozen=True, slots=True)
class _Counts:
    """What is counted of each line before features are made of it.

    `some`: its words, at least 1; `stop`: its function words; `sentences`: how many end in it; `form`: a number for its wording, and
    `copies` how many lines have the same; `telling`: the columns of LookUp.  `function` is of each word of the page.
    """

    page: Page
    words: Floats
    some: Floats
    function: npt.NDArray[np.bool_]
    stop: Floats
    cues: Floats
    ends: npt.NDArray[np.bool_]
    sentences: Floats
    sentence: Floats
    form: Ints
    copies: Ints
    telling: Floats


def measure(page: Page, evidence: LookUp) -> Lines:
    """Count everything.  Time grows with the length of the page."""
    if not len(page):
        nothing, no_rows = np.zeros(0, dtype=np.float32), np.zeros((0, 0), dtype=np.float32)
        return Lines(page, nothing, nothing, nothing.astype(np.bool_), no_rows, no_rows, no_rows)
    counts = _count(page, evidence)
    own = _own(counts)
    side = _side(counts, own)
    whole = _whole(counts)
    matrix = np.concatenate(
        [
            *(own, _rates(counts), shifts(side, (-2, -1, 1, 2)), shifts(side[:, [0, 1, 5]], (-4, -3, 3, 4))),
            *(windows(_dense(counts), (2, 5, 12, 40)), _place(counts.words, counts.sentence), _since(_heads(counts), counts.sentence)),
            *(_shared(page, counts.function, counts.sentence), np.broadcast_to(whole, (len(page), len(whole)))),
        ],
        axis=1,
        dtype=np.float32,
    )
    return Lines(page, counts.words, counts.sentence, counts.ends, counts.cues, own, np.ascontiguousarray(matrix))


def _count(page: Page, evidence: LookUp) -> _Counts:
    some, words = _words(page)
    function = cues.look_up(page.word_hash, cues.function_words()) >= 0
    stop, pairs, ends, line_hash = _per_line(page, function), cues.pairs(page), _ends(page), hash_of_lines(page)
    sentences, sentence = _sentences(page, words, stop / some, ends)
    _, form, many = np.unique(line_hash, return_inverse=True, return_counts=True)
    telling = evidence.of_lines(page, pairs, line_hash)
    return _Counts(page, words, some, function, stop, _cues(page, pairs), ends, sentences, sentence, form, many[form], telling)


def _rates(counts: _Counts) -> Floats:
    """Cues by the word, and how many there are of those that tell most."""
    return np.concatenate([counts.cues / counts.some[:, None], np.minimum(counts.cues[:, :8], 6)], axis=1)


def _side(counts: _Counts, own: Floats) -> Floats:
    """What a line tells the next ones."""
    page, telling = counts.page, counts.telling
    title, numbers, bullet = own[:, 7], own[:, 9], page.classes[page.start] == BULLET
    return np.column_stack(
        [
            *(np.log1p(counts.words), counts.sentence, counts.stop / counts.some, counts.ends, title, telling[:, 0], telling[:, 1]),
            *(page.indent, page.gap, bullet, counts.copies, numbers),
        ]
    ).astype(np.float32)


def _dense(counts: _Counts) -> Floats:
    """What is told of stretches of lines by its mean."""
    sentence, telling = counts.sentence, counts.telling
    dense = [counts.words, sentence, sentence > 0, telling[:, 0], telling[:, 1], counts.copies > 1]
    dense += [counts.cues[:, _KIND[kind]] > 0 for kind in ("related", "comments", "time")]
    return np.column_stack(dense).astype(np.float32)


def _heads(counts: _Counts) -> list[npt.NDArray[np.bool_]]:
    """Which lines are headings, of each kind of _HEADINGS."""
    may = (counts.words <= 6) & (counts.telling[:, 1] > -2)
    return [may & (counts.cues[:, _KIND[kind]] / counts.some >= 0.34) for kind in _HEADINGS]


def _whole(counts: _Counts) -> Floats:
    """What is told of the page."""
    page, words, sentence = counts.page, counts.words, counts.sentence
    letters = page.counts[:, LETTER].sum() + page.counts[:, IDEOGRAPH].sum()
    bullet, total = page.classes[page.start] == BULLET, max(words.sum(), 1)
    return np.array(
        [
            *(len(page), words.sum(), words.mean(), (sentence > 0).mean(), sentence.sum() / total, bullet.mean(), (page.gap > 0).mean()),
            *((words > 20).sum(), (counts.copies > 1).mean(), counts.telling[:, 0].mean()),
            *(letters / max((page.end - page.start).sum(), 1), counts.stop.sum() / total),
        ],
        dtype=np.float32,
    )


def _words(page: Page) -> tuple[Floats, Floats]:
    words = np.bincount(page.word_line, minlength=len(page)).astype(np.float32) + page.counts[:, IDEOGRAPH].astype(np.float32) / 2
    return np.maximum(words, 1), words


def _per_line(page: Page, chosen: npt.NDArray[np.bool_]) -> Floats:
    return np.bincount(page.word_line[chosen], minlength=len(page)).astype(np.float32)


def _cues(page: Page, pairs: Hashes) -> Floats:
    """How many cues of each kind a line has; one of two words counts twice."""
    kinds = len(cues.KINDS)
    single, double = cues.look_up(page.word_hash, cues.table()), cues.look_up(pairs, cues.table())
    one, two = single >= 0, double >= 0
    in_pairs = page.word_line[two] * kinds + double[two]
    at = np.concatenate([page.word_line[one] * kinds + single[one], in_pairs, in_pairs])
    return np.bincount(at, minlength=len(page) * kinds).reshape(-1, kinds).astype(np.float32)


def _ends(page: Page) -> npt.NDArray[np.bool_]:
    """Whether a line ends as a sentence does, closing marks aside."""
    last, before = page.classes[page.end - 1], page.classes[np.maximum(page.end - 2, page.start)]
    closing = (last == QUOTE) | (last == APOSTROPHE) | (last == BRACKET)
    return np.asarray((last == STOP) | (last == EXCLAIM) | (closing & ((before == STOP) | (before == EXCLAIM) | (before == COMMA))))


def _sentences(page: Page, words: Floats, stop: Floats, ends: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """How many sentences end in a line, and how many of its words read like running text: none where it has under seven."""
    stops = np.flatnonzero((page.classes == STOP) | (page.classes == EXCLAIM))
    after = page.classes[np.minimum(stops + 1, len(page.classes) - 1)]
    stops = stops[(after == SPACE) | (after == QUOTE) | (after == APOSTROPHE) | (stops + 1 == len(page.classes))]
    sentences = np.bincount(np.searchsorted(page.start, stops, side="right") - 1, minlength=len(page)).astype(np.float32)
    like = np.minimum(stop / 0.3, 1) * np.where(ends, 1, np.where(sentences > 0, 0.7, 0.35))
    return sentences, np.where(words >= 7, words * like, 0).astype(np.float32)


def _own(counts: _Counts) -> Floats:
    """What a line is by itself, but for its copies and its place among lines of its shape."""
    page, words, some, form = counts.page, counts.words, counts.some, counts.form
    signs, chars = page.counts.astype(np.float32), (page.end - page.start).astype(np.float32)
    first, last = page.classes[page.start], page.classes[page.end - 1]
    before = page.classes[np.maximum(page.end - 2, page.start)]
    capital = page.word_first == UPPER
    shape = np.minimum(words, 3) + 4 * (words > 12) + 8 * counts.ends + 16 * (first == BULLET) + 32 * (first == DIGIT) + 64 * (page.gap > 0)
    stretch = np.concatenate([[0], np.cumsum(np.diff(shape.astype(np.int64)) != 0)])
    seen = np.full(form.max() + 1, len(form))
    np.minimum.at(seen, form, np.arange(len(form)))
    return np.column_stack(
        [
            *(np.log1p(chars), np.log1p(words), counts.sentence, counts.stop / some, counts.ends, counts.sentences, chars / some),
            *(_per_line(page, capital) / some, _per_line(page, capital & (page.word_second == UPPER)) / some),
            *(_per_line(page, page.word_first == DIGIT) / some, first, last, before),
            *(np.minimum(page.indent, 12), np.minimum(page.gap, 4), signs[:, DIGIT] / chars, signs[:, COMMA] / some),
            *(signs[:, kind] for kind in (QUOTE, COLON, DASH, BAR, BRACKET, SIGN, ELLIPSIS, BULLET, EXCLAIM)),
            signs[:, UPPER] / np.maximum(signs[:, UPPER] + signs[:, LOWER], 1),
            signs[:, LETTER] + signs[:, IDEOGRAPH] > 0,
            *(np.minimum(counts.copies, 9), np.arange(len(form)) > seen[form], np.minimum(np.bincount(stretch)[stretch], 30)),
            *(last == ELLIPSIS, counts.cues[:, :9].max(axis=1), counts.telling),
        ]
    ).astype(np.float32)


def hash_of_lines(page: Page) -> Hashes:
    """A hash of a line's words in their order."""
    at = page.word_line
    begin = np.searchsorted(at, np.arange(len(page)))
    place = (np.arange(len(at)) - begin[at]).astype(np.uint64)
    total: Hashes = np.zeros(len(at) + 1, dtype=np.uint64)
    np.cumsum(page.word_hash * (place * np.uint64(2) + np.uint64(1)), out=total[1:])
    return np.asarray((total[np.append(begin[1:], len(at))] - total[begin]) * np.uint64(0x9E3779B97F4A7C15))


def shifts(values: Floats, by: Sequence[int]) -> Floats:
    """The values of the lines that stand so many lines below; -1 beyond the page."""
    n, reach = len(values), max(map(abs, by))
    padded: Floats = np.full((n + 2 * reach, values.shape[1]), -1, dtype=np.float32)
    padded[reach : reach + n] = values
    return np.concatenate([padded[reach + k : reach + k + n] for k in by], axis=1)


def windows(values: Floats, sizes: Sequence[int]) -> Floats:
    """Means over so many lines above, and as many below."""
    n = len(values)
    total = np.zeros((n + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=total[1:], dtype=np.float64)
    at, parts = np.arange(n), []
    for size in sizes:
        low, high = np.maximum(at - size, 0), np.minimum(at + 1 + size, n)
        parts += [(total[at] - total[low]) / size, (total[high] - total[at + 1]) / size]
    return np.asarray(np.concatenate(parts, axis=1).astype(np.float32))


def best_run(gain: Floats) -> tuple[int, int]:
    """The run of lines with the largest sum of gains: its first line, and the line behind it."""
    total = np.concatenate([[0.0], np.cumsum(gain, dtype=np.float64)])
    end = int(np.argmax(total - np.minimum.accumulate(total)))
    return int(np.argmin(total[: end + 1])), end


def _inside(gain: Floats) -> Floats:
    first, end = best_run(gain)
    at = np.arange(len(gain))
    return np.column_stack([(at >= first) & (at < end), at - first, at - end + 1]).astype(np.float32)


def _place(words: Floats, sentence: Floats) -> Floats:
    n, at = len(words), np.arange(len(words))
    long = sentence > 15
    index = np.flatnonzero(long)
    first, last = (index[0], index[-1]) if len(index) else (0, n - 1)
    before, total, seen = np.cumsum(sentence) - sentence, max(float(sentence.sum()), 1.0), np.cumsum(words)
    previous = np.maximum.accumulate(np.where(long, at, -1))
    following = np.minimum.accumulate(np.where(long, at, n)[::-1])[::-1]
    return np.column_stack(
        [
            *(at, n - at, at / n, seen / max(seen[-1], 1), before / total, before, total - before - sentence, at - first, at - last),
            *(
                at - previous,
                following - at,
                _inside(words - 12),
                _inside(sentence - 6),
                _inside(np.where(words > 25, words, 0) - 8)[:, :2],
            ),
        ]
    ).astype(np.float32)


def _since(heads: Sequence[npt.NDArray[np.bool_]], sentence: Floats) -> Floats:
    """Lines, and words of sentences, since the last heading of each kind."""
    n, at = len(sentence), np.arange(len(sentence))
    total, parts = np.concatenate([[0], np.cumsum(sentence)]), []
    for head in heads:
        last = np.maximum.accumulate(np.where(head, at, -1))
        parts.append(np.where(last >= 0, at - last, _NO_HEADING))
        parts.append(np.where(last >= 0, total[:n] - total[np.maximum(last, 0)], _NO_HEADING_WORDS))
    return np.column_stack(parts).astype(np.float32)


def _shared(page: Page, function: npt.NDArray[np.bool_], sentence: Floats) -> Floats:
    """How many of a line's content words, and of its names, stand in other lines of running text: teasers have few of an article's."""
    n = len(page)
    content = np.flatnonzero(~function & (page.word_length >= 4) & (page.word_first != DIGIT))
    bucket = (page.word_hash[content] >> np.uint64(50)).astype(np.int64)
    at, named = page.word_line[content], page.word_first[content] == UPPER
    inside = (sentence > 12).astype(np.float64)[at]
    used = np.bincount(bucket, weights=inside, minlength=_BUCKETS)
    _, form, own = np.unique(at * _BUCKETS + bucket, return_inverse=True, return_counts=True)
    others = np.minimum(used[bucket] - own[form] * inside, 1.5)  # a word's own line does not count
    score, many = np.bincount(at, weights=others, minlength=n), np.bincount(at, minlength=n)
    name, names = np.bincount(at[named], weights=others[named], minlength=n), np.bincount(at[named], minlength=n)
    shared = np.column_stack([score / np.maximum(many, 1), name / np.maximum(names, 1), many, names, score]).astype(np.float32)
    return np.concatenate([shared, _cohesion(at, page.word_hash[content], named, sentence)], axis=1)


def _cohesion(at: Ints, word: Hashes, named: npt.NDArray[np.bool_], sentence: Floats) -> Floats:
    """Whether the lines around go on with what was spoken of: an article comes back to its words and names, a list of teasers does not.

    Of content words, by line and hash: the shares, of all and of names, that no line above has, that no other line has, that stand again
    two to eight lines away, and that the opening of the running text has.  Of the line, and of the lines above and below it.
    """
    n = len(sentence)
    order = np.lexsort((at, word))
    word, at, named = word[order], at[order], named[order]
    if not len(word):
        return np.zeros((n, 8 * (1 + 2 * len(_REACHES))), dtype=np.float32)
    first = np.flatnonzero(np.append(True, (word[1:] != word[:-1]) | (at[1:] != at[:-1])))  # each word of a line once
    word, at, named = word[first], at[first], np.logical_or.reduceat(named, first)
    again, step = word[1:] == word[:-1], at[1:] - at[:-1]
    since, until = np.full(len(word), _NEVER), np.full(len(word), _NEVER)
    since[1:][again], until[:-1][again] = step[again], step[again]
    running = np.flatnonzero(sentence > 12)
    opening = np.zeros(n, dtype=np.bool_)
    if len(running):
        opening[running[0] : running[min(_OPENING, len(running)) - 1] + 1] = True
    group = np.cumsum(np.append(0, ~again))
    opens = opening[at]
    told = [
        since == _NEVER,
        (since == _NEVER) & (until == _NEVER),
        ((since >= 2) & (since <= 8)) | ((until >= 2) & (until <= 8)),
        np.bincount(group, weights=opens)[group] - opens > 0,
    ]
    kinds = [np.ones(len(word)), named.astype(np.float64)]
    sums = [np.bincount(at, weights=kind * flag, minlength=n) for flag in told for kind in kinds]
    total = [np.bincount(at, weights=kind, minlength=n) for kind in kinds]
    line = np.column_stack(sums) / np.maximum(np.column_stack(total), 1)[:, [0, 1] * 4]
    around = windows(np.column_stack([*sums, *total]).astype(np.float32), _REACHES).reshape(n, -1, 10)
    shares = around[:, :, :8] / (around[:, :, [8, 9] * 4] + 1e-3)
    return np.concatenate([line, shares.reshape(n, -1)], axis=1, dtype=np.float32)
