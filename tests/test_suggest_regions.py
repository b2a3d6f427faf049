"""Regions suggested by the trained model and by rules."""

import hashlib
import importlib.resources
import json
import re
import subprocess
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.model import Region
from drumbeat.schema import labels
from drumbeat.suggest.page import suggester
from drumbeat.suggest.regions import model, page, shipped, splits, suggest_regions, training
from drumbeat.suggest.regions.examples import BOILERPLATE, MAIN, Example, Sites, measured
from drumbeat.suggest.regions.variants import WEIGHT, variants
from tests.cases import Case, cases
from tests.sets import PIECES

HOW = ("model", "rules")
WORDS = [
    *PIECES,
    "\n",
    "Read more",
    "By Ana Lind March 4, 2021 3 min read",
    "(Ana Holm/Getty Images)",
    "on Monday.Read more",
    "Advertisement",
    "。",
    "字",
]
BENCH = Path(__file__).parent.parent.parent / "shared" / "bench" / "boilerplate"


def roles(text: str, found: tuple[Region, ...]) -> list[str | None]:
    """The role of each character."""
    out: list[str | None] = [None] * len(text)
    for region in found:
        out[region.start : region.end] = [region.role] * (region.end - region.start)
    return out


@pytest.mark.parametrize("case", cases("regions"))
def test_case(case: Case) -> None:
    """`expected` and `must not` are pairs of words, which stand once in the text, and the role of all of them."""
    text = case["original"]
    of = roles(text, suggest_regions(text))

    def of_words(words: str) -> set[str | None]:
        (found,) = re.finditer(re.escape(words), text)
        return {of[at] for at in range(*found.span()) if not text[at].isspace()}

    assert [(words, of_words(words)) for words, _ in case["expected"]] == [(words, {role}) for words, role in case["expected"]]
    assert not [words for words, role in case.get("must not", []) if role in of_words(words)]


@pytest.mark.parametrize("how", HOW)
@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(st.sampled_from(WORDS), max_size=30))
def test_regions_are_a_partition_of_what_is_visible(how: str, pieces: list[str]) -> None:
    text = "".join(pieces)
    found = suggest_regions(text, how)
    of = roles(text, found)
    assert all((role is not None) or sign.isspace() for role, sign in zip(of, text, strict=True))
    assert all(one.end <= other.start and one.role != other.role for one, other in pairwise(found))
    assert all(text[region.start : region.end] == text[region.start : region.end].strip() != "" for region in found)
    assert all(region.role in labels("role") and 0 <= (region.confidence or 0) <= 1 for region in found)
    assert len({region.id for region in found}) == len(found)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("text", ["", " \n\t\n", "\n\n\n"])
def test_a_page_without_text_has_no_regions(how: str, text: str) -> None:
    assert suggest_regions(text, how) == ()


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    "text",
    [
        '"' * 10_000,
        "\u200b\u202e\u0600" * 500,
        "\x00\x01\xff" * 1000,
        "字" * 3000,
        "word " * 20_000,
        "a\n" * 5000,
        "By " * 3000,
        "(" * 3000,
        "\U0001f600 " * 999,
        "Dies ist ein Satz auf Deutsch, der länger ist als die anderen, und er steht hier ganz allein.\n" * 40,
    ],
)
def test_any_page_is_taken(how: str, text: str) -> None:
    assert "".join(text[region.start : region.end] for region in suggest_regions(text, how))


def test_pages_of_another_language_keep_their_running_text() -> None:
    text = "Startseite\n\n" + "\n\n".join(
        f"Der Stadtrat hat am {day}. Mai beschlossen, dass eine zweite Brücke gebaut werden soll, obwohl viele Bürger dagegen waren."
        for day in range(1, 9)
    )
    of = roles(text, suggest_regions(text))
    assert of.count("body") > 0.9 * len(text)


def test_the_model_gives_the_same_regions_every_time() -> None:
    text = "Home\n\nThe council voted on Tuesday to build a second bridge over the river, after two years.\n\nRead more\n" * 5
    assert suggest_regions(text) == suggest_regions(text)
    assert model.from_files(*shipped.contents()).told(text).boilerplate.tolist() == model.classifier().told(text).boilerplate.tolist()


def test_the_card_names_the_files_and_what_they_were_made_of() -> None:
    data = importlib.resources.files("drumbeat.suggest.regions") / "data"
    card = (data / "MODEL_CARD.md").read_text(encoding="utf-8")
    for name in (shipped.TREES, shipped.TABLES, "roles.jsonl"):
        assert f"{name} | {hashlib.sha256((data / name).read_bytes()).hexdigest()} |" in card
    for word in ("MIT", "CC BY 4.0", "language model", "python -m drumbeat.suggest.regions.training"):
        assert word in card
    assert sum(len((data / name).read_bytes()) for name in (shipped.TREES, shipped.LEFT_OUT, shipped.TABLES)) < 600_000
    assert shipped.model_sha256().startswith(shipped.model_version())


def test_what_the_model_is_called_is_told_without_loading_what_reads_it() -> None:
    code = "import sys; from drumbeat.suggest.page import suggester; print(suggester(['regions']).name, 'lightgbm' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said == [suggester(["regions"]).name, "False"]


def test_the_card_names_the_development_sets_that_are_here() -> None:
    if not BENCH.is_dir():
        pytest.skip("needs ../shared/bench/boilerplate")
    card = (importlib.resources.files("drumbeat.suggest.regions") / "data" / "MODEL_CARD.md").read_text(encoding="utf-8")
    for path in sorted(BENCH.glob("*_dev.jsonl.gz")):
        assert f"{path.name} | {hashlib.sha256(path.read_bytes()).hexdigest()} |" in card


