"""`drumbeat annotate`: pages of any number become a silver corpus, shard by shard; nothing is lost, nothing stands there half."""

import gzip
import json
import multiprocessing
import os
import random
import re
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import drumbeat.silver.run
from drumbeat.checks import validate
from drumbeat.cli import app
from drumbeat.errors import BuildError, IngestError, ScaleError, SchemaError, SuggestError
from drumbeat.ingest import web
from drumbeat.ingest.inputs import find_inputs
from drumbeat.ingest.page import Flaw, Page, Reading
from drumbeat.ingest.rows import json_items
from drumbeat.jsonl import read_json
from drumbeat.model import Receipt
from drumbeat.repository import Repository
from drumbeat.schema import configs, labels, violations
from drumbeat.silver.annotate import Outcome, annotate
from drumbeat.silver.batches import annotate_batches
from drumbeat.silver.folder import SilverFolder
from drumbeat.silver.run import run
from drumbeat.silver.shards import READING, Shard, plan, read_shard
from drumbeat.suggest.page import suggest
from tests.archives import gzipped, response
from tests.conftest import missing_part
from tests.hub import TOKEN, Hub
from tests.silver import FAST, annotated, content, here, killed_before_each_step, page, rejects, rows, write_pages

ANNOTATE = [sys.executable, "-m", "drumbeat", "annotate"]
ROWS = ("documents", "regions", "boilerplate", "blocks")


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["annotate", *map(str, arguments)])


def test_pages_become_a_corpus_that_loads_and_validates(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(40))
    outcome = annotated(tmp_path / "out", tmp_path / "pages.jsonl", shard_bytes=8_000)
    assert (outcome.pages, outcome.rejects, outcome.before, outcome.twice) == (40, 0, 0, 0)
    assert outcome.shards > 3
    assert list(validate(Repository(tmp_path / "out"))) == []
    loaded = datasets.load_dataset(str(tmp_path / "out"), "regions", split="train", cache_dir=str(tmp_path / "cache"))
    assert len(loaded) == outcome_rows(outcome, "regions") > 200
    assert set(loaded["status"]) == {labels("status").index("silver")}
    assert set(loaded["annotator"]) == {outcome.annotator}
    documents = rows(tmp_path / "out", "documents")
    assert {row["text"] for row in documents} == {page(number) for number in range(40)}
    assert all(re.fullmatch(r"pages\.jsonl: line at byte \d+", row["file"]) for row in documents)
    assert {row["title"] for row in documents} == {f"Bridge number {number} opens" for number in range(40)}


def outcome_rows(outcome: Outcome, config: str) -> int:
    return sum(file.rows for file in outcome.manifest.files if file.config == config)


def test_how_the_input_is_cut_changes_no_row(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(30))
    annotated(tmp_path / "one", tmp_path / "pages.jsonl")
    annotated(tmp_path / "many", tmp_path / "pages.jsonl", shard_bytes=4_000)
    annotated(tmp_path / "parts", tmp_path / "pages.jsonl", options=replace(FAST, part_bytes=9_000))
    for config in ROWS:
        assert rows(tmp_path / "one", config) == rows(tmp_path / "many", config) == rows(tmp_path / "parts", config) != []
    parts = [path.name for path in (tmp_path / "parts" / "corpus" / "documents").iterdir()]
    assert len(parts) > 2
    assert list(validate(Repository(tmp_path / "parts"))) == []


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(lambda text: json.dumps({"text": f"x{text}"}).encode()),
        st.sampled_from([b"", b" ", b"{", b"[]", b"\xff", b'{"text": 1}', b'{"text": "long ' + b"x" * 90 + b'"}']),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(lines=LINES, end=st.sampled_from([b"\n", b"\r\n"]), last=st.booleans(), size=st.integers(1, 60))
