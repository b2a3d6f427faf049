"""Quotations suggested: every construction in `cases/quotes.json`; whatever the text, what is suggested keeps the corpus' rules.

`expected` of a case are all suggestions in text order, quotations first: `{"content", "cue", "source", "type", "speaker_name"}`, with
`parent` (the first words of its content), `negated` and `garbled` where they are true, and `speaker` where another line names the
speaker; nonquotes as `{"nonquote", "reason"}`.  `must not` lists parts of suggestions: none may hold all of a part.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import drumbeat
from drumbeat.checks import guidelines, offsets
from drumbeat.checks.finding import Finding
from drumbeat.checks.form import Source
from drumbeat.model import AnnotationSet, Mention, Region, Span
from drumbeat.suggest.parse import Parser
from drumbeat.suggest.quotes import Suggested, suggest, suggest_nonquotes, suggest_quotes
from tests.cases import Case, cases
from tests.sets import PIECES


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser.load("en_core_web_sm")


def words(text: str, spans: Iterable[Span]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


def shown(text: str, suggested: Suggested) -> list[dict[str, Any]]:
    """The suggestions in the words of a case."""
    content = {item.quote.id: words(text, item.quote.content) for item in suggested.quotes}
    found: list[dict[str, Any]] = []
    for item in suggested.quotes:
        quote = item.quote
        record = {
            "content": content[quote.id],
            "cue": words(text, quote.cue),
            "source": words(text, quote.source),
            "type": quote.type,
            "speaker_name": quote.speaker_name,
        }
        if quote.parent is not None:
            record["parent"] = content[quote.parent][0]
        if item.speaker is not None and not quote.source:
            record["speaker"] = words(text, [item.speaker])[0]
        found.append(record | {name: True for name in ("negated", "garbled") if getattr(quote, name)})
    return found + [{"nonquote": text[item.start : item.end], "reason": item.reason} for item in suggested.nonquotes]


class Anywhere:
    """Places of a set that stands in no file."""

    def line(self, steps: tuple[str | int, ...]) -> int:
        return 1


CHECKS = (
    *offsets.SET_CHECKS,
    guidelines.type_by_marks,
    guidelines.marks_accounted,
    guidelines.inside_parent,
    guidelines.roles_apart,
    guidelines.speaker_named,
    guidelines.nonquotes_have_marks,
)


def findings(text: str, suggested: Suggested) -> list[Finding]:
    """What `drumbeat validate` says of a set with these suggestions."""
    quotes = tuple(item.quote for item in suggested.quotes)
    annotations = AnnotationSet("rules", "rules", "2026-01-01", (), quotes, suggested.nonquotes, ())
    source = Source("set.json", Anywhere())  # type: ignore[arg-type]
    subject = offsets.Subject("doc-1", text, source, (), annotations, {})
    return [finding for check in CHECKS for finding in check(subject)]


@pytest.mark.parametrize("case", cases("quotes"))
def test_case(case: Case, parser: Parser) -> None:
    text = case["original"]
    suggested = suggest(parser.parse(text))
    found = shown(text, suggested)
    assert found == case["expected"]
    for part in case.get("must not", []):
        assert not any(part.items() <= item.items() for item in ({**item} for item in found)), part
    assert findings(text, suggested) == []


MARKED = (
    "“",
    "”",
    '"',
    "''",
    "``",
    "‘",
    "’",
    "'",
    "«",
    "»",
    "„",
    " said Lee",
    "She said ",
    ", ",
    ". ",
    ": ",
    " — Lee",
    "\n",
    "LEE: ",
    "no",
    "e\u0301",
)


@given(st.lists(st.sampled_from((*PIECES, *MARKED)), max_size=25).map("".join))
@settings(max_examples=150)
@example("“e\u0301” said Lee")
@example("\u0301“no” \u0301said \u0301Lee")
@example("''' no ''' said 'Lee'")
@example("“no „no“ no” said Lee: “no")
@example("  • Europe three greatest stated of war in 30 first, warns Polish plunging")
def test_suggestions_keep_the_rules_of_the_corpus_on_any_text(text: str) -> None:
    parser = _parser()
    suggested = suggest(parser.parse(text))
    assert findings(text, suggested) == []
    assert all(0 <= (item.quote.confidence or -1) <= 1 for item in suggested.quotes)
    assert all((item.quote.speaker_name is None) == bool(item.reason) for item in suggested.quotes)


_loaded: list[Parser] = []


def _parser() -> Parser:
    """A property takes no fixture of another scope than its own."""
    if not _loaded:
        _loaded.append(Parser.load("en_core_web_sm"))
    return _loaded[0]


def test_mentions_give_the_entity_and_the_full_name(parser: Parser) -> None:
    text = "Lena Ortiz opened the bridge. “It is safe,” Ortiz said."
    at = text.rindex("Ortiz")
    mentions = [Mention("m1", 0, 10, "PERSON", "lena-ortiz"), Mention("m2", at, at + 5, "PERSON", None)]
    (item,) = suggest_quotes(parser.parse(text), mentions)
    assert (item.quote.speaker, item.quote.speaker_name, item.reason) == ("lena-ortiz", "Lena Ortiz", "")
    assert item.speaker == Span(at, at + 5)
    (item,) = suggest_quotes(parser.parse(text))
    assert (item.quote.speaker, item.quote.speaker_name) == (None, "Lena Ortiz")


def test_regions_tell_which_lines_are_headlines(parser: Parser) -> None:
    text = "Mayor back from “very good” talks\nThe bridge was opened."

    def fragments(role: str) -> list[str]:
        regions = (Region("r1", 0, text.index("\n"), role), Region("r2", text.index("The"), len(text), "body"))
        return [text[item.quote.content[0].start : item.quote.content[0].end] for item in suggest_quotes(parser.parse(text), (), regions)]

    assert fragments("headline") == ["“very good”"] and fragments("caption") == []


def test_a_page_without_words_or_marks(parser: Parser) -> None:
    for text in ("", " \n", "\n\u200b\n", "Bridge"):
        parsed = parser.parse(text)
        assert suggest_quotes(parsed) == () == suggest_nonquotes(parsed)


def test_a_name_that_is_not_certain_is_left_out_with_the_reason(parser: Parser) -> None:
    (item,) = suggest_quotes(parser.parse("Tom Holm and Peter Abara met on Friday. He said it was late."))
    assert item.quote.speaker_name is None and item.reason == "“he” could stand for Peter Abara or Tom Holm"


HARD = {
    "marks in a row": '"',
    "opening marks in a row": "“",
    "single marks in a row": "'",
    "opened and never closed, one line": "“It is late and ",
    "opened and never closed, a line each": "“It is late and so on\n",
    "closed and never opened": "it is late” and ",
    "quotations in one line": "“No,” he said. ",
    "reports in one line": "she said that he said that ",
    "names in one line": "Lee told Ann, ",
    "labels": "LEE: It is late.\n",
    "nested marks": "“a ‘b “c ",
    "zero-width": "“\u200bno\u200b” ",
    "right-to-left": "\u202e“לא” אמר ",
}


@pytest.mark.parametrize("piece", HARD.values(), ids=HARD)
def test_work_grows_no_faster_than_the_page(piece: str, parser: Parser) -> None:
    """Counted in lines of our code that are run, beyond the longest line that is parsed in one."""
    size = 6_000 // len(piece)
    once, twice = (_work(parser, piece * times) for times in (size, 2 * size))
    assert twice <= 2.4 * once + 1_000


def _work(parser: Parser, text: str) -> int:
    parsed = parser.parse(text)
    folder = str(Path(drumbeat.__file__).parent)
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(folder):
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        suggest(parsed)
    finally:
        sys.settrace(before)
    return count
