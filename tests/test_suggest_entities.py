import sys
from collections import Counter
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.model import Entity, Mention
from drumbeat.suggest.entities import cues, lexicon, suggest_entities, suggested
from drumbeat.suggest.entities.boundaries import LABELS
from drumbeat.suggest.entities.links import KnowledgeBase
from drumbeat.suggest.entities.words import words as words_of
from drumbeat.suggest.parse import Parser
from tests.cases import Case, cases
from tests.sets import PIECES


@pytest.fixture(scope="module")
def parser() -> Parser:
    return Parser.load("en_core_web_sm")


def _named(text: str, mentions: tuple[Mention, ...]) -> list[list[str]]:
    return [[text[mention.start : mention.end], mention.label] for mention in mentions]


@pytest.mark.parametrize("case", cases("entities"))
def test_case(parser: Parser, case: Case) -> None:
    """`expected` and `must not` are [words, label]; `expected` in the order of the text."""
    found = _named(case["original"], suggest_entities(parser.parse(case["original"])))
    assert found == case["expected"]
    assert not [name for name in case.get("must not", ()) if name in found]


def _entity(key: str, label: str, name: str, *aliases: str) -> Entity:
    return Entity(key, label, name, (name, *aliases), "", None, None, None)


KNOWLEDGE = KnowledgeBase.of(
    (
        _entity("maren-okonjo", "PERSON", "Maren Okonjo", "Okonjo"),
        _entity("per-lindqvist", "PERSON", "Per Lindqvist"),
        _entity("pele", "PERSON", "Pele"),
        _entity("poland", "GPE", "Poland"),
        _entity("kremlin", "FAC", "The Kremlin"),
        _entity("un", "ORG", "United Nations", "U.N.", "UN"),
        _entity("springfield-a", "GPE", "Springfield"),
        _entity("springfield-b", "GPE", "Springfield"),
    )
)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Maren Okonjo spoke in Poland. Okonjo left.", ["maren-okonjo", "poland", "maren-okonjo"]),
        ("Mrs. Okonjo spoke in Poland.", [None, "poland"]),  # an alias is not enough for a surname alone
        ("Maren Okonjo met Ada Okonjo. Okonjo left.", ["maren-okonjo", None, None]),  # which of the two?
        ("Ada Okonjo spoke. Mrs. Okonjo left.", [None, None]),  # another one of that surname
        ("The singer, Mr. Pele, spoke in Springfield.", ["pele", None]),  # the whole name is one word; two records fit
        ("The Kremlin called the United Nations.", ["kremlin", "un"]),  # a place that acts
        ("The UN met, and U.N. officials agreed.", ["un", "un"]),
    ],
)
def test_links(parser: Parser, text: str, links: list[str | None]) -> None:
    mentions = suggest_entities(parser.parse(text), KNOWLEDGE)
    assert [mention.entity for mention in mentions] == links, _named(text, mentions)
    assert all(mention.entity is None for mention in suggest_entities(parser.parse(text)))


def test_a_name_with_more_evidence_is_surer(parser: Parser) -> None:
    text = "Maren Okonjo, 41, said so in Poland. “No,” Okonjo said. Tamsel blinked."
    sure = {text[mention.start : mention.end]: mention.confidence for mention in suggest_entities(parser.parse(text))}
    assert sure["Poland"] and sure["Maren Okonjo"] and sure["Poland"] > 0.9 and sure["Maren Okonjo"] > 0.9
    assert all(0 < share < 1 for share in sure.values() if share is not None) and None not in sure.values()


WORDS = [
    *PIECES,
    "Maren Okonjo",
    "Okonjo",
    "NATO",
    "LONDON (AP) — ",
    "Inc.",
    "Mr.",
    "and",
    ", ",
    "“",
    "”",
    "U.S. ",
    "of",
    "\n",
    "moreDENIS",
    " / REUTERS",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, " ", " "]), max_size=40))
def test_mentions_are_spans_of_words_in_order(parser: Parser, found: list[str]) -> None:
    text = "".join(found)
    mentions = suggest_entities(parser.parse(text), KNOWLEDGE)
    assert all(0 <= mention.start < mention.end <= len(text) and mention.label in LABELS for mention in mentions)
    assert all(one.end <= two.start for one, two in pairwise(mentions))
    assert all(text[mention.start : mention.end].strip() == text[mention.start : mention.end] for mention in mentions)
    assert len({mention.id for mention in mentions}) == len(mentions)


BAD = {
    "one line": "Maren Okonjo met Ada Brandt of Tarrow Systems Inc. in Poland, and Okonjo left. ",
    "marks": '"',
    "quotation marks and words": '" Maren “ Okonjo ” ',
    "names without end": "Maren ",
    "listed": "Peru, Chile and Bolivia, ",
    "capitals": "LONDON, PARIS AND ROME ",
    "datelines": "LONDON, Kent (AP) — Rain.\n",
    "slashes": "ADA BRANDT / ",
    "hyphens": "UK-EU-",
    "of": "Bank of the ",
    "zero width": "Maren\u200b Okonjo\u200d ",
    "right to left": "\u202eMaren \u05d0\u05d1 Okonjo ",
    "another language": "Der Vertrag wurde am Montag in Berlin von Angela Brandt unterschrieben. ",
    "binary": "\x00\x01\ufffd\x7f ",
    "one word": "x",
    "boilerplate": "Subscribe\nSign In\nRead More\nCookies\n",
}


@pytest.mark.parametrize("kind", BAD)
def test_work_grows_with_the_length_of_the_page(parser: Parser, kind: str) -> None:
    """The work is the lines of our code that run, for a page and for one twice as long."""
    unit = BAD[kind]
    once, twice = (_work(parser, unit * (length // len(unit))) for length in (3_000, 6_000))
    assert twice < 2.6 * once, (once, twice)


def _work(parser: Parser, text: str) -> int:
    words = words_of(parser.parse(text))
    suggested(words)  # the lists are read once, when they are first needed
    counts: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        if "suggest" not in frame.f_code.co_filename:
            return None
        counts[event] += 1
        return count

    sys.settrace(count)
    try:
        suggested(words)
    finally:
        sys.settrace(None)
    return counts["line"] + 1000


def test_lists_have_no_name_twice_and_no_word_that_cannot_match() -> None:
    for label in sorted(LABELS - {"PERSON"}):
        keys = lexicon._read(label)
        assert len(keys) == len(set(keys)), [key for key, times in Counter(keys).items() if times > 1]
        assert all(
            key[0][0].isupper() or key[0][0].isdigit() or key[0].startswith("al") or key[0] in ("eBay", "iPad", "iPhone", "iPod")
            for key in keys
        )
    assert not lexicon.first_names() & cues.WEEKDAYS
    assert (
        ("European", "Union") in lexicon.known()
        and ("Ukrainians",) in lexicon.known()
        and lexicon.split("AFL-CIO's") == ("AFL", "-", "CIO", "'s")
    )
