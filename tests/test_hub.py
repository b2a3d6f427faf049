"""What users do with a published corpus: `load_dataset` at a version, from a Hub on loopback, in a process and a cache of its own."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import drumbeat.hub
from drumbeat import tables
from drumbeat.build import build_text_free
from drumbeat.cli import app
from drumbeat.jsonl import write_text
from drumbeat.publish import contents, publish
from drumbeat.repository import Repository, read_knowledge_base, read_manifest
from drumbeat.schema import config, configs
from tests.conftest import ROOT, missing_part
from tests.hub import TOKEN, Hub, git, release, words_sent
from tests.toy import toy as make_toy

pytestmark = pytest.mark.xdist_group("hub")
NAMES = [config.name for config in configs()]
REAL, BARE, TOY = "org/drumbeat", "org/bare", "org/toy"
OLD = ["ada-byrne", "lena-ortiz", "northtown", "tide"]
NEW = [*OLD, "zoe"]
VERSION = f"v{read_manifest(Repository(ROOT)).version}"


@dataclass
class Reader:
    """A process of somebody who loads what was published."""

    process: "subprocess.Popen[str]"

    def ask(self, do: str, path: str, **job: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"do": do, "path": path} | job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def load(self, path: str, config: str, revision: str | None, **options: Any) -> Any:
        return self.ask("load", path, config=config, revision=revision, **options)


@contextmanager
def reader(url: str, home: Path, **environment: str) -> Iterator[Reader]:
    home.mkdir(exist_ok=True)
    settings = os.environ | {"HF_ENDPOINT": url, "HF_HOME": str(home), "HF_TOKEN": TOKEN} | environment
    with (home / "log").open("a") as log:
        command = [sys.executable, str(Path(__file__).with_name("reader.py"))]
        process = subprocess.Popen(command, env=settings, cwd=home, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        with process:
            yield Reader(process)
            assert process.stdin
            process.stdin.close()


@dataclass
class World:
    """A Hub with what this project published: the real corpus as org/drumbeat, two versions of a toy as org/toy.

    As org/bare it has the corpus without the pages' words; `leaked` are those that went there all the same.
    """

    hub: Hub
    reader: Reader
    leaked: list[str]


def published(repository: Repository, repo_id: str) -> None:
    result = CliRunner().invoke(app, ["publish", repo_id, "--root", str(repository.root)])
    assert result.exit_code == 0, result.output


def released_checkout(folder: Path) -> Repository:
    """What is published of this checkout, in a git repository of its own, as the release of its version."""
    for path in [*contents(ROOT), "pyproject.toml", "seeds/seeds.jsonl"]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    commit(folder, VERSION)
    return Repository(folder)


def commit(folder: Path, tag: str) -> None:
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", tag)
    git(folder, "tag", tag)


def published_without_words(hub: Hub, folder: Path) -> None:
    manifest = build_text_free(Repository(ROOT), folder)
    publish(drumbeat.hub.Hub(), BARE, folder, manifest)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    import huggingface_hub

    folder = tmp_path_factory.mktemp("world")
    toy = make_toy(folder / "toy")
    with Hub(folder / "hub") as hub, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_TOKEN", TOKEN)
        published_without_words(hub, folder / "text-free")
        leaked = [words for page in (ROOT / "seeds").glob("*.txt") for words in words_sent(hub, page.read_text(encoding="utf-8"), 5)]
        names = [entity.name for entity in read_knowledge_base(Repository(ROOT)).values()]  # these stay: they are the world's, not a page's
        leaked = [words for words in leaked if not any(words in name for name in names)]
        published(released_checkout(folder / "checkout"), REAL)
        published(release(toy.root, "1.0.0"), TOY)
        toy.entities.append(toy.entities[-1] | {"id": "zoe", "name": "Zoe", "aliases": ["Zoe"]})
        toy.write()
        published(release(toy.root, "1.1.0"), TOY)
        huggingface_hub.close_session()
        with reader(hub.url, folder / "home") as process:
            yield World(hub, process, leaked)


def rows_of(name: str) -> Any:
    """The rows of this checkout's corpus, as JSON gives them."""
    table = pq.read_table(ROOT / "corpus" / name / "train-00000-of-00001.parquet")
    return json.loads(json.dumps(table.to_pylist(), default=str))


