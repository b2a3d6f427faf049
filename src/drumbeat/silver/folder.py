"""The folder of a silver corpus: what stands where, what of it is done, and when it is whole."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from drumbeat import __version__, normalize, papers, schema, segment, tables
from drumbeat.errors import BuildError, RecordError
from drumbeat.folder import CorpusWriter
from drumbeat.jsonl import read_bytes, write_json
from drumbeat.model import SILVER, CorpusFile, Entity, Inputs, Manifest, Receipt, to_builtins
from drumbeat.repository import Repository
from drumbeat.rows import knowledge_base_rows
from drumbeat.silver.lock import locked

_STAGING = ".run-"  # what the staging folders of runs begin with


@dataclass(frozen=True, slots=True)
class SilverFolder(Repository):
    """A built corpus that stands alone, with the receipts of its shards and what was rejected."""

    @property
    def mark(self) -> Path:
        """An empty file that tells the folder from every other, whose files are not to be touched; locked while a run is at work."""
        return self.root / ".silver"

    @property
    def receipts(self) -> Path:
        """One file for each shard that is done."""
        return self.root / "receipts"

    def receipt(self, shard: str) -> Path:
        """The receipt of a shard."""
        return self.receipts / f"{shard}.json"

    def rejects(self, shard: str) -> Path:
        """What did not become a page; no file where all did."""
        return self.root / "rejects" / f"{shard}.jsonl"


@contextmanager
def claimed(folder: SilverFolder) -> Iterator[Path]:
    """Make the folder one of a silver corpus, and this run's alone; its staging folder, where files are made until they are whole.

    Those of earlier runs are taken away, so that what is left of their workers, as a cluster may have some, can put nothing in its place.
    The claim ends with the process, however that ends; a file system that knows no locks grants every one.

    Raises BuildError where the folder holds something else, where another run is at work on it, and where input cannot be read or output
    cannot be written in the meantime.
    """
    if folder.root.exists() and not folder.root.is_dir():
        raise BuildError(f"{folder.root}: is a file where the silver corpus should go; give another folder with -o")
    if folder.root.exists() and not folder.mark.is_file() and any(folder.root.iterdir()):
        raise BuildError(f"{folder.root}: holds something else than a silver corpus; give another folder with -o, or empty it")
    taken = BuildError(f"{folder.root}: another run is at work on it; wait until it ends, or give another folder with -o")
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        with locked(folder.mark, taken):
            _end_runs(folder)
            folder.receipts.mkdir(exist_ok=True)
            staging = folder.root / f"{_STAGING}{secrets.token_hex(8)}"
            staging.mkdir()
            try:
                yield staging
            finally:
                with suppress(OSError):
                    _end_runs(folder)
    except OSError as error:
        raise BuildError(f"{folder.root}: the work stopped: {error}; mend that and run the command again, what is done stays") from None


def _end_runs(folder: SilverFolder) -> None:
    """Remove staging folders.  Each gets another name first, so that to a worker that still uses it, it is gone at once."""
    for staging in folder.root.glob(f"{_STAGING}*"):
        gone = staging.with_name(f"{staging.name}~")
        staging.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def begin(folder: SilverFolder, shards: Sequence[str], replace: bool = False) -> dict[str, Receipt]:
    """Make a claimed folder ready to take these shards; the receipts of those that are done.

    Shards that are not among them, of other input, options or versions, are removed if `replace`, else refused.  Until `finish` there is
    neither manifest nor card unless all is there already, and nothing of shards that are not done.

    Raises BuildError where there are others.
    """
    wanted = set(shards)
    there = {path.stem for path in folder.receipts.glob("*.json")}
    strange = sorted(there - wanted)
    if strange and not replace:
        example = read_receipt(folder, strange[0])
        of = f", one of them of {example.input}" if example else ""
        raise BuildError(
            f"{folder.root}: holds {len(strange)} shard(s) of other input, options or versions{of}; give another folder with -o, "
            "all inputs at once, or --replace to remove them"
        )
    done = {name: receipt for name in sorted(there & wanted) if (receipt := read_receipt(folder, name))}
    if strange or len(done) < len(wanted):
        _unfinish(folder, done.values())
    return done


def has_pages(config: schema.Config) -> bool:
    """Whether the rows of a config are each of one page."""
    return any(column.name == "document_id" for column in config.columns)


def read_receipt(folder: SilverFolder, shard: str) -> Receipt | None:
    """The receipt of a shard; null where there is none, or a file that it names is not there in its size: the shard is to be done."""
    path = folder.receipt(shard)
    if not path.is_file():
        return None
    try:
        receipt = msgspec.json.decode(read_bytes(path), type=Receipt)
    except (msgspec.DecodeError, RecordError):
        return None
    return receipt if all(file.is_file() and file.stat().st_size == size for file, size in files_of(folder, receipt).items()) else None


def files_of(folder: SilverFolder, receipt: Receipt) -> dict[Path, int]:
    """Where the files that a receipt names stand in a folder, each with its size."""
    return {folder.corpus / file.path: file.bytes for file in receipt.files} | {
        folder.root / file.path: file.bytes for file in receipt.side_files
    }


def finish(folder: SilverFolder, staging: Path, receipts: Sequence[Receipt], entities: Sequence[Entity], annotator: str) -> Manifest:
    """Write what all shards share, the card, and last of all the manifest, which makes the corpus whole.

    What no receipt names, as a worker that was lost leaves it, is removed.
    """
    _unfinish(folder, receipts)
    files = [file for receipt in receipts for file in receipt.files]
    with aside(staging, "shared") as made:
        others = _write_others(made, {file.config for file in files}, entities)
        order = [config.name for config in schema.configs()]
        manifest = Manifest(
            version=__version__,
            form=SILVER,
            normalizer=normalize.VERSION,
            segmenter=segment.VERSION,
            pyarrow=tables.PYARROW,
            inputs=Inputs(_digest(receipt.shard for receipt in receipts), _digest([annotator]), schema.digest()),
            files=tuple(sorted((*files, *others), key=lambda file: (order.index(file.config), file.path))),
        )
        papers.write_silver(made, manifest, annotator, sum(receipt.rejects for receipt in receipts))
        write_json(made.manifest, to_builtins(manifest))
        move(made, folder, [*(made.corpus / file.path for file in others), made.readme], made.manifest)
    return manifest


def _write_others(folder: SilverFolder, there: Collection[str], entities: Sequence[Entity]) -> tuple[CorpusFile, ...]:
    """The configs that are not there: the knowledge base, and links, of which there are none yet; all of them where there are no pages."""
    with CorpusWriter(folder.corpus, only=[config for config in schema.configs() if config.name not in there]) as writer:
        writer.add("knowledge_base", knowledge_base_rows({entity.id: entity for entity in entities}))
    return writer.files()


@contextmanager
def aside(staging: Path, name: str) -> Iterator[SilverFolder]:
    """A silver folder in the staging folder of a run, for files that are not whole yet; gone afterwards.

    Raises FileNotFoundError, as whatever is made in it then does, where the run has ended.
    """
    made = SilverFolder(Path(tempfile.mkdtemp(dir=staging, prefix=f"{name}-")))
    try:
        made.corpus.mkdir()
        yield made
    finally:
        shutil.rmtree(made.root, ignore_errors=True)


def move(made: SilverFolder, folder: SilverFolder, files: Sequence[Path], last: Path) -> None:
    """Files from aside to where they belong, each on the disk before it gets its name; the last one once the names of all others are."""
    for part in (files, [last]):
        places = {path: folder.root / path.relative_to(made.root) for path in part}
        for path, place in places.items():
            _sync(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)
        for parent in {place.parent for place in places.values()}:
            _sync(parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unfinish(folder: SilverFolder, receipts: Iterable[Receipt]) -> None:
    """Remove all but these shards: others, those whose worker was lost, and what all share; first what tells of it, then the files."""
    named = {path for receipt in receipts for path in (folder.receipt(receipt.shard), *files_of(folder, receipt))}
    files = (*folder.receipts.iterdir(), *folder.root.glob("rejects/*.jsonl"), *folder.corpus.glob("*/*.parquet"))
    for path in (folder.manifest, folder.readme, *(path for path in files if path not in named)):
        path.unlink(missing_ok=True)


def _digest(names: Iterable[str]) -> str:
    return sha256("\n".join(names).encode()).hexdigest()
