"""From the bytes of a page to the text that is annotated, and back.

The policy, all of it (version `VERSION`; any change to it is a new version, since every offset depends on it):

========================================  =====================================================================
in the seed                               in the text
========================================  =====================================================================
bytes                                     decoded as UTF-8, strictly
U+FEFF, wherever it stands                removed (byte order mark; as a joiner it is deprecated)  `bom`
CR LF, CR, VT, FF, U+0085, U+2028, U+2029  LF  `newline`
tab and every space of category Zs        U+0020, one for one: runs are kept, nothing is trimmed  `space`
other control characters (category Cc)    removed  `control`
anything not in NFC                       NFC (Unicode Standard Annex 15)  `nfc`
zero-width and direction marks (Cf)       kept: ZWJ and ZWNJ are spelling, direction marks are layout, and
                                          removing one would change a word
quotation marks, apostrophes, dashes      kept, always: the annotation is about them
========================================  =====================================================================

So the only white space in a text is U+0020 and U+000A.  Offsets are Unicode code points, end-exclusive, on both
sides: of the text, and of the decoded seed (U+FEFF included).
"""

import bisect
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from drumbeat.errors import SeedError

VERSION = "1"

_NEWLINES = "\r\x0b\x0c\x85\u2028\u2029"
_SPACES = "\t\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u202f\u205f\u3000"
_CONTROLS = "".join(c for c in map(chr, [*range(0x20), *range(0x7F, 0xA0)]) if c not in _NEWLINES + "\t\n")
_REPLACED = re.compile(f"\r\n|[{_NEWLINES}{_SPACES}{_CONTROLS}\ufeff]")
_KINDS = dict.fromkeys(_NEWLINES, "newline") | dict.fromkeys(_SPACES, "space") | dict.fromkeys(_CONTROLS, "control") | {"\ufeff": "bom"}
_REPLACEMENT = {"newline": "\n", "space": " ", "bom": "", "control": ""}

