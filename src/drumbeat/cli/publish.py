"""The command that brings a release to the Hugging Face Hub."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from drumbeat.build import build_text_free
from drumbeat.cli.shell import app, err, failures, say, tell
from drumbeat.hub import Hub, check_repo_id
from drumbeat.publish import Published, contents, publish, refuse_unreleased
from drumbeat.repository import find_repository, read_manifest

Where = Annotated[Path, typer.Option("--root", help="A corpus repository, or a path inside one.", show_default="here")]


@app.command("publish")
def publish_command(
    repo_id: Annotated[str, typer.Argument(metavar="REPO_ID", help="The dataset repository, such as organisation/name.")],
    public: Annotated[bool, typer.Option("--public", help="For everyone to see; without it a repository is private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would go, and send nothing.")] = False,
    text_free: Annotated[
        bool, typer.Option("--text-free", help="Publish the form without the publishers' words, built for this: no word of a page is sent.")
    ] = False,
    root: Where = Path(),
) -> None:
    """Publish the release that is checked out to the Hugging Face Hub, under its tag, and load it back.

    HF_TOKEN, or `hf auth login`, says who you are. What is there already is not sent again; a tag that is there never changes.
    """
    with failures():
        check_repo_id(repo_id)
        repository = find_repository(root)
        manifest = read_manifest(repository)
        refuse_unreleased(repository, manifest.version, contents(repository.root))
        hub = Hub(_say, bars=err.is_terminal)
        with TemporaryDirectory(prefix="drumbeat-") as aside:
            folder = Path(aside) if text_free else repository.root
            manifest = build_text_free(repository, folder) if text_free else manifest
            done = publish(hub, repo_id, folder, manifest, public=public, dry_run=dry_run, say=_say)
        for change in done.changes if dry_run else ():
            tell(str(change))
        say(_would(repo_id, done, public) if dry_run else _did(repo_id, done))


def _say(text: str) -> None:
    if err.is_terminal:
        err.print(text, style="dim", markup=False, highlight=False, soft_wrap=True)


def _amount(done: Published) -> str:
    sent = [change for change in done.changes if change.kind != "deleted"]
    deleted = len(done.changes) - len(sent)
    return f"{len(sent)} file(s), {sum(change.size for change in sent):,} bytes" + (f", and {deleted} deletion(s)" if deleted else "")


def _would(repo_id: str, done: Published, public: bool) -> str:
    steps = [f"create {repo_id}, {'public' if public else 'private'}"] if done.created else []
    steps += [f"send {_amount(done)}"] if done.changes else []
    steps += [f"make the tag {done.tag}"] if done.tagged else []
    return (
        f"dry run, nothing was sent; it would {', '.join(steps)}"
        if steps
        else f"dry run; {repo_id} has {done.tag} already: nothing to send"
    )


def _did(repo_id: str, done: Published) -> str:
    if done.changes:
        what = f"{_amount(done)} sent"
    elif done.tagged:
        what = "its files were there already; tagged"
    else:
        what = "all of it was there already; nothing sent"
    return f"{repo_id} {done.tag}: {what}; loaded back, {done.rows:,} rows as in the manifest: {done.url}"
