"""The work folder of a run, and its files: records that are found by their number, and arrays."""

import os
import shutil
import struct
import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate, groupby
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from drumbeat import __version__
from drumbeat.errors import RecordError, ScaleError
from drumbeat.jsonl import aside, read_bytes, read_json, write_json
from drumbeat.silver.lock import locked
from drumbeat.suggest.links import quotations

T = TypeVar("T")
Kind = Literal["pages", "wordings"]

_BLOCK = 1000  # records that are read at a time where many follow each other
_OPEN = 100  # files of records that stay open
_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much a task has to do; no byte of the result depends on it.

    `bytes` of pages or quotations are sorted together, `rows` of keys are searched for candidates, `pairs` held against each other, and
    `compared` are the pairs of wordings of components that are cut into groups.  Of up to `whole` wordings all pairs are candidates.
    """

    bytes: int = 16_000_000
    rows: int = 1_000_000
    pairs: int = 250_000
    compared: int = 2_000_000
    whole: int = quotations.WHOLE


SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class Work:
    """Where the files of a run stand, and what it is of: `corpus` is the digest of the manifest, which has the digests of all files."""

    root: Path
    manifest: Path
    corpus: str
    sizes: Sizes = SIZES

    @classmethod
    def beside(cls, output: Path, manifest: Path, sizes: Sizes) -> "Work":
        """The work for an output, in a folder with its name and `.work`."""
        root = output.resolve().with_name(f"{output.name}.work")
        return cls(root, manifest.resolve(), sha256(read_bytes(manifest)).hexdigest(), sizes)

    def file(self, step: str, what: str, number: int) -> Path:
        """The file of a task, or one of several."""
        return self.folder / step / f"{what}-{number:06}"

    @property
    def folder(self) -> Path:
        """Where the files are, by what they depend on: a worker that outlived its run may still write those of another corpus."""
        return self.root / _digest(self)

    @property
    def plan(self) -> Path:
        """What the work is of."""
        return self.root / "plan.json"

    def planned(self) -> dict[str, Any]:
        """What the file of the plan holds."""
        return {"version": __version__, "corpus": self.corpus, "sizes": asdict(self.sizes)}

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Make the folder ready, and this run's alone; the claim ends with the process, however that ends.

        Raises ScaleError where it holds something else, or the work of another corpus, version or sizes, and where another run is at it.
        """
        if self.root.exists() and not self.root.is_dir():
            raise ScaleError(f"{self.root}: is a file where the work should go; move it away, or give another -o")
        if not self.plan.is_file() and any(self.root.glob("[!.]*")):
            raise ScaleError(f"{self.root}: holds something else than the work of `drumbeat links`; move it away, or give another -o")
        self.root.mkdir(parents=True, exist_ok=True)
        taken = ScaleError(f"{self.root}: another run is at work on it; wait until it ends, or give another -o")
        with locked(self.root / ".lock", taken):
            if not self.plan.is_file():
                write_json(self.plan, self.planned())
            elif _read_plan(self.plan) != self.planned():
                raise ScaleError(f"{self.root}: is the work of another corpus or version; remove it, or give another -o")
            self.folder.mkdir(exist_ok=True)
            yield

    def end(self) -> None:
        """Remove the folder, and what says of what it is the last, so that an end that is cut short harms no later run."""
        for step in self.root.iterdir():
            if step.is_dir():
                shutil.rmtree(step, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)


@lru_cache(maxsize=1)
def _digest(work: Work) -> str:
    """Of the plan, once a process: every file's name asks for it."""
    return sha256(msgspec.json.encode(work.planned())).hexdigest()[:16]


def _read_plan(path: Path) -> Any:
    try:
        return read_json(path)
    except RecordError:
        return None


def _aside(path: Path) -> AbstractContextManager[IO[bytes]]:
    """A file of a step, whose folder is made.  Raises FileNotFoundError where the work is gone, as it is once a run has ended."""
    path.parent.mkdir(exist_ok=True)
    return aside(path)


def write_records(path: Path, records: Iterable[Any]) -> None:
    """Write records to a file, whole or not at all: their bytes, where each ends, and how many they are."""
    ends = [0]
    with _aside(path) as file:
        for record in records:
            ends.append(ends[-1] + file.write(_encode(record)))
        file.write(struct.pack(f"<{len(ends) + 1}q", *ends, len(ends) - 1))


