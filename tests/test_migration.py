import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from drumbeat import migrate as ends
from drumbeat import schema
from drumbeat.cli import app
from drumbeat.errors import DrumbeatError, MigrationError
from drumbeat.jsonl import write_json, write_jsonl
from drumbeat.labelmap import LabelMap, already, as_map, edited, known_labels, label_map, parse_map, parse_option
from drumbeat.labelstudio.config import LABEL_SETS
from drumbeat.labelstudio.exchange import export_tasks
from drumbeat.labelstudio.files import read_tasks
from drumbeat.labelstudio.migration import migrate_result
from drumbeat.migration import LAYER_SETS, Decisions, Slot, chooser, migrate_annotation, neighbours
from tests.toy import Toy
from tests.toy import toy as make_toy

Json = dict[str, Any]
LABELS = (schema.schema_folder() / "labels.json").read_text(encoding="utf-8")
KNOWN = known_labels(LABELS)


def mapped(**options: str) -> LabelMap:
    return label_map([parse_option(kind, text) for kind, text in options.items()], KNOWN)


def labels_of(text: str, label_set: str) -> tuple[str, ...]:
    return known_labels(text)[label_set]


@pytest.fixture
def labels_file(toy: Toy) -> Path:
    """A schema of the toy's own."""
    shutil.copytree(schema.schema_folder(), toy.root / "schema")
    return toy.root / "schema" / "labels.json"


def files(root: Path) -> dict[str, str]:
    """Every file below a folder, by its digest."""
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


# -- the map --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("rename", "role", "not of the form role:related=teaser"),
        ("rename", "role:related=", "not of the form"),
        ("rename", "role:related=teaser:file", "not of the form"),
        ("rename", "role:related=two words", "'two words' cannot be a label"),
        ("rename", "role:related=a,b", "'a,b' cannot be a label"),
        ("rename", "role:sidebar=teaser", "no label sidebar in role of schema/labels.json; one of headline"),
        ("rename", "role:related=body", "body is in role of schema/labels.json already; --merge role:related=body joins"),
        ("rename", "role:related=related", "changes nothing"),
        ("rename", "type:direct=verbal", "drumbeat.marks derives it"),
        ("rename", "wording:variant=near", "drumbeat.links derives it"),
        ("rename", "source:source=speaker", "is a role of quotations"),
        ("rename", "kind:main=core", "is no label set of annotations; what can be changed: role, reason, label, relation"),
        ("rename", "nothing:a=b", "is no label set of annotations"),
        ("merge", "role:credit,credit=caption", "a label stands twice"),
        ("merge", "role:credit=fresh", "joins at least two labels"),
        ("merge", "role:caption=caption", "joins at least two labels"),
        ("split", "label:ORG=ORG", "at least two new labels"),
        ("split", "label:ORG=ORG|GPE", "GPE is in label of schema/labels.json already; take another"),
        ("split", "label:ORG=ORG,GOV", "'ORG,GOV' cannot be a label"),
    ],
)
def test_what_is_wrong_with_an_option_is_said(kind: str, text: str, said: str) -> None:
    with pytest.raises(MigrationError, match=r"^--") as error:
        label_map([parse_option(kind, text)], KNOWN)
    assert said in str(error.value) and str(error.value).startswith(f"--{kind} {text}: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "a MAP is an object with rename, merge or split"),
        ("{}", "a MAP is an object"),
        ('{"renames": {}}', "a MAP is an object"),
        ('{"rename": {"role": ["related"]}}', "rename is an object of label sets"),
        ('{"rename": {"role": {"related": ["teaser"]}}}', "rename.role.related: give the new label as a string"),
        ('{"merge": {"role": {"caption": "credit"}}}', "merge.role.caption: give a list of labels"),
        ('{"merge": {"role": {"caption": []}}}', "merge.role.caption: a merge names the labels"),
        ('{"split": {"label": {"ORG": {"into": ["ORG", "GOV"]}}}}', "split.label.ORG: give a list of labels"),
        ('{"rename": {"role": {"related": "teaser", "related": "feed"}}}', "stands twice"),
        ('{"rename":\n{"role"}}', "m.json:2: not JSON"),
        ('{"rename": {}}', "nothing to change"),
    ],
)
def test_what_is_wrong_with_a_map_file_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(DrumbeatError) as error:
        label_map(parse_map(text, "m.json"), KNOWN)
    assert said in str(error.value)