def test_every_line_belongs_to_one_shard(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, last: bool, size: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "pages.jsonl"
    path.write_bytes(end.join(lines) + (end if last else b""))
    options = replace(FAST, reading=Reading(max_bytes=30))
    found = [item for shard in plan(find_inputs([str(path)]), options, "me", shard_bytes=size) for item in read_shard(shard, options)]
    with path.open("rb") as file:
        whole = list(json_items(file, "pages.jsonl", "pages.jsonl", options.reading))

    def told(items: list[object]) -> list[object]:
        return [item.data if isinstance(item, Page) else getattr(item, "why", "") for item in items]

    assert told(list(found)) == told(list(whole))
    data = path.read_bytes()
    for item in found:
        assert isinstance(item, Page | Flaw)
        at = int(item.place.split()[-1])
        assert at == 0 or data[at - 1 : at] == b"\n"


@settings(deadline=None, max_examples=25)
@given(number=st.integers(0, 30), group=st.integers(1, 9), size=st.integers(1, 4_000))
def test_every_row_belongs_to_one_shard(tmp_path_factory: pytest.TempPathFactory, number: int, group: int, size: int) -> None:
    path = tmp_path_factory.mktemp("cut") / "pages.parquet"
    pq.write_table(pa.table({"text": pa.array([page(index) for index in range(number)], pa.string())}), path, row_group_size=group)
    found = [item for shard in plan(find_inputs([str(path)]), FAST, "me", shard_bytes=size) for item in read_shard(shard, FAST)]
    assert [item.data.decode() for item in found if isinstance(item, Page)] == [page(index) for index in range(number)]
    assert [item.place for item in found if isinstance(item, Page)] == [f"pages.parquet: row {index + 1}" for index in range(number)]


def test_what_cannot_become_a_page_is_rejected_with_its_reason(tmp_path: Path) -> None:
    lines = [
        json.dumps({"text": page(1)}),
        "{",
        json.dumps({"text": ""}),
        json.dumps({"title": "no text"}),
        json.dumps({"text": "x\0y"}),
        json.dumps({"text": "x" * 2_000_001}),
        json.dumps({"text": page(1)}),
        json.dumps({"text": None}),
    ]
    path = tmp_path / "pages.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    outcome = annotated(tmp_path / "out", path)
    assert (outcome.pages, outcome.rejects) == (1, 7)
    found = rejects(tmp_path / "out")
    assert all(place.startswith("pages.jsonl: line at byte ") for place, _ in found)
    for wanted in ("not JSON", "the page is empty", "no column of text", "binary", "1,000,000 bytes", "same bytes as", "holds no text"):
        assert sum(wanted in reason for _, reason in found) == 1, wanted
    assert not [v for path in (tmp_path / "out" / "receipts").iterdir() for v in violations("records/receipt.json", read_json(path))]
    assert not [v for place, reason in found for v in violations("records/reject.json", {"place": place, "reason": reason})]
    assert list(validate(Repository(tmp_path / "out"))) == []


def test_a_page_that_breaks_a_suggester_is_rejected_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(text: str, *rest: object) -> object:
        if "number 3 " in text:
            raise RuntimeError("no such page")
        return suggest(text, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("drumbeat.silver.run.suggest", breaking)
    outcome = annotated(tmp_path / "out", write_pages(tmp_path / "pages.jsonl", range(6)))
    assert (outcome.pages, outcome.rejects) == (5, 1)
    assert rejects(tmp_path / "out")[0][1] == "could not be annotated: RuntimeError: no such page"


def test_a_million_empty_pages_are_so_many_rejects(tmp_path: Path) -> None:
    number = 20_000  # a million were tried by hand
    (tmp_path / "pages.jsonl").write_text('{"text": ""}\n' * number, encoding="utf-8")
    outcome = annotated(tmp_path / "out", tmp_path / "pages.jsonl", shard_bytes=100_000)
    assert (outcome.pages, outcome.rejects) == (0, number)
    assert len(set(rejects(tmp_path / "out"))) == number
    assert {file.config for file in outcome.manifest.files} == {config.name for config in configs()}
    assert list(validate(Repository(tmp_path / "out"))) == []


def test_archives_and_compressed_files_are_one_shard_each(tmp_path: Path) -> None:
    if not web.available():
        missing_part("Resiliparse is not installed; `make test` installs it")
    folder = tmp_path / "in"
    folder.mkdir()
    html = ["<html><body><p>{}</p></body></html>".format(page(number).replace("\n\n", "</p><p>")).encode() for number in range(4)]
    whole = gzipped(*(response(body, f"https://example.org/{index}") for index, body in enumerate(html)))
    (folder / "a.warc.gz").write_bytes(whole)
    (folder / "b.warc.gz").write_bytes(whole[: len(whole) - 200])
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": page(9)}).encode()))
    (folder / "d.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": page(10)}).encode() * 500)[:-20])
    outcome = annotated(tmp_path / "out", folder)
    assert outcome.shards == 4
    assert outcome.twice == 3  # the whole and the truncated archive
    assert outcome.pages == 4 + 3 + 1
    assert [place.partition(":")[0] for place, _ in sorted(rejects(tmp_path / "out"))] == ["b.warc.gz", "d.jsonl.gz"]


