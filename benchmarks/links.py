"""Clusters of generated quotations, against all pairs by rapidfuzz.

    python -m benchmarks.links [--seed 2] [--sizes 10000 30000 100000]

Seed 1 is the set for development, on which thresholds were chosen; figures are reported on others.

An utterance is a chain of word pairs as the five pages have them, with a tenth of its words exchanged, so that unlike quotations share
phrases; three in ten take a run of a fifth to three fifths of their words from another one, half of them from one of the same 200.  Each
of its wordings drifts by a share of 0, .05, .1, .2 or .3: so many of its words are left out, exchanged for any other, moved by one place,
or have a new one beside them; and with the same probability up to this share of its words is cut off the end.  A pair's drift is the
greater of its two, so that two wordings at .2 differ from each other by more.
"""

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import log
from pathlib import Path

from rapidfuzz import fuzz, process

from drumbeat.model import Entity
from drumbeat.repository import Repository, read_document, read_seeds
from drumbeat.suggest.links.quotations import Said, clusters, wordings
from drumbeat.suggest.links.speakers import Speaker

CHECKOUT = Repository(Path(__file__).parents[1])
DRIFTS = (0.0, 0.05, 0.1, 0.2, 0.3)
Words = list[str]
SAMPLE = 3000
FEW = 4  # wordings of an utterance; pairs of all are mostly of those that have very many
_STOCK = 200  # utterances whose phrases are taken up again and again
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Made:
    """Generated quotations; the id of each names its utterance and its drift."""

    quotations: list[Said]
    utterance: dict[str, int]
    drift: dict[str, float]
    knowledge_base: dict[str, Entity]