class Records(Sequence[T]):
    """The records of a file, each read when it is asked for; it is open as long as this is held.

    Raises RecordError where the file is not there.
    """

    def __init__(self, path: Path, kind: Any) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise RecordError(f"{path}: cannot be read: {error.strerror}; remove the folder, and run the command again") from None
        weakref.finalize(self, os.close, self._file)
        self._decode: Callable[[bytes], T] = msgspec.msgpack.Decoder(kind).decode
        size = os.fstat(self._file).st_size
        (self._number,) = self._numbers(size - 8, 1)
        self._ends = size - 8 * (self._number + 2)

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, at: int) -> T:  # type: ignore[override]  # no slices
        if not 0 <= at < self._number:
            raise IndexError(at)
        start, stop = self._numbers(self._ends + 8 * at, 2)
        return self._decode(self._bytes(start, stop - start))

    def __iter__(self) -> Iterator[T]:
        return self.between(0, len(self))

    def between(self, start: int, stop: int) -> Iterator[T]:
        """The records from one number to another, end-exclusive."""
        return self.at(range(start, stop))

    def at(self, numbers: Iterable[int]) -> Iterator[T]:
        """The records of some numbers, which are sorted; what lies near each other is read at once."""
        for _, group in groupby(numbers, lambda number: number // _BLOCK):
            near = list(group)
            first = near[0]
            ends = self._numbers(self._ends + 8 * first, near[-1] - first + 2)
            block = memoryview(self._bytes(ends[0], ends[-1] - ends[0]))
            for place in (number - first for number in near):
                yield self._decode(block[ends[place] - ends[0] : ends[place + 1] - ends[0]])  # type: ignore[arg-type]

    def range(self, start: str, stop: str | None, key: Callable[[T], str]) -> Iterator[T]:
        """Of records that are sorted by a key, those from one value of it to another, end-exclusive."""
        first = bisect_left(self, start, key=key)
        return self.between(first, len(self) if stop is None else bisect_left(self, stop, first, key=key))

    def _numbers(self, at: int, number: int) -> tuple[int, ...]:
        return struct.unpack(f"<{number}q", self._bytes(at, 8 * number))

    def _bytes(self, at: int, length: int) -> bytes:
        return os.pread(self._file, length, at)


class Numbered(Sequence[T]):
    """The records of several files, numbered throughout."""

    def __init__(self, paths: Sequence[Path], kind: Any, offsets: Sequence[int]) -> None:
        self._offsets, self._number = offsets[:-1], offsets[-1]
        self._opened: Callable[[int], Records[T]] = lru_cache(_OPEN)(lambda file: Records(paths[file], kind))

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, at: int) -> T:  # type: ignore[override]  # no slices
        if not 0 <= at < self._number:
            raise IndexError(at)
        file = self._file(at)
        return self._opened(file)[at - self._offsets[file]]

    def at(self, numbers: Iterable[int]) -> Iterator[T]:
        """The records of some numbers, which are sorted."""
        for file, inside in groupby(numbers, self._file):
            start = self._offsets[file]
            yield from self._opened(file).at(number - start for number in inside)

    def _file(self, at: int) -> int:
        return bisect_right(self._offsets, at) - 1


def offsets(paths: Iterable[Path]) -> tuple[int, ...]:
    """The number of the first record of each file where they are numbered throughout, and how many there are."""
    return tuple(accumulate((len(Records[Any](path, Any)) for path in paths), initial=0))


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array to a file, whole or not at all."""
    with _aside(path) as file:
        np.save(file, array)


def read_array(path: Path) -> NDArray[Any]:
    """An array, in memory."""
    found: NDArray[Any] = np.load(path)
    return found


def columns(path: Path, start: Any, stop: Any) -> NDArray[Any]:
    """The columns of an array of two rows, of which the first is sorted, whose first value is from `start` to `stop`, end-exclusive."""
    array = _mapped(path)
    first, last = (np.searchsorted(array[0], array.dtype.type(edge)) if edge is not None else array.shape[1] for edge in (start, stop))
    return np.array(array[:, first:last])


def length(path: Path) -> int:
    """How many columns an array has."""
    return int(_mapped(path).shape[-1])


def _mapped(path: Path) -> NDArray[Any]:
    """An array that is read as far as it is looked at."""
    found: NDArray[Any] = np.load(path, mmap_mode="r")
    return found
