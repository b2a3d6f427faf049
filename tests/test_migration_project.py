"""Labels changed in a live project, with people at work in it, against a server that fails on request."""

import json
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from drumbeat import migrate as ends
from drumbeat import schema
from drumbeat.cli import app
from drumbeat.errors import MigrationError, ServerError
from drumbeat.jsonl import write_jsonl
from drumbeat.labelmap import parse_option
from drumbeat.labelstudio.config import config_labels, label_config
from drumbeat.labelstudio.server import DELAYS
from drumbeat.labelstudio.tasks import from_task
from drumbeat.labelstudio.transfer import pull, push
from drumbeat.migrate import Live, Report
from drumbeat.migrate.project import ROUNDS
from tests.test_labelstudio_transfer import ANN, LEAD, LEGACY, Fake, Fault, WithProjects, answer, down, dropped
from tests.test_migration import files
from tests.toy import Toy

Json = dict[str, Any]
RENAME = "rename role:interface=widget"
MERGE = "merge role:byline,interface=interface"
MERGE_NEW = "merge role:byline,interface=furniture"
SPLIT = "split label:ORG=ORG|GOV"
EARLIER = "2026-01-05T06:07:08Z"


@pytest.fixture
def labels_file(toy: Toy) -> Path:
    shutil.copytree(schema.schema_folder(), toy.root / "schema")
    return toy.root / "schema" / "labels.json"


class Busy(WithProjects):
    """A server where `meanwhile` happens once, right before a call of an endpoint is carried out."""

    meanwhile: tuple[str, Any] | None = None
    always = False

    def handle(self, request: httpx.Request) -> httpx.Response:
        parts = [part for part in request.url.path.strip("/").split("/") if not part.isdigit()]
        if self.meanwhile and f"{request.method} {'/'.join(parts)}" == self.meanwhile[0]:
            happens = self.meanwhile[1]
            self.meanwhile = self.meanwhile if self.always else None
            happens()
        return super().handle(request)


@pytest.fixture
def fake(toy: Toy) -> Busy:
    """A project with the gold, ann's work on it, her draft on top of that and one of its own, a skipped annotation, and predictions."""
    fake = Busy()
    push(fake.server(), "toys", toy.repository, sets="gold")
    for number, task in enumerate(fake.tasks):
        (sent,) = task["annotations"]
        by_ann = {"import_id": None, "completed_by": ANN, "updated_by": ANN["id"], "updated_at": EARLIER, "ground_truth": False}
        task["annotations"].append(deepcopy(sent) | by_ann | {"id": 100 + number, "was_cancelled": number == 1})
        draft = {"user": ANN["email"], "result": deepcopy(sent["result"])}
        task["drafts"] = [draft | {"id": 200 + number, "annotation": None}]
        task["predictions"] = [{"id": 300 + number, "model_version": "rules 1", "score": 0.5, "result": deepcopy(sent["result"])}]
    fake.tasks[0]["drafts"].append(
        deepcopy(draft) | {"id": 210, "annotation": 100, "result": deepcopy(fake.tasks[0]["drafts"][0]["result"])}
    )
    return fake


def live(fake: Fake, name: str = "toys") -> Live:
    server = fake.server()
    project = server.find_project(name)
    assert project is not None
    return Live(server, project)


def migrated(fake: Fake, toy: Toy, labels_file: Path | None, *options: str, **more: Any) -> Report:
    asked = [parse_option(*option.split(" ", 1)) for option in options]
    return ends.migrate(toy.repository, asked, labels_file, live=live(fake), **more)


def undone(fake: Fake, toy: Toy, report: Report, labels_file: Path | None, **more: Any) -> Report:
    assert report.undo
    return ends.undo(toy.repository, report.undo, labels_file, live(fake), **more)


def results(fake: Fake) -> dict[tuple[str, int], list[Json]]:
    kinds = ("annotations", "drafts", "predictions")
    return {(kind, work["id"]): deepcopy(work["result"]) for task in fake.tasks for kind in kinds for work in task[kind]}


def said(result: list[Json], control: str) -> list[tuple[str, int, int, str]]:
    """What a result says in one control."""
    found = [item for item in result if item.get("from_name") == control]
    return [(item["id"], item["value"]["start"], item["value"]["end"], *item["value"]["labels"]) for item in found]


