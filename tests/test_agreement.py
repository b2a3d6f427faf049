import math

import msgspec
import pytest

from drumbeat.agreement import Figure, agreement, alpha, cohen_kappa, f1, matched_quotes
from drumbeat.model import AnnotationSet, Quote, Region, Span
from drumbeat.repository import read_annotation, read_document, read_seeds
from tests.toy import Toy


def quote(identifier: str, start: int, end: int, speaker: str = "x", kind: str = "direct") -> Quote:
    return Quote(identifier, kind, (Span(start, end),), (), (), speaker, speaker, None, False, False)


def test_f1_by_hand() -> None:
    assert f1([1, 2, 3], [2, 3, 4, 5]) == pytest.approx(4 / 7)
    assert f1([], []) is None
    assert f1([1], []) == 0


def test_kappa_of_a_published_example() -> None:
    """Two raters on 50 proposals: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no give kappa 0.4."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohen_kappa(pairs) == pytest.approx(0.4)
    assert cohen_kappa([("y", "y")]) is None


def test_alpha_by_hand() -> None:
    """alpha = 1 - D_o/D_e: two of four units differ; 4 a and 4 b among 8 values give D_e = 2*4*4/(8*7)."""
    assert alpha("aabb", "abab") == pytest.approx(1 - 0.5 / (32 / 56))
    assert alpha("aaaa", "aaaa") is None


def test_contents_match_from_half_of_their_characters_on() -> None:
    one = [quote("q1", 0, 10), quote("q2", 20, 30)]
    other = [quote("q9", 0, 12), quote("q8", 26, 40)]
    assert [(a.id, b.id) for a, b in matched_quotes(one, other)] == [("q1", "q9")]


def test_half_is_enough_and_less_is_not() -> None:
    """Jaccard index of the characters: 5 of 10, then 5 of 11."""
    assert matched_quotes([quote("q1", 0, 5)], [quote("q2", 0, 10)])
    assert not matched_quotes([quote("q1", 0, 5)], [quote("q2", 0, 11)])


def test_of_equal_contents_the_one_with_the_same_cue_is_matched() -> None:
    one = [msgspec.structs.replace(quote("q1", 0, 10), cue=(Span(20, 24),))]
    other = [quote("q8", 0, 10), msgspec.structs.replace(quote("q9", 0, 10), cue=(Span(20, 24),))]
    assert [(a.id, b.id) for a, b in matched_quotes(one, other)] == [("q1", "q9")]


def test_the_better_overlap_is_matched_first_and_each_quotation_once() -> None:
    one = [quote("q1", 0, 10), quote("q2", 0, 9)]
    other = [quote("q8", 0, 9), quote("q9", 0, 8)]
    assert {(a.id, b.id) for a, b in matched_quotes(one, other)} == {("q2", "q8"), ("q1", "q9")}


def _set(regions: list[tuple[int, int, str]], contents: list[tuple[int, int]]) -> AnnotationSet:
    made = tuple(Region(f"r{start}", start, end, role) for start, end, role in regions)
    return AnnotationSet("a", "manual", "2026-01-02", made, tuple(quote(f"q{s}", s, e) for s, e in contents), (), ())


def test_figures_by_hand() -> None:
    """Ten visible characters and a space; the second annotator moved an edge by two and made a content two shorter."""
    text = "abcd efghij"
    one = _set([(0, 4, "headline"), (5, 11, "body")], [(0, 4)])
    other = _set([(0, 2, "headline"), (2, 11, "body")], [(0, 2)])
    figures = {(figure.layer, figure.measure): figure.value for figure in agreement(text, one, other)}
    # headline 4 and 2, both on 2: 2*2/6; body 6 and 8, both on 6: 12/14
    assert figures["regions", "macro F1, characters"] == pytest.approx((4 / 6 + 12 / 14) / 2)
    # 8 of 10 equal; by chance 0.4*0.2 + 0.6*0.8
    assert figures["regions", "kappa, characters"] == pytest.approx((0.8 - 0.56) / (1 - 0.56))
    # of 20 values 6 are headline and 14 body: D_o = 2/10, D_e = 2*6*14/(20*19)
    assert figures["regions", "alpha, characters"] == pytest.approx(1 - 0.2 / (168 / 380))
    assert figures["content", "F1, exact spans"] == 0
    assert figures["content", "F1, characters"] == pytest.approx(2 * 2 / (4 + 2))
    assert figures["content", "alpha, words"] == pytest.approx(1)  # by their first characters the words agree


def _sets(toy: Toy) -> tuple[str, AnnotationSet, AnnotationSet]:
    seed = read_seeds(toy.repository)[0]
    document = read_document(toy.repository, seed)
    first, second = read_annotation(toy.repository, document).sets
    return document.text, first, second


def _figures(toy: Toy) -> dict[tuple[str, str], Figure]:
    return {(figure.layer, figure.measure): figure for figure in agreement(*_sets(toy))}


def test_equal_sets_agree_wholly(toy: Toy) -> None:
    values = [figure.value for figure in agreement(*_sets(toy))]
    assert all(value is None or math.isclose(value, 1) for value in values)


def test_each_difference_shows_in_its_own_figure(toy: Toy) -> None:
    other = toy.annotations["toy-a"]["sets"][1]
    other["quotes"][0]["speaker"] = "northtown"
    other["quotes"][0]["type"] = "mixed"
    other["entities"][0]["entity"] = "ada-byrne"
    other["entities"][1]["label"] = "ORG"
    other["regions"][3]["role"] = "timestamp"
    other["quotes"][0]["cue"] = []
    toy.write()
    figures = _figures(toy)
    assert figures["quotes", "speaker, of matched"].value == pytest.approx(3 / 4)
    assert figures["quotes", "type, of matched"].value == pytest.approx(3 / 4)
    assert figures["entities", "F1, span and label"].value == pytest.approx(6 / 8)
    assert figures["entities", "link, of equal mentions"].value == pytest.approx(2 / 3)
    assert figures["cue", "F1, exact spans"].value == pytest.approx(4 / 5)
    kappa = figures["regions", "kappa, characters"].value
    assert kappa is not None and 0.9 < kappa < 1


def test_ids_do_not_matter(toy: Toy) -> None:
    for number, record in enumerate(toy.annotations["toy-a"]["sets"][1]["quotes"]):
        record["id"] = f"other{number}"
        record["parent"] = None
    toy.write()
    assert _figures(toy)["quotes", "F1, content matched"].value == 1


def test_nothing_annotated_gives_no_figures_instead_of_a_crash(toy: Toy) -> None:
    for item in toy.annotations["toy-a"]["sets"]:
        item["regions"] = item["quotes"] = item["nonquotes"] = item["entities"] = []
    toy.write()
    assert _figures(toy)["content", "F1, exact spans"].value is None


def test_a_layer_that_one_did_not_annotate_is_no_disagreement(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][1] |= {"layers": ["entities"], "regions": [], "quotes": [], "nonquotes": []}
    toy.write()
    figures = _figures(toy)
    assert {layer for (layer, _), figure in figures.items() if figure.value is not None} == {"entities"}
    assert figures["entities", "F1, span and label"].value == 1
