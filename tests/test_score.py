"""The figures of `drumbeat score`, by hand, as properties, and beside the tools that define them."""

import random
import sys
from collections.abc import Callable, Iterable, Sequence
from types import FrameType
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nervaluate.evaluator import Evaluator
from seqeval.metrics import f1_score, precision_score, recall_score

from drumbeat import segment
from drumbeat.model import Mention, Region, Span
from drumbeat.score.figures import LABELS, SHARE, Figure, Key, PageScore, Tallies, f1_of, figures, page_f1_of, share_of
from drumbeat.score.names import Name, links, names
from drumbeat.score.quotations import DIRECT, SPEECH, Said, matched, quotations, units_of
from drumbeat.score.regions import BOILERPLATE, MAIN, NEITHER, boilerplate, regions
from drumbeat.score.speakers import Mentioned, Resolved
from drumbeat.score.units import Words, inside_marks, overlapping, units

Found = dict[tuple[str, str], Figure]


def of(tallies: Tallies) -> Found:
    """The figures of one page by part and measure."""
    return {(figure.part, figure.measure): figure for figure in figures([PageScore("a", tallies)])}


# -- figures --------------------------------------------------------------------------------------

ONE, TWO = Key("l", "p", "pooled"), Key("l", "p", "mean")


def page(name: str, right: int, given: int, gold: int, group: str = "") -> PageScore:
    return PageScore(name, {ONE: f1_of(right, given, gold), TWO: page_f1_of(right, given, gold)}, fields={"source": group})


def test_pooled_figures_and_means_over_pages() -> None:
    """1 of 2 given and 4 there, then 3 of 4 and 3: pooled P 4/6, R 4/7, F 8/13; mean P 5/8, R (1/4 + 1)/2, F (2/6 + 6/7)/2."""
    pooled, mean = figures([page("a", 1, 2, 4), page("b", 3, 4, 3)])
    assert (pooled.precision, pooled.recall, pooled.value) == pytest.approx((4 / 6, 4 / 7, 8 / 13))
    assert (mean.precision, mean.recall, mean.value) == pytest.approx((5 / 8, 5 / 8, (2 / 6 + 6 / 7) / 2))
    assert (pooled.gold, pooled.predicted, mean.gold, mean.predicted) == (7, 6, 2, 2)


def test_pages_without_gold_or_predictions_are_left_out_of_means_where_undefined() -> None:
    """Recall and F over the one page with gold; precision over the two that predict: (1 + 0) / 2."""
    _, mean = figures([page("a", 1, 1, 2), page("b", 0, 5, 0)])
    assert (mean.precision, mean.recall, mean.value) == pytest.approx((1 / 2, 1 / 2, 2 / 3))
    assert figures([page("a", 0, 0, 0)])[0].value is None


def test_a_mean_over_sources_gives_each_the_same_weight() -> None:
    """Source x: 2 pages, F 1; source y: 1 page, F 0."""
    pages = [page("a", 9, 9, 9, "x"), page("b", 9, 9, 9, "x"), page("c", 0, 1, 1, "y")]
    assert figures(pages, "source")[0].value == pytest.approx(1 / 2)
    assert figures(pages)[0].value == pytest.approx(2 * 18 / (19 + 19))


def test_the_mean_of_labels_is_of_those_that_occur() -> None:
    """A: 1 of 1 and 1; B: there, never given, F 0; C: in neither.  The order of layers stays."""
    tallies = {
        Key("x", label, "strict", "label"): f1_of(*count) for label, count in zip("ABC", ((1, 1, 1), (0, 0, 2), (0, 0, 0)), strict=True)
    }
    found = figures([PageScore("a", tallies | {Key("y", "p", "m"): f1_of(1, 1, 1)})])
    assert [figure.part for figure in found] == ["A", "B", "C", LABELS, "p"]
    assert (found[3].precision, found[3].recall, found[3].value, found[3].gold) == (0.5, 0.5, 0.5, 2)


