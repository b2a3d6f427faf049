"""The command that makes a release."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from drumbeat import release
from drumbeat.cli.shell import Root, app, failures, progress_over, say, tell
from drumbeat.diff import as_markdown
from drumbeat.repository import find_repository


@app.command("release")
def release_command(
    version: Annotated[str, typer.Argument(help="The new version, such as 1.2.0. `drumbeat diff` tells how great it must be.")],
    root: Root = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do all of it in a folder aside, and change nothing.")] = False,
) -> None:
    """Make a release of the last commit: version stamped, corpus built and checked, commit and tag vX.Y.Z made.

    All of it or nothing. Refused are a tree with changes, findings, a stale corpus, a changelog without the version, and a version that
    is smaller than what changed since the last one requires.
    """
    with failures():
        repository = find_repository(root)
        with progress_over(repository, "building") as progress:
            done = release.release(repository, version, datetime.now(UTC).date(), progress, dry_run=dry_run)
        tell(f"# {done.tag}\n\n{done.notes}\n")
        if done.difference is not None:
            tell(as_markdown(done.difference))
        since = f"after v{done.last}" if done.last else "the first release"
        stamped = ", ".join(done.changed) or "nothing"
        if done.commit is None:
            said = f"dry run: {done.tag} ({since}) could be released, and would change {stamped}; nothing was changed"
        else:
            said = f"{done.tag} ({since}) is commit {done.commit[:12]}; now `git push --follow-tags`, then `drumbeat publish`"
        say(said)
