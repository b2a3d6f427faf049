"""The verb: pages of any number -> a silver corpus, by whatever engine maps a function over shards."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from drumbeat import tables
from drumbeat.ingest.inputs import find_inputs
from drumbeat.model import Manifest, Receipt
from drumbeat.scale import Engine
from drumbeat.silver.folder import SilverFolder, begin, claimed, finish
from drumbeat.silver.run import run
from drumbeat.silver.shards import Options, Shard, plan


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is: pages and rejects of the shards that are done, those of earlier runs aside; bytes of the input, done and all."""

    pages: int
    rejects: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is in the end.  `shards` are all, `before` those that were done by earlier runs, `twice` pages that stand in several."""

    manifest: Manifest
    annotator: str
    shards: int
    before: int
    pages: int
    rejects: int
    twice: int


def annotate(
    names: Sequence[str],
    root: Path,
    options: Options,
    engine: Engine,
    *,
    form: str | None = None,
    limit: int | None = None,
    shard_bytes: int = 16_000_000,
    replace: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Outcome:
    """Annotate the pages of files, globs and URLs into a folder; what an earlier run has done is not done again.

    `form` is one of `FORMATS`, else names and contents tell it.  What the folder holds is no input, though it lie in a folder that is.

    Raises IngestError where there is nothing to read, SuggestError where models are missing, BuildError where the folder holds something
    else, is another run's or cannot be written to, ScaleError where the engine fails.  Then there is no manifest, and the next run goes on.
    """
    annotator = options.suggester().name
    shards = plan(find_inputs(names, form, leave_out=root), options, annotator, limit, shard_bytes)
    folder = SilverFolder(root)
    with claimed(folder) as staging:
        done = begin(folder, [shard.name for shard in shards], replace)
        before = len(done)
        missing = [shard for shard in shards if shard.name not in done]
        results = engine(partial(run, options=options, root=root.resolve(), staging=staging.resolve()), missing)
        done |= {shard.name: receipt for shard, receipt in _counted(results, missing, progress)}
        receipts = [done[shard.name] for shard in shards]
        manifest = finish(folder, staging, receipts, options.knowledge_base, annotator)
        return Outcome(
            manifest,
            annotator,
            len(shards),
            before,
            sum(receipt.pages for receipt in receipts),
            sum(receipt.rejects for receipt in receipts),
            _twice(folder, manifest),
        )


def _counted(
    results: Iterable[tuple[Shard, Receipt]], missing: Sequence[Shard], progress: Callable[[Progress], None]
) -> Iterator[tuple[Shard, Receipt]]:
    """The results, as progress is told of them."""
    pages = rejects = size = 0
    total = sum(shard.size for shard in missing)
    progress(Progress(0, 0, 0, total))
    for shard, receipt in results:
        yield shard, receipt
        pages, rejects, size = pages + receipt.pages, rejects + receipt.rejects, size + shard.size
        progress(Progress(pages, rejects, size, total))


def _twice(folder: SilverFolder, manifest: Manifest) -> int:
    """How many pages stand in several shards."""
    files = [folder.corpus / file.path for file in manifest.files if file.config == "documents"]
    return tables.repeated(files, "document_id")
