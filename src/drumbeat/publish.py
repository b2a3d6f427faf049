"""A released corpus -> a dataset repository on the Hugging Face Hub: what goes, whether it is the release, whether it arrived.

What goes is a list, never the tree as it lies.  One commit brings all of it, and the tag follows: whoever loads a tag sees a whole
release or none.  The same release a second time changes nothing.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drumbeat import git, tables
from drumbeat.errors import PublishError
from drumbeat.hub import Hub, Remote, RemoteFile
from drumbeat.jsonl import read_json
from drumbeat.ledger import measured
from drumbeat.model import FULL, Manifest
from drumbeat.repository import Repository
from drumbeat.schema import config
from drumbeat.versions import Version, of_tags

FILES = (
    "README.md",
    "croissant.json",
    "DATASHEET.md",
    "LICENSE",
    "LICENSE-DATA",
    "CHANGELOG.md",
    "CITATION.cff",
    "releases.jsonl",
)
FOLDERS = ("corpus", "schema")
_MANIFEST = "corpus/manifest.json"
_SHOWN = 5  # paths that an error names


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes; `blob` is git's id of its content."""

    source: Path
    size: int
    sha256: str
    blob: str

    def is_like(self, other: RemoteFile) -> bool:
        """Whether the Hub has the same bytes."""
        return self.size == other.size and other.digest in (self.sha256, self.blob)


Files = Mapping[str, File]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a path on the Hub."""

    kind: Literal["new", "changed", "deleted"]
    path: str
    size: int

    def __str__(self) -> str:
        return f"{self.kind:<8} {self.size:>12,}  {self.path}"


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication did, or would do: `created` the repository, made `changes`, made the `tag`; `rows` were read back."""

    url: str
    tag: str
    created: bool
    changes: tuple[Change, ...]
    tagged: bool
    rows: int = 0


def contents(folder: Path) -> dict[str, File]:
    """Everything in a folder that goes, by path.  Raises PublishError where there is no README.md."""
    sources = [folder / name for name in FILES] + [path for name in FOLDERS for path in (folder / name).rglob("*")]
    files = {source.relative_to(folder).as_posix(): _read(source) for source in sorted(sources) if source.is_file()}
    if "README.md" not in files:
        raise PublishError(f"{folder}: there is no README.md, so `load_dataset` would find no configs; run `drumbeat build`")
    return files


def _read(source: Path) -> File:
    size = source.stat().st_size
    sha256, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with source.open("rb") as file:
        while piece := file.read(1 << 20):
            sha256.update(piece)
            blob.update(piece)
    return File(source, size, sha256.hexdigest(), blob.hexdigest())


def goes(path: str) -> bool:
    """Whether a path is one of those that are published."""
    return path in FILES or path.partition("/")[0] in FOLDERS


def refuse_untrue(files: Files, manifest: Manifest, where: str) -> None:
    """Raise PublishError where the files of a corpus are not those of its manifest: missing, unlisted, other bytes."""
    listed = {f"corpus/{file.path}": file.sha256 for file in manifest.files}
    if manifest.anchors is not None:
        listed[f"corpus/{manifest.anchors.path}"] = manifest.anchors.sha256
    for path, sha256 in listed.items():
        if path not in files:
            raise PublishError(f"{where}: {path} is listed in the manifest, but missing; run `drumbeat build`, or restore it from git")
        if files[path].sha256 != sha256:
            raise PublishError(f"{where}: {path} has not the bytes of the manifest; run `drumbeat build`, or restore it from git")
    for path in files:
        if path.startswith("corpus/") and path not in listed and path != "corpus/manifest.json":
            raise PublishError(f"{where}: {path} is not listed in the manifest; remove it")


def refuse_unreleased(repository: Repository, version: str, files: Files) -> None:
    """Raise PublishError or GitError where git has not checked out the tag of a version, or files differ from those of the tag."""
    root, tag = repository.root, f"v{version}"
    if not git.has_tag(root, tag):
        raise PublishError(f"{root}: git has no tag {tag}; only a release is published: make it, or fetch it with `git fetch --tags`")
    head, released = git.commit_of(root, "HEAD"), git.commit_of(root, f"refs/tags/{tag}")
    if head != released:
        raise PublishError(f"{root}: {head[:12]} is checked out, not {tag} ({released[:12]}); `git checkout {tag}`")
    blobs = git.blobs(root, released, *FILES, *FOLDERS)
    different = sorted(path for path in blobs.keys() | files.keys() if path not in files or files[path].blob != blobs.get(path))
    if different:
        raise PublishError(f"{root}: not as in {tag}: {_some(different)}; restore them with git, or make a new release")


def changes(files: Files, remote: Mapping[str, RemoteFile]) -> tuple[Change, ...]:
    """What would make a revision on the Hub hold these files; what is there besides and is none of ours stays."""

    def found() -> Iterator[Change]:
        for path, file in files.items():
            if path not in remote:
                yield Change("new", path, file.size)
            elif not file.is_like(remote[path]):
                yield Change("changed", path, file.size)
        for path, other in remote.items():
            if path not in files and goes(path):
                yield Change("deleted", path, other.size)

    return tuple(sorted(found(), key=lambda change: change.path))