def test_intervals_are_seeded_and_hold_the_value() -> None:
    pages = [page(str(number), number % 4, 4, 4) for number in range(30)]
    one, other = (figures(pages, boot=200)[0] for _ in range(2))
    assert one == other
    assert one.low is not None and one.value is not None and one.high is not None and one.low < one.value < one.high


def test_intervals_of_pages_that_are_alike_are_points_and_of_one_page_there_are_none() -> None:
    alike = figures([page(str(number), 2, 3, 4) for number in range(5)], boot=20)[0]
    assert alike.low == alike.high == pytest.approx(alike.value)
    assert figures([page("a", 1, 2, 3)], boot=20)[0].low is None


def test_with_a_mean_over_sources_pages_are_drawn_within_each() -> None:
    """One page of each source: every draw is the same, so the interval is the mean itself."""
    figure = figures([page("a", 1, 1, 1, "x"), page("b", 0, 1, 1, "y")], "source", boot=20)[0]
    assert figure.low == figure.high == figure.value == 0.5


def test_a_share_has_no_precision_and_nothing_given() -> None:
    (figure,) = figures([PageScore("a", {Key("l", "p", "m", SHARE): share_of(3, 4)})])
    assert (figure.value, figure.precision, figure.recall, figure.gold, figure.predicted) == (0.75, None, None, 4, None)


# -- regions --------------------------------------------------------------------------------------

PAGE = "Menu Home\nThe bridge opens today\nAda Byrne\nRead more"
#       0    5    10                     33        43


def lines() -> list[tuple[Span, str]]:
    return [(Span(0, 9), BOILERPLATE), (Span(10, 32), MAIN), (Span(33, 42), NEITHER), (Span(43, 52), BOILERPLATE)]


def test_boilerplate_by_hand() -> None:
    """Cut are `Menu Home`, `The` and half of the byline, which does not count.

    Tokens: cut 3, of which 2 are boilerplate, of 4; kept 5 (2 of boilerplate), of 4 main ones 3 are kept.
    Characters that are not blank: cut 8 + 3, boilerplate 16; kept 16 + 8, main 19.
    """
    found = of(boilerplate(PAGE, lines(), [(Span(0, 13), BOILERPLATE), (Span(33, 37), BOILERPLATE)]))
    tokens = found["boilerplate", "tokens"]
    assert (tokens.precision, tokens.recall, tokens.value) == pytest.approx((2 / 3, 2 / 4, 4 / 7))
    main = found["main", "tokens, mean of pages"]
    assert (main.precision, main.recall, main.value) == pytest.approx((3 / 5, 3 / 4, 6 / 9))
    characters = found["boilerplate", "characters"]
    assert (characters.precision, characters.recall, characters.predicted) == pytest.approx((8 / 11, 8 / 16, 11))
    assert (found["main", "characters"].precision, found["main", "characters"].recall) == pytest.approx((16 / 24, 16 / 19))
    assert found["main", "pages losing over 5 %"].value == 1


def test_a_token_is_cut_where_most_of_its_characters_are() -> None:
    """Two of four characters are not most, three are."""
    assert of(boilerplate(PAGE, lines(), [(Span(0, 2), BOILERPLATE)]))["boilerplate", "tokens"].predicted == 0
    assert of(boilerplate(PAGE, lines(), [(Span(0, 3), BOILERPLATE)]))["boilerplate", "tokens"].predicted == 1


@pytest.mark.parametrize(("lost", "share"), [(1, 0), (2, 1)])
def test_a_page_loses_much_from_over_one_in_twenty_words_on(lost: int, share: int) -> None:
    text = " ".join(["word"] * 20)
    found = of(boilerplate(text, [(Span(0, len(text)), MAIN)], [(Span(0, 5 * lost - 1), BOILERPLATE)]))
    assert found["main", "pages losing over 5 %"].value == share


def test_a_page_without_words_has_no_figures_instead_of_a_crash() -> None:
    assert of(boilerplate("", [], []))["boilerplate", "tokens"].value is None
    assert of(boilerplate("… …", [(Span(0, 3), MAIN)], []))["main", "characters"].value == 1


