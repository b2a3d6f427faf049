import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat import checks, normalize
from drumbeat.checks import CHECKS, validate
from drumbeat.cli import app
from drumbeat.docs import schema_reference
from drumbeat.repository import Repository
from tests.faults import FAULTS, Fault, page, spoil
from tests.toy import Toy


def test_every_code_has_a_fault_and_a_documented_rule() -> None:
    documented = {line.split("`")[1] for line in schema_reference().splitlines() if line.startswith("| `D")}
    assert set(FAULTS) == set(CHECKS) == documented
    assert all(check.rule.endswith(".") and check.fix for check in CHECKS.values())


def test_a_valid_repository_has_no_findings(built: Toy) -> None:
    assert list(validate(built.repository)) == []


def test_the_corpus_itself_has_no_findings(checkout: Repository) -> None:
    assert [str(finding) for finding in validate(checkout)] == []


@pytest.mark.parametrize(
    "fault",
    [fault for faults in FAULTS.values() for fault in faults if fault.code != "D204"],
    ids=lambda fault: f"{fault.code}-{fault.name}",
)
def test_each_fault_is_found_with_its_place(fault: Fault, built: Toy) -> None:
    fault.spoil(built)
    findings = list(validate(built.repository))
    shown = [str(finding) for finding in findings]
    meant = [finding for finding in findings if finding.code == fault.code and fault.says in finding.message]
    assert meant, shown
    assert {finding.code for finding in findings} - {fault.code, "D506"} == fault.brings, shown
    first = meant[0]
    assert (built.root / first.path).exists() or fault.name.startswith("no_")
    if first.path.endswith((".json", ".jsonl")) and fault.code not in ("D107", "D501", "D506") and (built.root / first.path).exists():
        assert first.line is not None
    if fault.code[:2] in ("D2", "D3") and first.id is not None and fault.code != "D214":
        assert first.start is not None and first.end is not None


def _body_as_fac(toy: Toy) -> None:
    toy.entities[3]["type"] = "FAC"  # its mention is an ORG


def _speaks_through_others(toy: Toy) -> None:
    toy.entities.append(toy.entities[2] | {"id": "county", "wikidata": None, "evidence": None})
    toy.entities[2]["speaks_for"] = "county"  # named by nothing, but Northtown speaks for it


def _member_who_is_spoken_for(toy: Toy) -> None:
    toy.gold("toy-b")["quotes"][0] |= {"speaker": "northtown", "speaker_name": "Northtown"}


def _only_the_marks_of_a_child(toy: Toy) -> None:
    gold = toy.gold()
    gold["quotes"].append(gold["quotes"][2] | {"id": "q005", "parent": "q004", "content": [page(toy, "toy-a").span("“white elephant”")]})
    gold["quotes"][3]["type"] = "indirect"


def _only_the_marks_of_a_grandchild(toy: Toy) -> None:
    _only_the_marks_of_a_child(toy)
    gold = toy.gold()
    gold["quotes"].append(gold["quotes"][3] | {"id": "q006", "parent": "q004", "cue": [], "source": []})
    gold["quotes"][4]["parent"] = "q006"


def _only_the_marks_of_a_nonquote(toy: Toy) -> None:
    toy.gold()["nonquotes"] = [{"id": "n001", "reason": "scare_quote"} | page(toy, "toy-a").span("“white elephant”")]
    toy.gold()["quotes"][3]["type"] = "indirect"


def _spans_that_touch(toy: Toy) -> None:
    toy.gold()["quotes"][2]["content"] = [page(toy, "toy-a").span("‘ol"), page(toy, "toy-a").span("d lady’")]


def _records_in_any_order(toy: Toy) -> None:
    for layer in ("regions", "quotes", "entities"):
        toy.gold()[layer].reverse()


def _decision_without_a_record(toy: Toy) -> None:
    toy.annotations["toy-a"]["decisions"][0] |= {"id": None, "followed": []}


