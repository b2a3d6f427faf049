"""Regions suggested by the trained model and by rules."""

import hashlib
import importlib.resources
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.model import Region
from drumbeat.schema import labels
from drumbeat.suggest import regions
from drumbeat.suggest.regions import model, page, splits, suggest_regions, training
from drumbeat.suggest.regions.examples import Example
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
    assert (
        model.from_files(model._data(model.TREES), model._data(model.TABLES)).lines(text)[1].tolist()
        == model.classifier().lines(text)[1].tolist()
    )


def test_the_card_names_the_files_and_what_they_were_made_of() -> None:
    data = importlib.resources.files("drumbeat.suggest.regions") / "data"
    card = (data / "MODEL_CARD.md").read_text(encoding="utf-8")
    for name in (model.TREES, model.TABLES, "roles.jsonl"):
        assert f"{name} | {hashlib.sha256((data / name).read_bytes()).hexdigest()} |" in card
    for word in ("MIT", "CC BY 4.0", "language model", "python -m drumbeat.suggest.regions.training"):
        assert word in card
    assert sum(len((data / name).read_bytes()) for name in (model.TREES, model.TABLES)) < 600_000
    assert regions.model_version() == model.model_sha256()[:8]


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


def test_work_grows_with_the_length_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted: lines that are searched for pieces, and characters of them."""
    seen: list[int] = []
    search = splits.pieces

    def counted(line: str, role: str, above: bool) -> Any:
        seen.append(min(len(line), splits._LONGEST))
        return search(line, role, above)

    monkeypatch.setattr(regions, "pieces", counted)
    unit = "The council voted on Tuesday to build a second bridge.Read more\n\nHome\n(Photo by Ana Holm) By Ana Lind\n"
    work = []
    for times in (50, 100):
        seen.clear()
        suggest_regions(unit * times)
        work.append(sum(seen))
    assert work[1] == 2 * work[0]
    endless = "It was late on Monday.Read more of it. " * 10_000
    assert list(search(endless, "body")) == [splits.Piece(0, len(endless.rstrip()), None)]


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