def test_operations_that_touch_one_label_are_refused() -> None:
    with pytest.raises(MigrationError, match="related is changed by --rename role:related=teaser as well"):
        label_map([parse_option("rename", "role:related=teaser"), parse_option("merge", "role:related,legal=legal")], KNOWN)
    with pytest.raises(MigrationError, match="teaser is changed by"):
        label_map([parse_option("rename", "role:related=teaser"), parse_option("rename", "role:legal=teaser")], KNOWN)


def test_a_map_file_says_what_the_options_say() -> None:
    options = [
        parse_option("rename", "role:related=teaser"),
        parse_option("merge", "role:credit,caption=caption"),
        parse_option("split", "label:ORG=ORG|GOV:some/where.jsonl"),
    ]
    value = {
        "rename": {"role": {"related": "teaser"}},
        "merge": {"role": {"caption": ["credit", "caption"]}},
        "split": {"label": {"ORG": {"into": ["ORG", "GOV"], "decisions": "where.jsonl"}}},
    }
    read = parse_map(json.dumps(value), "some/map.json")
    assert [(o.kind, o.label_set, o.old, o.new, o.decisions) for o in read] == [
        (o.kind, o.label_set, o.old, o.new, o.decisions) for o in options
    ]
    assert as_map(label_map(options, KNOWN)) == value | {"split": {"label": {"ORG": ["ORG", "GOV"]}}}


# -- the schema -----------------------------------------------------------------------------------


def test_a_rename_keeps_the_id_and_every_other_byte() -> None:
    assert edited(LABELS, mapped(rename="role:related=teaser")) == LABELS.replace('{"const": "related"', '{"const": "teaser"')


@pytest.mark.parametrize("label", schema.labels("role"))
def test_a_merge_takes_one_line_out(label: str) -> None:
    target = "body" if label != "body" else "deck"
    lines = LABELS.split("\n")
    after = edited(LABELS, mapped(merge=f"role:{label}={target}")).split("\n")
    assert len(after) == len(lines) - 1 and all(line.rstrip(",") in [old.rstrip(",") for old in lines] for line in after)
    assert labels_of("\n".join(after), "role") == tuple(other for other in schema.labels("role") if other != label)


def test_a_merge_into_a_new_label_takes_the_first_ones_place() -> None:
    assert labels_of(edited(LABELS, mapped(merge="reason:term,title=name")), "reason") == ("scare_quote", "name", "garble")


def test_a_split_appends() -> None:
    after = edited(LABELS, mapped(split="label:ORG=ORG|GOV"))
    assert labels_of(after, "label") == (*schema.labels("label"), "GOV")
    assert after.count("\n") == LABELS.count("\n") + 1
    gone = edited(LABELS, mapped(split="role:body=prose|list"))
    assert labels_of(gone, "role") == (*("prose" if label == "body" else label for label in schema.labels("role")), "list")
    assert json.loads(gone)["$defs"]["role"]["oneOf"][-1]["x-kind"] == "main"


def test_what_the_schema_already_says_is_noticed() -> None:
    operations = [parse_option("rename", "role:related=teaser"), parse_option("merge", "role:credit=caption")]
    assert already(operations, KNOWN) is None
    ahead = known_labels(edited(LABELS, label_map(operations, KNOWN)))
    found = already(operations, ahead)
    assert found is not None and found.targets("role") == {"related": ("teaser",), "credit": ("caption",), "caption": ("caption",)}
    assert found.origins("role") == {"teaser": "related"}


# -- values ---------------------------------------------------------------------------------------


def test_layers_and_label_sets_are_those_of_the_configuration() -> None:
    assert {layer: schema.labels(name) for layer, name in LAYER_SETS.items()} == {k: v for k, v in LABEL_SETS.items() if k != "quotes"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("ab", "cc", [[0, 1]]),
        ("aa", "cc", []),  # were one role before: nothing that this migration made
        ("aab", "ccc", [[0, 1, 2]]),
        ("axb", "cxc", []),
        ("abxab", "ccxcc", [[0, 1], [3, 4]]),
    ],
)
def test_only_neighbours_that_the_merge_made_are_joined(before: str, after: str, expected: list[list[int]]) -> None:
    assert neighbours([(index, index + 1) for index in range(len(before))], before, after) == expected


def test_joined_regions_keep_the_first_id_and_decisions_follow(toy: Toy) -> None:
    annotation = toy.annotations["toy-a"]
    annotation["decisions"][0] |= {"layer": "regions", "id": "r004"}
    annotation["gold"]["foreign"] = [{"id": "r004", "type": "labels", "value": {"labels": ["interface"]}}]
    kept = json.dumps(annotation)
    done = migrate_annotation(annotation, chooser(mapped(merge="role:byline,interface=interface")))
    assert json.dumps(annotation) == kept, "the given value is not touched"
    gold = done.value["gold"]
    assert [(region["id"], region["role"]) for region in gold["regions"]] == [
        *(("r001", "navigation"), ("r002", "headline"), ("r003", "interface")),
        *(("r005", "body"), ("r006", "interface")),
    ]
    assert gold["regions"][2]["end"] == annotation["gold"]["regions"][3]["end"]
    assert done.value["decisions"][0]["id"] == "r003" and done.decisions == ((0, "r004"),)
    assert gold["foreign"] == annotation["gold"]["foreign"]


