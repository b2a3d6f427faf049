"""The quality gate: suggestions on the project's own gold stay above their floors, and no floor falls silently."""

import json

import pytest

from drumbeat.repository import Repository
from tests import gate

PINNED = {"measured on": {"gold": "1"}, "floors": {"a": 0.9, "b": 0.5}, "cases": {"quotes": 10}, "lowered": []}


def test_suggestions_are_above_their_floors(checkout: Repository) -> None:
    pinned = json.loads(gate.FLOORS.read_text(encoding="utf-8"))
    on, reached = gate.measured(checkout)
    assert on == pinned["measured on"], "data or a model changed, so the floors say nothing: python -m tests.gate --update"
    assert pinned["floors"].keys() == gate.FIGURES.keys()
    assert not gate.under(pinned, reached, gate.cases())


def test_what_has_fallen_is_named() -> None:
    assert gate.under(PINNED, {"a": 0.9, "b": 0.5}, {"quotes": 10}) == []
    assert gate.under(PINNED, {"a": 0.89}, {"quotes": 9}) == [
        "a: 0.89 is under its floor 0.9",
        "b: 0 is under its floor 0.5",
        "cases of quotes: 9 pass, 10 did",
    ]


def test_a_floor_is_raised_and_never_lowered_silently() -> None:
    raised = gate.updated(PINNED, {}, {"a": 0.95, "b": 0.5}, {"quotes": 12}, {}, "2026-01-02")
    assert (raised["floors"], raised["cases"], raised["lowered"]) == ({"a": 0.947, "b": 0.5}, {"quotes": 12}, [])
    with pytest.raises(ValueError, match=r"a: 0\.9 -> 0\.797; cases of quotes: 10 -> 9"):
        gate.updated(PINNED, {}, {"a": 0.8, "b": 0.6}, {"quotes": 9}, {}, "2026-01-02")
    why = {"a": "the gold was mended", "cases of quotes": "one was wrong"}
    lowered = gate.updated(PINNED, {}, {"a": 0.8, "b": 0.6}, {"quotes": 9}, why, "2026-01-02")
    assert (lowered["floors"], lowered["cases"]) == ({"a": 0.797, "b": 0.597}, {"quotes": 9})
    assert [(item["figure"], item["why"]) for item in lowered["lowered"]] == list(why.items())
    with pytest.raises(ValueError, match="b"):
        gate.updated(PINNED, {}, {"a": 0.9}, {"quotes": 10}, {}, "2026-01-02")  # a figure that is no longer measured
