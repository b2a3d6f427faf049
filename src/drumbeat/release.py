"""A release: the next version, stamped, built, checked, committed and tagged; all of it, or nothing.

It is made in a working tree of its own.  The checkout takes the commit over at the very end, by a fast-forward, so whatever fails
before that leaves it as it was.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from drumbeat import build, checks, git, ledger, schema
from drumbeat.card import read_document
from drumbeat.corpus import read_corpus
from drumbeat.diff import Difference, diff
from drumbeat.errors import GitError, ReleaseError
from drumbeat.jsonl import write_jsonl, write_text
from drumbeat.model import FULL, TEXT_FREE, Release, to_builtins
from drumbeat.repository import Repository, corpus_version
from drumbeat.versions import Version, of_tags, suffices

Progress = Callable[[str], None]
_BUILT = ("D5",)  # the checks of what is built; the inputs have been validated by then, and a stamp does not change them
_HEADING = re.compile(r"^## +v?(?P<version>\d+\.\d+\.\d+)(?P<rest>.*)$", re.MULTILINE)
_PROJECT_VERSION = re.compile(r'(^\[project\]\n(?:(?!\[).*\n)*?version *= *)"[^"\n]*"', re.MULTILINE)
_CITED = {name: re.compile(rf"^{name}:.*$", re.MULTILINE) for name in ("version", "date-released")}


@dataclass(frozen=True, slots=True)
class Released:
    """What a release is: its notes are the changelog's section; `difference` is null for the first one, `commit` for a dry run."""

    version: Version
    tag: str
    last: Version | None
    notes: str
    changed: tuple[str, ...]
    difference: Difference | None
    commit: str | None


def release(repository: Repository, version: str, today: date, progress: Progress = lambda _: None, *, dry_run: bool = False) -> Released:
    """Make a release of what HEAD holds.

    Raises ReleaseError where it may not be made, and what a build raises.
    """
    root, new = repository.root, Version.parse(version)
    last = _last(repository)
    _refuse_version(repository, new, last)
    _refuse_state(repository, progress)
    with _nothing_released(root), git.worktree(root) as folder:
        tree = Repository(folder)
        notes = _stamp(tree, new, today)
        build.build(tree, progress)
        if findings := list(checks.validate(tree, _BUILT)):
            raise ReleaseError(f"{root}: with the version stamped there are findings, the first is {findings[0]}; mend what it says")
        difference = _difference(repository, last, folder, new)
        _enter(tree, today)
        changed = tuple(git.changed(folder))
        if dry_run:
            return Released(new, f"v{new}", last, notes, changed, difference, None)
        commit = git.commit(folder, f"Release {new}\n\n{notes}\n")
        git.tag(root, f"v{new}", commit, f"drumbeat {new}\n\n{notes}\n")
        try:
            git.fast_forward(root, commit)
        except GitError:
            git.delete_tag(root, f"v{new}")
            raise
    return Released(new, f"v{new}", last, notes, changed, difference, commit)


@contextmanager
def _nothing_released(root: Path) -> Iterator[None]:
    """What git refuses, a hook or an identity that is missing, is told of the checkout, not of the folder aside."""
    try:
        yield
    except GitError as error:
        raise ReleaseError(f"{root}: {str(error).partition(': ')[2] or error}; nothing was released: mend that, and try again") from None


def _last(repository: Repository) -> Version | None:
    """The last release in the history of HEAD."""
    if not git.is_top(repository.root):
        raise ReleaseError(f"{repository.root}: is not the top of a git checkout, so it can have no tags; release from there")
    return max(of_tags(git.tags(repository.root, "v*")), default=None)


def _refuse_version(repository: Repository, new: Version, last: Version | None) -> None:
    if git.has_tag(repository.root, f"v{new}"):
        raise ReleaseError(f"v{new} is a tag already, and a released version never changes; give the next version")
    listed = max((Version.parse(release.version) for release in _ledger(repository)), default=None)
    if listed is not None and (last is None or last < listed):
        path = repository.root / ledger.NAME
        raise ReleaseError(f"{path}: lists {listed}, and git has no tag v{listed} in the history of HEAD; `git fetch --tags` first")
    now = Version.parse(corpus_version(repository))
    if last is None and new < now:
        raise ReleaseError(f"{new} is before the version of pyproject.toml, {now}; give that or a later one")
    if last is not None and new < last:
        raise ReleaseError(f"{new} is before the last release, v{last}; give a later one")