def region(start: int, end: int, role: str) -> Region:
    return Region(f"r{start}", start, end, role)


def test_roles_by_hand() -> None:
    """Of 43 characters the menu (8) and the byline (8) are right, the heading (19) is taken for body, the end (8) has no role."""
    gold = [region(0, 9, "navigation"), region(10, 32, "headline"), region(33, 42, "byline"), region(43, 52, "interface")]
    tallies, confused = regions(PAGE, gold, [region(0, 9, "navigation"), region(10, 32, "body"), region(33, 42, "byline")])
    found = of(tallies)
    assert found["role", "characters right"].value == pytest.approx(16 / 43)
    assert found["headline", "characters"].value == 0 and found["byline", "characters"].value == 1
    assert found["body", "characters"].precision == 0
    # navigation, headline, body, byline, interface occur
    assert found[LABELS, "characters"].value == pytest.approx(2 / 5)
    assert confused["regions", "headline", "body"] == 19 and confused["regions", "interface", None] == 8
    assert found["main", "tokens"].value == pytest.approx(2 * 4 / (4 + 6))  # the end has no region, so it is kept


# -- names ----------------------------------------------------------------------------------------


def entities(gold: Sequence[Name], predicted: Sequence[Name]) -> Found:
    return of(names("entities", ("PERSON", "ORG", "GPE"), gold, predicted)[0])


def test_names_by_hand() -> None:
    """One right; one with the wrong label; one too long; one too long under the wrong label; one missed; one for nothing."""
    gold = [Name(0, 3, "PERSON"), Name(10, 13, "ORG"), Name(20, 23, "GPE"), Name(30, 33, "GPE"), Name(40, 43, "ORG")]
    predicted = [Name(0, 3, "PERSON"), Name(10, 13, "GPE"), Name(20, 25, "GPE"), Name(30, 35, "ORG"), Name(50, 53, "ORG")]
    found = entities(gold, predicted)
    right = {"strict": 1, "exact": 2, "partial": 2 + 2 / 2, "type": 2, "overlap": 2}
    assert {measure: found["all", measure].value for measure in right} == pytest.approx({k: v / 5 for k, v in right.items()})
    assert found["PERSON", "strict"].value == 1 and found["ORG", "strict"].recall == 0
    confused = names("entities", (), gold, predicted)[1]
    assert confused["entities", "ORG", "GPE"] == 1 and confused["entities", "GPE", None] == 2 and confused["entities", None, "ORG"] == 2


def test_equal_records_count_once_and_touching_ones_do_not_overlap() -> None:
    found = entities([Name(0, 3, "ORG")] * 2, [Name(3, 6, "ORG")] * 3)
    assert (found["all", "overlap"].value, found["all", "partial"].value, found["all", "strict"].predicted) == (0, 0, 1)


WORDS = "one two six ten sea sky oak elm fir ash yew bay"  # of one length, since nervaluate measures distances in words


@st.composite
def flat(draw: st.DrawFn) -> list[Name]:
    """Names over whole words that do not overlap."""
    starts = [word.start for word in segment.words(WORDS, Span(0, len(WORDS)))]
    ends = [word.end for word in segment.words(WORDS, Span(0, len(WORDS)))]
    found, at = [], 0
    while at < len(starts):
        length = draw(st.integers(0, 3))
        if length:
            last = min(at + length, len(starts)) - 1
            found.append(Name(starts[at], ends[last], draw(st.sampled_from(("PERSON", "ORG", "GPE")))))
        at += max(1, length)
    return found


def tags(found: Iterable[Name]) -> list[str]:
    starts = [word.start for word in segment.words(WORDS, Span(0, len(WORDS)))]
    return segment.bio(starts, [(Span(name.start, name.end), name.label) for name in sorted(found)])


