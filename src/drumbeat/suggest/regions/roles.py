"""Which role a line has, once it is known how likely it is boilerplate: a softmax over words in and around it, small and fast.

The binary model is learned from thousands of public pages; roles are learned from fewer, so they only choose within what it leaves open.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from drumbeat.suggest.regions import cues
from drumbeat.suggest.regions.features import Lines, hash_of_lines, shifts, windows
from drumbeat.suggest.regions.page import CLASSES, Floats, Ints

# In the order of the model's columns, so not read from the schema, which may have other labels in a corpus that was migrated.
MAIN_ROLES = ("headline", "deck", "subheading", "body")
SUPPLEMENTAL_ROLES = ("byline", "timestamp", "caption", "credit")
BOILERPLATE_ROLES = ("navigation", "interface", "subscription", "advertisement", "related", "comments", "legal", "metadata")
ROLES = MAIN_ROLES + SUPPLEMENTAL_ROLES + BOILERPLATE_ROLES
LEFT_OUT = np.isin(ROLES, ("headline", "deck")) | np.isin(ROLES, SUPPLEMENTAL_ROLES)  # by public sets
BOILERPLATE = np.isin(ROLES, BOILERPLATE_ROLES)
BITS = 12  # of a word's hash that say which row of weights is its own
_SURE_OF_TEXT, _SURE_OF_BOILERPLATE = 0.3, 0.85  # of a title, byline, date or caption that looks like the one or the other
_EDGE = 8  # words at either end of a line that are read


@dataclass(frozen=True, slots=True)
class Roles:
    """`words[hash, role]`, `measures[column, role]`, and what `measures_of` is divided by, after its mean is taken away."""

    words: Floats
    measures: Floats
    mean: Floats
    spread: Floats

    def odds(self, lines: Lines, boilerplate: Floats) -> Floats:
        """The log probability of each role for each line."""
        at, row = words_of(lines)
        many = np.sqrt(np.maximum(np.bincount(at, minlength=len(lines.page)), 1))
        total = np.zeros((len(at) + 1, len(ROLES)), dtype=np.float32)
        np.cumsum(self.words[row], axis=0, out=total[1:])
        edge = np.searchsorted(at, np.arange(len(lines.page) + 1))
        score = (total[edge[1:]] - total[edge[:-1]]) / many[:, None]
        measured = np.clip((measures_of(lines, boilerplate) - self.mean) / self.spread, -4, 4)
        # not `@`: on several cores its threads would spin between pages, at twice the CPU time for nothing
        score += np.einsum("lc,rc->lr", measured, np.ascontiguousarray(self.measures.T))
        score -= score.max(axis=1, keepdims=True)
        return np.asarray(score - np.log(np.exp(score).sum(axis=1, keepdims=True)), dtype=np.float32)


def words_of(lines: Lines) -> tuple[Ints, Ints]:
    """The words, and pairs of words, near either end of a line: their lines, in order, and the row of weights of each."""
    page = lines.page
    at, number = page.word_line, np.arange(len(page.word_line))
    begin = np.searchsorted(at, np.arange(len(page) + 1))
    near = (number - begin[at] < _EDGE) | (begin[at + 1] - 1 - number < _EDGE)
    shift = np.uint64(64 - BITS)
    single, double = page.word_hash[near] >> shift, cues.pairs(page)[near] >> shift
    return np.repeat(at[near], 2), np.column_stack([single, double]).astype(np.int64).ravel()


def measures_of(lines: Lines, boilerplate: Floats) -> Floats:
    """What is measured of a line, and of the lines beside it."""
    page, n = lines.page, len(lines.page)
    main = running_text(lines, boilerplate)
    first = int(np.argmax(main)) if main.any() else n
    last = n - 1 - int(np.argmax(main[::-1])) if main.any() else -1
    at = np.arange(n)
    place = [at < first, at == first - 1, at == first - 2, at > last, (at >= first) & (at <= last), np.minimum(first - at, 20), at == first]
    above = np.maximum.accumulate(np.where(main, at, -1))
    below = np.minimum.accumulate(np.where(main, at, n)[::-1])[::-1]
    place += [np.minimum(at - above, 20), np.minimum(below - at, 20), at == 0]
    ends = np.zeros((n, 2 * CLASSES), dtype=np.float32)
    ends[at, page.classes[page.start]] = 1
    ends[at, CLASSES + page.classes[page.end - 1]] = 1
    rate = lines.cues / np.maximum(lines.words, 1)[:, None]
    sure = np.column_stack([boilerplate, lines.words > 25, lines.ends]).astype(np.float32)
    constant = np.ones((n, 1), dtype=np.float32)
    return np.concatenate(
        [
            lines.own,
            ends,
            rate,
            lines.cues > 0,
            np.column_stack(place),
            sure,
            shifts(sure, (-2, -1, 1, 2)),
            windows(rate, (1, 4)),
            constant,
        ],
        axis=1,
        dtype=np.float32,
    )


def running_text(lines: Lines, boilerplate: Floats) -> Ints:
    """Which lines are long, read like sentences, and are likely no boilerplate."""
    return np.asarray((boilerplate < 0.5) & (lines.sentence > 12))


def above_text(lines: Lines, boilerplate: Floats) -> Ints:
    """Which lines stand above the running text, or open it."""
    running = running_text(lines, boilerplate)
    return np.arange(len(running)) <= (int(np.argmax(running)) if running.any() else len(running))


def choose(lines: Lines, above: Ints, odds: Floats, boilerplate: Floats, left_out: Floats) -> tuple[Ints, Floats]:
    """The number of each line's role, and how sure it is, 0 to 1.

    `above` are the lines of `above_text`; `boilerplate` and `left_out` say how likely each line is boilerplate, and how likely public sets
    leave it out as title, standfirst, byline, date, caption or credit.  Such lines are told by that chance and by the odds of the roles
    (their geometric mean); of the rest, a line that is likely boilerplate has a role of boilerplate, another one a role of the running
    text.  Teasers have titles, dates and captions too, so a line that is likely boilerplate has to be the page's own title, or be surer.
    """
    likely = np.exp(odds)
    aside = np.sqrt(likely[:, LEFT_OUT].sum(axis=1) * left_out)
    apart = (aside > np.where(boilerplate > 0.5, _SURE_OF_BOILERPLATE, _SURE_OF_TEXT)) | _title(lines, above, likely, left_out)
    chosen = np.where(apart[:, None], LEFT_OUT, np.where(boilerplate[:, None] > 0.5, BOILERPLATE, ~(BOILERPLATE | LEFT_OUT)))
    within = np.where(chosen, likely, 0)
    role = within.argmax(axis=1)
    share = within.max(axis=1) / np.maximum(within.sum(axis=1), 1e-9)
    kind = np.where(apart, aside, (1 - aside) * np.where(boilerplate > 0.5, boilerplate, 1 - boilerplate))
    return role, np.asarray(share * kind, dtype=np.float32)


def _title(lines: Lines, above: Ints, likely: Floats, left_out: Floats) -> Ints:
    """A page has one title: the likeliest line above the text, and its copies there."""
    chance = np.where(above, likely[:, ROLES.index("headline")] * (left_out + 0.2), 0)
    if not len(above) or chance.max() <= 0.3:
        return np.zeros(len(above), dtype=np.bool_)
    form = hash_of_lines(lines.page)
    return np.asarray(above & (form == form[int(chance.argmax())]))


def runs(role: Ints, sure: Floats, size: Ints, alone: Ints) -> Iterator[tuple[int, int, float]]:
    """Runs of lines of one role: first and last line, and how sure it is; lines that stand `alone` are runs of their own."""
    cut = np.flatnonzero((np.diff(role, prepend=-1) != 0) | alone | np.concatenate([[False], alone[:-1]]))
    mass, many = np.add.reduceat(sure * size, cut), np.add.reduceat(size, cut)
    last = np.append(cut[1:], len(role)) - 1
    yield from zip(cut.tolist(), last.tolist(), (mass / many).tolist(), strict=True)