class Speech:
    """Says things in the words of the pages."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._next: defaultdict[str, Words] = defaultdict(list)
        for seed in read_seeds(CHECKOUT):
            words = [word.lower() for word in _WORD.findall(read_document(CHECKOUT, seed).text)]
            for one, other in pairwise(words):
                self._next[one].append(other)
        self._words = [word for words in self._next.values() for word in words]
        self._said: list[Words] = []

    def utterance(self) -> Words:
        chance, length = self._chance, min(60, max(6, round(self._chance.lognormvariate(2.9, 0.45))))
        words = [chance.choice(self._words)]
        while len(words) < length:
            words.append(chance.choice(self._next.get(words[-1]) or self._words))
        words = [self.word() if chance.random() < 0.1 else word for word in words]
        if self._said and chance.random() < 0.3:
            other = chance.choice(self._said[: chance.choice((_STOCK, len(self._said)))])
            run = round(chance.uniform(0.2, 0.6) * min(len(words), len(other)))
            at, place = chance.randrange(len(other) - run + 1), chance.randrange(len(words) - run + 1)
            words[place : place + run] = other[at : at + run]
        self._said.append(words)
        return words

    def word(self) -> str:
        return self._chance.choice(self._words)

    def drifted(self, words: Words, drift: float) -> Words:
        chance, found = self._chance, list[str]()
        for word in words:
            now = [word]
            if chance.random() < drift:
                now = chance.choice(([], [self.word()], [word, self.word()], [word, found.pop()] if found else [word]))
            found += now
        if chance.random() < drift:
            found = found[: round(len(found) * (1 - chance.uniform(0, drift)))]
        return found if len(found) >= 5 else list(words)


def make(number: int, seed: int, known: float) -> Made:
    """So many quotations; a share `known` of them gives the speaker, or in one of ten cases the body that it speaks for."""
    chance = random.Random(seed)
    speech = Speech(chance)
    made = Made([], {}, {}, {f"s{n}": _entity(f"s{n}", f"b{n // 10}") for n in range(number // 20)})
    utterance = 0
    while len(made.quotations) < number:
        words, speaker = speech.utterance(), chance.randrange(number // 20)
        for _ in range(min(number - len(made.quotations), _how_many(chance))):
            drift, identifier = chance.choice(DRIFTS), f"q{len(made.quotations)}"
            made.utterance[identifier], made.drift[identifier] = utterance, drift
            entity = None if chance.random() >= known else f"b{speaker // 10}" if chance.random() < 0.1 else f"s{speaker}"
            text = " ".join(speech.drifted(words, drift))
            made.quotations.append(Said(f"d{chance.randrange(number)}", identifier, "direct", text, Speaker(entity, ())))
        utterance += 1
    return made


def _how_many(chance: random.Random) -> int:
    """Half stand alone, a few are on very many pages."""
    return 1 if chance.random() < 0.5 else min(200, 1 + int(chance.paretovariate(1.1)))


def _entity(identifier: str, speaks_for: str) -> Entity:
    return Entity(identifier, "PERSON", identifier, (), "", speaks_for, None, None)


def pairs_found(made: Made, groups: Sequence[Sequence[str]], most: int | None = None) -> dict[float, tuple[int, int, int]]:
    """By drift: the pairs that are right, those that were found and those that there are; of utterances with `most` wordings."""
    there: defaultdict[int, list[str]] = defaultdict(list)
    for identifier, utterance in made.utterance.items():
        there[utterance].append(identifier)
    if most is not None:
        there = defaultdict(list, {utterance: wordings for utterance, wordings in there.items() if len(wordings) <= most})
        groups = [[identifier for identifier in group if made.utterance[identifier] in there] for group in groups]
    right, found, all_there = Counter[float](), Counter[float](), Counter[float]()
    for one, other in _pairs(groups):
        drift = max(made.drift[one], made.drift[other])
        found[drift] += 1
        right[drift] += made.utterance[one] == made.utterance[other]
    for one, other in _pairs(there.values()):
        all_there[max(made.drift[one], made.drift[other])] += 1
    return {drift: (right[drift], found[drift], all_there[drift]) for drift in DRIFTS}


def _pairs(groups: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    for group in groups:
        yield from combinations(group, 2)


def run(number: int, seed: int, known: float) -> float:
    """Print the figures of one size; the CPU seconds."""
    made = make(number, seed, known)
    begin = time.process_time()
    groups = [[item.id for wording in group for item in wording.said] for group in clusters(wordings(made.quotations), made.knowledge_base)]
    seconds = time.process_time() - begin
    print(f"{number:>8} quotations, {known:.0%} with a speaker: {seconds:6.1f} CPU s")
    rows = [(f"drift {drift}", [drift]) for drift in DRIFTS] + [("up to .2", DRIFTS[:-1]), ("all", DRIFTS)]
    by_drift, of_few = pairs_found(made, groups), pairs_found(made, groups, FEW)
    for name, drifts, figures in [*((*row, by_drift) for row in rows), ("up to .2, few", DRIFTS[:-1], of_few)]:
        right, found, there = map(sum, zip(*(figures[drift] for drift in drifts), strict=True))
        print(f"  {name:>13}: precision {right / found:.3f}  recall {right / there:.3f}  pairs {there:,}", flush=True)
    return seconds


def all_pairs(seed: int, number: int) -> float:
    """CPU seconds that rapidfuzz takes to hold each of so many quotations against each."""
    texts = [item.text for item in make(number, seed, 0).quotations]
    begin = time.process_time()
    process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=65)
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 30_000, 100_000])
    parser.add_argument("--known", type=float, nargs="+", default=[0.0, 0.7], help="shares of quotations that have a speaker")
    options = parser.parse_args()
    sample = all_pairs(options.seed, SAMPLE)
    for known in options.known:
        seconds = [run(number, options.seed, known) for number in options.sizes]
        for (small, first), (large, second) in pairwise(zip(options.sizes, seconds, strict=True)):
            print(f"growth exponent {small:,} -> {large:,}: {log(second / first) / log(large / small):.2f}")
    largest = options.sizes[-1]
    whole = sample * (largest / SAMPLE) ** 2
    print(f"peer, rapidfuzz holding all pairs of {SAMPLE:,} against each other: {sample:.2f} CPU s")
    print(f"the same of {largest:,}, extrapolated by the square: {whole:,.0f} CPU s, {whole / seconds[-1]:.0f} times ours")


if __name__ == "__main__":
    main()
