"""What is measured: each job prepares its input in a folder and gives what is timed, and so does its peer.

A job that is slow at a size for a peer measures the peer at a smaller one; its time is then taken to grow as the job's size does, in
the peer's favour where it grows faster.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks.generate import generate, texts
from drumbeat import build, checks, schema, tables
from drumbeat.labelstudio.files import read_tasks, write_tasks
from drumbeat.labelstudio.tasks import decode_task, from_task
from drumbeat.repository import Repository, read_manifest

CHECKOUT = Repository(Path(__file__).parents[1])
Work = Callable[[], object]
Prepare = Callable[[Path, int], Work]


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the table.

    `size` is how many `unit`s the smallest run has; the others have 10 and 100 times as many.  `peer_steps` is at how many of the three
    sizes the peer is measured.
    """

    name: str
    unit: str
    size: int
    work: Prepare
    peer: str
    by_peer: Prepare
    peer_steps: int = 3


def _built(folder: Path, number: int) -> Repository:
    repository = generate(CHECKOUT, folder / "corpus", number)
    build.build(repository)
    return repository


def _rows(repository: Repository, config: schema.Config) -> Iterator[tables.Row]:
    for file in read_manifest(repository).files:
        if file.config == config.name:
            yield from tables.read_rows(repository.corpus / file.path, config)


def building(folder: Path, number: int) -> Work:
    """Pages and annotation files -> Parquet, manifest, card."""
    repository = generate(CHECKOUT, folder / "corpus", number)
    return lambda: build.build(repository)


def datasets_writer(folder: Path, number: int) -> Work:
    """The same rows, ready in memory -> Parquet."""
    import datasets

    datasets.disable_progress_bars()
    repository = _built(folder, number)
    ready = []
    for config in schema.configs():
        if rows := _numbered(repository, config):
            ready.append((config.name, rows, datasets.Features.from_arrow_schema(tables.arrow_schema(config))))
    return lambda: [
        datasets.Dataset.from_list(rows, features=features).to_parquet(folder / f"{name}.parquet") for name, rows, features in ready
    ]


def _numbered(repository: Repository, config: schema.Config) -> list[tables.Row]:
    """Rows with labels as numbers, as the writer takes them."""
    import pyarrow.parquet as pq

    paths = [repository.corpus / file.path for file in read_manifest(repository).files if file.config == config.name]
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def validating_inputs(folder: Path, number: int) -> Work:
    """Levels 1 to 4: pages and annotation files."""
    repository = generate(CHECKOUT, folder / "corpus", number)
    return lambda: _clean(checks.validate_inputs(repository))


def validating_corpus(folder: Path, number: int) -> Work:
    """Level 5: the built corpus."""
    repository = _built(folder, number)
    return lambda: _clean(checks.validate(repository, ["D5"]))


def _clean(findings: Iterator[checks.Finding]) -> None:
    assert not (found := list(findings)), found[:3]


def jsonschema_records(folder: Path, number: int) -> Work:
    """The annotation files alone, each as a dictionary against the schema."""
    repository = generate(CHECKOUT, folder / "corpus", number)
    validator = schema.validator("records/annotation.json")
    records = [json.loads(path.read_text(encoding="utf-8")) for path in repository.links.parent.glob("g*.json")]
    return lambda: _all(validator.is_valid(record) for record in records)


def jsonschema_rows(folder: Path, number: int) -> Work:
    """Every row as a dictionary against the schema, and nothing else."""
    repository = _built(folder, number)
    return lambda: _all(
        schema.validator(f"corpus/{config.name}.json").is_valid(row) for config in schema.configs() for row in _rows(repository, config)
    )


def _all(valid: Iterator[bool]) -> None:
    assert all(valid)


def regions(how: str) -> Prepare:
    def prepare(folder: Path, number: int) -> Work:
        """The regions of pages."""
        from drumbeat.suggest.regions import suggest_regions

        pages = list(texts(CHECKOUT, number))
        suggest_regions(pages[0], how)
        return lambda: [suggest_regions(page, how) for page in pages]

    return prepare


def other_regions(name: str) -> Prepare:
    def prepare(folder: Path, number: int) -> Work:
        """Another tool on the same pages, each line a paragraph for it."""
        from benchmarks.regions import peers

        predict = next((predict for peer, predict in peers() if peer == name), None)
        if predict is None:
            raise ImportError(name)
        pages = list(texts(CHECKOUT, number))
        return lambda: [predict(page) for page in pages]

    return prepare


def everything(folder: Path, number: int) -> Work:
    """All layers, with the parse of the small model."""
    from drumbeat.suggest.page import suggest, suggester

    by, pages = suggester(model="en_core_web_sm"), list(texts(CHECKOUT, number))
    suggest(pages[0], by, "")
    return lambda: [suggest(page, by, "") for page in pages]


def quotations(folder: Path, number: int) -> Work:
    """Quotations with the parse that they need."""
    from drumbeat.suggest.parse import Parser
    from drumbeat.suggest.quotes import suggest_quotes

    parser, pages = Parser.load("en_core_web_sm"), list(texts(CHECKOUT, number))
    return lambda: [suggest_quotes(parser.parse(page)) for page in pages]


def textacy(folder: Path, number: int) -> Work:
    """textacy's direct quotations with the parse that they need."""
    from benchmarks.quotes import textacy as peer
    from drumbeat.suggest.parse import Parser

    predict, pages = peer(Parser.load("en_core_web_sm")), list(texts(CHECKOUT, number))
    return lambda: [predict(page) for page in pages]


