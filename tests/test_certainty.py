import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat.cli import app
from drumbeat.model import AnnotationSet, Mention, Region
from drumbeat.suggest.certainty import certainty, least_certain
from tests.toy import Toy

run = CliRunner().invoke


def suggested(*confidences: float | None, region: float | None = None, score: float | None = None) -> AnnotationSet:
    entities = tuple(Mention(f"m{number}", number, number + 1, "ORG", None, sure) for number, sure in enumerate(confidences))
    regions = (Region("r1", 0, 9, "body", region),) if region is not None else ()
    return AnnotationSet("robot 1", "suggested", "2026-01-02", regions, (), (), entities, score=score)


def test_layers_weigh_the_same_however_many_records_they_have() -> None:
    assert certainty(suggested(0.5, 0.7, 0.6, region=1.0)) == pytest.approx(0.8)
    assert certainty(suggested(0.5, 0.7, 0.6, region=1.0), ["entities"]) == pytest.approx(0.6)
    assert certainty(suggested(0.5, None)) == 0.5  # a record that says nothing does not count
    assert certainty(suggested(None), ["regions", "entities"]) is None


def test_the_least_sure_set_of_a_document_counts() -> None:
    person = AnnotationSet("alice", "manual", "2026-01-02", (), (), (), (), score=0.01)
    assert least_certain([suggested(0.9), suggested(0.4), person]) == 0.4
    assert least_certain([suggested(0.9), suggested(score=0.2)]) == 0.2
    assert least_certain([suggested(), person]) is None


@pytest.mark.parametrize(
    ("one", "other", "first"), [(0.9, 0.2, "toy-b"), (0.2, 0.9, "toy-a"), (None, 0.9, "toy-b"), (0.5, 0.5, "toy-a"), (None, None, "toy-a")]
)
def test_uncertain_documents_come_first_and_those_without_suggestions_last(
    toy: Toy, tmp_path: Path, one: float | None, other: float | None, first: str
) -> None:
    for document_id, sure in (("toy-a", one), ("toy-b", other)):
        robot = dict(toy.gold(document_id)) | {"annotator": "robot 1", "method": "suggested"}
        robot["entities"] = [mention | {"confidence": sure} for mention in robot["entities"]]
        if sure is not None:
            toy.annotations[document_id]["sets"].append(robot)
    toy.write()
    file = tmp_path / "tasks.json"
    done = run(app, ["export-tasks", "--root", str(toy.root), "-o", str(file), "--order", "uncertain"])
    sent = {task["data"]["document_id"]: task["predictions"] for task in json.loads(file.read_text())}
    assert (done.exit_code, next(iter(sent))) == (0, first)
    if one is not None:
        assert {item.get("score") for item in sent["toy-a"][0]["result"] if item.get("from_name") == "entities"} == {one}