@given(flat(), flat())
def test_the_four_ways_to_count_are_those_of_nervaluate(gold: list[Name], predicted: list[Name]) -> None:
    results = Evaluator([tags(gold)], [tags(predicted)], tags=["PERSON", "ORG", "GPE"], loader="list").evaluate()["overall"]
    found = entities(gold, predicted)
    for ours, theirs in (("strict", "strict"), ("exact", "exact"), ("partial", "partial"), ("type", "ent_type")):
        figure, result = found["all", ours], results[theirs]
        assert (figure.precision or 0, figure.recall or 0, figure.value or 0) == pytest.approx((result.precision, result.recall, result.f1))


@given(flat(), flat())
def test_strict_figures_are_those_of_seqeval(gold: list[Name], predicted: list[Name]) -> None:
    assume(gold or predicted)  # seqeval averages over no labels then, and warns
    pair = [tags(gold)], [tags(predicted)]
    found = entities(gold, predicted)
    for part, average in (("all", "micro"), (LABELS, "macro")):
        figure = found[part, "strict"]
        theirs = [score(*pair, average=average, zero_division=0) for score in (precision_score, recall_score, f1_score)]
        assert [figure.precision or 0, figure.recall or 0, figure.value or 0] == pytest.approx(theirs)


@given(flat(), flat())
def test_an_exchange_of_the_sides_exchanges_precision_and_recall(gold: list[Name], predicted: list[Name]) -> None:
    one, other = entities(gold, predicted), entities(predicted, gold)
    for key in (("all", "strict"), ("all", "exact"), ("all", "overlap"), ("ORG", "strict")):
        assert (one[key].precision, one[key].recall) == (other[key].recall, other[key].precision)


def test_links_by_hand() -> None:
    """Of three equal mentions two have the entity; a fourth has it under another label, which only `span and entity` takes."""
    gold = [Mention(f"m{at}", at, at + 2, "ORG", entity) for at, entity in ((0, "a"), (10, "b"), (20, "c"), (30, "d"), (40, None))]
    predicted = [
        Mention(f"m{at}", at, at + 2, label, entity) for at, label, entity in ((0, "ORG", "a"), (10, "ORG", "x"), (20, "ORG", "c"))
    ]
    predicted += [Mention("m30", 30, 32, "GPE", "d"), Mention("m40", 40, 42, "ORG", "e")]
    found = of(links(gold, predicted))
    assert found["link", "entity, of equal"].value == pytest.approx(2 / 3)
    assert (found["link", "span and entity"].precision, found["link", "span and entity"].recall) == pytest.approx((3 / 5, 3 / 4))


# -- the sweep ------------------------------------------------------------------------------------

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=20)