def test_the_roles_that_taught_have_no_words_of_pages() -> None:
    data = importlib.resources.files("drumbeat.suggest.regions") / "data" / "roles.jsonl"
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 120
    for row in rows:
        assert row.keys() == {"id", "rendition", "runs"}
        assert all(first <= last and set(told) <= set(labels("role")) for first, last, told in row["runs"])
        assert all(one[1] + 1 == other[0] for one, other in pairwise(row["runs"]))


def _work(text: str, how: str) -> tuple[int, int]:
    """Calls that were made, of C functions too, and the most memory that was held: what arrays take in one call is seen in the second."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    tracemalloc.start()
    sys.setprofile(count)
    try:
        suggest_regions(text, how)
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return calls, peak


@pytest.mark.parametrize("how", ["model", "rules"])
@pytest.mark.parametrize(
    "unit",
    [
        "The council voted on Tuesday to build a second bridge.Read more\n\nHome\n(Photo by Ana Holm) By Ana Lind\n",
        "The council voted on Tuesday to build a second bridge.Read more of it. ",
        "“ ",
        "Home\n",
    ],
    ids=["lines", "one line", "marks", "one word"],
)
def test_work_grows_with_the_length_of_a_page(unit: str, how: str) -> None:
    suggest_regions(unit * 10, how)  # tables that are made once
    once, twice = _work(unit * 2_000, how), _work(unit * 4_000, how)
    assert twice[0] <= 2.2 * once[0]
    assert twice[1] <= 2.5 * once[1]  # lists grow by steps; what is quadratic would be 4


def test_a_line_is_searched_for_pieces_up_to_a_length() -> None:
    endless = "It was late on Monday.Read more of it. " * 10_000
    assert list(splits.pieces(endless, "body")) == [splits.Piece(0, len(endless.rstrip()), None)]


@pytest.mark.parametrize(
    "line", ["By Karina Cohen | May 19, 2024", "Dec 29, 2025 - 12 min read|", "By Sherif Saed, Wednesday, 20 November 2024"]
)
def test_pieces_leave_nothing_of_a_line_out(line: str) -> None:
    found = list(splits.pieces(line, "byline", above=True))
    assert len(found) > 1 or found[0].role
    gaps = [line[: found[0].start], *(line[one.end : other.start] for one, other in pairwise(found)), line[found[-1].end :]]
    assert not "".join(gaps).strip()


def test_words_are_hashed_alike_wherever_they_stand() -> None:
    far = "x" * 300_000 + " Bridge bridge BRIDGE"
    found = page.read(far)
    assert len({int(word) for word in found.word_hash[-3:]}) == 1 != len(set(page.read("bridge ridge").word_hash.tolist()))
    assert found.word_hash[-1] == page.read("bridge").word_hash[0]


def test_figures_of_training_are_those_of_hand() -> None:
    """Two pages of one source: 3 of 4 boilerplate words found and 1 of 6 main words lost; nothing found and nothing lost."""
    one, other = (
        Example(str(n), "full", "aeb", str(n), "en", page.read("a b c d\ne f g h i\nj"), np.array(label), ("",) * 3, None)
        for n, label in ((1, [1, 0, 0]), (2, [1, 0, 2]))
    )
    of, mf, loss = training.figures([one, other], [np.array([True, False, True]), np.array([False] * 3)], "full")
    assert of == pytest.approx((2 * 4 / (2 * 4 + 1) + 0) / 2)
    assert mf == pytest.approx((2 * 5 / (2 * 5 + 1) + 2 * 5 / (2 * 5 + 4)) / 2)
    assert loss == 50


def _taught() -> list[Example]:
    """Pages of four sites in the seeds' format, each with a title, a text of its own words and an offer."""
    made = []
    for number in range(8):
        words = [f"word{number}{letter}" for letter in "abcdefghijklmnop"]
        lines = [
            " ".join(words[:4]),
            *(" ".join(["The", *words[n : n + 12], "of", "it."]) for n in range(4)),
            "Subscribe to our newsletter today",
        ]
        label = np.array([2, *[MAIN] * 4, BOILERPLATE])
        kinds = ("title", *["body"] * 4, "other")
        made.append(Example(str(number), "seed", "aeb", f"site{number % 4}.org", "en", page.read("\n".join(lines)), label, kinds, None))
    return made


def test_variants_keep_a_page_and_add_lines_of_other_sites() -> None:
    pages = _taught()
    lines = measured(pages, Sites(pages))
    found = list(variants(pages, lines))
    assert [(item.id, item.page.text) for item in found] == [(item.id, item.page.text) for item in variants(pages, lines)]
    own = {item.id: [item.page.text[start:end] for start, end in zip(item.page.start, item.page.end, strict=True)] for item in pages}
    joined = 0
    for item in found:
        assert len(item.label) == len(item.kinds) == len(item.page) and item.weight == WEIGHT
        rows = [item.page.text[start:end] for start, end in zip(item.page.start, item.page.end, strict=True)]
        main = " ".join(row for row, label in zip(rows, item.label, strict=True) if label == MAIN)
        assert main == " ".join(own[item.id][1:5])  # no word of the text is lost, added or moved
        joined += sum(item.label == MAIN) < 4
        added = [row for row, kind in zip(rows, item.kinds, strict=True) if kind in ("story", "notice")]
        assert all(label == BOILERPLATE for label, kind in zip(item.label, item.kinds, strict=True) if kind in ("story", "notice"))
        same_site = [word for page_ in pages if page_.site == item.site for word in own[page_.id][0].split()]
        assert not [row for row in added if set(row.split()) & set(same_site)]
    assert len(found) == 2 * len(pages) and joined
    assert {role for item in found for told in item.roles or () for role in told} == {"related"}
