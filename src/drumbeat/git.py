"""The git repository that a corpus stands in: the only module that runs git."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from drumbeat.errors import GitError

# Inside a hook these name the repository of the commit that is being made; here it is the one that a path lies in.
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def git(root: Path, *arguments: str) -> str:
    """What git prints, run in a folder, without the line end.  Raises GitError with what it complains of."""
    return _run(root, *arguments).decode("utf-8", errors="replace").strip()


def commit_of(root: Path, revision: str) -> str:
    """The full id of the commit that a tag, branch or other revision names.  Raises GitError."""
    if revision.startswith("-"):
        raise GitError(f"{revision}: no revision begins with a hyphen")
    git(root, "rev-parse", "--git-dir")  # whatever fails from here on is the revision's fault
    try:
        return git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except GitError:
        raise GitError(f"{revision}: no such revision in the git repository of {root}; `git fetch --tags` brings those of others") from None


def is_top(root: Path) -> bool:
    """Whether a folder is the top of a checkout.  Raises GitError where git cannot tell for another reason than that it is none."""
    try:
        return Path(git(root, "rev-parse", "--show-toplevel")).resolve() == root.resolve()
    except GitError as error:
        if "not a git repository" in str(error):
            return False
        raise


def changed(root: Path) -> list[str]:
    """Paths that are not as the last commit has them, new ones included, ignored ones not."""
    lines = iter(_run(root, "status", "--porcelain", "--untracked-files=all", "-z").decode("utf-8", errors="replace").split("\0")[:-1])
    paths = []
    for line in lines:
        paths.append(line[3:])
        if line[0] in "RC":
            next(lines)  # where it was before
    return paths


def tags(root: Path, pattern: str) -> list[str]:
    """The tags of a pattern that lie in the history of HEAD."""
    return git(root, "tag", "--list", pattern, "--merged", "HEAD").splitlines()


def has_tag(root: Path, name: str) -> bool:
    """Whether there is a tag of that name, in any history."""
    return bool(git(root, "tag", "--list", name))


def blobs(root: Path, revision: str, *paths: str) -> dict[str, str]:
    """The files below some paths at a revision: git's ids of their contents by path.  Raises GitError."""
    lines = _run(root, "ls-tree", "-r", "-z", commit_of(root, revision), "--", *paths).decode("utf-8", errors="replace").split("\0")[:-1]
    return {path: head.split()[2] for head, _, path in (line.partition("\t") for line in lines)}


@contextmanager
def worktree(root: Path) -> Iterator[Path]:
    """A checkout of HEAD in a folder of its own, gone afterwards; commits that are made there stay.  Raises GitError."""
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as aside:
        folder = Path(aside) / root.resolve().name
        git(root, "worktree", "prune")  # what a killed process left
        git(root, "worktree", "add", "--detach", "--quiet", str(folder), "HEAD")
        try:
            yield folder
        finally:
            git(root, "worktree", "remove", "--force", str(folder))


def commit(root: Path, message: str) -> str:
    """Commit everything that changed; the id of the commit.  Raises GitError."""
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--cleanup=verbatim", "--message", message)
    return commit_of(root, "HEAD")


def fast_forward(root: Path, commit: str) -> None:
    """Move the branch that is checked out to a commit that builds on it.  Raises GitError."""
    git(root, "merge", "--ff-only", "--quiet", commit)


def tag(root: Path, name: str, commit: str, message: str) -> None:
    """Make an annotated tag.  Raises GitError."""
    git(root, "tag", "--annotate", "--cleanup=verbatim", "--message", message, name, commit)


def delete_tag(root: Path, name: str) -> None:
    """Remove a tag that nobody else can have seen yet.  Raises GitError."""
    git(root, "tag", "--delete", name)


def export(root: Path, revision: str, path: str, folder: Path) -> None:
    """Write what stands at a path below `root` at a revision into a folder, as `folder/path`.

    Raises GitError where the revision or, at it, the path does not exist.
    """
    commit = commit_of(root, revision)
    if not git(root, "ls-tree", commit, "--", path):
        raise GitError(f"{revision}: has no {path}; name a revision that it was committed in")
    archive = folder / ".tar"
    _run(root, "archive", "--format=tar", f"--output={archive.resolve()}", commit, "--", path)
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member) if member.isfile() else None
            if content is not None and ".." not in PurePosixPath(member.name).parts:
                target = folder / member.name.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    archive.unlink()


def _run(root: Path, *arguments: str) -> bytes:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        result = subprocess.run(["git", "-C", str(root), *arguments], env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed; install it, or give folders instead of revisions") from None
    if result.returncode != 0:
        said = " ".join(result.stderr.decode("utf-8", errors="replace").split()) or f"exit status {result.returncode}"
        raise GitError(f"{root}: git {arguments[0]} failed: {said.removeprefix('fatal: ')}")
    return result.stdout