@given(SPANS, SPANS)
def test_the_sweep_finds_every_two_spans_that_overlap_once(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    every = [(i, j) for i, a in enumerate(one) for j, b in enumerate(other) if a[0] < b[1] and b[0] < a[1]]
    assert sorted(overlapping(one, other)) == every


class Counted(int):
    """A number that counts how often it is compared."""

    times = 0

    def __lt__(self, other: int) -> bool:
        Counted.times += 1
        return int(self) < int(other)

    def __le__(self, other: int) -> bool:
        Counted.times += 1
        return int(self) <= int(other)

    def __eq__(self, other: object) -> bool:
        Counted.times += 1
        return int(self) == other

    __hash__ = int.__hash__


def test_the_sweep_grows_with_the_number_of_spans() -> None:
    def work(number: int) -> int:
        spans = [(Counted(10 * at), Counted(10 * at + 12)) for at in range(number)]
        Counted.times = 0
        assert len(list(overlapping(spans, spans))) == 3 * number - 2
        return Counted.times

    assert work(4000) < 2.5 * work(2000)


def taken_one_by_one(gold: list[Name], predicted: list[Name]) -> tuple[float, int]:
    """`partial` and `type` as their words say, every two names compared."""

    def free(name: Name, used: set[Name]) -> list[Name]:
        return [other for other in gold if other not in used and other.start < name.end and name.start < other.end]

    partial, typed, used, used_by_type = 0.0, 0, set[Name](), set[Name]()
    for name in predicted:
        found = free(name, used)
        equal = [other for other in found if other[:2] == name[:2]]
        used.update((equal or found)[:1])
        partial += 1 if equal else 0.5 if found else 0
        found = free(name, used_by_type)
        alike = sorted(
            (other for other in found if other.label == name.label), key=lambda o: abs(o.start - name.start) + abs(o.end - name.end)
        )
        used_by_type.update((alike or found)[:1])
        typed += bool(alike)
    return partial, typed


MANY = st.lists(
    st.builds(
        lambda start, length, label: Name(start, start + length, label), st.integers(0, 40), st.integers(1, 20), st.sampled_from("AB")
    ),
    max_size=30,
)


@given(MANY, MANY)
def test_names_that_overlap_each_other_are_taken_in_the_order_of_the_text(gold: list[Name], predicted: list[Name]) -> None:
    found = of(names("entities", ("A", "B"), gold, predicted)[0])
    ours, theirs = sorted(set(gold)), sorted(set(predicted))
    items = len(ours) + len(theirs)
    partial, typed = taken_one_by_one(ours, theirs)
    assert items == 0 or (found["all", "partial"].value, found["all", "type"].value) == (2 * partial / items, 2 * typed / items)


@pytest.mark.parametrize("shape", ["nested", "together", "one over all"])
def test_names_that_all_overlap_are_scored_in_work_that_grows_with_their_number(shape: str) -> None:
    """Work is counted in lines of the module that run."""

    def work(number: int) -> int:
        end = 10 * number
        one = {
            "nested": [Name(at, end - at, "AB"[at % 2]) for at in range(number)],
            "together": [Name(0, 1 + at, "A") for at in range(number)],
            "one over all": [Name(0, end, "A"), *(Name(at, at + 1, "A") for at in range(number))],
        }[shape]
        other = [Name(name.start, name.end + 1, "AB"[at % 3 == 0]) for at, name in enumerate(one)]
        count = 0

        def trace(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal count
            if not frame.f_code.co_filename.endswith("names.py"):
                return None
            count += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            names("entities", ("A", "B"), one, other)
        finally:
            sys.settrace(before)
        return count

    assert 0 < work(2_000) < 2.5 * work(1_000)


# -- quotations -----------------------------------------------------------------------------------

SAID = "“We are ready to go,” Mayor Lena Ortiz said. Critics said that the bridge was far too small."


def span(words: str) -> Span:
    start = SAID.index(words)
    return Span(start, start + len(words))


LENA, CRITICS = Mentioned(span("Mayor Lena Ortiz"), heads=(span("Ortiz"),)), Mentioned(span("Critics"))


def said(words: str, speaker: Mentioned | Resolved | None, cue: str = "said", **more: bool) -> Said:
    return Said((span(words),), (span(cue),), speaker, **more)  # type: ignore[arg-type]


def scored(gold: Sequence[Said], predicted: Sequence[Said], part: str = SPEECH) -> dict[str, Figure]:
    page = Words.of(SAID)
    found = of(quotations(SAID, (part,), units_of(page, gold), units_of(page, predicted))[0])
    return {measure: figure for (of_, measure), figure in found.items() if of_ == part}


def test_quotations_by_hand() -> None:
    """The first is right but for its marks and speaker in another form; the second has 4 of 6 words and no speaker; a third is none."""
    gold = [said("“We are ready to go,”", LENA), said("that the bridge was far too small", CRITICS)]
    lena = Mentioned(span("Ortiz"))
    predicted = [said("We are ready to go", lena), said("bridge was far too", None), said("Lena Ortiz", None)]
    found = scored(gold, predicted)
    assert found["content, exact"].value == pytest.approx(2 * 1 / (3 + 2))
    assert (found["content, match"].precision, found["content, match"].recall) == (2 / 3, 1)
    # 5 + 6 words there, 5 + 4 + 2 given, 9 of both
    assert (found["content, words"].precision, found["content, words"].recall) == pytest.approx((9 / 11, 9 / 11))
    assert found["speaker, given"].value == 0.5
    assert (found["speaker, strict"].value, found["speaker"].value) == (0, 0.5)
    assert (found["end to end"].precision, found["end to end"].recall) == (1 / 3, 1 / 2)
    assert found["end to end, strict"].value == 0
    assert found["cue"].value == 1
    assert found["type"].value == 1


def test_what_stands_for_another_part_counts_neither_way() -> None:
    """Among the direct ones: the prediction that is half inside the indirect quotation is no error; the one elsewhere is."""
    gold = [said("“We are ready to go,”", LENA), said("that the bridge was far too small", CRITICS)]
    predicted = [said("“We are ready to go,”", LENA), Said((span("bridge was"),), (), None, type=DIRECT)]
    assert scored(gold, predicted, DIRECT)["content, match"].precision == 1
    assert scored(gold, [*predicted, Said((span("Mayor"),), (), None, type=DIRECT)], DIRECT)["content, match"].precision == 0.5


def test_thoughts_and_ignored_quotations() -> None:
    gold = [said("“We are ready to go,”", LENA, speech=False), said("that the bridge was far too small", CRITICS, ignored=True)]
    assert scored(gold, gold)["content, match"].gold == 0
    assert scored(gold, gold, "all")["content, match"].gold == scored(gold, gold, "all")["type"].gold == 1


def test_half_of_the_words_match_and_less_do_not() -> None:
    """3 of 6, then 2 of 6."""
    page = Words.of(SAID)
    gold = units_of(page, [said("the bridge was far too small", CRITICS)])
    assert matched(gold, units_of(page, [said("the bridge was", None)]))
    assert not matched(gold, units_of(page, [said("the bridge", None)]))


def test_the_better_match_is_taken_first_and_each_unit_once() -> None:
    page = Words.of(SAID)
    gold = units_of(page, [said("the bridge was far too", None), said("the bridge was far too small", None)])
    predicted = units_of(page, [said("the bridge was far too small", None), said("the bridge was far", None)])
    assert matched(gold, predicted) == [(1, 0), (0, 1)]


def test_a_quotation_over_paragraphs_is_a_unit_in_each_and_a_gap_of_marks_joins() -> None:
    text = "“One two\nthree,” “four” she said “five”"
    content = [Span(0, text.index(" “four")), Span(text.index("“four"), text.index(" she")), Span(text.index("“five"), len(text))]
    assert [text[unit.start : unit.end] for unit in units(text, content)] == ["One two", "three,” “four", "five"]


def test_a_unit_loses_marks_and_complementizer() -> None:
    text = "said that “it works.” "
    assert [text[unit.start : unit.end] for unit in units(text, [Span(5, len(text))])] == ["it works"]
    assert units(text, [Span(20, 22)]) == []


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a “b c” d", "b c"),
        ('a "b" c "d" e', "bd"),
        ("a ``b'' c ''d'' e", "bd"),
        ("a “b\nc", "b"),
        ("a” b", ""),
        ("“a “b” c", "a b"),
        ("«a» b", "a"),
    ],
)
def test_what_lies_inside_marks(text: str, inside: str) -> None:
    found = inside_marks(text)
    assert "".join(c for c, flag in zip(text, found, strict=True) if flag and c not in "“") == inside


