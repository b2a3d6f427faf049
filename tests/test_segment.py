import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.model import Region, Span
from drumbeat.normalize import normalize
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from drumbeat.segment import bio, blocks, lines, sentences, words


def split(text: str) -> list[str]:
    return [text[word.start : word.end] for word in words(text, Span(0, len(text)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the U.S. and the U.S.S.R.", "the|U.S.|and|the|U.S.S.R."),
        ("Russian-backed UK-EU talks", "Russian|-|backed|UK|-|EU|talks"),
        ("Russia’s isn't can’t they're", "Russia|’s|is|n't|ca|n’t|they|'re"),
        ("on Monday.Read moreDENIS BALIBOUSE / AP", "on|Monday|.|Read|more|DENIS|BALIBOUSE|/|AP"),
        ("McGroarty masterCard AP.Driving", "McGroarty|masterCard|AP|.|Driving"),
        ("100,000 troops at 9:38 PM, $4.4bn", "100,000|troops|at|9:38|PM|,|$|4.4|bn"),
        ("“Yes,” said Mr. Smith.", "“|Yes|,|”|said|Mr.|Smith|."),
        ("Jan. 13 is no. G7", "Jan.|13|is|no|.|G7"),
        ("cafe\u0301 نص 文字", "cafe\u0301|نص|文字"),
    ],
)
def test_words(text: str, expected: str) -> None:
    assert "|".join(split(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He came. She went.", ["He came.", "She went."]),
        ("The U.S. Senate met. “Go,” he said.", ["The U.S. Senate met.", "“Go,” he said."]),
        ("“We can.” “We do.”", ["“We can.”", "“We do.”"]),
        ("On Jan. 13 Dr. No came.", ["On Jan. 13 Dr. No came."]),
        ("It cost 4.4 bn. is odd", ["It cost 4.4 bn. is odd"]),
        ("Is it? Yes! Truly… No.", ["Is it?", "Yes!", "Truly…", "No."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[span.start : span.end] for span in sentences(text, Span(0, len(text)))] == expected


@given(st.text(max_size=80))
def test_every_visible_character_is_in_one_word(seed: str) -> None:
    text = normalize(seed).text
    covered = [
        p for line in lines(text) for part in sentences(text, line) for word in words(text, part) for p in range(word.start, word.end)
    ]
    assert covered == [position for position, character in enumerate(text) if not character.isspace()]


def test_blocks_are_lines_cut_where_regions_meet() -> None:
    text = "  by NAME 3 min\n\nBody one.\nBody two.\n"
    regions = [Region("r1", 2, 9, "byline"), Region("r2", 10, 15, "interface"), Region("r3", 17, 36, "body")]
    found = [(text[span.start : span.end], region.role) for span, region in blocks(text, regions)]
    assert found == [("by NAME", "byline"), ("3 min", "interface"), ("Body one.", "body"), ("Body two.", "body")]


def test_bio_gives_a_word_to_the_first_span_and_begins_each_span_anew() -> None:
    assert bio([0, 3, 6, 9], [(Span(0, 5), "A"), (Span(3, 8), "B"), (Span(9, 11), "A")]) == ["B-A", "I-A", "B-B", "B-A"]


def test_names_of_the_gold_begin_and_end_at_words(checkout: Repository) -> None:
    for seed in read_seeds(checkout):
        document = read_document(checkout, seed)
        tokens = [word for line in lines(document.text) for word in words(document.text, line)]
        starts, ends = {token.start for token in tokens}, {token.end for token in tokens}
        gold = read_annotation(checkout, document).gold
        assert gold is not None
        spans = [Span(mention.start, mention.end) for mention in gold.entities]
        spans += [span for quote in gold.quotes for role in (quote.content, quote.cue, quote.source) for span in role]
        assert [document.text[span.start : span.end] for span in spans if span.start not in starts or span.end not in ends] == []


@pytest.mark.parametrize("text", ["." * 100_000, "Mr. A " * 20_000 + "x", "U.S." * 30_000, "“" * 50_000])
def test_one_long_line_is_no_trap(text: str) -> None:
    """Each took minutes when a search began anew at every stop."""
    assert sum(span.end - span.start for span in sentences(text, Span(0, len(text)))) <= len(text)