def gold(toy: Toy, document_id: str) -> Json:
    value: Json = json.loads(toy.repository.annotation(document_id).read_text())["gold"]
    return value


def as_said(toy: Toy, document_id: str, layer: str, label_set: str) -> list[tuple[str, int, int, str]]:
    return [(record["id"], record["start"], record["end"], record[label_set]) for record in gold(toy, document_id)[layer]]


def names(fake: Fake, control: str) -> set[str]:
    return {label for name, label in config_labels(fake.projects[0]["label_config"]) if name == control}


# -- there ----------------------------------------------------------------------------------------


OTHERS = ["rename reason:scare_quote=irony", "merge label:ORG,GPE=ORG"]


@pytest.mark.parametrize("options", [[RENAME], [MERGE], [MERGE_NEW], [RENAME, *OTHERS]])
def test_files_and_project_change_alike_and_back(fake: Busy, toy: Toy, labels_file: Path, options: list[str]) -> None:
    before, config, bytes_before = results(fake), fake.projects[0]["label_config"], files(toy.root)
    report = migrated(fake, toy, labels_file, *options)
    for task in fake.tasks:
        document_id = task["data"]["document_id"]
        for work in (*task["annotations"], *task["drafts"], *task["predictions"]):
            for layer, label_set in (("regions", "role"), ("nonquotes", "reason"), ("entities", "label")):
                assert said(work["result"], layer) == as_said(toy, document_id, layer, label_set)
        assert task["data"]["schema"] == schema.digest_of(labels_file.parent) != schema.digest()
    for layer, label_set in (("regions", "role"), ("nonquotes", "reason"), ("entities", "label")):
        known = {entry["const"] for entry in json.loads(labels_file.read_text())["$defs"][label_set]["oneOf"]}
        assert names(fake, layer) == known
    undone(fake, toy, report, labels_file)
    assert results(fake) == before and fake.projects[0]["label_config"] == config
    assert all(task["data"]["schema"] == schema.digest() for task in fake.tasks)
    assert report.undo
    report.undo.unlink()
    assert files(toy.root) == bytes_before
    assert fake.snapshots == {}


def test_people_ids_and_flags_stay(fake: Busy, toy: Toy, labels_file: Path) -> None:
    """The server says that the lead updated everything; what is noted in the tasks' data says who did."""
    kept = ("id", "import_id", "completed_by", "ground_truth", "was_cancelled")
    before = [[{name: work[name] for name in kept} for work in task["annotations"]] for task in fake.tasks]
    drafts = [[{**draft, "result": None} for draft in task["drafts"]] for task in fake.tasks]
    relations = [[item for item in task["annotations"][0]["result"] if item["type"] == "relation"] for task in fake.tasks]
    report = migrated(fake, toy, labels_file, RENAME)
    for _ in range(2):
        assert [[{name: work[name] for name in kept} for work in task["annotations"]] for task in fake.tasks] == before
        assert sorted(drafts[0], key=str) == sorted(({**draft, "result": None} for draft in fake.tasks[0]["drafts"]), key=str)
        assert [[i for i in t["annotations"][0]["result"] if i["type"] == "relation"] for t in fake.tasks] == relations
        assert fake.tasks[0]["annotations"][1]["updated_by"] == LEAD["id"]
        came = from_task(fake.tasks[0], {1: "lead@example.org", 7: "ann@example.org"})
        assert [(arrival.person, arrival.day) for arrival in came.arrivals] == [
            *(("lead@example.org", "2026-03-04"), ("ann@example.org", "2026-01-05"))
        ]
        undone(fake, toy, report, labels_file)
    fake.tasks[0]["annotations"][1]["result"] = fake.tasks[0]["annotations"][1]["result"][1:]  # the lead really changed it
    assert from_task(fake.tasks[0], {1: "lead@example.org"}).arrivals[1].person == "lead@example.org"


def test_who_worked_is_known_after_two_migrations_as_well(fake: Busy, toy: Toy, labels_file: Path) -> None:
    migrated(fake, toy, labels_file, RENAME)
    migrated(fake, toy, labels_file, "rename role:widget=control")
    assert from_task(fake.tasks[0], {7: "ann@example.org"}).arrivals[1].person == "ann@example.org"


