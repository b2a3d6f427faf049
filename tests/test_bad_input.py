"""What people do wrong: each is a finding or an error with its place, and nothing is lost or half-written."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat import build
from drumbeat.checks import validate
from drumbeat.cli import app
from drumbeat.errors import BuildError, RecordError
from tests.test_build import contents
from tests.toy import Toy

run = CliRunner().invoke


def flat(text: str) -> str:
    """Terminal output without its line breaks."""
    return " ".join(text.split())


# -- files that are something else ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["seeds/seeds.jsonl", "annotations/knowledge_base.jsonl", "annotations/links.jsonl"])
def test_a_shared_file_that_is_missing_or_a_folder_is_a_finding(name: str, toy: Toy) -> None:
    path = toy.root / name
    path.unlink()
    assert ("D101", name) in {(finding.code, finding.path) for finding in validate(toy.repository)}
    path.mkdir()
    assert ("D101", name) in {(finding.code, finding.path) for finding in validate(toy.repository)}
    with pytest.raises(RecordError):
        build.build(toy.repository)


def test_annotations_that_are_missing_altogether_are_findings(built: Toy) -> None:
    (built.root / "annotations").rename(built.root / "elsewhere")
    found = {(finding.code, finding.path) for finding in validate(built.repository)}
    assert {("D101", "annotations/toy-a.json"), ("D101", "annotations/links.jsonl"), ("D506", "corpus/manifest.json")} <= found


def test_what_lies_about_in_the_folders_does_not_make_a_corpus_stale(built: Toy) -> None:
    (built.root / "seeds" / ".DS_Store").write_bytes(b"\0")
    (built.root / "annotations" / "GUIDELINES.md").write_text("# Guidelines\n")
    assert list(validate(built.repository)) == []


def test_what_was_found_before_a_failure_is_printed(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    built.gold()["quotes"][0]["type"] = "direct"
    built.write()

    def unplugged(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("drumbeat.checks.release.read_json", unplugged)
    result = run(app, ["validate", str(built.root)])
    assert result.exit_code == 2 and "D311" in result.stdout and "Input/output error" in result.stderr


# -- values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["2026-02-31", "2026-1-1", "20260101", "2026-01-01\n", ""])
def test_a_date_is_a_day_of_the_calendar(value: str, toy: Toy) -> None:
    toy.seeds[0]["published"] = value
    toy.write()
    assert "D102" in {finding.code for finding in validate(toy.repository)}


@pytest.mark.parametrize("file", ["toy\0a.txt", "toy-a.txt\n", "a\tb"])
def test_a_file_name_has_no_control_characters(file: str, toy: Toy) -> None:
    toy.seeds[0]["file"] = file
    toy.write()
    assert "D102" in {finding.code for finding in validate(toy.repository)}


def test_an_id_does_not_end_with_a_line_feed(toy: Toy) -> None:
    toy.links[0]["id"] = "l001\n"
    toy.write()
    (finding,) = validate(toy.repository, ["D105"])
    assert finding.message.startswith("id: ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda link: link.update(label="cousin"), 'label: unknown label "cousin"; one of '),
        (lambda link: link.update(link="kin"), 'link: unknown label "kin"; one of relation, cluster'),
        (lambda link: link.update({"from": 7}), "from: 7 is not of type 'string'"),
        (lambda link: link.pop("note"), "'note' is a required property"),
    ],
)
def test_a_broken_link_is_judged_as_the_kind_it_claims_to_be(change: Callable[[dict[str, object]], object], said: str, toy: Toy) -> None:
    change(toy.links[0])
    toy.write()
    (finding,) = validate(toy.repository, ["D105"])
    assert finding.message.startswith(said)


# -- builds that were not validated -----------------------------------------------------------------


def _doubled_page(toy: Toy) -> None:
    toy.seeds.append(toy.seeds[0] | {"document_id": "toy-c", "file": "toy-c.txt"})
    toy.pages["toy-c"] = toy.pages["toy-a"]
    toy.annotations["toy-c"] = toy.annotations["toy-a"] | {"document_id": "toy-c"}


def _doubled_entity(toy: Toy) -> None:
    toy.entities.append(toy.entities[0])


def _another_document(toy: Toy) -> None:
    toy.annotations["toy-a"]["document_id"] = "toy-b"


def _no_content(toy: Toy) -> None:
    toy.gold()["quotes"][0]["content"] = []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_doubled_page, "seeds.jsonl:3: same sha256 as line 1"),
        (_doubled_entity, "knowledge_base.jsonl:5: id 'ada-byrne' stands twice"),
        (_another_document, "toy-a.json: its document_id is 'toy-b'"),
        (_no_content, "toy-a: quotation q001 has no content"),
    ],
)
def test_a_build_without_validation_refuses_what_it_cannot_say(change: Callable[[Toy], None], said: str, built: Toy) -> None:
    change(built)
    built.write()
    before = contents(built.root)
    result = run(app, ["build", "--no-validate", str(built.root)])
    assert result.exit_code == 2 and said in flat(result.stderr)
    assert contents(built.root) == before


def test_annotations_nested_without_end_are_refused(built: Toy) -> None:
    built.repository.annotation("toy-a").write_text("[" * 100_000)
    assert run(app, ["build", "--no-validate", str(built.root)]).exit_code == 2
    assert "D101" in {finding.code for finding in validate(built.repository)}


# -- the place of the corpus --------------------------------------------------------------------------


def test_a_link_or_a_file_in_the_place_of_the_corpus_is_left_alone(toy: Toy, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    toy.repository.corpus.symlink_to(tmp_path / "disk")
    with pytest.raises(BuildError, match="corpus: is a link or a file"):
        build.build(toy.repository)
    toy.repository.corpus.unlink()
    toy.repository.corpus.write_text("mine")
    with pytest.raises(BuildError, match="corpus: is a link or a file"):
        build.build(toy.repository)
    assert toy.repository.corpus.read_text() == "mine"
    assert {path.name for path in toy.root.iterdir()} == {"seeds", "annotations", "corpus", "README.md"}


@pytest.mark.parametrize("fails_at", [1, 2, 3, 4, 5])
def test_a_failed_rename_leaves_the_old_corpus_and_documents(fails_at: int, built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The renames: the new manifest among the new files (1), the old corpus away (2), the new one in (3), then croissant.json (4)
    and the README (5).
    """
    before = contents(built.root)
    built.entities[0]["description"] = "changed"
    built.write()
    changed = contents(built.root)
    real, calls = os.replace, iter(range(1, 100))

    def replace(source: object, target: object) -> None:
        if next(calls) == fails_at:
            raise OSError(13, "Permission denied")
        real(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(OSError, match="Permission denied"):
        build.build(built.repository)
    monkeypatch.undo()
    after = contents(built.root)
    assert not [path for path in after if path.startswith(".")]
    assert after["README.md"] == before["README.md"]
    if fails_at < 4:
        assert after == changed
    else:
        stale = ["README.md: its generated parts are stale", "croissant.json: its generated parts are stale"]
        assert build.check(built.repository) == stale[: 6 - fails_at]


def test_a_full_disk_while_the_documents_are_written_leaves_the_old_corpus(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    built.entities[0]["description"] = "changed"
    built.write()
    before = contents(built.root)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("drumbeat.build.aside", full)
    with pytest.raises(OSError, match="No space left"):
        build.build(built.repository)
    assert contents(built.root) == before


# -- the card and the documents -------------------------------------------------------------------------


def _card(toy: Toy, text: str) -> None:
    toy.repository.readme.write_bytes(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: [\n---\n", "its YAML cannot be read"),
        ("---\nconfigs: []\n---\n", "`configs` stands outside the generated part"),
        ("---\ndataset_info: {}\n---\n", "`dataset_info` stands outside the generated part"),
        ("---\n# generated: configs\nconfigs: []\n---\n", "`configs` stands outside"),
        ("---\npretty_name: toy\n# end generated\n---\n", "one of the markers of its generated part is missing"),
        ("---\n- a\n---\n", "its YAML is no list of keys and values"),
        ("# Toy\n\n<!-- generated: -rows -->\n<!-- end generated -->\n", "nothing generates a part named '-rows'"),
        ("# Toy\n\n<!-- generated: __init__ -->\n<!-- end generated -->\n", "nothing generates a part named '__init__'"),
    ],
)
def test_a_card_that_cannot_be_renewed_is_refused(text: str, said: str, built: Toy) -> None:
    _card(built, text)
    before = contents(built.root)
    for command in (["build"], ["build", "--check"]):
        result = run(app, [*command, str(built.root)])
        assert result.exit_code == 2 and "README.md" in result.stderr and said in flat(result.stderr)
    assert contents(built.root) == before


@pytest.mark.parametrize("text", ["\ufeff---\npretty_name: toy\n---\n# Toy\n", "---\r\npretty_name: toy\r\n---\r\n# Toy\r\n"])
def test_a_card_saved_by_an_editor_of_its_own_mind_keeps_one_block(text: str, built: Toy) -> None:
    _card(built, text)
    build.build(built.repository)
    assert built.repository.readme.read_text().count("---\n") == 2
    assert list(validate(built.repository)) == []


@pytest.mark.parametrize("value", ["5", "configs", "[1, 2]", "{a: b}", "[{}]", "[{config_name: [x]}]"])
def test_odd_values_in_the_card_are_findings(value: str, built: Toy) -> None:
    _card(built, f"---\npretty_name: toy\nconfigs: {value}\ndataset_info: {value}\n---\n")
    assert {finding.code for finding in validate(built.repository)} == {"D507"}


def test_a_card_that_is_not_utf8_is_a_finding(built: Toy) -> None:
    built.repository.readme.write_bytes(b"---\n\xff\n---\n")
    (finding,) = validate(built.repository)
    assert finding.code == "D507" and "UTF-8" in finding.message


# -- what is asked about ----------------------------------------------------------------------------------


def test_a_page_is_asked_about_with_what_is_said_of_it_elsewhere(toy: Toy) -> None:
    toy.annotations["toy-a"]["text_sha256"] = "0" * 64
    toy.seeds[1]["sha256"] = "0" * 64
    toy.write()
    found = run(app, ["validate", str(toy.root / "seeds" / "toy-a.txt"), "--format", "json"])
    assert [finding["code"] for finding in json.loads(found.stdout)] == ["D203"]
    found = run(app, ["validate", str(toy.repository.annotation("toy-b")), "--format", "json"])
    assert [finding["code"] for finding in json.loads(found.stdout)] == ["D201"]


def test_a_repository_that_is_named_twice_is_validated_once(toy: Toy) -> None:
    toy.gold()["quotes"][0]["type"] = "direct"
    toy.write()
    found = run(app, ["validate", str(toy.root), str(toy.root / "annotations"), "--select", "D3", "--format", "json"])
    assert len(json.loads(found.stdout)) == 1


def test_paths_are_printed_as_the_working_folder_resolves_them(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.gold()["quotes"][0]["type"] = "direct"
    toy.write()
    monkeypatch.chdir(toy.root.parent)
    for form, start in (("text", "toy/annotations/toy-a.json:"), ("github", "::error file=toy/annotations/toy-a.json,line=")):
        assert run(app, ["validate", "toy", "--select", "D3", "--format", form]).stdout.startswith(start)


def test_a_level_that_is_not_selected_does_not_run(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("this level was not asked for")

    monkeypatch.setattr("drumbeat.checks.load_shared", never)
    assert list(validate(built.repository, ["D5"])) == []
    monkeypatch.undo()
    monkeypatch.setattr("drumbeat.checks.release.check_corpus", never)
    monkeypatch.setattr("drumbeat.checks._document", never)
    assert list(validate(built.repository, ["D1", "D4"])) == []
