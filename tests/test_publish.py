"""Publishing to a Hub on loopback: what goes, what is refused, and what breaks on the way."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import drumbeat.hub
from drumbeat.cli import app
from drumbeat.errors import HubError, PublishError
from drumbeat.hub import RemoteFile
from drumbeat.jsonl import read_text, write_text
from drumbeat.publish import File, changes, contents, goes, publish
from drumbeat.repository import Repository, read_manifest
from tests.hub import READ_TOKEN, TOKEN, Hub, git, release, words_sent
from tests.toy import Toy
from tests.toy import toy as make_toy

REPO = "org/toy"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited between two tries; nobody waits."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    import huggingface_hub

    with Hub(tmp_path / "hub") as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield running
    huggingface_hub.close_session()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("base")
    make_toy(root)
    write_text(root / "LICENSE-DATA", "the toy's licence\n")
    write_text(root / "CITATION.cff", "title: toy\nauthors:\n- name: The toy's makers\n")
    release(root, "1.0.0")
    return root


@pytest.fixture
def released(toy: Toy, base: Path) -> Repository:
    """The toy's repository, whose release 1.0.0 is checked out."""
    shutil.copytree(base, toy.root, dirs_exist_ok=True)
    return toy.repository


def run(repository: Repository, *options: str, repo_id: str = REPO) -> Result:
    """The command; whatever happens, no token is printed and a failure is one line."""
    result = CliRunner().invoke(app, ["publish", repo_id, "--root", str(repository.root), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert TOKEN not in result.output and READ_TOKEN not in result.output
    assert result.stderr.count("\n") == 1, result.output
    if result.exit_code:
        assert result.exit_code == 2 and result.stderr.startswith("error: ") and result.stdout == "", result.output
    return result


def passes(repository: Repository, *options: str) -> str:
    result = run(repository, *options)
    assert result.exit_code == 0, result.output
    return result.output


def fails(repository: Repository, *options: str, repo_id: str = REPO) -> str:
    result = run(repository, *options, repo_id=repo_id)
    assert result.exit_code == 2, result.output
    return result.stderr


def sent(hub: Hub) -> int:
    """The requests so far that could have changed something."""
    return hub.count("(POST|PUT) ") - hub.count("POST .*/(paths-info|validate-yaml)")


def is_published(hub: Hub, repository: Repository, tag: str = "v1.0.0", commits: int = 2) -> None:
    """The Hub has the files of the repository under the tag and on main, in so many commits."""
    files = {path: file.source.read_bytes() for path, file in contents(repository.root).items()}
    for revision in (tag, "main"):
        found = hub.content(REPO, revision)
        del found[".gitattributes"]
        assert found == files
    assert hub.stores[REPO].commits() == commits


# -- what goes ------------------------------------------------------------------------------------


def test_a_release_goes_in_one_commit_with_its_tag_and_is_loaded_back(hub: Hub, released: Repository) -> None:
    said = passes(released)
    is_published(hub, released)
    assert hub.stores[REPO].private
    assert [ref["name"] for ref in hub.stores[REPO].refs("tags")] == ["v1.0.0"]
    rows = sum(file.rows for file in read_manifest(released).files)
    assert f"loaded back, {rows} rows as in the manifest" in said and "16 file(s)" in said
    assert hub.count("PUT /lfs/") == 11 and hub.count("POST .*/commit/") == 1


def test_it_is_one_commit_also_the_way_that_is_usual(hub: Hub, released: Repository) -> None:
    """Large files go by Xet where it is not switched off; the library's own upload of a folder would commit in batches then."""
    for file in contents(released.root).values():
        hub.objects[file.sha256] = file.source.read_bytes()
    result = subprocess.run(
        [sys.executable, "-m", "drumbeat", "publish", REPO, "--root", str(released.root)],
        env=os.environ | {"HF_HUB_DISABLE_XET": "0"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    is_published(hub, released)
    assert hub.count("GET .*/xet-write-token/") == 1 and hub.count("PUT ") == hub.count("POST .*/batch") == 0
    assert any((hub.folder / "xet").rglob("*"))


def test_only_the_list_goes(hub: Hub, released: Repository) -> None:
    """Not the pages, not the annotations, nothing that happens to lie about."""
    write_text(released.root / "notes.txt", "private notes\n")
    passes(released)
    assert {path.partition("/")[0] for path in hub.content(REPO, "v1.0.0")} == {
        ".gitattributes", "README.md", "corpus", "croissant.json", "LICENSE-DATA", "CITATION.cff",
    }  # fmt: skip
    whole = "\n".join(hub.texts())
    assert "decisions" not in whole and "private notes" not in whole and "followed" not in whole


def test_the_words_of_a_page_are_found_in_what_was_sent(hub: Hub, released: Repository) -> None:
    """The helper that tells whether a text-free form has any of them; a corpus has all of them, in its compressed files alone."""
    passes(released)
    page = (released.root / "seeds" / "toy-a.txt").read_text(encoding="utf-8")
    assert "The bridge will open" in words_sent(hub, page)
    assert words_sent(hub, "the bridge will close on Saturday") == []


def test_the_text_free_form_sends_no_words(hub: Hub, released: Repository) -> None:
    assert "loaded back" in passes(released, "--text-free")
    assert not [words for page in (released.root / "seeds").glob("*.txt") for words in words_sent(hub, page.read_text(encoding="utf-8"))]
    sent = hub.content(REPO, "v1.0.0")
    assert {"README.md", "croissant.json", "corpus/anchors.jsonl", "corpus/documents/train-00000-of-00001.parquet"} < sent.keys()
    assert "annotations" not in {path.partition("/")[0] for path in sent} and "DATASHEET.md" not in sent
    assert "nothing sent" in passes(released, "--text-free")
    assert "with other content" in fails(released)  # a tag is of one form


@pytest.mark.parametrize(("first", "then"), [("text-free", "full"), ("full", "text-free")])
def test_a_repository_is_of_one_form(hub: Hub, released: Repository, toy: Toy, first: str, then: str) -> None:
    options = {"text-free": ["--text-free"], "full": []}
    passes(released, *options[first])
    release(toy.root, "1.1.0")
    before = hub.content(REPO, "main")
    for more in ([], ["--dry-run"]):
        assert f"has the {first} form, and this is the {then} one" in fails(released, *options[then], *more)
    assert hub.content(REPO, "main") == before
    passes(released, *options[first])


def test_a_second_run_sends_nothing(hub: Hub, released: Repository) -> None:
    passes(released)
    hub.requests.clear()
    said = passes(released)
    assert sent(hub) == 0 and hub.count("POST ") == 0
    assert "all of it was there already; nothing sent" in said and "loaded back" in said


def test_a_new_version_sends_what_changed_and_removes_what_went(hub: Hub, released: Repository, toy: Toy) -> None:
    passes(released)
    hub.stores[REPO].commit("by hand", {"pictures/a.png": b"png", "corpus/stale/train-00000-of-00001.parquet": b"old"}, [])
    hub.requests.clear()
    (released.root / "CITATION.cff").unlink()
    toy.entities[0]["description"] = "another"
    toy.write()
    release(toy.root, "1.1.0")
    said = passes(released)
    assert "and 2 deletion(s)" in said
    assert hub.count("PUT /lfs/") == 1  # the knowledge base alone
    now, before = hub.content(REPO, "v1.1.0"), hub.content(REPO, "v1.0.0")
    assert now.pop("pictures/a.png") == b"png"  # none of ours
    assert now.keys() == before.keys() - {"CITATION.cff"}
    assert hub.content(REPO, "main").keys() == now.keys() | {"pictures/a.png"}
    changed = {path for path in now if now[path] != before[path]}
    assert changed == {"README.md", "croissant.json", "corpus/manifest.json", "corpus/knowledge_base/train-00000-of-00001.parquet"}


def test_versions_on_the_hub_are_compared(hub: Hub, released: Repository, toy: Toy) -> None:
    passes(released)
    toy.entities[0]["description"] = "another"
    toy.write()
    release(toy.root, "1.1.0")
    passes(released)
    result = CliRunner().invoke(app, ["diff", f"{REPO}@v1.0.0", f"{REPO}@v1.1.0"])
    assert result.exit_code == 1 and "knowledge_base: 1 changed" in result.stdout and "another" in result.stdout
    assert "needs a major version, 2.0.0 or later; it says 1.1.0" in result.stdout
    assert CliRunner().invoke(app, ["diff", f"{REPO}@v1.1.0", str(toy.root)]).exit_code == 0
    result = CliRunner().invoke(app, ["diff", f"{REPO}@v1.1.0", f"{REPO}@v9.9.9"])
    assert result.exit_code == 2 and "v9.9.9 failed: there is no such revision" in result.stderr and result.stderr.count("\n") == 1


def test_a_dry_run_lists_and_sends_nothing(hub: Hub, released: Repository, toy: Toy) -> None:
    said = passes(released, "--dry-run")
    assert "it would create org/toy, private, send 16 file(s)" in said and "make the tag v1.0.0" in said
    size = (released.root / "README.md").stat().st_size
    assert f"new      {size:>12,}  README.md" in said
    assert hub.count("(POST|PUT) ") == 0 and not hub.stores
    passes(released)
    hub.requests.clear()
    assert "has v1.0.0 already: nothing to send" in passes(released, "--dry-run")
    (released.root / "CITATION.cff").unlink()
    write_text(released.root / "LICENSE", "new\n")
    release(toy.root, "1.1.0")
    lines = passes(released, "--dry-run").splitlines()
    assert [line.split()[0::2] for line in lines[:-1]] == [
        ["deleted", "CITATION.cff"], ["new", "LICENSE"], ["changed", "README.md"], ["changed", "corpus/manifest.json"],
        ["changed", "croissant.json"],
    ]  # fmt: skip
    assert hub.count("(POST|PUT) ") == 0


def test_what_a_commit_brought_but_nobody_tagged_is_only_tagged(hub: Hub, released: Repository, naps: list[float]) -> None:
    hub.fail("POST .*/tag/", times=99, status=500)
    assert "tagging org/toy failed" in fails(released)
    hub.faults.clear()
    assert "its files were there already; tagged" in passes(released)
    is_published(hub, released)


PATHS = st.sampled_from(["README.md", "LICENSE", "corpus/a.parquet", "corpus/b/c.parquet", "schema/x.json"])
THEIRS = st.sampled_from([".gitattributes", "pictures/a.png", "LICENSE.txt", "corpus.txt"])
DATA = st.binary(max_size=3)


@given(st.dictionaries(PATHS, DATA), st.dictionaries(PATHS | THEIRS, DATA), st.booleans())
def test_the_changes_make_the_hub_hold_our_files_and_leave_theirs(ours: dict[str, bytes], there: dict[str, bytes], large: bool) -> None:
    def file(data: bytes) -> File:
        blob = hashlib.sha1(b"blob %d\0%s" % (len(data), data)).hexdigest()
        return File(Path(), len(data), hashlib.sha256(data).hexdigest(), blob)

    def listed(content: dict[str, bytes]) -> dict[str, RemoteFile]:
        return {path: RemoteFile(len(data), file(data).sha256 if large else file(data).blob) for path, data in content.items()}

    files = {path: file(data) for path, data in ours.items()}
    after = dict(there)
    for change in changes(files, listed(there)):
        assert (change.kind == "new") == (change.path not in there)
        if change.kind == "deleted":
            del after[change.path]
        else:
            assert after.get(change.path) != ours[change.path]
            after[change.path] = ours[change.path]
    assert after == ours | {path: data for path, data in there.items() if not goes(path)}
    assert changes(files, listed(after)) == ()


# -- who may see it -------------------------------------------------------------------------------


def test_public_is_asked_for(hub: Hub, released: Repository) -> None:
    passes(released, "--public")
    assert not hub.stores[REPO].private


@pytest.mark.parametrize(("private", "option"), [(True, ["--public"]), (False, [])])
def test_who_may_see_a_repository_is_never_changed(hub: Hub, released: Repository, private: bool, option: list[str]) -> None:
    hub.create(REPO, private=private)
    said = fails(released, *option)
    assert ("is private" if private else "is public; give --public") in said
    assert sent(hub) == 0 and hub.stores[REPO].private is private


# -- what is no release ---------------------------------------------------------------------------


def test_only_a_release_goes(hub: Hub, built: Toy) -> None:
    root = built.root
    assert "not a git repository" in fails(built.repository)
    git(root, "init", "--quiet")
    assert "git has no tag v0.1.0" in fails(built.repository)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one")
    git(root, "tag", "v0.1.0")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "two")
    assert "is checked out, not v0.1.0" in fails(built.repository)
    git(root, "checkout", "--quiet", "v0.1.0")
    write_text(root / "README.md", read_text(root / "README.md") + "more\n")
    write_text(root / "corpus" / "stray.txt", "stray\n")
    said = fails(built.repository)
    assert "not as in v0.1.0: README.md, corpus/stray.txt" in said
    assert not hub.requests
    git(root, "checkout", "--quiet", "README.md")
    (root / "corpus" / "stray.txt").unlink()
    passes(built.repository)


def test_without_git_nothing_goes(hub: Hub, released: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(released.root))
    assert "git is not installed" in fails(released)
    assert not hub.requests


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda corpus: _spoil(corpus / "quotes" / "train-00000-of-00001.parquet"), "corpus/quotes/train-00000-of-00001.parquet has not"),
        (
            lambda corpus: shutil.rmtree(corpus / "tokens"),
            "corpus/tokens/train-00000-of-00001.parquet is listed in the manifest, but missing",
        ),
        (lambda corpus: write_text(corpus / "tokens" / "x.parquet", ""), "corpus/tokens/x.parquet is not listed in the manifest"),
    ],
)
def test_files_that_are_not_the_manifests_never_go(hub: Hub, built: Toy, harm: Callable[[Path], None], words: str) -> None:
    """Not even where somebody tagged them."""
    root = built.root
    harm(root / "corpus")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "harmed")
    git(root, "tag", "v0.1.0")
    assert words in fails(built.repository)
    assert not hub.requests