def test_the_new_label_looks_like_the_old_one(fake: Busy, toy: Toy, labels_file: Path) -> None:
    config = fake.projects[0]["label_config"]
    migrated(fake, toy, labels_file, RENAME, "rename label:ORG=BODY")
    assert fake.projects[0]["label_config"] == config.replace('"interface"', '"widget"').replace('"ORG"', '"BODY"').replace(
        ",ORG,", ",BODY,"
    )


def test_the_report_counts_by_kind_and_the_dry_run_says_the_same(fake: Busy, toy: Toy, labels_file: Path) -> None:
    before = deepcopy(fake.tasks), deepcopy(fake.projects), files(toy.root)
    dry = migrated(fake, toy, labels_file, RENAME, dry_run=True)
    assert (fake.tasks, fake.projects, files(toy.root)) == before and not [call for call in fake.calls if call.startswith("PATCH")]
    assert [line for line in dry.lines() if line.startswith("project 1")] == [
        "project 1 (toys): annotations: role interface -> widget: 4",
        "project 1 (toys): predictions: role interface -> widget: 2",
        "project 1 (toys): drafts: role interface -> widget: 4",
    ]
    real = migrated(fake, toy, labels_file, RENAME)
    assert (real.counts, real.notes) == (dry.counts, dry.notes)
    during = deepcopy(fake.tasks), deepcopy(fake.projects), files(toy.root)
    back = undone(fake, toy, real, labels_file, dry_run=True)
    assert (fake.tasks, fake.projects, files(toy.root)) == during
    assert "project 1 (toys): drafts: role widget -> interface: 4" in list(back.lines())