def is_the_corpus(found: Any, name: str) -> None:
    assert "error" not in found, found["error"]
    assert found["features"] == {column.name: tables.feature(column) for column in config(name).columns}
    assert found["rows"] == rows_of(name)
    assert found["split"] == "train"


def entities(found: Any) -> list[str]:
    assert "error" not in found, found["error"]
    return [row["entity"] for row in found["rows"]]


# -- loading at a version -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_config_loads_at_the_tag(world: World, name: str) -> None:
    found = world.reader.load(REAL, name, VERSION)
    is_the_corpus(found, name)
    assert found["version"] == VERSION.removeprefix("v")
    is_the_corpus(world.reader.load(REAL, name, VERSION, streaming=True), name)


def test_the_text_free_form_loads_with_the_same_features_and_no_words(world: World) -> None:
    assert world.leaked == []
    for name in ("documents", "quotes", "tokens"):
        found = world.reader.load(BARE, name, VERSION)
        assert found["features"] == {column.name: tables.feature(column) for column in config(name).columns}
        assert len(found["rows"]) == len(rows_of(name))
        assert all(row.get("text") is None and row.get("tokens") is None for row in found["rows"])


def test_two_versions_stand_side_by_side(world: World) -> None:
    for revision, rows in (("v1.0.0", OLD), ("v1.1.0", NEW), ("main", NEW), ("v1.0.0", OLD)):
        for streaming in (False, True):
            found = world.reader.load(TOY, "knowledge_base", revision, streaming=streaming)
            assert entities(found) == rows
            assert found["version"] == ("1.0.0" if rows is OLD else "1.1.0")


def test_a_version_that_does_not_exist_is_named(world: World) -> None:
    found = world.reader.load(TOY, "knowledge_base", "v9.9.9")
    assert found["error"] == "DatasetNotFoundError: Revision 'v9.9.9' doesn't exist for dataset 'org/toy' on the Hub."


def test_a_snapshot_loads_as_a_folder(world: World) -> None:
    is_the_corpus(world.reader.ask("snapshot", REAL, revision=VERSION, config="quotes"), "quotes")