def test_a_run_goes_on_where_another_was_cut_short(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(30))

    def cut_short(function: Callable[[Shard], Receipt], shards: Sequence[Shard]) -> Iterator[tuple[Shard, Receipt]]:
        yield from here(function, shards[:2])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate([str(tmp_path / "pages.jsonl")], tmp_path / "out", FAST, cut_short, shard_bytes=6_000)
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()
    outcome = annotated(tmp_path / "out", tmp_path / "pages.jsonl", shard_bytes=6_000)
    assert outcome.before == 2 < outcome.shards
    annotated(tmp_path / "other", tmp_path / "pages.jsonl", shard_bytes=6_000)
    assert content(tmp_path / "out") == content(tmp_path / "other")


def test_a_run_goes_on_wherever_another_was_killed(tmp_path: Path) -> None:
    """Before each step in which a file or folder is made, moved or removed; what the killed run left aside is not left for ever."""
    pages = write_pages(tmp_path / "pages.jsonl", range(6))
    pages.write_text(pages.read_text(encoding="utf-8") + "{\n", encoding="utf-8")
    given: dict[str, Any] = {"shard_bytes": 2_500}
    assert annotated(tmp_path / "wanted", pages, **given).shards == 2
    wanted = content(tmp_path / "wanted")
    assert any("rejects" in path for path in wanted)
    killing = multiprocessing.get_context("spawn").Process(target=killed_before_each_step, args=(tmp_path / "killed", pages), kwargs=given)
    killing.start()
    killing.join()
    assert killing.exitcode == 0
    *disturbed, whole = sorted((tmp_path / "killed").iterdir(), key=lambda out: int(out.name))
    assert len(disturbed) > 80
    assert content(whole) == wanted
    for out in disturbed:
        annotated(out, pages, **given)
        assert content(out) == wanted, f"killed before step {out.name}"


@pytest.mark.parametrize("where", ["loaded", "_write_part", "move"])
def test_a_worker_that_outlives_its_run_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """On a cluster: the driver was ended, its worker goes on with a shard of other options, when another run has begun or is done."""
    pages = write_pages(tmp_path / "pages.jsonl", range(20))
    options = replace(FAST, part_bytes=9_000)
    annotated(tmp_path / "wanted", pages, shard_bytes=8_000)
    wanted = content(tmp_path / "wanted")
    there, go = threading.Event(), threading.Event()
    function = getattr(drumbeat.silver.run, where)
    failed: list[BaseException] = []

    def waits(*arguments: Any) -> Any:
        if threading.current_thread().name == "left" and (where != "_write_part" or arguments[1].endswith("-0001")):
            there.set()
            assert go.wait(60)
        return function(*arguments)

    def work(function: Callable[[Shard], Receipt], shard: Shard) -> None:
        try:
            function(shard)
        except OSError as error:
            failed.append(error)

    def driver_is_ended(function: Callable[[Shard], Receipt], shards: Sequence[Shard]) -> Iterator[tuple[Shard, Receipt]]:
        left.append(threading.Thread(target=work, args=(function, shards[0]), name="left"))
        left[0].start()
        assert there.wait(60)
        raise KeyboardInterrupt
        yield

    left: list[threading.Thread] = []
    monkeypatch.setattr(drumbeat.silver.run, where, waits)
    with pytest.raises(KeyboardInterrupt):
        annotate([str(pages)], tmp_path / "out", options, driver_is_ended)
    annotated(tmp_path / "out", pages, shard_bytes=8_000)
    assert content(tmp_path / "out") == wanted
    go.set()
    left[0].join(60)
    assert failed
    assert content(tmp_path / "out") == wanted