def test_a_repository_without_a_card_or_manifest_does_not_go(hub: Hub, toy: Toy, released: Repository) -> None:
    (toy.root / "README.md").unlink()
    assert "there is no README.md" in fails(toy.repository)
    (toy.root / "corpus" / "manifest.json").unlink()
    assert "run `drumbeat build`" in fails(toy.repository)
    assert not hub.requests


def test_a_tag_that_moved_is_refused(hub: Hub, released: Repository) -> None:
    passes(released)
    hub.requests.clear()
    (released.root / "CITATION.cff").unlink()
    write_text(released.root / "LICENSE", "another\n")
    write_text(released.root / "LICENSE-DATA", "another\n")
    git(released.root, "commit", "--quiet", "--all", "--message", "moved")
    git(released.root, "add", "LICENSE")
    git(released.root, "commit", "--quiet", "--amend", "--message", "moved")
    git(released.root, "tag", "--force", "v1.0.0")
    said = fails(released)
    assert "v1.0.0 is there already, with other content" in said
    assert "CITATION.cff (only there), LICENSE (missing there), LICENSE-DATA (other bytes there)" in said
    assert sent(hub) == 0


def test_an_older_release_does_not_turn_main_back(hub: Hub, released: Repository) -> None:
    release(released.root, "1.10.0")
    passes(released)
    git(released.root, "checkout", "--quiet", "v1.0.0")
    said = fails(released)
    assert "v1.10.0 is there already, and v1.0.0 is older" in said
    git(released.root, "checkout", "--quiet", "main")
    passes(released)


