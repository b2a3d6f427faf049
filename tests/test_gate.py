"""The quality gate: suggestions on the project's own gold stay above their floors, and no floor falls silently."""

import json
from pathlib import Path

import pytest

from drumbeat.repository import Repository
from tests import gate

PINNED = {"measured on": {"gold": "1"}, "floors": {"a": 0.9, "b": 0.5}, "cases": {"quotes": 10}, "lowered": []}


def test_suggestions_are_above_their_floors(checkout: Repository) -> None:
    pinned = json.loads(gate.FLOORS.read_text(encoding="utf-8"))
    on, reached = gate.measured(checkout)
    assert not gate.changed(pinned, on), "the floors say nothing: python -m tests.gate --update"
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


def test_a_reason_to_lower_a_floor_writes_down_no_other_fall() -> None:
    """A figure that has a reason but has not fallen keeps its floor, since nothing is written down."""
    kept = gate.updated(PINNED, {}, {"a": 0.901, "b": 0.5}, {"quotes": 10}, {"a": "for nothing"}, "2026-01-02")
    assert (kept["floors"]["a"], kept["lowered"]) == (0.9, [])


def test_every_layer_has_a_floor() -> None:
    """Also names of speakers and links to the knowledge base, which nothing else measures on the gold."""
    assert {layer for layer, *_ in gate.FIGURES.values()} == {"regions", "quotes", "nonquotes", "entities"}
    assert {("entities", "link"), ("quotes", "speech")} <= {(layer, part) for layer, part, _ in gate.FIGURES.values()}
    assert "speaker, named" in {measure for *_, measure in gate.FIGURES.values()}


@pytest.fixture
def floors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of floors of all figures, and a measurement that reaches all of them."""
    path = tmp_path / "floors.json"
    path.write_text(json.dumps({"measured on": {"gold": "1"}, "floors": dict.fromkeys(gate.FIGURES, 0.5), "cases": {}, "lowered": []}))
    (tmp_path / "cases").mkdir()
    monkeypatch.setattr(gate, "FLOORS", path)
    monkeypatch.setattr(gate, "measured", lambda _: ({"gold": "1"}, dict.fromkeys(gate.FIGURES, 0.5)))
    return path


def test_the_command_says_that_nothing_has_fallen(floors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main([]) == 0 and "nothing has fallen" in capsys.readouterr().out
    fallen = json.loads(floors.read_text()) | {"floors": dict.fromkeys(gate.FIGURES, 0.6)}
    floors.write_text(json.dumps(fallen))
    assert gate.main([]) == 1 and "0.5 is under its floor 0.6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"measured on": {"gold": "2"}}, "another gold"),
        ({"measured on": {"gold": "1", "region model": "3"}}, "another region model"),
        ({"floors": {}}, "no floor for entities: span and label"),
    ],
)
def test_floors_of_something_else_say_nothing(other: gate.Json, said: str, floors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    floors.write_text(json.dumps(json.loads(floors.read_text()) | other))
    assert gate.main([]) == 2
    printed = capsys.readouterr()
    assert said in printed.err and "nothing has fallen" not in printed.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--update", "--lower", "entities: span and label"], "says no reason; write --lower 'FIGURE=why'"),
        (["--update", "--lower", "entities: span and label= "], "says no reason"),
        (["--update", "--lower", "entities: labels=why"], "there is no figure 'entities: labels'; there are: regions: "),
        (["--lower", "entities: span and label=why"], "give both"),
    ],
)
def test_a_reason_that_cannot_be_used_is_refused(arguments: list[str], said: str, floors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = floors.read_text()
    with pytest.raises(SystemExit) as stopped:
        gate.main(arguments)
    assert stopped.value.code == 2 and said in " ".join(capsys.readouterr().err.split())
    assert floors.read_text() == before