def test_a_file_that_is_written_to_meanwhile_is_an_error(tmp_path: Path) -> None:
    path = write_pages(tmp_path / "pages.jsonl", range(30))

    def shrinking(function: Callable[[Shard], Receipt], shards: Sequence[Shard]) -> Iterator[tuple[Shard, Receipt]]:
        yield from here(function, shards[:1])
        os.truncate(path, 100)
        yield from here(function, shards[1:])

    with pytest.raises(IngestError, match=r"pages\.jsonl: was changed while it was being read"):
        annotate([str(path)], tmp_path / "out", FAST, shrinking, shard_bytes=6_000)
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()


def test_a_file_that_was_lost_is_made_again(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(9))
    annotated(tmp_path / "out", tmp_path / "pages.jsonl", shard_bytes=2_000)
    before = content(tmp_path / "out")
    next((tmp_path / "out" / "corpus" / "regions").iterdir()).unlink()
    (tmp_path / "out" / ".run-left" / "0000-x").mkdir(parents=True)
    (tmp_path / "out" / "corpus" / "regions" / "train-ffffffffffffffff-0000.parquet").write_bytes(b"half")
    outcome = annotated(tmp_path / "out", tmp_path / "pages.jsonl", shard_bytes=2_000)
    assert outcome.before == outcome.shards - 1
    assert content(tmp_path / "out") == before


def test_batches_have_the_rows_that_files_have(tmp_path: Path) -> None:
    table = pa.table(
        {"text": [page(number) for number in range(9)] + ["", None], "title": [f"Bridge number {number} opens" for number in range(11)]}
    )
    pq.write_table(table, tmp_path / "pages.parquet")
    annotated(tmp_path / "out", tmp_path / "pages.parquet")
    for config in ROWS:
        made = pa.Table.from_batches(annotate_batches(table.to_batches(max_chunksize=4), config, FAST)).to_pylist()
        told = [row | {"file": ""} if "file" in row else row for row in made]
        wanted = [row | {"file": ""} if "file" in row else row for row in rows(tmp_path / "out", config)]
        assert sorted(told, key=str) == sorted(wanted, key=str) != []
    with pytest.raises(SchemaError, match="no single page"):
        list(annotate_batches([], "relations", FAST))
    with pytest.raises(SuggestError, match="no_such_model"):
        list(annotate_batches(table.to_batches(), "documents", replace(FAST, layers=("quotes",), model="no_such_model")))


