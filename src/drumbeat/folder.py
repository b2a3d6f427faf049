"""A corpus folder: written aside, table by table, and put in its place when it is whole."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

from drumbeat import tables
from drumbeat.corpus import side_file
from drumbeat.errors import BuildError
from drumbeat.model import FULL, TEXT_FREE, CorpusFile
from drumbeat.schema import Config, configs
from drumbeat.words import without_words

WHOLE = "00000-of-00001"
SPLIT = "train"  # one split: all pages report one event (DATASHEET.md says why)


class CorpusWriter:
    """The tables of a corpus folder, as documents pass through; row groups end after the same documents in every config.

    Use as a context manager.  In the text-free form the words are left out.  `part` is what the file of each config is called behind
    its split, `only` are the configs that have one.
    """

    def __init__(self, folder: Path, form: str = FULL, part: str = WHOLE, only: Sequence[Config] = configs()) -> None:
        self._folder, self._part, self._configs = folder, part, only
        self._stack, self._documents = ExitStack(), 0
        self._withhold = {config.name: without_words(config) for config in only} if form == TEXT_FREE else {}
        self._writers: dict[str, tables.TableWriter] = {}

    def __enter__(self) -> "CorpusWriter":
        with ExitStack() as stack:  # so that what was opened is closed where the next cannot be
            for config in self._configs:
                path = self._folder / file_of(config.name, self._part)
                self._writers[config.name] = stack.enter_context(tables.TableWriter(path, config))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, config: str, rows: Sequence[tables.Row]) -> None:
        """Take rows of a config; they are not to be changed afterwards."""
        withhold = self._withhold.get(config)
        self._writers[config].add(list(map(withhold, rows)) if withhold else rows)

    def add_document(self, rows: Mapping[str, Sequence[tables.Row]]) -> None:
        """Take the rows of one document, by config."""
        for name, of_config in rows.items():
            self.add(name, of_config)
        self._documents += 1
        if self._documents % tables.DOCUMENTS_PER_ROW_GROUP == 0:
            for writer in self._writers.values():
                writer.flush()

    def files(self) -> tuple[CorpusFile, ...]:
        """What was written, once it is closed."""
        return tuple(_describe(self._folder, file_of(name, self._part), name, writer) for name, writer in self._writers.items())


def file_of(config: str, part: str = WHOLE) -> Path:
    """The file of a config, or a part of it, below the corpus' folder."""
    return Path(config) / f"{SPLIT}-{part}.parquet"


def _describe(folder: Path, path: Path, config: str, writer: tables.TableWriter) -> CorpusFile:
    side = side_file(folder / path)
    return CorpusFile(path.as_posix(), config, SPLIT, writer.digest.rows, side.bytes, side.sha256, writer.digest.sha256)


@contextmanager
def folder_aside(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, gone afterwards.  Raises BuildError where the target is something else than a folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise BuildError(f"{target}: is a link or a file where the corpus' folder should stand; move it away")
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def swap(new: Path, target: Path) -> None:
    """Put the new folder in the old one's place.

    Two renames: between them there is a moment without a corpus, never one with half of it.
    """
    old = new.with_name(new.name + "-old")
    if target.exists():
        os.replace(target, old)
    try:
        os.replace(new, target)
    except OSError:
        if old.exists():
            os.replace(old, target)
        raise
    shutil.rmtree(old, ignore_errors=True)