def test_what_the_readme_says_of_the_hub_runs(world: World, tmp_path: Path) -> None:
    """Its examples, with this Hub's names filled in."""
    blocks = re.findall(r"```py\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    script = re.sub(r"\d+\.\d+\.\d+", VERSION.removeprefix("v"), "\n".join(blocks).replace("ORGANISATION", "org"))
    assert script.count(VERSION) == 2
    settings = os.environ | {"HF_ENDPOINT": world.hub.url, "HF_HOME": str(tmp_path), "HF_TOKEN": TOKEN}
    result = subprocess.run([sys.executable, "-c", script], env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


# -- what breaks on the way -----------------------------------------------------------------------


def test_a_failure_in_between_never_gives_other_rows(world: World, tmp_path: Path) -> None:
    """`datasets` itself tries again, or raises, after an answer of 500 or 429 or a broken connection; then it is loaded again."""
    plain = [(route, False) for route in ("HEAD .*/README", "GET .*/README", "HEAD .*parquet", "GET /lfs/")]
    streamed = [(route, True) for route in ("GET .*parquet", "GET /lfs/")]
    faults: list[dict[str, Any]] = [{"status": 429, "retry_after": 0}, {"status": 500}, {"drop": "before"}, {"drop": "middle"}]
    raised = 0
    with reader(world.hub.url, tmp_path / "home") as fresh:
        for (route, streaming), fault in product(plain + streamed, faults):
            for name in ("hub", "datasets"):
                shutil.rmtree(tmp_path / "home" / name, ignore_errors=True)
            world.hub.fail(route, **fault)
            found = fresh.load(REAL, "nonquotes", VERSION, streaming=streaming)
            assert not world.hub.faults.pop().times, "it never happened"
            if "error" in found:
                raised += 1
                found = fresh.load(REAL, "nonquotes", VERSION, streaming=streaming)
            is_the_corpus(found, "nonquotes")
    assert raised < len(plain) * len(faults)


def test_what_is_in_the_cache_is_given_for_another_version_where_the_hub_cannot_be_asked(world: World, tmp_path: Path) -> None:
    """`datasets` does so with no more than a line in its log; README.md says what to do about it.

    If this test fails, `datasets` has changed for the better: then README.md may be shorter.
    """
    with reader(world.hub.url, tmp_path / "home", HF_TOKEN="") as stranger:
        found = stranger.load(TOY, "knowledge_base", "v1.0.0")
        assert found["error"].startswith("DatasetNotFoundError: Dataset 'org/toy' doesn't exist on the Hub or cannot be accessed.")
    with reader(world.hub.url, tmp_path / "home") as online:
        assert entities(online.load(TOY, "knowledge_base", "v1.0.0")) == OLD
        is_the_corpus(online.ask("snapshot", REAL, revision=VERSION, config="entities"), "entities")
        world.hub.fail("HEAD .*/README", times=99, status=500)
        found = online.load(TOY, "knowledge_base", "v1.1.0")
        assert (entities(found), found["version"]) == (OLD, "1.0.0")
        world.hub.faults.clear()
        assert entities(online.load(TOY, "knowledge_base", "v1.1.0")) == NEW
        shutil.rmtree(next((tmp_path / "home" / "datasets" / "org___toy" / "knowledge_base").glob("1.1.0")))
    world.hub.requests.clear()
    with reader(world.hub.url, tmp_path / "home", HF_HUB_OFFLINE="1") as offline:
        for streaming in (False, True):
            found = offline.load(TOY, "knowledge_base", "v1.1.0", streaming=streaming)
            assert (entities(found), found["version"]) == (OLD, "1.0.0")
        assert "Couldn't find cache for org/toy for config 'quotes'" in offline.load(TOY, "quotes", "v1.0.0")["error"]
        is_the_corpus(offline.ask("snapshot", REAL, revision=VERSION, config="tokens"), "tokens")
    assert not world.hub.requests


# -- another Hub ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mirror(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Hub that others wrote (Olah), serving git repositories that hold what was published, at its tags."""
    command = Path(os.environ.get("OLAH") or ROOT / ".venv-olah" / "bin" / "olah-cli")
    if not (ROOT / command).exists():
        missing_part("no Olah, the other Hub; `make test` installs one")
    folder = tmp_path_factory.mktemp("mirror")
    for repo_id, tags in ((REAL, [VERSION]), (TOY, ["v1.0.0", "v1.1.0"])):
        for tag in tags:
            for path, data in world.hub.content(repo_id, tag).items():
                target = folder / "datasets" / repo_id / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(b"" if path == ".gitattributes" else data)
            commit(folder / "datasets" / repo_id, tag)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = f"""
        [basic]
        host = "127.0.0.1"
        port = {port}
        repos-path = "{folder}/repos"
        mirrors-path = ["{folder}"]
        [accessibility]
        offline = true
    """
    write_text(folder / "olah.toml", settings)
    with (folder / "log").open("wb") as log:
        arguments = [str(ROOT / command), "--config", str(folder / "olah.toml")]
        process = subprocess.Popen(arguments, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            _wait(process, port, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"Olah did not start: {log.read_text(errors='replace')[-2000:]}")


def test_another_hub_gives_the_same(mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a tag and without one, plain, streaming, and as a snapshot; and to `drumbeat` itself."""
    with reader(mirror, tmp_path / "home", HF_TOKEN="") as process:
        for name in NAMES:
            is_the_corpus(process.load(REAL, name, VERSION), name)
        is_the_corpus(process.load(REAL, "quotes", VERSION, streaming=True), "quotes")
        is_the_corpus(process.load(REAL, "quotes", None), "quotes")
        is_the_corpus(process.ask("snapshot", REAL, revision=VERSION, config="entities"), "entities")
        assert [entities(process.load(TOY, "knowledge_base", tag)) for tag in ("v1.0.0", "v1.1.0")] == [OLD, NEW]
    monkeypatch.setenv("HF_ENDPOINT", mirror)
    drumbeat.hub.download(REAL, VERSION, tmp_path / "down")
    assert {path: file.sha256 for path, file in contents(tmp_path / "down").items()} == {
        path: file.sha256 for path, file in contents(ROOT).items()
    }
