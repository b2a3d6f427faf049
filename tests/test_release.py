import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drumbeat import build, git, release
from drumbeat.cli import app
from drumbeat.diff import as_markdown
from drumbeat.errors import DrumbeatError, ReleaseError
from drumbeat.jsonl import read_jsonl, read_text
from drumbeat.repository import Repository, read_manifest
from drumbeat.versions import Bump, Version
from tests.conftest import missing_part
from tests.toy import Toy

run = CliRunner().invoke
TODAY = date(2026, 1, 2)


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "A tester")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "tester@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def changelog(toy: Toy, *versions: str) -> None:
    sections = (f"## {version}\n\n- What {version} brings.\n" for version in versions)
    (toy.root / "CHANGELOG.md").write_text("# Changelog\n\n" + "\n".join(sections))


def committed(toy: Toy, message: str = "A change") -> None:
    build.build(toy.repository)
    git.commit(toy.root, message)


@pytest.fixture
def project(toy: Toy) -> Toy:
    """A corpus repository that could be released as 1.0.0."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(toy.root)], check=True)
    (toy.root / "pyproject.toml").write_text('[build-system]\nrequires = []\n\n[project]\nname = "toy"\nversion = "0.9.0"\n')
    (toy.root / "CITATION.cff").write_text("cff-version: 1.2.0\ntitle: toy\nauthors:\n- name: Toy makers\nversion: 0.9.0\nlicense: MIT\n")
    changelog(toy, "1.0.0")
    committed(toy)
    return toy


def edited(toy: Toy) -> None:
    """A change that needs a major version."""
    toy.entities[0]["description"] = "described in other words"
    toy.write()


def extended(toy: Toy) -> None:
    """A change that needs a minor version."""
    wordings = {"q003": "verbatim", "q004": "paraphrase"}
    members = [{"document_id": "toy-a", "quote_id": quote, "wording": wording} for quote, wording in wordings.items()]
    toy.links.append({"link": "cluster", "id": "c002", "speaker": None, "note": None, "members": members})
    toy.write()


def state(root: Path) -> tuple[str, str, list[str]]:
    return git.git(root, "rev-parse", "HEAD"), git.git(root, "for-each-ref"), git.changed(root)


def test_a_release_stamps_builds_commits_and_tags(project: Toy) -> None:
    root = project.root
    done = release.release(project.repository, "1.0.0", TODAY)
    assert done.last is None and done.difference is None and done.notes == "- What 1.0.0 brings."
    assert git.commit_of(root, "v1.0.0") == git.commit_of(root, "main") == done.commit
    assert git.git(root, "cat-file", "-t", "v1.0.0") == "tag" and not git.changed(root)
    assert read_manifest(project.repository).version == "1.0.0"
    assert 'version = "1.0.0"\n' in (root / "pyproject.toml").read_text()
    assert "version: 1.0.0\nlicense: MIT\ndate-released: 2026-01-02\n" in (root / "CITATION.cff").read_text()
    assert "## 1.0.0 (2026-01-02)\n" in (root / "CHANGELOG.md").read_text()
    assert "version: 1.0.0" in (root / "README.md").read_text()
    assert not build.check(project.repository)
    assert [(line["version"], line["form"], line["date"]) for _, line in read_jsonl(root / "releases.jsonl")] == [
        ("1.0.0", "full", "2026-01-02"),
        ("1.0.0", "text-free", "2026-01-02"),
    ]
    assert run(app, ["verify", str(root)]).exit_code == 0
    assert run(app, ["build", "--text-free", str(root), "-o", str(root.parent / "bare")]).exit_code == 0
    (root.parent / "bare" / "releases.jsonl").write_bytes((root / "releases.jsonl").read_bytes())
    assert "1.0.0 (text-free)" in run(app, ["verify", str(root.parent / "bare")]).stdout
    assert not list(root.parent.glob(f"{root.name}*-*")) and git.git(root, "worktree", "list").count("\n") == 0


def test_the_next_release_is_compared_with_the_last(project: Toy) -> None:
    release.release(project.repository, "1.0.0", TODAY)
    extended(project)
    changelog(project, "1.1.0", "1.0.0")
    committed(project)
    done = release.release(project.repository, "1.1.0", TODAY)
    assert str(done.last) == "1.0.0" and done.difference is not None and done.difference.bump.name == "minor"
    assert "c002" in as_markdown(done.difference)


@pytest.mark.parametrize(
    ("change", "version", "enough"),
    [
        (None, "1.0.1", True),
        (None, "1.1.0", True),
        (extended, "1.0.1", False),
        (extended, "1.1.0", True),
        (edited, "1.0.1", False),
        (edited, "1.1.0", False),
        (edited, "2.0.0", True),
    ],
)
def test_a_version_is_as_great_as_what_changed(change: Callable[[Toy], None] | None, version: str, enough: bool, project: Toy) -> None:
    release.release(project.repository, "1.0.0", TODAY)
    if change:
        change(project)
    changelog(project, version, "1.0.0")
    committed(project)
    before = state(project.root)
    if enough:
        assert release.release(project.repository, version, TODAY).tag == f"v{version}"
    else:
        with pytest.raises(ReleaseError, match="is too small"):
            release.release(project.repository, version, TODAY)
        assert state(project.root) == before


def test_a_dry_run_says_all_and_changes_nothing(project: Toy) -> None:
    before, files = state(project.root), {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    result = run(app, ["release", "1.0.0", str(project.root), "--dry-run"])
    assert result.exit_code == 0 and "What 1.0.0 brings" in result.stdout
    assert "would change" in result.stderr and "nothing was changed" in result.stderr
    assert state(project.root) == before
    assert {path: path.read_bytes() for path in files} == files


def untracked(toy: Toy) -> None:
    (toy.root / "notes.txt").write_text("left over")


def stale(toy: Toy) -> None:
    edited(toy)
    git.commit(toy.root, "An edit without a build")


def finding(toy: Toy) -> None:
    toy.entities[0]["speaks_for"] = "nobody-known"
    toy.write()
    committed(toy, "A dangling id")


def no_section(toy: Toy) -> None:
    changelog(toy, "0.9.0")
    git.commit(toy.root, "No section")


def empty_section(toy: Toy) -> None:
    (toy.root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n\n## 0.9.0\n\n- First.\n")
    git.commit(toy.root, "An empty section")


def no_changelog(toy: Toy) -> None:
    (toy.root / "CHANGELOG.md").unlink()
    git.commit(toy.root, "No changelog")


def no_version_line(toy: Toy) -> None:
    (toy.root / "pyproject.toml").write_text('project = {name = "toy", version = "0.9.0"}\n')
    committed(toy)


def tagged(toy: Toy) -> None:
    git.git(toy.root, "tag", "v1.0.0")


@pytest.mark.parametrize(
    ("spoil", "version", "said"),
    [
        (untracked, "1.0.0", "1 file(s) differ from the last commit, the first is notes.txt"),
        (edited, "1.0.0", "annotations/knowledge_base.jsonl; commit or stash"),
        (stale, "1.0.0", "the corpus is stale"),
        (finding, "1.0.0", "nobody-known"),
        (no_section, "1.0.0", "no section `## 1.0.0` comes first (the first is 0.9.0)"),
        (empty_section, "1.0.0", "the section `## 1.0.0` is empty"),
        (no_changelog, "1.0.0", "CHANGELOG.md: is missing"),
        (no_version_line, "1.0.0", "no line `version = …`"),
        (tagged, "1.0.0", "v1.0.0 is a tag already"),
        (None, "0.8.0", "0.8.0 is before the version of pyproject.toml, 0.9.0"),
        (None, "v1.0.0", "v1.0.0"),
        (None, "1.0", "1.0"),
    ],
)
def test_what_cannot_be_released_is_refused_in_one_line(spoil: Callable[[Toy], None] | None, version: str, said: str, project: Toy) -> None:
    if spoil:
        spoil(project)
    before = state(project.root)
    result = run(app, ["release", version, str(project.root)])
    assert result.exit_code == 2 and said in result.stderr and "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1 and state(project.root) == before


def test_a_version_comes_after_the_last_one(project: Toy) -> None:
    changelog(project, "1.5.0")
    committed(project)
    release.release(project.repository, "1.5.0", TODAY)
    with pytest.raises(ReleaseError, match=r"1\.4\.0 is before the last release, v1\.5\.0"):
        release.release(project.repository, "1.4.0", TODAY)


def test_other_tags_are_no_releases(project: Toy) -> None:
    for name in ("vintage", "v2", "v3.0.0-rc1", "release-9.0.0"):
        git.git(project.root, "tag", name)
    assert release.release(project.repository, "1.0.0", TODAY).last is None


def test_a_repository_without_git_is_refused(built: Toy) -> None:
    with pytest.raises(ReleaseError, match="not the top of a git checkout"):
        release.release(built.repository, "1.0.0", TODAY)


def test_a_tag_that_cannot_be_made_leaves_the_checkout(project: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    git.git(project.root, "config", "tag.gpgSign", "true")
    git.git(project.root, "config", "gpg.program", "false")
    before = state(project.root)
    result = run(app, ["release", "1.0.0", str(project.root)])
    assert result.exit_code == 2 and "nothing was released" in result.stderr and str(project.root) in result.stderr
    assert state(project.root) == before


def test_a_branch_that_moves_meanwhile_leaves_no_tag(project: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    made = git.tag

    def tag_while_somebody_commits(*arguments: str) -> None:
        made(*arguments)  # type: ignore[arg-type]
        (project.root / "CHANGELOG.md").write_text("# Changelog\n\n## 1.0.0\n\n- Meanwhile.\n")

    monkeypatch.setattr(git, "tag", tag_while_somebody_commits)
    with pytest.raises(ReleaseError, match="nothing was released"):
        release.release(project.repository, "1.0.0", TODAY)
    assert not git.has_tag(project.root, "v1.0.0") and git.changed(project.root) == ["CHANGELOG.md"]


def test_a_clone_without_the_tags_releases_nothing_twice(project: Toy, tmp_path: Path) -> None:
    release.release(project.repository, "1.0.0", TODAY)
    subprocess.run(["git", "clone", "--quiet", "--no-tags", str(project.root), str(tmp_path / "clone")], check=True)
    for version in ("1.0.0", "1.0.1"):
        result = run(app, ["release", version, str(tmp_path / "clone")])
        assert result.exit_code == 2 and "lists 1.0.0, and git has no tag v1.0.0" in result.stderr


def test_a_build_that_fails_leaves_the_checkout(project: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(project.root)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "build", full)
    result = run(app, ["release", "1.0.0", str(project.root)])
    assert result.exit_code == 2 and "No space left" in result.stderr
    assert state(project.root) == before and git.git(project.root, "worktree", "list").count("\n") == 0


def test_a_commit_without_an_identity_is_told(project: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(project.root)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    git.git(project.root, "config", "user.useConfigOnly", "true")
    with pytest.raises(ReleaseError, match=r"git commit failed: .*; nothing was released"):
        release.release(project.repository, "1.0.0", TODAY)
    assert state(project.root) == before


def test_git_that_is_missing_is_told(project: Toy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DrumbeatError, match="git is not installed"):
        release.release(project.repository, "1.0.0", TODAY)


BUILD = """
import sys
from pathlib import Path
from drumbeat.build import build
from drumbeat.repository import Repository
build(Repository(Path(sys.argv[1])))
"""


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_tag_is_rebuilt_to_the_byte_in_two_environments(checkout: Repository, tmp_path: Path) -> None:
    """This corpus released, its tag cloned twice, its built files removed, and built anew: by this Python, and by one of an environment
    that holds nothing but what drumbeat needs."""
    if not git.is_top(checkout.root):
        pytest.skip("this is no git checkout, so there is nothing to tag")
    other = os.environ.get("REBUILD")
    if not other:
        missing_part("REBUILD names no second Python with drumbeat's dependencies; `make test` makes one")
    root = tmp_path / "released"
    subprocess.run(["git", "clone", "--quiet", str(checkout.root), str(root)], check=True)
    version = Version.parse(read_manifest(Repository(root)).version).raised(Bump.major)
    text = (root / "CHANGELOG.md").read_text()
    (root / "CHANGELOG.md").write_text(re.sub("^## ", f"## {version}\n\n- For a test.\n\n## ", text, count=1, flags=re.MULTILINE))
    git.commit(root, "A changelog")
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    subprocess.run([sys.executable, "-m", "drumbeat", "release", str(version), str(root)], check=True, env=environment, cwd=tmp_path)
    odd = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    for number, python in enumerate((sys.executable, str(other))):
        again = tmp_path / f"again-{number}"
        subprocess.run(["git", "clone", "--quiet", "--branch", f"v{version}", str(root), str(again)], check=True, capture_output=True)
        wanted = bytes_of(again / "corpus")
        for path in (again / "corpus").rglob("*.parquet"):
            path.unlink()
        assert wanted and bytes_of(again / "corpus") != wanted
        here = {"PYTHONPATH": str(again / "src"), "PATH": os.environ["PATH"], "HOME": str(tmp_path)} | (odd if number else {})
        subprocess.run([python, "-c", BUILD, str(again)], check=True, env=here, cwd=tmp_path)
        assert bytes_of(again / "corpus") == wanted == bytes_of(root / "corpus")
        assert not git.changed(again)
    assert "date-released: " in read_text(root / "CITATION.cff")
