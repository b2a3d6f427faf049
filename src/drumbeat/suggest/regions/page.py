"""A page as arrays: its characters by class, its lines, its words, all counted at once.

Everything that is known of a line is counted with numpy over the whole page, since plain Python reads only some fifty pages a second.
Offsets are code points of the page's text, ends exclusive.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

# numpy does not tell mypy what its functions give; the names say what is meant: int64, float32, uint64.
Ints = npt.NDArray[Any]
Floats = npt.NDArray[Any]
Hashes = npt.NDArray[Any]

# Classes of characters; the words of a page are runs of LOWER to APOSTROPHE.
(
    SPACE,
    LOWER,
    UPPER,
    LETTER,
    DIGIT,
    APOSTROPHE,
    IDEOGRAPH,
    STOP,
    EXCLAIM,
    COMMA,
    COLON,
    QUOTE,
    DASH,
    BULLET,
    BAR,
    ELLIPSIS,
    BRACKET,
    SIGN,
) = range(18)
CLASSES = 18
_BY_SIGN = {
    STOP: ".。",
    EXCLAIM: "!?！？؟।",
    COMMA: ",;，、；،",
    COLON: ":：",
    APOSTROPHE: "'’",
    QUOTE: '"“”„‟«»‘‚「」『』',
    DASH: "-–—―‐‑−_~",
    BULLET: "•·●▪■◦‣*►▶›>→▸○◆",
    BAR: "|/\\",
    ELLIPSIS: "…",
    BRACKET: "()[]{}<（）【】",
}
_BMP = 0x10000
_CHUNK = 1 << 18  # characters whose words are hashed at once, so that memory stays small
_BASE = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True)
class Page:
    """The non-blank lines of a text and their words.

    `start`, `end`: of each line, without white space at its edges; `indent`: white space before it in its line; `gap`: blank lines before.
    `counts[line, class]`: characters of each class.  Of each word: its line, its hash (letter case and marks do not matter), its start,
    its length, and the classes of its first two characters.
    """

    text: str
    codes: npt.NDArray[np.uint32]
    classes: npt.NDArray[np.uint8]
    start: Ints
    end: Ints
    indent: Ints
    gap: Ints
    counts: Ints
    word_line: Ints
    word_hash: Hashes
    word_start: Ints
    word_length: Ints
    word_first: npt.NDArray[np.uint8]
    word_second: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.start)


def read(text: str) -> Page:
    """Take a text apart into lines and words.  Time and memory grow with its length."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    classes = _class_table()[np.minimum(codes, _BMP - 1)]
    breaks = np.flatnonzero(codes == 10)
    black = np.flatnonzero(classes != SPACE)
    row = np.cumsum(codes == 10)[black]  # the line of the text, blank ones counted
    first = np.flatnonzero(np.diff(row, prepend=-1))
    start, end = black[first], black[np.append(first[1:], len(black)) - 1] + 1 if len(black) else black
    rows = row[first]
    begin = np.where(rows > 0, breaks[np.maximum(rows, 1) - 1] + 1, 0) if len(breaks) else np.zeros_like(start)
    line = np.repeat(np.arange(len(start)), np.diff(np.append(first, len(black))))
    counts = np.bincount(line * CLASSES + classes[black], minlength=len(start) * CLASSES).reshape(-1, CLASSES)
    words = _words(codes, classes)
    at, length = words[0], words[1]
    second = np.where(length > 1, classes[np.minimum(at + 1, max(len(codes) - 1, 0))], SPACE).astype(np.uint8)
    return Page(
        text, codes, classes, start, end, start - begin, np.diff(rows, prepend=-1) - 1, counts,
        np.searchsorted(start, at, side="right") - 1, words[2], at, length, classes[at], second,
    )  # fmt: skip


def _words(codes: npt.NDArray[np.uint32], classes: npt.NDArray[np.uint8]) -> tuple[Ints, Ints, Hashes]:
    """Start, length and hash of each word.

    The hash is a polynomial in an odd number, over 64 bits: the sum over the page's own powers is divided by the power at the word's start.
    """
    inside = (classes >= LOWER) & (classes <= APOSTROPHE)
    edges = np.flatnonzero(np.diff(inside.view(np.int8), prepend=0, append=0))
    start, end = edges[::2], edges[1::2]
    if not len(start):
        return start, start, start.astype(np.uint64)
    powers, inverse = _powers(min(len(codes), _CHUNK))
    hashes: Hashes = np.empty(len(start), dtype=np.uint64)
    for base in range(0, len(codes), _CHUNK):
        some = slice(*np.searchsorted(start, [base, base + _CHUNK]))
        if some.start == some.stop:
            continue
        part = np.minimum(codes[base : base + _CHUNK], _BMP - 1)
        signs = _fold_table()[part] * powers[: len(part)]
        hashes[some] = np.add.reduceat(signs, start[some] - base) * inverse[start[some] - base]
    hashes ^= hashes >> np.uint64(32)
    hashes *= np.uint64(_BASE)
    return start, end - start, hashes


@cache
def _all_powers() -> tuple[Hashes, Hashes]:
    odd = np.full(_CHUNK, _BASE, dtype=np.uint64)
    back = np.full(_CHUNK, pow(_BASE, -1, 1 << 64), dtype=np.uint64)
    odd[0] = back[0] = 1
    return np.cumprod(odd, dtype=np.uint64), np.cumprod(back, dtype=np.uint64)


def _powers(length: int) -> tuple[Hashes, Hashes]:
    powers, inverse = _all_powers()
    return powers[:length], inverse[:length]


@cache
def _class_table() -> npt.NDArray[np.uint8]:
    by_sign = {sign: kind for kind, signs in _BY_SIGN.items() for sign in signs}
    return np.array([by_sign.get(chr(code)) or _class(chr(code)) for code in range(_BMP)], dtype=np.uint8)


def _class(sign: str) -> int:
    category = unicodedata.category(sign)
    if sign.isspace():
        return SPACE
    if category in ("Lu", "Lt"):
        return UPPER
    if category == "Ll":
        return LOWER
    if category in ("Lo", "Lm", "Mn", "Mc"):
        return IDEOGRAPH if "\u0e00" <= sign <= "\u0eff" or "\u3040" <= sign <= "\u9fff" or "\uf900" <= sign <= "\ufaff" else LETTER
    if category in ("Nd", "Nl", "No"):
        return DIGIT
    return SIGN


@cache
def _fold_table() -> Hashes:
    """A random number for each letter, the same for both cases, one for all digits, none for what is in no word."""
    classes = _class_table()
    fold: Hashes = np.zeros(_BMP, dtype=np.uint64)
    for code in np.flatnonzero((classes >= LOWER) & (classes <= DIGIT)):
        lower = chr(code).lower()
        fold[code] = 48 if classes[code] == DIGIT else ord(lower[0])
    with np.errstate(over="ignore"):
        fold = (fold + (fold > 0)) * np.uint64(0xBF58476D1CE4E5B9)
        fold ^= fold >> np.uint64(27)
        fold *= np.uint64(0x94D049BB133111EB)
        return np.asarray(fold ^ (fold >> np.uint64(31)))
