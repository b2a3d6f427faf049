"""The git repository that a corpus stands in: the only module that runs git."""

import os
import shutil
import subprocess
import tarfile
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