def test_a_run_that_ends_while_it_writes_the_last_files_leaves_no_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pages(tmp_path / "pages.jsonl", range(5))
    annotated(tmp_path / "out", tmp_path / "pages.jsonl")
    before = content(tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr("drumbeat.silver.folder.knowledge_base_rows", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            annotated(tmp_path / "out", tmp_path / "pages.jsonl")
    assert not (tmp_path / "out" / "corpus" / "manifest.json").exists()
    annotated(tmp_path / "out", tmp_path / "pages.jsonl")
    assert content(tmp_path / "out") == before


def test_nothing_is_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pages(tmp_path / "pages.jsonl", range(5))
    outcome = annotated(tmp_path / "out", tmp_path / "pages.jsonl")
    shards = plan(find_inputs([str(tmp_path / "pages.jsonl")]), FAST, outcome.annotator)
    monkeypatch.setattr("drumbeat.silver.run.page_rows", None)  # whoever calls it fails
    assert run(shards[0], FAST, tmp_path / "out", tmp_path / "none").pages == 5


def test_a_worker_of_other_versions_refuses_the_work(tmp_path: Path) -> None:
    inputs = find_inputs([str(write_pages(tmp_path / "pages.jsonl", range(5)))])
    with pytest.raises(ScaleError, match="planned with other versions than this worker has"):
        run(plan(inputs, FAST, "drumbeat-0.0.9+rules")[0], FAST, tmp_path / "out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_text_of_parquet_is_text_however_it_is_stored(tmp_path: Path, kind: pa.DataType) -> None:
    texts = pa.array([page(1), page(2), None, page(1)]).cast(kind)
    pq.write_table(pa.table({"text": texts}), tmp_path / "pages.parquet", row_group_size=3)
    outcome = annotated(tmp_path / "out", tmp_path / "pages.parquet")
    assert (outcome.pages, outcome.rejects) == (2, 2)


@pytest.mark.parametrize("what", ["options", "input"])
def test_a_folder_of_other_work_is_left_alone_unless_it_is_to_be_replaced(tmp_path: Path, what: str) -> None:
    write_pages(tmp_path / "pages.jsonl", range(5))
    annotated(tmp_path / "out", tmp_path / "pages.jsonl")
    before = content(tmp_path / "out")
    options = replace(FAST, sample=0.5) if what == "options" else FAST
    if what == "input":
        write_pages(tmp_path / "pages.jsonl", range(6))
    with pytest.raises(BuildError, match=r"holds 1 shard\(s\) of other input, options or versions, one of them of pages\.jsonl"):
        annotated(tmp_path / "out", tmp_path / "pages.jsonl", options=options)
    assert content(tmp_path / "out") == before
    annotated(tmp_path / "out", tmp_path / "pages.jsonl", options=options, replace=True)
    annotated(tmp_path / "new", tmp_path / "pages.jsonl", options=options)
    assert content(tmp_path / "out") == content(tmp_path / "new")


def test_more_input_adds_to_what_is_done(tmp_path: Path) -> None:
    write_pages(tmp_path / "a.jsonl", range(5))
    annotated(tmp_path / "out", tmp_path / "a.jsonl")
    write_pages(tmp_path / "b.jsonl", range(3, 9))
    outcome = annotated(tmp_path / "out", tmp_path / "*.jsonl")
    assert (outcome.before, outcome.shards, outcome.pages, outcome.twice) == (1, 2, 11, 2)


def test_what_is_not_ours_is_not_touched(tmp_path: Path) -> None:
    """Folders may well be called `receipts`, and `corpus`."""
    write_pages(tmp_path / "pages.jsonl", [1])
    for name in ("receipts/taxi.json", "corpus/mine/own.parquet", "README.md"):
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_text("{}")
    before = content(tmp_path / "out")
    with pytest.raises(BuildError, match="holds something else than a silver corpus"):
        annotated(tmp_path / "out", tmp_path / "pages.jsonl", replace=True)
    assert content(tmp_path / "out") == before


def test_two_runs_do_not_work_on_one_folder(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(5))

    def another(function: Callable[[Shard], Receipt], shards: Sequence[Shard]) -> Iterator[tuple[Shard, Receipt]]:
        with pytest.raises(BuildError, match="another run is at work"):
            annotated(tmp_path / "out", tmp_path / "pages.jsonl")
        yield from here(function, shards)

    outcome = annotate([str(tmp_path / "pages.jsonl")], tmp_path / "out", FAST, another)
    assert outcome.pages == 5
    assert annotated(tmp_path / "out", tmp_path / "pages.jsonl").before == 1


def test_a_folder_of_input_may_hold_the_output(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(5))
    annotated(tmp_path / "silver", tmp_path)
    before = content(tmp_path / "silver")
    assert annotated(tmp_path / "silver", tmp_path).before == 1
    assert content(tmp_path / "silver") == before
    with pytest.raises(IngestError, match="no file to read"):
        annotated(tmp_path / "silver", tmp_path / "silver" / "corpus" / "documents")


def test_while_a_shard_is_missing_nothing_passes_for_a_whole_corpus(tmp_path: Path) -> None:
    write_pages(tmp_path / "a.jsonl", range(5))
    annotated(tmp_path / "out", tmp_path / "a.jsonl")
    write_pages(tmp_path / "b.jsonl", range(5, 9))

    def looks(function: Callable[[Shard], Receipt], shards: Sequence[Shard]) -> Iterator[tuple[Shard, Receipt]]:
        assert not SilverFolder(tmp_path / "out").manifest.exists()
        assert not SilverFolder(tmp_path / "out").readme.exists()
        yield from here(function, shards)

    outcome = annotate([str(tmp_path / "*.jsonl")], tmp_path / "out", FAST, looks)
    assert (outcome.before, outcome.pages) == (1, 9)


def test_limit_and_sample(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(60))
    outcome = annotated(tmp_path / "limit", tmp_path / "pages.jsonl", limit=7, shard_bytes=3_000)
    assert outcome.pages == 7
    assert {row["text"] for row in rows(tmp_path / "limit", "documents")} == {page(number) for number in range(7)}
    half = annotated(tmp_path / "half", tmp_path / "pages.jsonl", options=replace(FAST, sample=0.5))
    assert 15 < half.pages < 45
    third = annotated(tmp_path / "third", tmp_path / "pages.jsonl", options=replace(FAST, sample=0.3), shard_bytes=3_000)
    taken = [{row["text"] for row in rows(tmp_path / name, "documents")} for name in ("third", "half")]
    assert taken[0] < taken[1]
    assert third.pages == len(taken[0])


def test_pages_of_the_hub_are_read_where_they_are(tmp_path: Path) -> None:
    write_pages(tmp_path / "lines.jsonl", range(6))
    pq.write_table(pa.table({"text": [page(number) for number in range(6, 12)]}), tmp_path / "table.parquet", row_group_size=2)
    annotated(tmp_path / "here", tmp_path / "lines.jsonl", tmp_path / "table.parquet")
    with Hub(tmp_path / "hub") as hub:
        store = hub.create("org/crawl")
        store.commit("pages", {f"pages/{name}": (tmp_path / name).read_bytes() for name in ("lines.jsonl", "table.parquet")}, [])
        given = [*ANNOTATE, "-o", str(tmp_path / "out"), "--layer", "regions", "--suggester", "rules", "--shard-size", "2000"]
        where = os.environ | {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "home")}
        for said in ("12 page(s)", "were done by an earlier run"):
            done = subprocess.run([*given, "hf://datasets/org/crawl/pages"], env=where, capture_output=True, text=True)
            assert done.returncode == 0 and said in done.stderr
        missing = subprocess.run([*given, "hf://datasets/org/crawl/none.jsonl"], env=where, capture_output=True, text=True)
    assert missing.returncode == 2 and "hf://datasets/org/crawl/none.jsonl: no such file or folder" in missing.stderr
    for config in ROWS:
        assert rows(tmp_path / "out", config) == rows(tmp_path / "here", config)


def test_inputs_are_globs_folders_and_urls(tmp_path: Path) -> None:
    for name in ("in/a.jsonl", "in/deep/b.jsonl", "in/.hidden/c.jsonl", "in/note.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_pages(tmp_path / name, [len(name)])
    (tmp_path / "in" / "[odd].jsonl").write_bytes((tmp_path / "in" / "a.jsonl").read_bytes())
    (tmp_path / "in" / "broken.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "in" / "pipe.jsonl")
    named = [item.name for item in find_inputs([str(tmp_path / "in")])]
    assert named == ["[odd].jsonl", "a.jsonl", "deep/b.jsonl"]
    assert [item.name for item in find_inputs([f"{tmp_path}/in/*/*.jsonl"])] == ["deep/b.jsonl"]
    assert [item.name for item in find_inputs([f"file://{tmp_path}/in/a.jsonl", str(tmp_path / "in" / "a.jsonl")])] == ["a.jsonl"]
    assert [item.name for item in find_inputs([str(tmp_path / "in" / "[odd].jsonl")])] == ["[odd].jsonl"]
    memory = fsspec.filesystem("memory")
    memory.pipe("/crawl/x.jsonl", (tmp_path / "in" / "a.jsonl").read_bytes())
    assert annotated(tmp_path / "out", "memory://crawl/*.jsonl").pages == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing.jsonl", "no such file or folder"),
        ("empty", "no file to read"),
        ("none*.jsonl", "no file to read"),
        ("s4://bucket/x.jsonl", "cannot be reached"),
        ("zip://*.jsonl::file:///pages.zip", "unpack it"),
    ],
)
def test_what_cannot_be_found_is_said(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(IngestError, match=message):
        find_inputs([name if "://" in name else str(tmp_path / name)])


def test_files_that_would_be_called_alike_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_pages(tmp_path / name / "x.jsonl", [1])
    with pytest.raises(IngestError, match=r"would both be called x\.jsonl"):
        find_inputs([str(tmp_path / "a" / "x.jsonl"), str(tmp_path / "b" / "x.jsonl")])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"words": ["a"]}, "has no column of text"),
        ({"text": [1]}, "holds int64, not text"),
    ],
)
def test_parquet_without_text_is_refused_before_anything_is_done(tmp_path: Path, table: dict[str, list[object]], message: str) -> None:
    pq.write_table(pa.table({"text": [page(1)]}), tmp_path / "a.parquet")
    pq.write_table(pa.table(table), tmp_path / "b.parquet")  # schemas may differ, but for the text
    result = command(tmp_path / "*.parquet", "-o", tmp_path / "out", "--layer", "regions")
    assert result.exit_code == 2
    assert "b.parquet" in result.stderr
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [page(1)]}), tmp_path / "a.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:-30])
    result = command(tmp_path / "a.parquet", "-o", tmp_path / "out", "--layer", "regions")
    assert result.exit_code == 2
    assert "a.parquet: not a whole Parquet file" in result.stderr


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(2))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine", encoding="utf-8")
    result = command(tmp_path / "pages.jsonl", "-o", tmp_path / "out", "--layer", "regions")
    assert result.exit_code == 2
    assert "holds something else than a silver corpus" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]
    result = command(tmp_path / "pages.jsonl", "-o", tmp_path / "pages.jsonl", "--layer", "regions")
    assert result.exit_code == 2
    assert "is a file" in result.stderr


