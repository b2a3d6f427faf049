"""Names that are known beforehand: the lists in `names/`, one file a label, written down from general knowledge, taken from no corpus."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

_HYPHEN = re.compile(r"(?<=[^\W\d_])(-)(?=[^\W\d_])")

Key = tuple[str, ...]
"""A name as its words."""


@cache
def first_names() -> frozenset[str]:
    """Given names."""
    return frozenset(key[0] for key in _read("FIRST") if len(key) == 1)


@cache
def known() -> Mapping[Key, tuple[str, ...]]:
    """The labels under which a name is listed, by its words."""
    found: dict[Key, tuple[str, ...]] = {}
    for label in ("GPE", "LOC", "NORP", "ORG", "FAC", "EVENT", "LAW", "PRODUCT", "WORK_OF_ART"):
        for key in _read(label):
            for form in {key, _plural(key)} if label == "NORP" else {key}:
                found[form] = (*found.get(form, ()), label)
    return found


@cache
def openings() -> Mapping[str, tuple[int, ...]]:
    """How many words the listed names have that begin with a word, the longest first."""
    return by_opening(known())


def by_opening(keys: Iterable[Key]) -> Mapping[str, tuple[int, ...]]:
    """For the first word of names: how many words they have, the longest first."""
    found: dict[str, set[int]] = {}
    for key in keys:
        found.setdefault(key[0], set()).add(len(key))
    return {word: tuple(sorted(lengths, reverse=True)) for word, lengths in found.items()}


def _plural(key: Key) -> Key:
    last = key[-1]
    return (*key[:-1], last + "s" if last[-1] not in "shxz" else last)


def _read(label: str) -> Sequence[Key]:
    lines = files(__package__).joinpath("names", f"{label}.txt").read_text(encoding="utf-8").splitlines()
    names = " ".join(line for line in lines if not line.startswith("#"))
    return [split(name) for name in re.split(r",\s+", names.strip(" ,")) if name]


def split(name: str) -> Key:
    """The words of a name as the tokeniser takes them apart: hyphens, `&` and a possessive are words of their own."""
    key: list[str] = []
    for word in name.replace("’", "'").split():
        stem, mark, tail = word.partition("'s")
        key += [part for part in (*_HYPHEN.split(stem), mark + tail) if part]
    return tuple(key)