def test_decisions_are_found_by_record_then_entity_then_stretch() -> None:
    decisions = Decisions(
        {("label", "d", "gold", "m1"): "GOV", ("label", "", "knowledge_base", "tide"): "ORG"},
        {("label", "d", 3, 5): frozenset({"GOV"}), ("label", "d", 6, 8): frozenset({"GOV", "ORG"})},
    )

    def find(identifier: str, start: int, end: int, entity: str | None = None) -> str | None:
        return decisions.find(Slot((), "label", "ORG", "d", "gold", identifier, start, end, entity))

    assert [find("m1", 0, 1, "tide"), find("m2", 0, 1, "tide"), find("m2", 3, 5), find("m2", 6, 8), find("m2", 0, 1)] == [
        *("GOV", "ORG", "GOV", None, None)
    ]


def _labels(identifier: str, control: str, start: int, end: int, *labels: str, **more: Any) -> Json:
    value = {"start": start, "end": end, "text": "…", "labels": list(labels)}
    return {"id": identifier, "from_name": control, "to_name": "text", "type": "labels", "value": value} | more


def test_results_change_by_control_and_nothing_else_does() -> None:
    text = "credit caption legal"
    result: list[Json] = [
        _labels("a", "regions", 0, 6, "credit"),
        _labels("b", "regions", 7, 14, "caption"),
        _labels("c", "regions", 15, 20, "legal", meta={"text": ["see"]}),
        _labels("d", "quotes", 0, 6, "content"),
        _labels("e", "other", 0, 6, "credit"),
        _labels("f", "regions", 21, 24, "strange"),
        {"id": "d", "from_name": "type", "type": "choices", "value": {"choices": ["direct"]}},
        {"type": "relation", "from_id": "b", "to_id": "c", "labels": ["x"]},
        {"id": "x"},
    ]
    kept = json.dumps(result)
    after = migrate_result(result, mapped(merge="role:credit,caption=caption", rename="role:legal=law"), text=text)
    assert json.dumps(result) == kept
    assert after[0]["value"] == {"start": 0, "end": 14, "text": "credit caption", "labels": ["caption"]}
    assert after[1]["value"]["labels"] == ["law"]
    assert after[-2] == {"type": "relation", "from_id": "a", "to_id": "c", "labels": ["x"]}
    assert after[2:-2] == result[3:-2] and after[-1] == {"id": "x"}


def test_a_noted_region_and_two_labels_of_one_stay_themselves() -> None:
    result = [_labels("a", "regions", 0, 2, "credit"), _labels("b", "regions", 3, 5, "caption", meta={"text": ["see"]})]
    result.append(_labels("c", "regions", 6, 8, "credit", "caption"))
    after = migrate_result(result, mapped(merge="role:credit,caption=caption"))
    assert [(item["id"], item["value"]["labels"], item["value"]["end"]) for item in after] == [
        *(("a", ["caption"], 2), ("b", ["caption"], 5), ("c", ["caption"], 8))
    ]


def test_a_split_result_without_a_decision_is_refused() -> None:
    result = [_labels("m1", "entities", 0, 2, "ORG")]
    labels = mapped(split="label:ORG=ORG|GOV")
    with pytest.raises(MigrationError, match="region m1: nobody decided what its label ORG becomes"):
        migrate_result(result, labels)
    (item,) = migrate_result(result, labels, lambda _: "GOV")
    assert item["value"]["labels"] == ["GOV"]


# -- files ----------------------------------------------------------------------------------------

MIGRATIONS = {
    "rename": ["rename role:interface=widget", "rename relation:same_event=event", "rename label:PERSON=PER", "rename reason:term=name"],
    "merge": ["merge role:byline,interface=interface", "merge label:ORG,GPE=ORG"],
    "merge into a new label": ["merge role:byline,interface=furniture", "merge relation:rewrite,same_event=near"],
    "all": ["rename role:navigation=menu", "merge label:PERSON,NORP=PERSON", "merge reason:title,scare_quote=title"],
}


def operations(options: list[str]) -> list[Any]:
    return [parse_option(*option.split(" ", 1)) for option in options]


