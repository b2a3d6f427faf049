"""What each stretch of a page is: regions suggested by a trained line classifier, or by rules alone.

- page: a text as arrays of characters, words and lines
- cues: words that furniture is made of; evidence: what words stand for on many sites
- features: what is known of a line
- model: the classifier; shipped: its files; roles: which role a line has
- splits: pieces glued into one line
- rules: the way without a model
- training: how the classifier is made and measured; examples: what it learns from; variants: pages made from those
"""

from collections.abc import Iterator
from itertools import groupby

from drumbeat.model import Region
from drumbeat.suggest.regions import rules
from drumbeat.suggest.regions.splits import pieces, seldom_whole

RULES_CONFIDENCE = 0.5  # rules do not know how sure they are
_SURE = 0.97  # of a piece that is told by its form

Part = tuple[int, int, str, float]  # text[start:end], its role, how sure


def suggest_regions(text: str, how: str = "model") -> tuple[Region, ...]:
    """The regions of a page: a partition of its non-blank text, in order, each a maximal run of one role.

    `how` is `model` or `rules`, which is faster and less exact.  Any text will do; time grows with its length.
    """
    if how == "rules":
        runs = groupby(rules.tell(text), key=lambda line: line[2])
        told = ((role, list(lines)) for role, lines in runs)
        return tuple(Region(f"r{n:03d}", of[0][0], of[-1][1], role, RULES_CONFIDENCE) for n, (role, of) in enumerate(told, 1))
    return tuple(_joined(_by_model(text)))


def _by_model(text: str) -> Iterator[Part]:
    """Runs of lines of one role by the classifier, cut where a line has pieces."""
    from drumbeat.suggest.regions.model import classifier
    from drumbeat.suggest.regions.roles import ROLES, above_text, choose, runs

    told = classifier().told(text)
    lines = told.lines
    if not len(lines.page):
        return
    above = above_text(lines, told.boilerplate)
    role, sure = choose(lines, above, told.odds, told.boilerplate, told.left_out)
    start, end = lines.page.start, lines.page.end
    glued = seldom_whole(lines, role, above)
    for first, last, confidence in runs(role, sure, end - start, glued):
        name = ROLES[role[first]]
        if glued[first]:
            begin = int(start[first])
            for piece in pieces(text[begin : end[first]], name, bool(above[first])):
                yield begin + piece.start, begin + piece.end, piece.role or name, _SURE if piece.role else confidence
        else:
            yield int(start[first]), int(end[last]), name, confidence


def _joined(told: Iterator[Part]) -> Iterator[Region]:
    """Neighbours of one role become one region; it is as sure as its characters are on average."""
    for number, (role, run) in enumerate(groupby(told, key=lambda part: part[2]), 1):
        parts = list(run)
        size = sum(end - start for start, end, _, _ in parts)
        sure = sum(confidence * (end - start) for start, end, _, confidence in parts) / size
        yield Region(f"r{number:03d}", parts[0][0], parts[-1][1], role, round(sure, 3))