def publish(
    hub: Hub,
    repo_id: str,
    folder: Path,
    manifest: Manifest,
    *,
    public: bool = False,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Published:
    """Bring the corpus in a folder to the Hub under the tag of its version, and load it back.

    A new repository is private unless `public`; where one is there, its visibility must be the one asked for, and its form the one
    that comes.  A dry run only reads.  Raises HubError, PublishError, CorpusError; until the commit nothing on the Hub has changed,
    but that a repository which was not there is, and is empty.
    """
    files, tag, rows = contents(folder), f"v{manifest.version}", 0
    refuse_untrue(files, manifest, str(folder))
    hub.refuse_strangers()
    remote = hub.find(repo_id)
    created = remote is None
    if remote is None and not dry_run:
        say(f"creating {repo_id}")
        remote = hub.create(repo_id, private=not public)
    made, tagged = _plan(hub, repo_id, remote, tag, files, public)
    if remote is not None and any(change.path == _MANIFEST and change.kind == "changed" for change in made):
        _refuse_other_form(hub, repo_id, remote.head, manifest.form)
    if remote is not None and not dry_run:
        if tagged:
            commit = _commit(hub, repo_id, remote.head, f"Release {tag}", files, made, say) if made else remote.head
            if hub.tag(repo_id, tag, commit, f"Release {tag}") != commit:
                raise PublishError(f"{repo_id}: somebody else made the tag {tag} meanwhile; run it again, it says what differs")
        say(f"loading it back: {len(files)} file(s), {sum(file.size for file in files.values()):,} bytes")
        rows = load_back(hub, repo_id, tag, files, manifest)
    return Published(f"{hub.endpoint}/datasets/{repo_id}/tree/{tag}", tag, created, made, tagged, rows)


def _plan(hub: Hub, repo_id: str, remote: Remote | None, tag: str, files: Files, public: bool) -> tuple[tuple[Change, ...], bool]:
    """What has to change on the Hub's main branch, and whether the tag has to be made."""
    if remote is None:
        return changes(files, {}), True
    _refuse_other_visibility(repo_id, remote.private, public)
    tags = hub.tags(repo_id)
    if tag in tags:
        _refuse_moved(repo_id, tag, changes(files, hub.files(repo_id, tag)))
        return (), False
    _refuse_older(repo_id, tag, tags)
    return changes(files, hub.files(repo_id, remote.head)), True


def _commit(hub: Hub, repo_id: str, parent: str, message: str, files: Files, made: tuple[Change, ...], say: Callable[[str], None]) -> str:
    add = {change.path: files[change.path].source for change in made if change.kind != "deleted"}
    delete = [change.path for change in made if change.kind == "deleted"]
    say(f"uploading {len(add)} file(s), {sum(files[path].size for path in add):,} bytes")

    def landed() -> str | None:
        now = hub.find(repo_id)
        if now is None or now.head == parent:
            return None
        if different := [change.path for change in changes(files, hub.files(repo_id, now.head))]:
            raise PublishError(f"{repo_id}: somebody else changed it meanwhile, {_some(different)} among it; run it again")
        return now.head

    return hub.commit(repo_id, parent, message, add, delete, landed)


def _refuse_other_visibility(repo_id: str, private: bool, public: bool) -> None:
    if private and public:
        raise PublishError(f"{repo_id}: is private, and publishing does not change that; do so in its settings, or leave out --public")
    if not private and not public:
        raise PublishError(f"{repo_id}: is public; give --public to publish for everyone to see, or make it private in its settings")


def _refuse_moved(repo_id: str, tag: str, different: tuple[Change, ...]) -> None:
    if different:
        words = {"new": "missing there", "changed": "other bytes there", "deleted": "only there"}
        listed = _some([f"{change.path} ({words[change.kind]})" for change in different])
        raise PublishError(f"{repo_id}: {tag} is there already, with other content: {listed}; a tag never moves: make a new version")


def _refuse_other_form(hub: Hub, repo_id: str, head: str, form: str) -> None:
    """A text-free repository must not receive words by mistake; and words stay in the history of one that has had them."""
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as temporary:
        folder = Path(temporary) / "head"
        hub.download(repo_id, head, folder, [_MANIFEST])
        found = read_json(folder / _MANIFEST)
    there = found.get("form", FULL) if isinstance(found, dict) else FULL
    if there != form:
        raise PublishError(f"{repo_id}: has the {there} form, and this is the {form} one; publish it to a repository of its own")


def _refuse_older(repo_id: str, tag: str, tags: list[str]) -> None:
    """Its commit would turn the main branch back."""
    newest = max(of_tags(tags), default=None)
    if newest is not None and newest > Version.parse(tag[1:]):
        raise PublishError(f"{repo_id}: v{newest} is there already, and {tag} is older; releases are published in their order")


def load_back(hub: Hub, repo_id: str, revision: str, files: Files, manifest: Manifest) -> int:
    """Download a revision as a user would and compare it: the bytes of every file, the rows of every config.

    The number of rows.  Raises PublishError where something is not as it was sent.
    """
    where = f"{repo_id}@{revision}"
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as temporary:
        folder = Path(temporary) / "back"
        hub.download(repo_id, revision, folder, [*FILES, *(f"{name}/*" for name in FOLDERS)])
        back = contents(folder)
        if different := [path for path in sorted(files.keys() | back.keys()) if not _alike(files.get(path), back.get(path))]:
            raise PublishError(f"{where}: published, but not loaded back as it was sent: {_some(different)}; run it again")
        refuse_untrue(back, manifest, where)
        return sum(_read_back(folder, manifest, where))


def _alike(one: File | None, other: File | None) -> bool:
    return one is not None and other is not None and one.sha256 == other.sha256


def _read_back(folder: Path, manifest: Manifest, where: str) -> Iterator[int]:
    for file in manifest.files:
        rows, sha256 = measured(tables.read_rows(folder / "corpus" / file.path, config(file.config)))
        if (rows, sha256) != (file.rows, file.logical_sha256):
            raise PublishError(f"{where}: published, but the rows of {file.path} are not those of the manifest; make a new release")
        yield rows


def _some(paths: list[str]) -> str:
    more = len(paths) - _SHOWN
    return ", ".join(paths[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