def test_a_split_is_listed_with_the_projects_records_and_decided(fake: Busy, toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    alone = deepcopy(next(item for item in fake.tasks[1]["annotations"][1]["result"] if item["id"] == "m002"))
    alone |= {"id": "xyz", "value": alone["value"] | {"start": 0, "end": 6}}
    fake.tasks[1]["annotations"][1]["result"].append(alone)  # in no file
    before = deepcopy(fake.tasks), files(toy.root)
    with pytest.raises(MigrationError, match=r"9 record\(s\) are undecided"):
        migrated(fake, toy, labels_file, SPLIT)
    listed = tmp_path / "decided.jsonl"
    asked = [parse_option(*SPLIT.split(" ", 1))]
    assert ends.write_list(toy.repository, asked, labels_file, listed, live=live(fake)) == (9, 9)
    lines = [json.loads(line) for line in listed.read_text().splitlines()]
    write_jsonl(listed, [line | {"label": "GOV" if line["id"] == "tide" else None} for line in lines])
    with pytest.raises(MigrationError, match=r"1 record\(s\) are undecided, the first is project 1: annotation 101: xyz \(ORG\)"):
        migrated(fake, toy, labels_file, f"{SPLIT}:{listed}")
    assert (fake.tasks, files(toy.root)) == (before[0], before[1])
    write_jsonl(listed, [line | {"label": {"tide": "GOV", "xyz": "ORG"}.get(line["id"])} for line in lines])
    report = migrated(fake, toy, labels_file, f"{SPLIT}:{listed}")
    assert not [note for note in report.notes if "decision(s)" in note]
    assert [label for *_, label in said(fake.tasks[1]["annotations"][1]["result"], "entities")] == ["PERSON", "GOV", "ORG"]
    assert names(fake, "entities") >= {"ORG", "GOV"} and ",ORG,GOV," in fake.projects[0]["label_config"]
    undone(fake, toy, report, labels_file)
    assert results(fake)["annotations", 101] == before[0][1]["annotations"][1]["result"]


BREAKS = [("projects", 1), ("projects", 2), ("tasks", 1), ("tasks", 2), ("annotations", 1), ("annotations", 2), ("predictions", 1)]
BREAKS += [("drafts", number) for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(("kind", "number"), BREAKS)
def test_what_was_broken_off_goes_on_with_the_same_command(fake: Busy, toy: Toy, labels_file: Path, kind: str, number: int) -> None:
    before, config, bytes_before = results(fake), fake.projects[0]["label_config"], files(toy.root)
    options = [MERGE_NEW, "rename role:navigation=menu"]

    def breaks() -> None:
        nonlocal number
        number -= 1
        if number == 0:
            fake.faults = [Fault(f"PATCH api/{kind}", down, times=len(DELAYS) + 1)]

    fake.meanwhile, fake.always = (f"PATCH api/{kind}", breaks), True
    with pytest.raises(ServerError, match=r"no server answers there .* may be changed in part, the files are not"):
        migrated(fake, toy, labels_file, *options)
    fake.faults, fake.meanwhile = [], None
    during = files(toy.root)
    assert during.pop("migration-undo.json") and during == bytes_before, "no file changed"
    report = migrated(fake, toy, labels_file, *options)
    assert report.undo == toy.root / "migration-undo.json", "one migration has one way back"
    for task in fake.tasks:
        for work in (*task["annotations"], *task["drafts"], *task["predictions"]):
            assert said(work["result"], "regions") == as_said(toy, task["data"]["document_id"], "regions", "role")
    undone(fake, toy, report, labels_file)
    assert (results(fake), fake.projects[0]["label_config"]) == (before, config)
    report.undo.unlink()
    assert files(toy.root) == bytes_before


def test_what_was_broken_off_can_be_undone_at_once(fake: Busy, toy: Toy, labels_file: Path) -> None:
    before, config, bytes_before = results(fake), fake.projects[0]["label_config"], files(toy.root)
    fake.faults = [Fault("PATCH api/drafts", answer(400))]
    with pytest.raises(ServerError, match=r"HTTP 400.* may be changed in part, the files are not: give the same command again"):
        migrated(fake, toy, labels_file, MERGE, undo_file=toy.root / "undo.json")
    ends.undo(toy.repository, toy.root / "undo.json", labels_file, live(fake))
    assert (results(fake), fake.projects[0]["label_config"]) == (before, config)
    (toy.root / "undo.json").unlink()
    assert files(toy.root) == bytes_before


def test_an_undo_file_is_gone_on_with_by_the_same_migration_only(fake: Busy, toy: Toy, labels_file: Path) -> None:
    undo_file = toy.root / "undo.json"
    fake.faults = [Fault("PATCH api/tasks", answer(400))]
    with pytest.raises(ServerError, match="HTTP 400"):
        migrated(fake, toy, labels_file, MERGE, undo_file=undo_file)
    with pytest.raises(MigrationError, match="may be the way back from another migration"):
        migrated(fake, toy, labels_file, RENAME, undo_file=undo_file)
    assert migrated(fake, toy, labels_file, MERGE, undo_file=undo_file).undo == undo_file
    with pytest.raises(MigrationError, match="may be the way back from another migration"):
        migrated(fake, toy, labels_file, MERGE, undo_file=undo_file)


@pytest.mark.parametrize("endpoint", ["PATCH api/annotations", "PATCH api/tasks", "PATCH api/drafts", "PATCH api/predictions"])
def test_an_answer_that_is_lost_changes_nothing_twice(fake: Busy, toy: Toy, labels_file: Path, endpoint: str) -> None:
    before = results(fake)
    fake.faults = [Fault(endpoint, dropped, after=True)]
    report = migrated(fake, toy, labels_file, MERGE)
    undone(fake, toy, report, labels_file)
    assert results(fake) == before


def test_what_people_save_meanwhile_is_kept_and_changed_too(fake: Busy, toy: Toy, labels_file: Path) -> None:
    """While the first task changes, ann saves her work on it, begins another draft on it, deletes a skipped one and adds one."""
    anns, skipped, other = fake.tasks[0]["annotations"][1], fake.tasks[1]["annotations"], fake.tasks[1]
    new = deepcopy(other["annotations"][0]) | {"id": 150, "import_id": None, "completed_by": ANN, "updated_by": ANN["id"]}
    new["result"][0]["value"]["labels"] = ["interface"]

    def saves() -> None:
        assert names(fake, "regions") >= {"interface", "widget"}, "what she saves is known either way"
        anns["result"] = [item for item in anns["result"] if item.get("id") != "r001"]
        fake.tasks[0]["drafts"].append({"id": 220, "user": ANN["email"], "annotation": 100, "result": deepcopy(anns["result"])})
        del skipped[1]
        skipped.append(new)

    fake.meanwhile = ("GET api/tasks/drafts", saves)
    report = migrated(fake, toy, labels_file, RENAME)
    assert "project 1 (toys): 5 label(s) were saved meanwhile, and changed after that" in report.notes
    assert [label for *_, label in said(anns["result"], "regions")] == ["headline", "byline", "widget", "body", "widget"]
    assert [label for *_, label in said(new["result"], "regions")] == ["widget", "body"]
    assert {draft["id"]: draft["annotation"] for draft in fake.tasks[0]["drafts"]} == {200: None, 210: 100, 220: 100}
    assert not any('"interface"' in json.dumps(result) for result in results(fake).values()) and "interface" not in names(fake, "regions")
    assert from_task(fake.tasks[0], {7: "ann@example.org"}).arrivals[1].person == "ann@example.org"
    back = undone(fake, toy, report, labels_file)
    assert not [note for note in back.notes if "project" in note]
    assert [label for *_, label in said(anns["result"], "regions")] == ["headline", "byline", "interface", "body", "interface"]


def test_somebody_who_never_stops_is_named(fake: Busy, toy: Toy, labels_file: Path) -> None:
    before = files(toy.root)
    fresh = deepcopy(fake.tasks[0]["annotations"][1]["result"])

    def saves() -> None:
        fake.tasks[0]["annotations"][1]["result"] = deepcopy(fresh)

    fake.meanwhile, fake.always = ("POST api/projects/exports", saves), True
    with pytest.raises(ServerError, match="somebody saves faster than labels are changed; ask for a pause"):
        migrated(fake, toy, labels_file, RENAME)
    assert fake.calls.count("POST api/projects/exports") == ROUNDS + 1
    assert {"interface", "widget"} <= names(fake, "regions")
    fake.meanwhile = None
    report = migrated(fake, toy, labels_file, RENAME)
    undone(fake, toy, report, labels_file)
    assert fake.tasks[0]["annotations"][1]["result"] == fresh
    assert report.undo
    report.undo.unlink()
    assert files(toy.root) == before


def test_a_project_of_another_tool_is_left_alone(fake: Busy, toy: Toy, labels_file: Path) -> None:
    fake.tasks[1]["data"] = {"image": "cat.png"}
    before = deepcopy(fake.tasks), deepcopy(fake.projects), files(toy.root)
    with pytest.raises(ServerError, match="none of drumbeat's"):
        migrated(fake, toy, labels_file, RENAME)
    assert (fake.tasks, fake.projects, files(toy.root)) == before


def test_files_that_went_ahead_are_followed_by_the_project_alone(fake: Busy, toy: Toy, labels_file: Path) -> None:
    before, config = results(fake), fake.projects[0]["label_config"]
    asked = parse_option(*MERGE.split(" ", 1))
    ends.migrate(toy.repository, [asked], labels_file)
    during = files(toy.root)
    with pytest.raises(MigrationError, match="no label byline in role"):
        ends.migrate(toy.repository, [asked], labels_file)
    report = migrated(fake, toy, labels_file, MERGE)
    assert {file for file, *_ in report.counts} == {"project 1 (toys)"}
    assert any("the project follows, and the files stay" in note for note in report.notes)
    for task in fake.tasks:
        assert said(task["annotations"][0]["result"], "regions") == as_said(toy, task["data"]["document_id"], "regions", "role")
    assert report.undo == toy.root / "migration-undo-2.json"
    assert ends.undo(toy.repository, report.undo, labels_file).notes == (
        "project 1 (toys) of http://fake.test was migrated too, and stays as it is; --project 1 puts it back",
    )
    undone(fake, toy, report, labels_file)
    assert (results(fake), fake.projects[0]["label_config"]) == (before, config)
    report.undo.unlink()
    assert files(toy.root) == during


def test_a_repository_without_a_schema_pulls_and_pushes_what_it_has(toy: Toy) -> None:
    """The labels of now were others when the work was done and sent."""
    text = json.dumps(toy.annotations).replace('"navigation"', '"menu"').replace('"byline"', '"author"')
    toy.annotations = json.loads(text)
    toy.write()
    toy.annotations["toy-a"]["sets"][1]["method"] = "suggested"
    toy.write()
    fake = Busy()
    push(fake.server(), "toys", toy.repository, sets="suggested")
    kept = {task["id"]: task["predictions"] for task in fake.tasks}
    fake.tasks.clear()
    push(fake.server(), "toys", toy.repository, sets="gold")
    for task, predictions in zip(fake.tasks, kept.values(), strict=True):
        task["predictions"] = predictions
    fake.projects[0]["label_config"] = label_config().replace('"navigation"', '"menu"').replace('"byline"', '"author"')
    fake.tasks[0]["annotations"].append(
        deepcopy(fake.tasks[0]["annotations"][0])
        | {"id": 900, "import_id": None, "completed_by": ANN, "updated_by": 7, "updated_at": EARLIER}
    )
    toy.annotations["toy-a"]["sets"].append(deepcopy(toy.annotations["toy-a"]["gold"]) | {"annotator": ANN["email"], "method": "imported"})
    toy.annotations["toy-a"]["sets"][-1]["date"] = EARLIER[:10]
    toy.write()
    migrated(fake, toy, None, "rename role:menu=navigation", "merge role:author,interface=interface")
    assert names(fake, "regions") == set(schema.labels("role")) - {"byline"}
    before = files(toy.root)
    assert {(change.person, change.kind) for change in pull(fake.server(), "toys", toy.repository).changes} == {
        *(("ann@example.org", "unchanged"), ("lead@example.org", "unchanged"))
    }
    assert files(toy.root) == before
    for sets in ("gold", "suggested"):
        done = push(fake.server(), "toys", toy.repository, sets=sets)
        assert (done.sent, done.present, done.refreshed) == (0, 2, 0)
    assert fake.projects[0]["label_config"] == label_config()


def test_a_label_in_use_that_no_map_knows_is_not_taken_away(fake: Busy, toy: Toy, labels_file: Path) -> None:
    """A region of a type that is none of ours."""
    fake.tasks[0]["annotations"][1]["result"].append(
        {"id": "z", "from_name": "regions", "type": "other", "value": {"labels": ["interface"]}}
    )
    with pytest.raises(ServerError, match=r"would lose labels that are in use: regions/interface \(1 times\)"):
        migrated(fake, toy, labels_file, RENAME)


# -- back -----------------------------------------------------------------------------------------


def test_what_was_edited_since_keeps_its_edits_and_gets_its_labels_back(fake: Busy, toy: Toy, labels_file: Path) -> None:
    report = migrated(fake, toy, labels_file, MERGE_NEW)
    push_config = fake.projects[0]["label_config"].replace("#c7e9c0", "#123456")  # somebody chose another colour
    fake.projects[0]["label_config"] = push_config
    edited, draft = fake.tasks[0]["annotations"][1]["result"], fake.tasks[0]["drafts"][0]["result"]
    edited[0]["value"]["labels"] = ["deck"]
    joined = next(item for item in edited if item["id"] == "r003")
    joined["meta"] = {"text": ["a note"]}
    next(item for item in draft if item["id"] == "r003")["value"]["end"] -= 1
    younger = deepcopy(joined) | {"id": "young"}
    fake.tasks[1]["annotations"].append(fake.tasks[1]["annotations"][0] | {"id": 160, "result": [younger]})
    back = undone(fake, toy, report, labels_file)
    regions = said(fake.tasks[0]["annotations"][1]["result"], "regions")
    kept = [(record["id"], record["start"], record["end"], record["role"]) for record in toy.gold()["regions"]]
    assert regions == [(*kept[0][:3], "deck"), *kept[1:]]
    assert next(item for item in fake.tasks[0]["annotations"][1]["result"] if item["id"] == "r003")["meta"] == {"text": ["a note"]}
    assert said(fake.tasks[0]["drafts"][0]["result"], "regions")[2][3] == "byline"
    assert said(fake.tasks[1]["annotations"][2]["result"], "regions")[0][3] == "byline"
    assert [note for note in back.notes if note.startswith("project")] == [
        "project 1 (toys): annotation 100 was edited since the migration; the labels are put back, the edits stay",
        "project 1 (toys): draft 200 was edited since the migration; the labels are put back, the edits stay",
        "project 1 (toys): draft 200: r003, r004 were one region, which was edited since; see what each should be",
        "project 1 (toys): annotation 160: young is younger than the merge; see which label it should have",
    ]
    assert fake.projects[0]["label_config"] == label_config()
    again = undone(fake, toy, report, labels_file)
    assert not again.counts, "a second time changes nothing"


def test_labels_that_came_since_stop_the_undo(fake: Busy, toy: Toy, labels_file: Path) -> None:
    report = migrated(fake, toy, labels_file, RENAME)
    config = fake.projects[0]["label_config"]
    fake.projects[0]["label_config"] = config.replace('<Label value="byline"', '<Label value="sidebar"/><Label value="byline"')
    before = deepcopy(fake.tasks), deepcopy(fake.projects), files(toy.root)
    with pytest.raises(MigrationError, match=r"has labels that it did not have when it was migrated: regions/sidebar; undo first"):
        undone(fake, toy, report, labels_file)
    assert (fake.tasks, fake.projects, files(toy.root)) == before


def test_an_undo_of_another_project_is_refused(fake: Busy, toy: Toy, labels_file: Path) -> None:
    report = migrated(fake, toy, labels_file, RENAME)
    push(fake.server(), "others", toy.repository, sets="gold")
    assert report.undo
    with pytest.raises(MigrationError, match=r"undoes project 1 \(toys\) of http://fake.test, not project \d+ \(others\)"):
        ends.undo(toy.repository, report.undo, labels_file, live(fake, "others"))
    fake.projects[0]["title"] = "renamed"
    ends.undo(toy.repository, report.undo, labels_file, live(fake, "1"))


def test_files_can_go_back_before_the_project_does(fake: Busy, toy: Toy, labels_file: Path) -> None:
    before, bytes_before = results(fake), files(toy.root)
    report = migrated(fake, toy, labels_file, MERGE)
    assert report.undo
    alone = ends.undo(toy.repository, report.undo, labels_file)
    assert any("was migrated too, and stays as it is" in note for note in alone.notes) and results(fake) != before
    undone(fake, toy, report, labels_file)
    assert results(fake) == before
    report.undo.unlink()
    assert files(toy.root) == bytes_before
    plain = ends.migrate(toy.repository, [parse_option(*RENAME.split(" ", 1))], labels_file)
    with pytest.raises(MigrationError, match="its migration changed no project; leave out --project"):
        undone(fake, toy, plain, labels_file)


def test_an_undo_that_was_broken_off_goes_on(fake: Busy, toy: Toy, labels_file: Path) -> None:
    before, config, bytes_before = results(fake), fake.projects[0]["label_config"], files(toy.root)
    report = migrated(fake, toy, labels_file, MERGE)
    during = files(toy.root)
    fake.faults = [Fault("PATCH api/drafts", answer(400))]
    with pytest.raises(ServerError, match="give the same command again"):
        undone(fake, toy, report, labels_file)
    assert files(toy.root) == during
    undone(fake, toy, report, labels_file)
    assert (results(fake), fake.projects[0]["label_config"]) == (before, config)
    assert report.undo
    report.undo.unlink()
    assert files(toy.root) == bytes_before


# -- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [["--rename", "role:related=teaser"], ["--undo", "undo.json"], ["--list", "x.jsonl"]])
def test_the_command_asks_for_the_server(toy: Toy, option: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    done = CliRunner().invoke(app, ["migrate", *option, "--project", "toys", str(toy.root)])
    assert done.exit_code == 2 and "LABEL_STUDIO_URL is not set" in done.stderr


def test_the_command_says_how_to_go_back_and_never_the_token(fake: Busy, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drumbeat.cli.migrate.from_environment", lambda _: fake.server())
    text = json.dumps(toy.annotations).replace('"navigation"', '"menu"')
    toy.annotations = json.loads(text)
    toy.write()
    option = ["migrate", "--rename", "role:menu=navigation", "--project", "1", str(toy.root)]
    done = CliRunner().invoke(app, option)
    assert done.exit_code == 0, done.output
    assert "migration-undo.json --project 1;" in done.stderr
    undo = ["migrate", "--undo", str(toy.root / "migration-undo.json"), "--project", "toys", str(toy.root)]
    fake.faults = [Fault("POST api/projects/exports", answer(403, {"detail": f"no {LEGACY}"}), times=9)]
    done = CliRunner().invoke(app, undo)
    assert done.exit_code == 2 and LEGACY not in done.output and "looks like a legacy token" in done.stderr
    fake.faults = []
    done = CliRunner().invoke(app, undo)
    assert done.exit_code == 0 and "put back" in done.stderr
    done = CliRunner().invoke(app, [*option[:-2], "nowhere", str(toy.root)])
    assert done.exit_code == 2 and "no project is titled 'nowhere'" in done.stderr
