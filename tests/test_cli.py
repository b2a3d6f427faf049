import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat import __version__
from drumbeat.cli import app
from drumbeat.cli.shell import terminable
from drumbeat.jsonl import aside
from drumbeat.repository import Repository
from tests.toy import Toy

run = CliRunner().invoke


def test_agree_prints_every_measure_for_every_page(toy: Toy) -> None:
    result = run(app, ["agree", str(toy.root)])
    assert result.exit_code == 0
    for word in ("regions", "content", "cue", "source", "speaker", "entities", "alpha", "alice", "bob", "toy-a", "toy-b"):
        assert word in result.stdout


@pytest.mark.parametrize("content", ["{", "[]", "null", "", '{"document_id": 5}'])
def test_agree_on_a_broken_file_is_a_failure_not_a_trace(content: str, toy: Toy) -> None:
    toy.repository.annotation("toy-a").write_text(content)
    result = run(app, ["agree", str(toy.root)])
    assert result.exit_code == 2 and "toy-a.json" in result.stderr.replace("\n", "")


def test_agree_refuses_sets_over_another_text(toy: Toy) -> None:
    toy.annotations["toy-a"]["normalizer"] = "0"
    toy.write()
    assert run(app, ["agree", str(toy.root)]).exit_code == 2


@pytest.mark.parametrize("command", ["build", "agree"])
def test_a_mistyped_path_does_not_act_on_the_repository_above(command: str, toy: Toy) -> None:
    assert run(app, [command, str(toy.root / "nothere")]).exit_code == 2


def test_agree_refuses_spans_outside_the_text(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][0]["regions"][-1]["end"] = 2**60
    toy.write()
    result = run(app, ["agree", str(toy.root)])
    assert result.exit_code == 2 and "does not lie in the text" in result.stderr.replace("\n", " ")


def test_agree_knows_its_formats(toy: Toy) -> None:
    assert run(app, ["agree", str(toy.root), "--format", "github"]).exit_code == 2


def test_agree_in_json(toy: Toy) -> None:
    figures = json.loads(run(app, ["agree", str(toy.root), "--format", "json"]).stdout)
    assert {figure["document_id"] for figure in figures} == {"toy-a", "toy-b"}
    assert all(figure["annotators"] == ["alice", "bob"] for figure in figures)


def test_suggested_sets_take_no_part_in_agreement(toy: Toy) -> None:
    for annotation in toy.annotations.values():
        annotation["sets"][1]["method"] = "suggested"
    toy.write()
    result = run(app, ["agree", str(toy.root)])
    assert result.exit_code == 2
    assert "no document has two independent annotation sets" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize("command", ["build", "validate", "agree", "diff", "verify"])
def test_every_command_explains_itself(command: str) -> None:
    result = run(app, [command, "--help"])
    assert result.exit_code == 0 and len(result.stdout) > 200


def test_the_version_is_that_of_the_package() -> None:
    assert run(app, ["--version"]).stdout == f"drumbeat {__version__}\n"


def test_no_command_shows_the_help() -> None:
    result = subprocess.run([sys.executable, "-m", "drumbeat"], capture_output=True, text=True)
    assert result.returncode == 2 and "validate" in result.stdout + result.stderr


def test_an_unreadable_disk_is_a_failure_not_a_trace(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("drumbeat.build.write_corpus", full)
    result = run(app, ["build", str(toy.root)])
    assert result.exit_code == 2 and "No space left on device" in result.stderr
    assert not [path for path in toy.root.iterdir() if path.name.startswith(".corpus")]


def test_a_wheel_carries_the_schema_and_the_ledger(checkout: Repository, tmp_path: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
            *("--wheel-dir", str(tmp_path), str(checkout.root)),
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    assert (tmp_path / "site" / "drumbeat" / "_releases.jsonl").read_bytes() == (checkout.root / "releases.jsonl").read_bytes()
    script = "import drumbeat.schema as s, drumbeat.ledger as l; print(s.schema_folder()); print(len(s.configs()), s.digest(), l.shipped())"
    result = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True)
    folder, facts = result.stdout.splitlines()
    assert folder == str(tmp_path / "site" / "drumbeat" / "_schema")
    here = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout.splitlines()[1]
    assert facts == here


# -- the documents --------------------------------------------------------------------------------


def _documents(root: Path) -> list[Path]:
    return [
        root / name
        for name in (
            "README.md",
            "DATASHEET.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "annotations/GUIDELINES.md",
            "annotations/LABELSTUDIO.md",
            "schema/README.md",
        )
    ]


def test_links_in_the_documents_lead_somewhere(checkout: Repository) -> None:
    for path in _documents(checkout.root):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            assert target.startswith(("http", "mailto:")) or (path.parent / target).exists(), f"{path.name}: {target}"


def test_python_in_the_readme_runs(checkout: Repository, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", checkout.readme.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    environment = {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "PATH": ""}
    for block in blocks:
        result = subprocess.run([sys.executable, "-c", block], env=environment, cwd=checkout.root, capture_output=True, text=True)
        assert result.returncode == 0, f"{block}\n{result.stderr}"


def test_commands_in_the_documents_exist(checkout: Repository) -> None:
    names = {command.name or str(command.callback and command.callback.__name__) for command in app.registered_commands}
    for path in _documents(checkout.root):
        for name in re.findall(r"`drumbeat ([a-z-]+)", path.read_text(encoding="utf-8")):
            assert name in names, f"{path.name}: drumbeat {name}"
    targets = set(re.findall(r"^([a-z]+):", (checkout.root / "Makefile").read_text(), re.MULTILINE))
    for path in _documents(checkout.root):
        for name in re.findall(r"`make ([a-z]+)", path.read_text(encoding="utf-8")):
            assert name in targets, f"{path.name}: make {name}"


def test_the_version_is_the_same_everywhere(checkout: Repository) -> None:
    assert f"## {__version__}" in (checkout.root / "CHANGELOG.md").read_text()
    assert f"version: {__version__}" in (checkout.root / "CITATION.cff").read_text()


# -- SIGTERM ------------------------------------------------------------------------------------------


def test_a_command_that_is_terminated_leaves_nothing_half_written(toy: Toy) -> None:
    before = sorted(toy.root.rglob("*"))
    command = [sys.executable, "-m", "drumbeat", "add", "-", "--root", str(toy.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # which waits for its input
        while process.poll() is None and not list(toy.root.glob(".add-*/stdin")):
            time.sleep(0.05)
        process.terminate()
        assert process.wait() == 143
        assert process.stderr and b"Traceback" not in process.stderr.read()
    assert sorted(toy.root.rglob("*")) == before


def test_a_file_that_is_being_written_is_removed_when_terminated(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended, terminable(), aside(tmp_path / "new.jsonl") as file:
        file.write(b"half")
        os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 143 and not list(tmp_path.iterdir())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_sigterm_stays_ignored_where_it_was() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with terminable():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
