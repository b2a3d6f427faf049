"""Where a version of the corpus can be fetched from: what a user names, turned into a folder."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drumbeat import git, hub
from drumbeat.errors import CorpusError, GitError
from drumbeat.repository import find_repository

_ON_THE_HUB = re.compile(r"([\w.-]+/[\w.-]+)@(.+)")


@contextmanager
def fetched(place: str, root: Path) -> Iterator[Path]:
    """What holds the corpus that a place names, as `read_corpus` takes it; what had to be fetched is gone afterwards.

    A place is the path of a checkout, of its corpus/ or of a manifest; or `ORGANISATION/NAME@REVISION` on the Hugging Face Hub; or else
    a git revision of the repository that `root` lies in.

    Raises HubError where the Hub does not give it, GitError where it is none of these, CorpusError where the text is empty.
    """
    if not place:
        raise CorpusError("nothing is named; give a checkout, its corpus/, a manifest.json or a git revision")
    if Path(place).exists():
        yield Path(place)
        return
    with tempfile.TemporaryDirectory(prefix="drumbeat-") as folder:
        if found := _ON_THE_HUB.fullmatch(place):
            hub.Hub().download(found[1], found[2], Path(folder), ["corpus/*"])
            yield Path(folder)
            return
        try:
            git.export(_base(root), place, "corpus", Path(folder))
        except GitError as error:
            raise GitError(f"{place}: no path here, and no version in git: {str(error).removeprefix(f'{place}: ')}") from None
        yield Path(folder)


def _base(root: Path) -> Path:
    try:
        return find_repository(root).root
    except CorpusError:
        return root  # a clone of the built parts alone, as the Hub has them