def names(folder: Path, number: int) -> Work:
    """Names with the parse that they need."""
    from drumbeat.suggest.entities import suggest_entities
    from drumbeat.suggest.parse import Parser

    parser, pages = Parser.load("en_core_web_sm"), list(texts(CHECKOUT, number))
    return lambda: [suggest_entities(parser.parse(page)) for page in pages]


def spacy(folder: Path, number: int) -> Work:
    """spaCy's pipeline as it is, a page at a time."""
    from drumbeat.suggest.parse import Parser

    pipeline, pages = Parser.load("en_core_web_sm").pipeline, list(texts(CHECKOUT, number))
    return lambda: [len(pipeline(page).ents) for page in pages]


def loading(folder: Path, number: int) -> Work:
    """`load_dataset` of the quotations, and every row."""
    import datasets

    datasets.disable_progress_bars()
    root = _built(folder, number).root
    return lambda: list(datasets.load_dataset(str(root), "quotes", split="train", cache_dir=str(folder / "cache")))


def duckdb_rows(folder: Path, number: int) -> Work:
    """DuckDB: every row of the same file."""
    import duckdb

    path = _built(folder, number).corpus / "quotes" / "*.parquet"
    return lambda: duckdb.connect(config={"threads": 1}).execute(f"select * from '{path}'").fetchall()


def first_row(folder: Path, number: int) -> Work:
    """The first row of the quotations, streamed."""
    import datasets

    datasets.disable_progress_bars()
    root = _built(folder, number).root
    return lambda: next(iter(datasets.load_dataset(str(root), "quotes", split="train", streaming=True)))


def duckdb_first(folder: Path, number: int) -> Work:
    """DuckDB: the first row of the same file."""
    import duckdb

    path = _built(folder, number).corpus / "quotes" / "*.parquet"
    return lambda: duckdb.connect(config={"threads": 1}).execute(f"select * from '{path}' limit 1").fetchall()


def annotating(folder: Path, number: int) -> Work:
    """Pages -> a silver corpus, regions alone, by one worker."""
    from benchmarks.annotate import REGIONS, SHARD, write_pages
    from drumbeat.scale import on_processes
    from drumbeat.silver.annotate import annotate

    path = write_pages(folder / "pages.jsonl", number)
    return lambda: annotate([str(path)], folder / "out", REGIONS, partial(on_processes, workers=1), shard_bytes=SHARD)


def bare_pool(folder: Path, number: int) -> Work:
    """The same functions in a bare process pool of one worker."""
    from benchmarks.annotate import REGIONS, bare, write_pages

    path = write_pages(folder / "pages.jsonl", number)
    return lambda: bare(path, folder, REGIONS, 1)


def linking(folder: Path, number: int) -> Work:
    """Generated quotations -> clusters."""
    from benchmarks.links import make
    from drumbeat.suggest.links.quotations import clusters, wordings

    made = make(number, 2, 0.7)
    return lambda: list(clusters(wordings(made.quotations), made.knowledge_base))


def all_pairs(folder: Path, number: int) -> Work:
    """rapidfuzz: each of the same quotations held against each, and no clusters made of them."""
    from rapidfuzz import fuzz, process

    from benchmarks.links import make

    said = [item.text for item in make(number, 2, 0.7).quotations]
    return lambda: process.cdist(said, said, scorer=fuzz.ratio, score_cutoff=65)


def exporting(folder: Path, number: int) -> Work:
    """Gold -> tasks in a file."""
    from benchmarks.converter import send_out

    return lambda: send_out(folder, folder, _LAYERS, number)


def importing(folder: Path, number: int) -> Work:
    """Tasks of a file, each checked -> annotation sets."""
    path = _exported(folder, number)
    return lambda: sum(len(from_task(task).arrivals) for task in read_tasks(path, decode_task))


def converter(folder: Path, number: int) -> Work:
    """The converter of Label Studio's SDK on the same file, to JSON_MIN."""
    from benchmarks.converter import sdk

    path = _exported(folder, number)
    return lambda: sdk("json_min")(path, folder, _LAYERS, number)


def _exported(folder: Path, number: int) -> Path:
    from benchmarks.converter import exported

    write_tasks(folder / "export.json", islice(exported(_LAYERS), number))
    return folder / "export.json"


_LAYERS = ["regions", "quotes", "nonquotes", "entities"]

JOBS = (
    Job("build", "documents", 20, building, "datasets, its writer alone", datasets_writer),
    Job("validate, levels 1 to 4", "documents", 10, validating_inputs, "python jsonschema on the annotation files", jsonschema_records, 2),
    Job("validate, level 5", "documents", 50, validating_corpus, "python jsonschema on each row", jsonschema_rows, 2),
    Job("regions by the model", "pages", 20, regions("model"), "jusText", other_regions("jusText")),
    Job("regions by rules", "pages", 100, regions("rules"), "C4 rules", other_regions("C4 rules")),
    Job("quotations, with the parse", "pages", 3, quotations, "textacy, direct ones", textacy, 2),
    Job("names, with the parse", "pages", 3, names, "spaCy", spacy, 2),
    Job("all layers", "pages", 3, everything, "spaCy", spacy, 2),
    Job("annotate, regions, one worker", "pages", 50, annotating, "a bare process pool", bare_pool),
    Job("links, clusters", "quotations", 1000, linking, "rapidfuzz, all pairs", all_pairs, 2),
    Job("load_dataset, all rows", "documents", 20, loading, "DuckDB", duckdb_rows),
    Job("streaming, first row", "documents", 20, first_row, "DuckDB", duckdb_first),
    Job("export-tasks", "tasks", 50, exporting, "the SDK's converter", converter),
    Job("import-annotations", "tasks", 50, importing, "the SDK's converter", converter),
)


def find(name: str) -> Job:
    """The job of that name."""
    return next(job for job in JOBS if job.name == name)