def test_types_from_marks() -> None:
    """Nine of ten words inside are direct; eight are mixed."""
    words = "a b c d e f g h i"
    for text, kind in ((f"“{words}” j", "direct"), (f"“{words[:-2]}” i j", "mixed"), (words, "indirect")):
        (unit,) = units_of(Words.of(text), [Said((Span(0, len(text)),), (), None)])
        assert unit.type == kind


@given(st.text("ab'’- “”\"\n_é1$", max_size=40), st.data())
def test_words_of_a_stretch_are_those_that_it_has_alone(text: str, data: st.DataObject) -> None:
    """Where a unit begins inside a word, it has the rest of it; units begin at no mark."""
    page = Words.of(text)
    starts = [at for at, c in enumerate(text) if c not in " \n_'’-“”\""]
    if starts:
        start = data.draw(st.sampled_from(starts))
        end = data.draw(st.integers(start + 1, len(text)))
        alone = frozenset(start + at for at in Words.of(text[start:end]).starts)
        assert page.between(Span(start, end)) == alone


# -- speakers -------------------------------------------------------------------------------------

VERDICTS: list[tuple[str, Resolved, Resolved, tuple[bool, bool]]] = [
    ("same entity", Resolved("a", None, ()), Resolved("a", "X", (Span(0, 2),)), (True, True)),
    ("other entity", Resolved("a", "Ann Lee", ()), Resolved("b", "Bo Lee", ()), (False, False)),
    ("other entity, same source", Resolved("a", "Ann Lee", (Span(0, 2),)), Resolved("b", None, (Span(1, 4),)), (False, True)),
    ("same name", Resolved("a", "The Kremlin", ()), Resolved(None, "Kremlin", ()), (True, True)),
    ("part of the name", Resolved("a", "Lena Ortiz", ()), Resolved(None, "Ortiz", ()), (False, True)),
    ("nobody named, same source", Resolved(None, None, (Span(0, 2),)), Resolved(None, None, (Span(0, 2),)), (True, True)),
    ("nobody named, source near it", Resolved(None, None, (Span(0, 4),)), Resolved(None, None, (Span(2, 6),)), (False, True)),
    ("other name", Resolved("a", "Ann Lee", ()), Resolved(None, "Bo Chan", ()), (False, False)),
    ("touching sources", Resolved("a", None, (Span(0, 2),)), Resolved(None, None, (Span(2, 4),)), (False, False)),
]