def _refuse_state(repository: Repository, progress: Progress) -> None:
    """Raises ReleaseError where what would be released is not what was committed, or is not in order."""
    root = repository.root
    if changed := git.changed(root):
        raise ReleaseError(f"{root}: {len(changed)} file(s) differ from the last commit, the first is {changed[0]}; commit or stash them")
    own = root / "schema"
    if own.is_dir() and schema.digest_of(own) != schema.digest():
        raise ReleaseError(f"{own}: this drumbeat has another schema; run the one that is installed from {root}")
    _refuse_findings(root, list(checks.validate_inputs(repository)))
    if stale := build.check(repository, progress):
        raise ReleaseError(f"{root}: the corpus is stale ({stale[0]}); run `drumbeat build`, and commit")
    _refuse_findings(root, list(checks.validate(repository, _BUILT)))


def _refuse_findings(root: Path, findings: list[checks.Finding]) -> None:
    if findings:
        raise ReleaseError(f"{root}: {len(findings)} finding(s), the first is {findings[0]}; see `drumbeat validate`")


def _stamp(tree: Repository, version: Version, today: date) -> str:
    """Write version and date wherever a person reads them; the changelog's section of the version."""
    changelog = tree.root / "CHANGELOG.md"
    if not changelog.is_file():
        raise ReleaseError(f"{changelog.name}: is missing; say in a section `## {version}` what is new")
    text, notes = dated(read_document(changelog), version, today)
    write_text(changelog, text)
    for name, stamp in (("pyproject.toml", _stamp_project), ("CITATION.cff", _stamp_citation)):
        if (tree.root / name).is_file():
            write_text(tree.root / name, stamp(read_document(tree.root / name), version, today))
    if corpus_version(tree) != str(version):
        raise ReleaseError("pyproject.toml: has no line `version = …` under [project] that a release can stamp; write one")
    return notes


def dated(changelog: str, version: Version, today: date) -> tuple[str, str]:
    """A changelog with the day of a version behind its heading, and that section's text.

    Raises ReleaseError where the section is missing, empty, or not the first.
    """
    headings = list(_HEADING.finditer(changelog))
    if not headings or headings[0]["version"] != str(version):
        first = f"the first is {headings[0]['version']}" if headings else "there is none"
        raise ReleaseError(f"CHANGELOG.md: no section `## {version}` comes first ({first}); say there what is new")
    heading = headings[0]
    end = headings[1].start() if len(headings) > 1 else len(changelog)
    notes = changelog[heading.end() : end].strip()
    if not notes:
        raise ReleaseError(f"CHANGELOG.md: the section `## {version}` is empty; say there what is new")
    return f"{changelog[: heading.start()]}## {version} ({today.isoformat()}){changelog[heading.end() :]}", notes


def _stamp_project(text: str, version: Version, _: date) -> str:
    return _PROJECT_VERSION.sub(rf'\g<1>"{version}"', text, count=1)


def _stamp_citation(text: str, version: Version, today: date) -> str:
    lines = {"version": f"version: {version}", "date-released": f"date-released: {today.isoformat()}"}
    for name, line in lines.items():
        text, stamped = _CITED[name].subn(line, text, count=1)
        text = text if stamped else f"{text.rstrip()}\n{line}\n"
    return text


def _difference(repository: Repository, last: Version | None, new: Path, version: Version) -> Difference | None:
    """What changed since the last release.  Raises ReleaseError where the version is smaller than that requires."""
    if last is None:
        return None
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
        git.export(repository.root, f"refs/tags/v{last}", "corpus", Path(folder))
        found = diff(Path(folder), new)
    if not suffices(last, version, found.bump):
        raise ReleaseError(
            f"{version} is too small: since v{last} the corpus changed in ways that need a {found.bump.name} version, {found.required} or "
            f"later; see `drumbeat diff v{last} HEAD`"
        )
    return found


def _enter(tree: Repository, today: date) -> None:
    """Add both forms of the release to the ledger, so that its data can be recognised."""
    known = _ledger(tree)
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
        build.build_text_free(tree, Path(folder))
        forms = ((FULL, tree.root), (TEXT_FREE, Path(folder)))
        new = [ledger.ledger_line(read_corpus(root), form, today.isoformat()) for form, root in forms]
    write_jsonl(tree.root / ledger.NAME, map(to_builtins, (*new, *known)))


def _ledger(repository: Repository) -> tuple[Release, ...]:
    path = repository.root / ledger.NAME
    return ledger.read_ledger(path) if path.is_file() else ()