@pytest.mark.parametrize("name", MIGRATIONS)
def test_there_and_back_gives_the_same_bytes(name: str, toy: Toy, labels_file: Path) -> None:
    before = files(toy.root)
    report = ends.migrate(toy.repository, operations(MIGRATIONS[name]), labels_file)
    assert report.undo == toy.root / "migration-undo.json" and report.counts
    during = files(toy.root)
    assert during.pop("migration-undo.json") and during.keys() == before.keys()
    assert {path for path in before if before[path] != during[path]} == {file for file, *_ in report.counts} | {"schema/labels.json"}
    undone = ends.undo(toy.repository, report.undo, labels_file)
    report.undo.unlink()
    assert files(toy.root) == before
    assert undone.counts.keys() == {(file, where, name, new, old) for file, where, name, old, new in report.counts} or "merge" in name


def test_a_layout_of_ones_own_comes_back_too(toy: Toy, labels_file: Path) -> None:
    path = toy.repository.annotation("toy-a")
    path.write_text(json.dumps(toy.annotations["toy-a"], indent=3))
    toy.repository.links.write_bytes(b"\n" + toy.repository.links.read_bytes().replace(b": ", b":").replace(b"\n", b"\r\n"))
    before = files(toy.root)
    report = ends.migrate(toy.repository, operations(MIGRATIONS["rename"]), labels_file)
    assert report.undo
    ends.undo(toy.repository, report.undo, labels_file)
    report.undo.unlink()
    assert files(toy.root) == before


def test_the_report_counts_by_file_set_and_label(toy: Toy, labels_file: Path) -> None:
    report = ends.migrate(toy.repository, operations(["merge role:byline,interface=interface"]), labels_file, dry_run=True)
    assert list(report.lines()) == [
        f"annotations/toy-a.json: {where}: role byline -> interface: 1" for where in ("gold", "set alice", "set bob")
    ]
    assert "annotations/toy-a.json: gold: r003, r004 are one region now, r003 45..69" in [
        note.replace(str(toy.gold()["regions"][2]["start"]) + "..", "45..").replace(f"..{toy.gold()['regions'][3]['end']}", "..69")
        for note in report.notes
    ]
    assert any("other ids: a major version" in note for note in report.notes)
    assert any("records of byline change their kind from supplemental to boilerplate" in note for note in report.notes)