def _directed_pair_against_the_order(toy: Toy) -> None:
    toy.links[0] |= {"label": "rewrite", "directed": True, "from": "toy-b", "to": "toy-a"}


@pytest.mark.parametrize(
    "change",
    [
        _body_as_fac,
        _speaks_through_others,
        _member_who_is_spoken_for,
        _only_the_marks_of_a_child,
        _only_the_marks_of_a_grandchild,
        _only_the_marks_of_a_nonquote,
        _spans_that_touch,
        _records_in_any_order,
        _decision_without_a_record,
        _directed_pair_against_the_order,
    ],
)
def test_what_the_scheme_allows_is_no_fault(change: Callable[[Toy], None], toy: Toy) -> None:
    change(toy)
    toy.write()
    assert [str(finding) for finding in validate(toy.repository, ["D1", "D2", "D3", "D4"])] == []


def test_a_normaliser_that_loses_text_is_found(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    real = normalize.normalize

    def lossy(seed: str) -> normalize.Normalized:
        result = real(seed)
        return replace(result, edits=result.edits[1:]) if result.edits else result

    monkeypatch.setattr("drumbeat.checks.form.normalize", lossy)
    assert {finding.code for finding in validate(built.repository, ["D2"])} == {"D204"}


def test_a_finding_names_the_line_and_span_of_the_record(toy: Toy) -> None:
    spoil(toy, "D325")
    (finding,) = validate(toy.repository, ["D325"])
    line = (toy.root / finding.path).read_text().splitlines()[finding.line - 1 if finding.line else 0]
    assert '"m004"' in line and f'"start": {finding.start}' in line
    assert str(finding).startswith(f"annotations/toy-a.json:{finding.line}: D325 entities m004: {finding.start}..{finding.end}:")


def test_every_name_in_a_name_is_found(toy: Toy) -> None:
    toy.entities[3]["aliases"] += ["Bridge in Northtown to open", "Bridge", "open"]
    words = ["Bridge in Northtown to open", "Bridge", "open"]
    spans = [page(toy, "toy-a").span(name) for name in words]
    toy.gold()["entities"] += [{"id": f"m10{number}", "label": "ORG", "entity": "tide"} | span for number, span in enumerate(spans)]
    toy.write()
    assert {finding.id for finding in validate(toy.repository, ["D324"])} == {"m001", "m100", "m102"}  # m101 stands first


def test_a_failed_level_spares_the_document_the_dearer_ones(toy: Toy) -> None:
    spoil(toy, "D211")
    spoil(toy, "D311")
    assert {finding.code for finding in validate(toy.repository, ["D2", "D3"])} == {"D211"}


def test_every_set_is_held_to_level_two_and_only_gold_to_level_three(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][0]["quotes"][0]["type"] = "direct"
    toy.annotations["toy-a"]["sets"][1]["entities"][0]["entity"] = "nobody"
    toy.write()
    assert {finding.code for finding in validate(toy.repository, ["D2", "D3"])} == {"D217"}


@pytest.mark.parametrize("name", ["seeds.jsonl", "knowledge_base.jsonl"])
def test_a_missing_input_is_a_finding(name: str, toy: Toy) -> None:
    path = next(toy.root.rglob(name))
    path.unlink()
    assert "D101" in {finding.code for finding in validate(toy.repository)}


def test_a_truncated_parquet_file_is_a_finding(built: Toy) -> None:
    path = built.repository.corpus / "quotes" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    assert {finding.code for finding in validate(built.repository)} == {"D502", "D503"}


def test_a_missing_parquet_file_and_an_unlisted_one_are_findings(built: Toy) -> None:
    path = built.repository.corpus / "quotes" / "train-00000-of-00001.parquet"
    path.rename(path.with_name("train-00001-of-00001.parquet"))
    assert [finding.code for finding in validate(built.repository)] == ["D502", "D502"]


def test_a_duplicate_page_is_found_whatever_else_is_wrong(toy: Toy) -> None:
    toy.seeds.append(toy.seeds[0] | {"document_id": "toy-c", "file": "toy-c.txt"})
    toy.pages["toy-c"] = toy.pages["toy-a"]
    toy.write()
    found = {(finding.code, finding.document_id) for finding in validate(toy.repository, ["D1", "D4"])}
    assert found == {("D101", None), ("D401", "toy-c")}


@pytest.mark.parametrize("value", ["5", "[]", '{"files": 3}', "null"])
def test_a_manifest_of_another_shape_is_a_finding(value: str, built: Toy) -> None:
    built.repository.manifest.write_text(value)
    assert {finding.code for finding in validate(built.repository, ["D5"])} == {"D501"}


@pytest.mark.parametrize("value", ["58.0", '"58"', "5.5", "true", "null", "-1"])
def test_an_offset_is_a_whole_number_written_as_one(value: str, toy: Toy) -> None:
    path = toy.repository.annotation("toy-b")
    path.write_text(path.read_text().replace('"start": 0', f'"start": {value}'))
    assert {finding.code for finding in validate(toy.repository, ["D1"])} == {"D103"}


@pytest.mark.parametrize("file", ["..", ".", "../toy-b.txt", ".hidden"])
def test_a_seed_cannot_name_a_file_elsewhere(file: str, toy: Toy) -> None:
    toy.seeds[0]["file"] = file
    toy.write()
    assert "D102" in {finding.code for finding in validate(toy.repository, ["D1"])}


def test_no_selection_hides_that_a_file_could_not_be_read(built: Toy) -> None:
    built.repository.annotation("toy-a").write_text("{")
    result = run(app, ["validate", str(built.root), "--select", "D3"])
    assert result.exit_code == 1 and "D101" in result.stdout


# -- the command ----------------------------------------------------------------------------------

run = CliRunner().invoke


def test_exit_status_zero_when_clean(built: Toy) -> None:
    result = run(app, ["validate", str(built.root)])
    assert (result.exit_code, result.stdout) == (0, "")


def test_exit_status_one_on_findings(built: Toy) -> None:
    spoil(built, "D311")
    result = run(app, ["validate", str(built.root), "--select", "D3"])
    assert result.exit_code == 1
    assert "annotations/toy-a.json" in result.stdout and CHECKS["D311"].fix in result.stdout


@pytest.mark.parametrize("arguments", [["validate", "/nowhere"], ["validate", ".", "--select", "X9"], ["validate", "--format", "xml"]])
def test_exit_status_two_on_failure(arguments: list[str]) -> None:
    assert run(app, arguments).exit_code == 2


def test_exit_status_two_outside_a_repository(tmp_path: Path) -> None:
    result = run(app, ["validate", str(tmp_path)])
    assert result.exit_code == 2
    assert "seeds/seeds.jsonl is missing" in result.stderr.replace("\n", " ")


def test_one_file_gets_only_its_own_findings(built: Toy) -> None:
    spoil(built, "D311")
    spoil(built, "D312")
    result = run(app, ["validate", str(built.repository.annotation("toy-b")), "--format", "json"])
    assert {finding["path"] for finding in json.loads(result.stdout)} == {"annotations/toy-b.json"}


def test_json_output_is_complete(built: Toy) -> None:
    spoil(built, "D311")
    (finding,) = json.loads(run(app, ["validate", str(built.root), "--select", "D311", "--format", "json"]).stdout)
    assert finding["code"] == "D311" and finding["id"] == "q001" and finding["document_id"] == "toy-a" and finding["fix"]


def test_github_output_escapes_what_would_end_the_command() -> None:
    finding = checks.Finding("D101", "two\nlines, 100%", "a,b.json", 3)
    first = checks.as_github([finding])
    assert first.startswith("::error file=a%2Cb.json,line=3,title=D101::")
    assert first.count("\n") == 1 and "%0A" in first and "100%25" in first
