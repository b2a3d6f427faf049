import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat import checks, normalize
from drumbeat.checks import CHECKS, validate
from drumbeat.cli import app
from drumbeat.docs import schema_reference
from drumbeat.repository import Repository
from tests.faults import FAULTS
from tests.toy import Toy

# What a fault brings with it: any change of the inputs makes the built corpus stale, any change of a Parquet file its digest.
CONSEQUENCES = {"D503": {"D502"}, "D504": {"D502", "D505"}, "D401": {"D507"}}


def test_every_code_has_a_fault_and_a_documented_rule() -> None:
    documented = {line.split("`")[1] for line in schema_reference().splitlines() if line.startswith("| `D")}
    assert set(FAULTS) == set(CHECKS) == documented
    assert all(check.rule.endswith(".") and check.fix for check in CHECKS.values())


def test_a_valid_repository_has_no_findings(built: Toy) -> None:
    assert list(validate(built.repository)) == []


def test_the_corpus_itself_has_no_findings(checkout: Repository) -> None:
    assert [str(finding) for finding in validate(checkout)] == []


@pytest.mark.parametrize("code", [code for code in FAULTS if code != "D204"])
def test_each_fault_is_found_with_its_place(code: str, built: Toy) -> None:
    FAULTS[code](built)
    findings = list(validate(built.repository))
    found = {finding.code for finding in findings}
    assert code in found, "the fault was not found"
    assert found - {code, "D506"} <= CONSEQUENCES.get(code, set()), [str(finding) for finding in findings]
    first = next(finding for finding in findings if finding.code == code)
    assert (built.root / first.path).exists() or "missing" in first.message or code == "D501"
    if first.path.endswith((".json", ".jsonl")) and code not in ("D501", "D506"):
        assert first.line is not None


def test_a_normaliser_that_loses_text_is_found(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    real = normalize.normalize

    def lossy(seed: str) -> normalize.Normalized:
        result = real(seed)
        return replace(result, edits=result.edits[1:]) if result.edits else result

    monkeypatch.setattr("drumbeat.checks.form.normalize", lossy)
    assert {finding.code for finding in validate(built.repository, ["D2"])} == {"D204"}


def test_a_finding_names_the_line_and_span_of_the_record(toy: Toy) -> None:
    FAULTS["D325"](toy)
    (finding,) = validate(toy.repository, ["D325"])
    line = (toy.root / finding.path).read_text().splitlines()[finding.line - 1 if finding.line else 0]
    assert '"m004"' in line and f'"start": {finding.start}' in line
    assert str(finding).startswith(f"annotations/toy-a.json:{finding.line}: D325 entities m004: {finding.start}..{finding.end}:")


def test_a_failed_level_spares_the_document_the_dearer_ones(toy: Toy) -> None:
    FAULTS["D211"](toy)
    FAULTS["D311"](toy)
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
    FAULTS["D311"](built)
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
    FAULTS["D311"](built)
    FAULTS["D312"](built)
    result = run(app, ["validate", str(built.repository.annotation("toy-b")), "--format", "json"])
    assert {finding["path"] for finding in json.loads(result.stdout)} == {"annotations/toy-b.json"}


def test_json_output_is_complete(built: Toy) -> None:
    FAULTS["D311"](built)
    (finding,) = json.loads(run(app, ["validate", str(built.root), "--select", "D311", "--format", "json"]).stdout)
    assert finding["code"] == "D311" and finding["id"] == "q001" and finding["document_id"] == "toy-a" and finding["fix"]


def test_github_output_escapes_what_would_end_the_command() -> None:
    finding = checks.Finding("D101", "two\nlines, 100%", "a,b.json", 3)
    first = checks.as_github([finding])
    assert first.startswith("::error file=a%2Cb.json,line=3,title=D101::")
    assert first.count("\n") == 1 and "%0A" in first and "100%25" in first