@pytest.mark.parametrize(("one", "other", "verdict"), [item[1:] for item in VERDICTS], ids=[item[0] for item in VERDICTS])
def test_who_is_the_same_speaker(one: Resolved, other: Resolved, verdict: tuple[bool, bool]) -> None:
    assert one.matches("", other) == verdict


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("Mayor Lena Ortiz", (True, True)),
        ("Mayor Lena Ortiz said", (False, True)),
        ("Ortiz", (False, True)),
        ("Mayor", (False, False)),
        ("Critics", (False, False)),
    ],
)
def test_where_the_same_speaker_is_named(words: str, verdict: tuple[bool, bool]) -> None:
    assert LENA.matches(SAID, Mentioned(span(words))) == verdict


def test_article_possessive_and_marks_of_a_speaker_do_not_matter() -> None:
    text = "The mayor's, a mayor"
    assert Mentioned(Span(0, 12)).matches(text, Mentioned(Span(4, 9))) == (True, True)


def test_another_mention_of_the_same_last_name_is_right() -> None:
    text = "Lena Ortiz spoke. Ortiz’s aide left."
    assert Mentioned(Span(0, 10)).matches(text, Mentioned(Span(18, 25))) == (False, True)


def test_a_page_of_thousands_of_quotations_is_swept_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared is counted: with twice the quotations it is twice as much."""

    class Compared(frozenset[int]):
        times = 0

        def __and__(self, other: object) -> frozenset[int]:
            Compared.times += 1
            return frozenset.__and__(self, other)  # type: ignore[operator]

    between: Callable[[Words, Span], frozenset[int]] = Words.between
    monkeypatch.setattr(Words, "between", lambda self, span: Compared(between(self, span)))

    def work(number: int) -> int:
        rng = random.Random(1)
        text = "“a b” c. " * number
        quotes = [Said((Span(9 * at, 9 * at + 5),), (), None) for at in range(number) if rng.random() < 0.9]
        found = units_of(Words.of(text), quotes)
        Compared.times = 0
        quotations(text, (DIRECT, SPEECH), found, found)
        return Compared.times

    assert 0 < work(2000) < 2.5 * work(1000)