# -- who one is, and where ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "no token; set HF_TOKEN"),
        ("hf_wrongwrong", "the token is not accepted"),
        (READ_TOKEN, "your token may not do that"),
        ("hf_é" + TOKEN, "HF_TOKEN holds characters that no token has"),
        (f"{TOKEN} {TOKEN}", "HF_TOKEN holds characters that no token has"),
    ],
)
def test_whoever_may_not_publish_is_told_why(
    hub: Hub, released: Repository, monkeypatch: pytest.MonkeyPatch, token: str, words: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    assert words in fails(released)
    assert not hub.stores
    assert not token or token not in fails(released)


def test_a_read_token_changes_nothing(hub: Hub, released: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    store = hub.create(REPO)
    monkeypatch.setenv("HF_TOKEN", READ_TOKEN)
    assert "use one with write access" in fails(released)
    assert store.commits() == 1 and not hub.objects


@pytest.mark.parametrize("repo_id", ["toy", "org/toy/more", "org/--toy", "org/to y", "https://example.org/org/toy", "org/toy.git", "org/"])
def test_a_malformed_name_is_refused_before_anything_is_asked(hub: Hub, released: Repository, repo_id: str) -> None:
    assert "names no dataset repository" in fails(released, repo_id=repo_id)
    assert not hub.requests


def test_a_namespace_of_somebody_else_is_refused(hub: Hub, released: Repository) -> None:
    assert "creating else/toy failed: your token may not do that (you have no right to create else/toy)" in fails(
        released, repo_id="else/toy"
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HF_ENDPOINT", "http://127.0.0.1:9", "check the network"),
        ("HF_ENDPOINT", "http://drumbeat.invalid", "check the network"),
        ("HF_ENDPOINT", "huggingface.co", "HF_ENDPOINT is no address"),
        ("HF_ENDPOINT", "http://exa mple", "signing in failed"),
        ("HF_ENDPOINT", "http://user:secret@127.0.0.1:9", "check the network"),
    ],
)
def test_a_hub_that_is_not_there(
    released: Repository, naps: list[float], monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv(name, value)
    said = fails(released)
    assert words in said and "secret" not in said


def test_offline_mode_is_named(hub: Hub, released: Repository) -> None:
    """It is read at import, so in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-m", "drumbeat", "publish", REPO, "--root", str(released.root)],
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2 and "HF_HUB_OFFLINE is set; unset it" in result.stderr and result.stderr.count("\n") == 1
    assert not hub.requests


def test_what_answers_and_is_no_hub(hub: Hub, released: Repository, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/elsewhere")
    assert "signing in failed: the answer was 404" in fails(released)


# -- what breaks ----------------------------------------------------------------------------------

ONCE = ["POST /api/repos/create", "POST .*/commit/", "POST .*/tag/"]
OFTEN = [
    "GET /api/whoami", "GET /api/datasets/org/toy$", "GET .*/refs", "GET .*/tree/", "POST .*/preupload/", "POST .*/objects/batch",
    "PUT /lfs/", "POST /api/validate-yaml", "GET .*/revision/v1.0.0", "HEAD .*/resolve/", "GET .*/resolve/", "GET /lfs/",
]  # fmt: skip
FAULTS = [{"status": 500}, {"status": 429, "retry_after": 7}, {"drop": "before"}, {"drop": "middle"}, {"drop": "after"}]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: "-".join(map(str, fault.values())))
def test_failures_in_between_make_no_difference(hub: Hub, released: Repository, naps: list[float], fault: dict[str, Any]) -> None:
    """Every request is answered 500 or 429 twice, or breaks before, within or after: one commit, one tag, all of it there.

    What was carried out and must not happen twice is not sent a second time, though nobody heard of it.
    """
    for route in ONCE + OFTEN:
        hub.fail(route, times=1 if "yaml" in route else 2, **fault)  # the card is checked within the commit
    passes(released)
    is_published(hub, released)
    carried_out = fault.get("drop") in ("middle", "after")
    assert [one.times for one in hub.faults] == [int(carried_out)] * len(ONCE) + [0] * len(OFTEN)
    assert [hub.count(route) for route in ONCE] == [1 if carried_out else 3] * len(ONCE)
    assert sum(nap >= 7 for nap in naps) >= (2 * len(ONCE + OFTEN) - 4 if "retry_after" in fault else 0)  # HEAD is repeated at once


def test_an_upload_that_was_interrupted_goes_on(hub: Hub, released: Repository, naps: list[float]) -> None:
    last = contents(released.root)["corpus/tokens/train-00000-of-00001.parquet"].sha256
    hub.fail(f"PUT /lfs/{last}", times=99, drop="middle")
    said = fails(released)
    assert "uploading to org/toy failed" in said and "/lfs/" not in said  # an address there may be signed
    assert hub.stores[REPO].commits() == 1 and not hub.stores[REPO].refs("tags")
    hub.faults.clear()
    hub.requests.clear()
    passes(released)
    is_published(hub, released)
    assert hub.count("PUT /lfs/") == 1  # the others were there


def test_a_hub_that_stays_broken_is_given_up(hub: Hub, released: Repository, naps: list[float]) -> None:
    hub.create(REPO)
    hub.fail("POST .*/commit/", times=99, status=503)
    assert "committing to org/toy failed: the answer was 503 (as told); try again later" in fails(released)
    assert hub.stores[REPO].commits() == 1
    assert naps == list(drumbeat.hub.DELAYS)


def test_a_card_that_the_hub_refuses_changes_nothing(hub: Hub, released: Repository) -> None:
    store = hub.create(REPO)
    hub.fail("POST /api/validate-yaml", status=400)
    assert "committing to org/toy failed: the answer was 400 (as told)" in fails(released)
    assert store.commits() == 1


def test_a_hub_that_never_answers_is_given_up(hub: Hub, released: Repository, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drumbeat.hub, "TIMEOUT", 0.1)
    free = threading.Event()
    hub.fail("GET /api/whoami", times=4, act=lambda: free.wait(5))
    try:
        assert "signing in failed" in fails(released)
    finally:
        free.set()


def test_what_somebody_else_does_meanwhile_is_not_overwritten(hub: Hub, released: Repository, naps: list[float]) -> None:
    store = hub.create(REPO)
    hub.fail("POST .*/commit/", act=lambda: store.commit("theirs", {"README.md": b"theirs"}, []))
    said = fails(released)
    assert "somebody else changed it meanwhile, LICENSE-DATA" not in said
    assert "somebody else changed it meanwhile" in said
    assert store.commits() == 2 and hub.content(REPO, "main")["README.md"] == b"theirs" and not store.refs("tags")
    passes(released)
    is_published(hub, released, commits=3)


def test_somebody_else_may_publish_the_same_at_the_same_time(hub: Hub, released: Repository, naps: list[float]) -> None:
    def theirs() -> None:
        hub.faults.clear()
        passes(released)

    hub.fail("POST .*/commit/", act=theirs)
    passes(released)
    is_published(hub, released)


def test_a_tag_that_somebody_else_made_meanwhile_is_an_error(hub: Hub, released: Repository) -> None:
    store = hub.create(REPO)
    first = store.head
    hub.fail("POST .*/tag/", act=lambda: store.tag("v1.0.0", first))
    assert "somebody else made the tag v1.0.0 meanwhile" in fails(released)
    assert "v1.0.0 is there already, with other content" in fails(released)


def test_what_did_not_arrive_as_it_was_sent_is_noticed(hub: Hub, released: Repository) -> None:
    path = "corpus/quotes/train-00000-of-00001.parquet"
    sha256 = contents(released.root)[path].sha256

    def rot() -> None:
        hub.objects[sha256] = bytes(len(hub.objects[sha256]))

    hub.fail("GET .*/revision/", act=rot)
    assert f"not loaded back as it was sent: {path}" in fails(released)


def test_a_manifest_that_promises_other_rows_is_noticed(hub: Hub, released: Repository) -> None:
    """A folder whose bytes are right, but whose rows are not those that the manifest promises."""
    manifest = json.loads(read_text(released.manifest))
    manifest["files"][0]["logical_sha256"] = "0" * 64
    write_text(released.manifest, json.dumps(manifest))
    with pytest.raises(PublishError, match=r"the rows of documents/train-\S+ are not those of the manifest"):
        publish(drumbeat.hub.Hub(), REPO, released.root, read_manifest(released))


def test_a_full_disk_while_loading_back(hub: Hub, released: Repository) -> None:
    """What was published stays; the next run loads it back."""
    command = [sys.executable, "-B", "-m", "drumbeat", "publish", REPO, "--root", str(released.root)]
    result = subprocess.run(["sh", "-c", 'ulimit -f 16 && exec "$@"', "sh", *command], capture_output=True, text=True)  # of 512 bytes
    assert result.returncode == 2 and "make room, or set TMPDIR" in result.stderr and result.stderr.count("\n") == 1, result.stderr
    is_published(hub, released)
    assert "nothing sent; loaded back" in passes(released)


# -- downloading ----------------------------------------------------------------------------------


def test_a_revision_is_downloaded_whole_or_not_at_all(hub: Hub, released: Repository, naps: list[float], tmp_path: Path) -> None:
    passes(released)
    folder = tmp_path / "down" / "here"
    hub.fail("GET /lfs/", times=999, status=500)
    with pytest.raises(HubError, match=r"downloading org/toy@v1\.0\.0 failed: the answer was 500"):
        drumbeat.hub.download(REPO, "v1.0.0", folder)
    assert list(folder.parent.iterdir()) == []
    hub.faults.clear()
    drumbeat.hub.download(REPO, "v1.0.0", folder)
    there = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert there == hub.content(REPO, "v1.0.0")
    with pytest.raises(HubError, match="is not empty"):
        drumbeat.hub.download(REPO, "v1.0.0", folder)


def test_what_cannot_be_downloaded_is_named(hub: Hub, released: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passes(released)
    with pytest.raises(HubError, match=r"looking for org/toy@v9\.9\.9 failed: there is no such revision"):
        drumbeat.hub.download(REPO, "v9.9.9", tmp_path / "new")
    with pytest.raises(HubError, match="there is no such dataset, or your token may not see it"):
        drumbeat.hub.download("org/none", "main", tmp_path / "new")
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(HubError, match="there is no such dataset, or your token may not see it"):
        drumbeat.hub.download(REPO, "v1.0.0", tmp_path / "new")
    hub.stores[REPO].private = False
    drumbeat.hub.download(REPO, "v1.0.0", tmp_path / "new")
    assert (tmp_path / "new" / "README.md").is_file()