# No character below U+0300 ever composes with the one before it, so each of them begins a stretch that NFC
# treats on its own.
_STRETCH = re.compile("[^\\u0300-\U0010ffff]?[\\u0300-\U0010ffff]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """One stretch that normalisation changed: seed[seed_start:seed_end] became text[start:end].

    `kind` is `bom`, `newline`, `space`, `control` or `nfc`, or several of them joined by `+` where they met.
    """

    seed_start: int
    seed_end: int
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class OffsetMap:
    """Where each stretch of the text stands in the decoded seed; what lies between the edits is equal.

    Both directions take and give intervals.  An edge that falls inside a changed stretch is matched from the
    left, character for character; where one side has no such edge (NFC wrote one character as several, or several as
    one) the interval grows to the nearest edge that both sides have.
    """

    edits: tuple[Edit, ...]

    def to_seed(self, start: int, end: int) -> tuple[int, int]:
        """The smallest interval of the seed that text[start:end] came from."""
        return _map(self._text_to_seed, start, end)

    def to_text(self, seed_start: int, seed_end: int) -> tuple[int, int]:
        """The smallest interval of the text that seed[seed_start:seed_end] became; empty where it was removed."""
        return _map(self._seed_to_text, seed_start, seed_end)

    @cached_property
    def _text_to_seed(self) -> list[tuple[int, int, int, int]]:
        return [(e.start, e.end, e.seed_start, e.seed_end) for e in self.edits]

    @cached_property
    def _seed_to_text(self) -> list[tuple[int, int, int, int]]:
        return [(e.seed_start, e.seed_end, e.start, e.end) for e in self.edits]


@dataclass(frozen=True)
class Normalized:
    """A page's text, what was done to get it, and the way back."""

    text: str
    edits: tuple[Edit, ...]
    version: str = VERSION

    @property
    def offset_map(self) -> OffsetMap:
        """The map between offsets of the text and of the decoded seed."""
        return OffsetMap(self.edits)

    @property
    def sha256(self) -> str:
        """Hex digest of the text's UTF-8 bytes."""
        return text_sha256(self.text)


def text_sha256(text: str) -> str:
    """Hex SHA-256 of the UTF-8 bytes of a text: the identity of what the offsets are counted over."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def decode(data: bytes, name: str = "page") -> str:
    """The seed as code points; nothing is removed yet.

    Raises SeedError, with the byte offset, where the bytes are not UTF-8, and where there is no text at all.
    """
    try:
        seed = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SeedError(
            f"{name}: byte {error.start} (0x{data[error.start]:02x}) is not UTF-8: {error.reason}; "
            "convert the page to UTF-8 before adding it"
        ) from None
    if not seed.strip(" \n\r" + "".join(_KINDS)):
        raise SeedError(f"{name}: the page is empty ({len(data)} bytes, no visible character); there is nothing to annotate")
    return seed


def normalize(seed: str) -> Normalized:
    """Apply the policy of this module to a decoded seed.

    Idempotent: a normalised text comes back unchanged, with no edits.
    """
    first = list(_replace(seed))
    middle = _apply(seed, first)
    second = list(_compose_characters(middle))
    text = _apply(middle, second)
    edits = _chain([edit for edit, _ in first], [edit for edit, _ in second])
    return Normalized(text, tuple(edits))


def restore(normalized: Normalized, seed: str) -> str:
    """Rebuild the seed from the text and, for the edited stretches only, from the seed itself.

    The proof that nothing outside the listed edits was touched: the result equals the seed.
    """
    parts: list[str] = []
    position = 0
    for edit in normalized.edits:
        parts += normalized.text[position : edit.start], seed[edit.seed_start : edit.seed_end]
        position = edit.end
    return "".join([*parts, normalized.text[position:]])


def _replace(seed: str) -> Iterator[tuple[Edit, str]]:
    """Line ends, spaces, controls and byte order marks."""
    shift = 0
    for match in _REPLACED.finditer(seed):
        kind = _KINDS[match[0][0]]
        new = _REPLACEMENT[kind]
        start = match.start() + shift
        yield Edit(match.start(), match.end(), start, start + len(new), kind), new
        shift += len(new) - (match.end() - match.start())


def _compose_characters(text: str) -> Iterator[tuple[Edit, str]]:
    """NFC, in the smallest stretches that normalise independently of each other."""
    if unicodedata.is_normalized("NFC", text):
        return
    shift = 0
    for stretch in _STRETCH.finditer(text):
        if unicodedata.is_normalized("NFC", stretch[0]):
            continue
        for begin, piece in _independent_pieces(stretch[0]):
            new = unicodedata.normalize("NFC", piece)
            if new != piece:
                position = stretch.start() + begin
                start = position + shift
                yield Edit(position, position + len(piece), start, start + len(new), "nfc"), new
                shift += len(new) - len(piece)


def _independent_pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut before every starter that does not compose with what stands before it."""
    begin = 0
    for position in range(1, len(text)):
        character = text[position]
        if unicodedata.combining(unicodedata.normalize("NFD", character)[0]):
            continue
        apart = unicodedata.normalize("NFC", text[begin:position]) + unicodedata.normalize("NFC", character)
        if unicodedata.normalize("NFC", text[begin : position + 1]) == apart:
            yield begin, text[begin:position]
            begin = position
    yield begin, text[begin:]


def _apply(text: str, changes: Iterable[tuple[Edit, str]]) -> str:
    parts: list[str] = []
    position = 0
    for edit, new in changes:
        parts += text[position : edit.seed_start], new
        position = edit.seed_end
    return "".join([*parts, text[position:]])


def _chain(first: list[Edit], second: list[Edit]) -> Iterator[Edit]:
    """Compose seed -> middle with middle -> text; edits of the two steps that meet become one."""
    if not second:
        yield from first
        return
    starts = [edit.start for edit in first]
    done = 0
    shift = 0  # text minus middle, left of the edit at hand
    for edit in second:
        low = bisect.bisect_left(starts, edit.seed_start)
        high = bisect.bisect_left(starts, edit.seed_end)
        for untouched in first[done:low]:
            yield Edit(untouched.seed_start, untouched.seed_end, untouched.start + shift, untouched.end + shift, untouched.kind)
        inside = first[low:high]
        before = first[low - 1] if low else None
        left = edit.seed_start + (before.seed_end - before.end if before else 0)
        last = first[high - 1] if high else None
        right = edit.seed_end + (last.seed_end - last.end if last else 0)
        kinds = dict.fromkeys([*(e.kind for e in inside), edit.kind])
        yield Edit(left, right, edit.start, edit.end, "+".join(kinds))
        shift += (edit.end - edit.start) - (edit.seed_end - edit.seed_start)
        done = high
    for untouched in first[done:]:
        yield Edit(untouched.seed_start, untouched.seed_end, untouched.start + shift, untouched.end + shift, untouched.kind)


def _map(edits: list[tuple[int, int, int, int]], start: int, end: int) -> tuple[int, int]:
    if start < 0 or end < start:
        raise ValueError(f"not an interval: {start}..{end}")
    left, right = _edge(edits, start, leftmost=True), _edge(edits, end, leftmost=False)
    return (left, right) if left <= right else (right, right)


def _edge(edits: list[tuple[int, int, int, int]], position: int, *, leftmost: bool) -> int:
    """Where an edge goes.

    At a removed stretch the start of an interval goes behind it and the end before it, so that the interval does
    not take in what it does not cover.
    """
    here = bisect.bisect_left(edits, position, key=lambda e: e[1])  # first edit that ends at or after position
    shift = edits[here - 1][3] - edits[here - 1][1] if here else 0
    while here < len(edits):
        begin, stop, other_begin, other_stop = edits[here]
        if position < begin or (position == begin and (not leftmost or begin != stop)):
            return position + shift
        if position == stop:
            if not leftmost:
                return other_stop if begin != stop else position + shift
            shift = other_stop - stop
            here += 1
            continue
        inside = position - begin
        if inside < other_stop - other_begin:
            return other_begin + inside
        return other_stop - 1 if leftmost and other_stop > other_begin else other_stop
    return position + shift