def test_a_dry_run_says_the_same_and_writes_nothing(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    export_tasks(toy.repository, export, sets="gold")
    before = files(tmp_path)
    dry = ends.migrate(toy.repository, operations(MIGRATIONS["all"]), labels_file, [export], dry_run=True)
    assert files(tmp_path) == before
    real = ends.migrate(toy.repository, operations(MIGRATIONS["all"]), labels_file, [export])
    assert (dry.counts, dry.notes, dry.undo) == (real.counts, real.notes, None)
    assert real.undo
    during = files(tmp_path)
    back = ends.undo(toy.repository, real.undo, labels_file, dry_run=True)
    assert back.counts and files(tmp_path) == during


def test_work_done_since_is_kept_by_the_undo(toy: Toy, labels_file: Path) -> None:
    report = ends.migrate(toy.repository, operations(["rename label:PERSON=PER", "merge label:ORG,FAC=ORG"]), labels_file)
    path = toy.repository.annotation("toy-b")
    annotation = json.loads(path.read_text())
    annotation["gold"]["entities"].append({"id": "m009", "start": 0, "end": 6, "label": "PER", "entity": None})
    annotation["gold"]["regions"][0]["role"] = "deck"
    write_json(path, annotation)
    assert report.undo
    undone = ends.undo(toy.repository, report.undo, labels_file)
    gold = json.loads(path.read_text())["gold"]
    assert gold["regions"][0]["role"] == "deck" and gold["entities"][-1]["label"] == "PERSON"
    assert any("toy-b.json: was edited since" in note for note in undone.notes)
    assert labels_file.read_text() == LABELS


def test_a_record_younger_than_a_merge_into_a_new_label_is_named(toy: Toy, labels_file: Path) -> None:
    report = ends.migrate(toy.repository, operations(["merge label:ORG,FAC=BODY"]), labels_file)
    path = toy.repository.annotation("toy-a")
    annotation = json.loads(path.read_text())
    annotation["gold"]["entities"].append({"id": "m009", "start": 0, "end": 4, "label": "BODY", "entity": None})
    write_json(path, annotation)
    assert report.undo
    undone = ends.undo(toy.repository, report.undo, labels_file)
    assert "annotations/toy-a.json: gold: m009 is younger than the merge; see which label it should have" in undone.notes
    assert json.loads(path.read_text())["gold"]["entities"][-1]["label"] == "ORG"


def test_an_undo_that_cannot_be_writes_nothing(toy: Toy, labels_file: Path) -> None:
    report = ends.migrate(toy.repository, operations(["merge role:byline,interface=interface"]), labels_file)
    assert report.undo
    path = toy.repository.annotation("toy-a")
    annotation = json.loads(path.read_text())
    annotation["gold"]["regions"][2]["end"] -= 1
    write_json(path, annotation)
    before = files(toy.root)
    with pytest.raises(MigrationError, match=r"toy-a\.json, gold: region r003 is not .* any more"):
        ends.undo(toy.repository, report.undo, labels_file)
    assert files(toy.root) == before
    labels_file.write_text(labels_file.read_text().replace('"const": "deck"', '"const": "standfirst"'))
    with pytest.raises(MigrationError, match="the labels of role were changed since the migration"):
        ends.undo(toy.repository, report.undo, labels_file)


def test_descriptions_written_since_are_named_by_the_undo(toy: Toy, labels_file: Path) -> None:
    report = ends.migrate(toy.repository, operations(["rename role:related=teaser"]), labels_file)
    labels_file.write_text(labels_file.read_text().replace("links to, teasers of", "teasers of").replace("named wars", "wars"))
    assert report.undo
    undone = ends.undo(toy.repository, report.undo, labels_file)
    assert any("what was written about role since" in note for note in undone.notes)
    assert labels_file.read_text() == LABELS.replace("named wars", "wars")


@pytest.mark.parametrize(
    "content", ["{}", "[]", "{", '{"format": "drumbeat undo 1"}', '{"format": "drumbeat undo 1", "map": {}, "schema": 1}']
)
def test_another_file_is_no_undo_file(content: str, toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "undo.json"
    path.write_text(content)
    with pytest.raises(DrumbeatError, match=r"undo\.json"):
        ends.undo(toy.repository, path, labels_file)


def test_no_undo_file_is_overwritten(toy: Toy, labels_file: Path) -> None:
    first = ends.migrate(toy.repository, operations(["rename role:related=teaser"]), labels_file)
    assert first.undo
    with pytest.raises(MigrationError, match="may be the way back from another migration"):
        ends.migrate(toy.repository, operations(["rename role:legal=law"]), labels_file, undo_file=first.undo)
    second = ends.migrate(toy.repository, operations(["rename role:legal=law"]), labels_file)
    assert second.undo == toy.root / "migration-undo-2.json"


def test_an_undo_file_of_another_repository_is_refused(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    report = ends.migrate(toy.repository, operations(["rename role:interface=widget"]), labels_file)
    assert report.undo
    undo = json.loads(report.undo.read_text())
    other = tmp_path / "undo.json"
    write_json(other, undo | {"schema": {}})
    before = files(toy.root)
    with pytest.raises(MigrationError, match="is of a repository without a schema"):
        ends.undo(toy.repository, other, labels_file)
    with pytest.raises(MigrationError, match="this repository has none"):
        ends.undo(toy.repository, report.undo, None)
    write_json(other, undo | {"files": [file | {"path": "annotations/x.json"} for file in undo["files"]]})
    with pytest.raises(MigrationError, match="none of its files is in"):
        ends.undo(toy.repository, other, labels_file)
    assert files(toy.root) == before


# -- all or nothing -------------------------------------------------------------------------------


def _break_json(toy: Toy) -> None:
    toy.repository.annotation("toy-b").write_text("{")


def _unknown_label(toy: Toy) -> None:
    toy.annotations["toy-b"]["sets"][1]["regions"][0]["role"] = "sidebar"
    toy.write()


def _id_twice(toy: Toy) -> None:
    toy.gold("toy-b")["regions"][1]["id"] = "r001"
    toy.write()


def _surrogate(toy: Toy) -> None:
    toy.repository.links.write_text(toy.repository.links.read_text().replace('"note": null', '"note": "\\ud800"'))


def _broken_knowledge_base(toy: Toy) -> None:
    toy.repository.knowledge_base.write_text('{"id": 5}\n')


@pytest.mark.parametrize("fault", [_break_json, _unknown_label, _id_twice, _surrogate, _broken_knowledge_base])
def test_broken_inputs_leave_every_byte(fault: Any, toy: Toy, labels_file: Path) -> None:
    fault(toy)
    before = files(toy.root)
    with pytest.raises(DrumbeatError, match="annotations/"):
        ends.migrate(toy.repository, operations(MIGRATIONS["all"]), labels_file)
    assert files(toy.root) == before


@pytest.mark.parametrize("failing", range(6))
def test_a_disk_that_fails_on_the_way_leaves_every_byte(
    failing: int, toy: Toy, labels_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "export.json"
    export_tasks(toy.repository, export, sets="gold")
    before = files(tmp_path)
    rename, calls = os.replace, 0

    def replace(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == failing + 2:  # the first one is the copy of the task file, written aside
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="No space left"):
        ends.migrate(toy.repository, operations(MIGRATIONS["rename"]), labels_file, [export])
    assert files(tmp_path) == before


def test_a_migration_that_was_broken_off_can_be_undone(toy: Toy, labels_file: Path) -> None:
    before = files(toy.root)
    path = toy.repository.annotation("toy-b")
    old = path.read_bytes(), labels_file.read_bytes()
    report = ends.migrate(toy.repository, operations(MIGRATIONS["merge into a new label"]), labels_file)
    assert report.undo
    path.write_bytes(old[0])
    labels_file.write_bytes(old[1])
    ends.undo(toy.repository, report.undo, labels_file)
    report.undo.unlink()
    assert files(toy.root) == before


# -- splits ---------------------------------------------------------------------------------------


def _decide(path: Path, **labels: str) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    write_jsonl(path, [line | {"label": labels.get(line["id"], line["label"])} for line in lines])


def test_a_split_is_listed_decided_and_undone(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    before = files(toy.root)
    with pytest.raises(MigrationError, match=r"4 record\(s\) are undecided, the first is annotations/toy-b.json: gold: m002 \(ORG\)"):
        ends.migrate(toy.repository, operations(["split label:ORG=ORG|GOV"]), labels_file)
    assert files(toy.root) == before
    listed = tmp_path / "decided.jsonl"
    assert ends.write_list(toy.repository, operations(["split label:ORG=ORG|GOV"]), labels_file, listed) == (4, 4)
    lines = [json.loads(line) for line in listed.read_text().splitlines()]
    assert [(line["set"], line["id"], line["text"]) for line in lines] == [
        *(("knowledge_base", "tide", "Tide"), ("gold", "m002", "Tide"), ("set alice", "m002", "Tide"), ("set bob", "m002", "Tide"))
    ]
    assert "The weekly Tide hopes" in lines[1]["context"] and lines[1]["label"] is None
    with pytest.raises(MigrationError, match="exists; give it as the split's FILE"):
        ends.write_list(toy.repository, operations(["split label:ORG=ORG|GOV"]), labels_file, listed)
    _decide(listed, tide="GOV")  # its mentions follow
    asked = operations([f"split label:ORG=ORG|GOV:{listed}"])
    assert ends.write_list(toy.repository, asked, labels_file, listed) == (4, 0)
    report = ends.migrate(toy.repository, asked, labels_file)
    assert sum(report.counts.values()) == 4 and not [note for note in report.notes if "decision(s)" in note]
    assert json.loads(toy.repository.annotation("toy-b").read_text())["gold"]["entities"][1]["label"] == "GOV"
    assert report.undo
    ends.undo(toy.repository, report.undo, labels_file)
    report.undo.unlink()
    assert files(toy.root) == before


def test_only_splits_are_listed(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="only a split leaves something to decide"):
        ends.write_list(toy.repository, operations(MIGRATIONS["rename"]), labels_file, tmp_path / "list.jsonl")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "GPE"}, "decided.jsonl:1: 'GPE' is none of the labels of --split"),
        ({"id": 5}, "decided.jsonl:1: Expected `str`"),
        ({"label": "GOV"}, "decided.jsonl:5: tide was decided otherwise before"),
    ],
)
def test_what_is_wrong_with_a_decision_is_said(change: Json, said: str, toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    listed = tmp_path / "decided.jsonl"
    ends.write_list(toy.repository, operations(["split label:ORG=ORG|GOV"]), labels_file, listed)
    lines = [json.loads(line) for line in listed.read_text().splitlines()]
    write_jsonl(listed, [lines[0] | change, *lines[1:], lines[0] | {"label": "ORG"}])
    with pytest.raises(MigrationError) as error:
        ends.migrate(toy.repository, operations([f"split label:ORG=ORG|GOV:{listed}"]), labels_file)
    assert said in str(error.value)


def test_a_decision_that_names_nothing_is_noted(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    listed = tmp_path / "decided.jsonl"
    ends.write_list(toy.repository, operations(["split label:ORG=ORG|GOV"]), labels_file, listed)
    _decide(listed, tide="ORG")
    with listed.open("a") as file:
        file.write(json.dumps(json.loads(listed.read_text().split("\n")[0]) | {"id": "gone", "label": "ORG"}) + "\n")
    report = ends.migrate(toy.repository, operations([f"split label:ORG=ORG|GOV:{listed}"]), labels_file)
    assert not report.counts and any("1 decision(s) name no record" in note and "gone" in note for note in report.notes)


def test_a_missing_file_of_decisions_is_named(toy: Toy, labels_file: Path) -> None:
    with pytest.raises(DrumbeatError, match=r"nowhere\.jsonl: cannot be read"):
        ends.migrate(toy.repository, operations(["split label:ORG=ORG|GOV:nowhere.jsonl"]), labels_file)


# -- Label Studio's files -------------------------------------------------------------------------


def test_a_copy_of_a_task_file_is_migrated_and_the_file_stays(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    toy.annotations["toy-b"]["sets"][0] |= {"method": "suggested"}
    toy.write()
    gold, suggested = tmp_path / "gold.json", tmp_path / "suggested.json"
    export_tasks(toy.repository, gold, sets="gold")
    export_tasks(toy.repository, suggested, sets="suggested")
    before = gold.read_bytes()
    (tmp_path / "out").mkdir()
    listed = tmp_path / "decided.jsonl"
    asked = ["merge role:byline,interface=interface", "split label:ORG=ORG|GOV"]
    assert ends.write_list(toy.repository, operations(asked), labels_file, listed, [gold, suggested]) == (6, 6)
    _decide(listed, tide="GOV")
    asked[1] += f":{listed}"
    report = ends.migrate(toy.repository, operations(asked), labels_file, [gold, suggested], tmp_path / "out")
    assert gold.read_bytes() == before
    first, second = read_tasks(tmp_path / "out" / "gold.json")
    expected = json.loads(toy.repository.annotation("toy-a").read_text())["gold"]["regions"]
    found = [item for item in first["annotations"][0]["result"] if item.get("from_name") == "regions"]
    text = first["data"]["text"]
    assert [(i["id"], i["value"]["start"], i["value"]["end"], i["value"]["labels"][0]) for i in found] == [
        (region["id"], region["start"], region["end"], region["role"]) for region in expected
    ]
    assert all(item["value"]["text"] == text[item["value"]["start"] : item["value"]["end"]] for item in found)
    assert [i["value"]["labels"] for i in second["annotations"][0]["result"] if i.get("from_name") == "entities"] == [["PERSON"], ["GOV"]]
    assert first["data"]["schema"] == schema.digest_of(labels_file.parent) != schema.digest()
    _, predicted = read_tasks(tmp_path / "out" / "suggested.json")
    assert [i["value"]["labels"] for i in predicted["predictions"][0]["result"] if i.get("from_name") == "entities"] == [
        ["PERSON"],
        ["GOV"],
    ]
    assert report.counts["suggested.json", "suggested.json: prediction alice", "label", "ORG", "GOV"] == 1


@pytest.mark.parametrize(
    ("exports", "output", "said"),
    [
        ([], "x.json", "an output is for the copies of task files"),
        (["a.json"], "a.json", "is the file that is read"),
        (["a.json", "b/a.json"], "x", "two files have one name"),
        (["c.json"], None, "c.json: no such file"),
    ],
)
def test_outputs_that_cannot_be(exports: list[str], output: str | None, said: str, toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("a.json", "b/a.json"):
        export_tasks(toy.repository, tmp_path / name)
    before = files(tmp_path)
    with pytest.raises(MigrationError, match=said):
        ends.migrate(
            toy.repository,
            operations(MIGRATIONS["rename"]),
            labels_file,
            [tmp_path / name for name in exports],
            tmp_path / output if output else None,
        )
    assert files(tmp_path) == before


def test_a_truncated_export_leaves_every_byte(toy: Toy, labels_file: Path, tmp_path: Path) -> None:
    export = tmp_path / "export.json"
    export_tasks(toy.repository, export, sets="gold")
    export.write_bytes(export.read_bytes()[:-40])
    before = files(tmp_path)
    with pytest.raises(DrumbeatError, match="truncated"):
        ends.migrate(toy.repository, operations(MIGRATIONS["rename"]), labels_file, [export])
    assert files(tmp_path) == before


# -- the command, in a checkout of its own --------------------------------------------------------


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose corpus is the toy: the schema that is in use is its own."""
    root = make_toy(tmp_path_factory.mktemp("own") / "checkout").root
    source = schema.schema_folder().parent
    shutil.copytree(source / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(source / "schema", root / "schema", ignore=shutil.ignore_patterns("README.md"))
    return root


def drumbeat(root: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(root / "src"), "COLUMNS": "200"}
    return subprocess.run([sys.executable, "-m", "drumbeat", *arguments], cwd=root, env=environment, capture_output=True, text=True)


def inputs(root: Path) -> dict[str, str]:
    return {path: digest for path, digest in files(root).items() if path.startswith(("annotations/", "schema/labels.json"))}


def test_a_migrated_checkout_builds_and_validates_and_comes_back(own: Path, tmp_path: Path) -> None:
    before = inputs(own)
    export = tmp_path / "export.json"
    assert drumbeat(own, "export-tasks", "-o", str(export), "--sets", "gold").returncode == 0
    listed = tmp_path / "decided.jsonl"
    done = drumbeat(own, "migrate", "--split", "label:ORG=ORG|GOV", "--list", str(listed))
    assert done.returncode == 0 and "4 record(s) listed" in done.stderr
    _decide(listed, tide="GOV")
    (tmp_path / "map.json").write_text(json.dumps({"split": {"label": {"ORG": {"into": ["ORG", "GOV"], "decisions": "decided.jsonl"}}}}))
    options = ["--rename", "role:navigation=menu", "--merge", "role:byline,interface=interface", "--rename", "relation:same_event=event"]
    options += ["--map", str(tmp_path / "map.json"), "--export", str(export)]
    dry = drumbeat(own, "migrate", *options, "--dry-run")
    assert dry.returncode == 0 and "nothing was changed" in dry.stderr and inputs(own) == before
    done = drumbeat(own, "migrate", *options)
    assert done.returncode == 0 and done.stdout == dry.stdout
    assert "annotations/toy-b.json: gold: label ORG -> GOV: 1" in done.stdout
    assert "src/drumbeat/checks/guidelines.py: line" in done.stdout, "D322 names ORG"
    for command in ("build", "validate"):
        done = drumbeat(own, command)
        assert done.returncode == 0, done.stdout + done.stderr
    config = drumbeat(own, "label-config").stdout
    assert 'value="GOV"' in config and 'value="menu"' in config and 'value="byline"' not in config
    done = drumbeat(own, "import-annotations", str(export.with_name("export.migrated.json")), "--dry-run")
    assert done.returncode == 0 and "changed" not in done.stdout.replace("unchanged", "") and "foreign" not in done.stdout
    done = drumbeat(own, "migrate", "--undo", "migration-undo.json")
    assert done.returncode == 0 and inputs(own) == before
    (own / "migration-undo.json").unlink()
    for command in ("build", "validate"):
        assert drumbeat(own, command).returncode == 0


def test_a_repository_without_a_schema_follows_the_one_in_use(own: Path, tmp_path: Path) -> None:
    repository = make_toy(tmp_path / "corpus").root
    before = files(repository)
    option = ("--rename", "role:navigation=menu")
    done = drumbeat(own, "migrate", *option, str(repository))
    assert done.returncode == 2 and "migrate a checkout of drumbeat" in done.stderr and files(repository) == before
    assert drumbeat(own, "migrate", *option).returncode == 0
    done = drumbeat(own, "migrate", *option, str(repository))
    assert done.returncode == 0 and '"role": "menu"' in (repository / "annotations" / "toy-a.json").read_text()
    assert drumbeat(own, "validate", str(repository), "--select", "D1,D2,D3,D4").returncode == 0
    assert drumbeat(own, "migrate", "--undo", str(repository / "migration-undo.json"), str(repository)).returncode == 0
    (repository / "migration-undo.json").unlink()
    assert files(repository) == before
    assert drumbeat(own, "migrate", "--undo", "migration-undo.json").returncode == 0
    (own / "migration-undo.json").unlink()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to change"),
        (["--rename", "role:related"], "not of the form"),
        (["--undo", "x.json", "--rename", "role:related=teaser"], "give it alone"),
        (["--map", "nowhere.json"], "nowhere.json: cannot be read"),
        (["--undo", "nowhere.json"], "nowhere.json: cannot be read"),
    ],
)
def test_a_mistaken_command_fails_with_a_message(arguments: list[str], said: str, toy: Toy) -> None:
    done = CliRunner().invoke(app, ["migrate", *arguments, str(toy.root)])
    assert done.exit_code == 2 and said in done.stderr.replace("\n", " ")


def test_the_schema_that_is_in_use_must_be_the_repositorys(toy: Toy, labels_file: Path) -> None:
    done = CliRunner().invoke(app, ["migrate", "--rename", "role:related=teaser", str(toy.root)])
    assert done.exit_code == 2 and "this drumbeat reads" in done.stderr.replace("\n", " ")