def test_workers_beside_a_scheduler_are_refused(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(1))
    given = ("--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2")
    result = command(tmp_path / "pages.jsonl", "-o", tmp_path / "out", *given)
    assert result.exit_code == 2 and "leave one of them out" in result.stderr and not (tmp_path / "out").exists()


def test_an_input_without_a_name_is_not_the_folder_that_one_is_in(tmp_path: Path) -> None:
    result = command("", "-o", tmp_path / "out")
    assert result.exit_code == 2 and "an input has no name" in result.stderr and not (tmp_path / "out").exists()


def test_a_scheduler_without_dask_is_refused(tmp_path: Path) -> None:
    write_pages(tmp_path / "pages.jsonl", range(2))
    result = command(tmp_path / "pages.jsonl", "-o", tmp_path / "out", "--scheduler", "tcp://127.0.0.1:1")
    assert result.exit_code == 2
    assert "add --engine dask" in result.stderr


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_where_the_disk_is_full_nothing_looks_whole(tmp_path: Path) -> None:
    """No file may be larger than 20 kB, which stops writing as a full disk does."""
    chance = random.Random(1)
    words = (f"{chance.random()}" for _ in range(4_000))
    path = tmp_path / "pages.jsonl"
    path.write_text(json.dumps({"text": " ".join(words)}) + "\n", encoding="utf-8")
    arguments = [
        sys.executable,
        "-m",
        "drumbeat",
        "annotate",
        str(path),
        "-o",
        str(tmp_path / "out"),
        "--layer",
        "regions",
        "--workers",
        "1",
    ]
    done = subprocess.run(arguments, capture_output=True, text=True, preexec_fn=_small_files, check=False)
    assert done.returncode == 2, done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert left == [tmp_path / "out" / ".silver"]
    assert "what is done stays" in done.stderr
    assert subprocess.run(arguments, capture_output=True, check=False).returncode == 0
    assert list(validate(Repository(tmp_path / "out"))) == []


def test_the_command_annotates_all_layers(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    write_pages(tmp_path / "pages.jsonl", [1])
    result = command(tmp_path / "pages.jsonl", "-o", tmp_path / "out", "--workers", 1, "--model", "en_core_web_sm")
    assert result.exit_code == 0, result.stderr
    assert "1 page(s)" in result.stderr
    quotes, names, tokens = (rows(tmp_path / "out", config) for config in ("quotes", "entities", "tokens"))
    assert any(row["speaker_name"] == "Lena Ortiz" for row in quotes)
    assert any(row["text"] == "Lena Ortiz" for row in names)
    assert {status for row in (*quotes, *names, *tokens) for status in [row["status"]]} == {labels("status").index("silver")}
    assert list(validate(Repository(tmp_path / "out"))) == []
    assert SilverFolder(tmp_path / "out").built_only
    assert READING.max_bytes == 1_000_000
