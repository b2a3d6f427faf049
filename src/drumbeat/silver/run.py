"""One shard of pages -> its files, and then its receipt."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

from drumbeat import __version__
from drumbeat.corpus import side_file
from drumbeat.errors import ScaleError
from drumbeat.folder import CorpusWriter
from drumbeat.ingest.add import RIGHTS, seed_of
from drumbeat.ingest.page import Flaw, Item, Page
from drumbeat.jsonl import compact, write_json
from drumbeat.model import FULL, CorpusFile, Receipt, Reject, SideFile, to_builtins
from drumbeat.normalize import decode, normalize
from drumbeat.repository import Document
from drumbeat.rows import Row, document_rows
from drumbeat.schema import configs
from drumbeat.silver.folder import SilverFolder, aside, files_of, has_pages, move, read_receipt
from drumbeat.silver.shards import Options, Shard, is_planned, read_shard
from drumbeat.suggest.page import Suggester, suggest
from drumbeat.tables import PYARROW

_ID = 16  # hex digits of the bytes' SHA-256 that are a page's document_id, as `drumbeat add` has it
_UNDATED = ""  # rows have no date

Rejecting = Callable[[str, str], None]


def run(shard: Shard, options: Options, root: Path, staging: Path) -> Receipt:
    """Make the files of a shard, each in the staging folder of the run until it is whole and on the disk, and last of all its receipt.

    What cannot become a page is a line of the rejects.  Where the receipt is there already, nothing is done.

    Raises SuggestError where the models cannot be loaded, ScaleError where they or other versions are not those of the plan,
    IngestError where the input is not, and OSError where it cannot be read, the files cannot be written, or the run has ended.
    """
    folder = SilverFolder(root)
    if done := read_receipt(folder, shard.name):
        return done
    by = loaded(options)
    if not is_planned(shard, options, by.name):
        here = f"{by.name}, drumbeat {__version__}, pyarrow {PYARROW}"
        raise ScaleError(f"{shard}: was planned with other versions than this worker has ({here}); install the same on all machines")
    files: list[CorpusFile] = []
    with aside(staging, shard.name) as made:
        with _Rejects(made.rejects(shard.name)) as rejects:
            for index, pages in enumerate(_parts(read_shard(shard, options), options, rejects.add)):
                files += _write_part(pages, f"{shard.name}-{index:04}", made.corpus, options, by, rejects.add)
        side_files = rejects.kept()
        taken = sum(file.rows for file in files if file.config == "documents")
        receipt = Receipt(shard.name, shard.input.name, taken, rejects.number, tuple(files), side_files)
        write_json(made.receipt(shard.name), to_builtins(receipt))
        move(made, folder, list(files_of(made, receipt)), made.receipt(shard.name))
    return receipt


@lru_cache(maxsize=1)
def loaded(options: Options) -> Suggester:
    """The suggester of the options, whose models are loaded once a process.  Raises SuggestError."""
    return options.suggester()


def _parts(found: Iterable[Item], options: Options, reject: Rejecting) -> Iterator[list[tuple[str, Page]]]:
    """The pages with their digests, as many at a time as are sorted together; each page once."""
    places: dict[str, str] = {}
    part: list[tuple[str, Page]] = []
    held = 0
    for item in found:
        if isinstance(item, Flaw):
            reject(item.place, item.why)
        elif isinstance(item, Page):
            sha256 = hashlib.sha256(item.data).hexdigest()
            if int(sha256[:_ID], 16) >= options.sample * 16**_ID:
                continue
            if (first := places.setdefault(sha256[:_ID], item.place)) is not item.place:
                reject(item.place, f"has the same bytes as {first}")
                continue
            part.append((sha256, item))
            held += len(item.data)
            if held >= options.part_bytes:
                yield part
                part, held = [], 0
    if part:
        yield part


def _write_part(
    pages: Sequence[tuple[str, Page]], name: str, corpus: Path, options: Options, by: Suggester, reject: Rejecting
) -> tuple[CorpusFile, ...]:
    """A file of each config, the pages in the order of their document_id."""
    of_pages = list(filter(has_pages, configs()))
    for config in of_pages:
        (corpus / config.name).mkdir(exist_ok=True)  # without parents: where the run has ended, they are gone and stay so
    with CorpusWriter(corpus, FULL, name, of_pages) as writer:
        for sha256, page in sorted(pages, key=lambda item: item[0]):
            try:
                rows = page_rows(page, sha256, options, by)
            except MemoryError:
                raise
            except Exception as error:  # whatever a page does to the suggesters, it does to itself alone
                reject(page.place, f"could not be annotated: {type(error).__name__}: {error}")
            else:
                writer.add_document(rows)
    return writer.files()


def page_rows(page: Page, sha256: str, options: Options, by: Suggester) -> dict[str, list[Row]]:
    """The rows of one page, by config: normalised and annotated.  Pure; raises what a broken page makes normaliser and suggesters raise."""
    normalized = normalize(decode(page.data, page.place))
    seed = msgspec.structs.replace(seed_of(page, sha256, normalized.text, options.rights or f"{RIGHTS}."), file=page.place)
    made = suggest(normalized.text, by, _UNDATED).annotations
    return document_rows(Document(seed, normalized), made, by.knowledge_base.records, "silver")


class _Rejects:
    """What does not become a page, a line each, written as it comes.  Use as a context manager."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir()
        self.number = 0
        self._path = path
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def __enter__(self) -> "_Rejects":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, place: str, reason: str) -> None:
        """Take one: where it stands, and why."""
        self._file.write(compact(to_builtins(Reject(place, reason))) + "\n")
        self.number += 1

    def kept(self) -> tuple[SideFile, ...]:
        """The file, where there is something in it."""
        side = side_file(self._path)
        return (msgspec.structs.replace(side, path=f"{self._path.parent.name}/{side.path}"),) if self.number else ()
