"""Links over shards: the same bytes as one process gives, whoever is killed meanwhile."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from drumbeat.cli import app
from drumbeat.corpus import read_corpus
from drumbeat.errors import CorpusError, DrumbeatError, ScaleError, SuggestError
from drumbeat.jsonl import read_jsonl, write_jsonl
from drumbeat.model import Entity, to_builtins
from drumbeat.scale import dask
from drumbeat.silver.links import work
from drumbeat.silver.links.run import Outcome, link_corpus
from drumbeat.silver.links.work import Numbered, Records, Sizes, write_records
from drumbeat.suggest.links import quotations, suggest_links
from drumbeat.suggest.links.quotations import Said
from drumbeat.suggest.links.read import from_corpus
from drumbeat.suggest.links.speakers import Speaker
from tests.linkable import Part, Story, write_corpus
from tests.test_scale import PATIENCE, started, wait_until

run = CliRunner().invoke

SMALL = Sizes(bytes=4000, rows=500, pairs=20, compared=10, whole=0)
ENTITIES = [
    Entity(name, "PERSON", name.title(), (), "", body, None, None) for name, body in (("ann", "north"), ("north", None), ("joe", None))
]
SPEAKERS = [Speaker.of(name, None) for name in ("ann", "north", "joe", None)] + [Speaker.of(None, "Ann")]


def here(function: Callable[[Any], None], items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """An engine without processes, that works from the end."""
    for item in reversed(items):
        function(item)
        yield item, None


def sentence(chance: random.Random, words: int) -> str:
    return " ".join(f"w{chance.randrange(400)}" for _ in range(words))


def reworded(text: str, share: float, chance: random.Random) -> str:
    return " ".join(f"new{chance.randrange(10**6)}" if chance.random() < share else word for word in text.split())


def made(chance: random.Random, number: int, pages: int) -> tuple[list[Story], list[Said]]:
    """Stories of which half are copies or rewrites of others, and quotations of which most are wordings of others, or fragments."""
    told = [[sentence(chance, 12) for _ in range(6)] for _ in range(max(1, pages // 2))]
    stories = []
    for at in range(pages):
        lines = list(told[at % len(told)])
        chance.shuffle(lines)
        text = "\n".join(reworded(line, chance.choice((0, 0, 0.1)), chance) for line in lines)
        published = chance.choice((None, "2024-01-01", "2024-01-02"))
        stories.append(Story(f"p{at:05}", text, published, chance.random() < 0.8))
    said = [sentence(chance, chance.randint(5, 20)) for _ in range(max(1, number // 4))]
    found = []
    for at in range(number):
        text = reworded(chance.choice(said), chance.choice((0, 0, 0.1, 0.3)), chance)
        words = text.split()
        if chance.random() < 0.2:
            text = " ".join(words[1 : 1 + chance.randint(0, 4)])
        parent = f"q{at - 1}" if chance.random() < 0.1 else None
        found.append(Said(f"p{chance.randrange(pages):05}", f"q{at}", "direct", text, chance.choice(SPEAKERS), parent))
    return stories, found


def in_parts(chance: random.Random, stories: Sequence[Story], said: Sequence[Said], number: int) -> dict[str, Part]:
    """Each page in one of so many parts with what is said on it; one page in ten in a second part too."""
    parts: dict[str, tuple[list[Story], list[Said]]] = {f"{name:05}": ([], []) for name in range(number)}
    for story in stories:
        own = [item for item in said if item.document_id == story.document_id]
        for name in chance.sample(sorted(parts), min(number, 1 + (chance.random() < 0.1))):
            parts[name][0].append(story)
            parts[name][1].extend(own)
    for of_part in parts.values():
        chance.shuffle(of_part[0])
        chance.shuffle(of_part[1])
    return dict(parts)


def by_one_process(corpus: Path, output: Path) -> bytes:
    found = from_corpus(read_corpus(corpus))
    write_jsonl(output, map(to_builtins, suggest_links(found.pages, found.quotations, found.knowledge_base)))
    return output.read_bytes()


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 4), st.integers(0, 60), st.integers(1, 20), st.booleans())
def test_parts_and_buckets_give_the_bytes_of_one_process(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, parts: int, number: int, pages: int, banded: bool
) -> None:
    """Whatever the parts, buckets and their order; with bands, and with all pairs where wordings are few."""
    folder = tmp_path_factory.mktemp("links")
    corpus = write_corpus(folder / "corpus", in_parts(chance, *made(chance, number, pages), parts), ENTITIES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotations, "WHOLE", 0 if banded else 10**6)
        wanted = by_one_process(corpus, folder / "one.jsonl")
        outcome = link_corpus(read_corpus(corpus), folder / "other.jsonl", here, sizes=replace(SMALL, whole=quotations.WHOLE))
    assert (folder / "other.jsonl").read_bytes() == wanted
    found = from_corpus(read_corpus(corpus))
    counts = outcome.counts
    assert (counts.pages, counts.quotations) == (len(found.pages), len(found.quotations)) == (pages, number)
    assert counts.bare == sum(not page.regions for page in found.pages)
    assert sorted(path.name for path in folder.iterdir()) == ["corpus", "one.jsonl", "other.jsonl"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of so many wordings that they are found by their bands."""
    chance = random.Random(1)
    stories, said = made(chance, 5000, 300)
    folder = write_corpus(tmp_path_factory.mktemp("corpus") / "corpus", in_parts(chance, stories, said, 5), ENTITIES)
    assert len(quotations.wordings(from_corpus(read_corpus(folder)).quotations)) > quotations.WHOLE
    return folder


@pytest.fixture(scope="module")
def wanted(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    found = by_one_process(corpus, tmp_path_factory.mktemp("wanted") / "links.jsonl")
    assert found.count(b'"cluster"') > 100 and found.count(b'"relation"') > 100
    return found


def links(*arguments: object) -> Result:
    return run(app, ["links", *map(str, arguments)])


def test_the_command_gives_the_same_bytes_with_any_engine_and_says_the_same(corpus: Path, wanted: bytes, tmp_path: Path) -> None:
    one, other, local = (tmp_path / f"{name}.jsonl" for name in ("one", "other", "local"))
    results = [links(corpus, "-o", one), links(corpus, "-o", other, "--workers", 2), links(corpus, "-o", local, "--engine", "local")]
    assert [result.exit_code for result in results] == [0, 0, 0], [result.stderr for result in results]
    assert one.read_bytes() == other.read_bytes() == local.read_bytes() == wanted
    assert len({result.stderr.replace(f"{name}.jsonl", "") for result, name in zip(results, ("one", "other", "local"), strict=True)}) == 1
    assert len(list(tmp_path.iterdir())) == 3


def test_dask_gives_the_same_bytes(corpus: Path, wanted: bytes, tmp_path: Path) -> None:
    with dask(None, 2) as engine:
        link_corpus(read_corpus(corpus), tmp_path / "links.jsonl", engine)
    assert (tmp_path / "links.jsonl").read_bytes() == wanted


def test_the_links_of_this_checkout_are_the_same_with_workers(tmp_path: Path) -> None:
    corpus = Path(__file__).parents[1] / "corpus"
    assert (
        links(corpus, "-o", tmp_path / "one.jsonl").exit_code == links(corpus, "-o", tmp_path / "two.jsonl", "--workers", 1).exit_code == 0
    )
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


# --- Cut short


class StoppedError(Exception):
    """What ends a run."""


def until(most: int) -> Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[Any, Any]]]:
    """An engine that does so many tasks and breaks off."""
    done = 0

    def engine(function: Callable[[Any], None], items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        nonlocal done
        for item in items:
            if done == most:
                raise StoppedError
            done += 1
            function(item)
            yield item, None

    return engine


def test_a_run_that_was_cut_short_goes_on_wherever_that_was(tmp_path: Path) -> None:
    chance = random.Random(2)
    corpus = write_corpus(tmp_path / "corpus", in_parts(chance, *made(chance, 60, 12), 3), ENTITIES)
    output = tmp_path / "links.jsonl"
    link_corpus(read_corpus(corpus), output, here, sizes=SMALL)
    wanted, number = output.read_bytes(), 0
    output.unlink()
    while True:
        try:
            outcome = link_corpus(read_corpus(corpus), output, until(3), sizes=SMALL)
        except StoppedError:
            number += 1
            assert not output.exists()
        else:
            break
    assert number > 4 and outcome.before >= 3 * number
    assert output.read_bytes() == wanted and not (tmp_path / "links.jsonl.work").exists()


def command(corpus: Path, output: Path) -> list[str]:
    return [sys.executable, "-m", "drumbeat", "links", str(corpus), "-o", str(output), "--workers", "2"]


def tasks_done(output: Path) -> int:
    return sum(not path.name.startswith(".") for path in output.with_name(f"{output.name}.work").glob("*/*/*"))


def workers_of(run: subprocess.Popen[str]) -> list[int]:
    """The processes that do tasks: those below the one that starts them."""
    import psutil

    found = [child for child in psutil.Process(run.pid).children() for child in child.children()]
    return [child.pid for child in found]


def test_a_worker_is_killed(corpus: Path, wanted: bytes, tmp_path: Path) -> None:
    output = tmp_path / "links.jsonl"
    run = started(command(corpus, output))
    wait_until(lambda: tasks_done(output) >= 1 and bool(workers_of(run)), run)
    os.kill(workers_of(run)[0], signal.SIGKILL)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert output.read_bytes() == wanted


def test_the_driver_is_killed_and_the_command_given_again(corpus: Path, wanted: bytes, tmp_path: Path) -> None:
    output = tmp_path / "links.jsonl"
    run = started(command(corpus, output))
    wait_until(lambda: any(output.with_name("links.jsonl.work").glob("*/2-sorted")), run)
    run.kill()
    run.communicate()
    assert not output.exists()
    again = subprocess.run(command(corpus, output), capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert "were done by an earlier run" in again.stderr
    assert output.read_bytes() == wanted
    assert list(tmp_path.iterdir()) == [output]


def test_a_worker_that_outlives_its_run_changes_nothing(tmp_path: Path) -> None:
    """On a cluster: the driver was ended, its work removed, and its worker still has a task while another corpus is linked, and after."""
    output, work_folder = tmp_path / "links.jsonl", tmp_path / "links.jsonl.work"
    corpus = write_corpus(tmp_path / "corpus", {"0": ([Story("a", TEXT), Story("b", TEXT)], [])})
    other = write_corpus(tmp_path / "other", {"0": ([Story("a", TEXT)], [])})
    left: list[Callable[[], None]] = []

    def driver_is_ended(function: Callable[[Any], None], items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        left.append(lambda: function(items[0]))
        raise StoppedError
        yield

    def beside_the_left(function: Callable[[Any], None], items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        with pytest.raises(FileNotFoundError):
            left[0]()
        yield from here(function, items)

    with pytest.raises(StoppedError):
        link_corpus(read_corpus(corpus), output, driver_is_ended)
    shutil.rmtree(work_folder)
    link_corpus(read_corpus(other), output, beside_the_left)
    assert output.read_bytes() == by_one_process(other, tmp_path / "wanted.jsonl") == b""
    with pytest.raises(FileNotFoundError):
        left[0]()
    assert not work_folder.exists()


# --- Pages in several parts, and bad input


def both(corpus: Path, folder: Path) -> list[Outcome | bytes | DrumbeatError]:
    """What one process and tasks give or say."""
    found: list[Outcome | bytes | DrumbeatError] = []
    for way in (lambda: by_one_process(corpus, folder / "one.jsonl"), lambda: link_corpus(read_corpus(corpus), folder / "two.jsonl", here)):
        try:
            found.append(way())
        except DrumbeatError as error:
            found.append(error)
    return found


TEXT = sentence(random.Random(3), 60)
SAID = sentence(random.Random(4), 12)


def test_of_a_page_in_two_parts_the_first_counts(tmp_path: Path) -> None:
    first = (
        [Story("a", TEXT, "2024-01-02"), Story("b", TEXT)],
        [Said("a", "q1", "direct", SAID, SPEAKERS[0]), Said("b", "q1", "direct", SAID, SPEAKERS[0])],
    )
    again = [Story("a", TEXT, "2024-01-09", regions=False)], [Said("a", "q9", "direct", SAID, SPEAKERS[0])]
    corpus = write_corpus(tmp_path / "corpus", {"00001": again, "00000": first}, ENTITIES)
    wanted = by_one_process(corpus, tmp_path / "one.jsonl")
    outcome = link_corpus(read_corpus(corpus), tmp_path / "two.jsonl", here)
    assert (tmp_path / "two.jsonl").read_bytes() == wanted
    assert (outcome.counts.pages, outcome.counts.bare, outcome.counts.quotations) == (2, 0, 2)
    (_, (_, cluster)) = read_jsonl(tmp_path / "one.jsonl")
    assert [member["quote_id"] for member in cluster["members"]] == ["q1", "q1"]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"0": ([Story("a", TEXT)], []), "1": ([Story("a", TEXT + " more")], [])}, "document a stands twice in documents, with two texts"),
        ({"0": ([Story("a", TEXT), Story("b", TEXT), Story("a", TEXT)], [])}, "document a stands twice in documents/train-0.parquet"),
    ],
)
def test_a_page_with_two_texts_or_twice_in_one_file_is_refused(parts: Mapping[str, Part], says: str, tmp_path: Path) -> None:
    for error in both(write_corpus(tmp_path / "corpus", parts), tmp_path):
        assert isinstance(error, SuggestError) and says in str(error)
    assert not (tmp_path / "one.jsonl").exists() and not (tmp_path / "two.jsonl").exists()


def test_a_corpus_without_regions_or_quotations_is_linked_by_what_there_is(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"0": ([Story("a", TEXT), Story("b", TEXT)], [])}, leave_out=["regions", "quotes"])
    one, two = both(corpus, tmp_path)
    assert isinstance(two, Outcome) and two.counts.bare == 2 and len(two.links) == 1
    assert (tmp_path / "two.jsonl").read_bytes() == one


def test_a_corpus_without_pages_has_no_links(tmp_path: Path) -> None:
    one, _ = both(write_corpus(tmp_path / "corpus", {"0": ([], [])}), tmp_path)
    assert one == b"" == (tmp_path / "two.jsonl").read_bytes()


def test_a_corpus_without_documents_or_words_is_refused(tmp_path: Path) -> None:
    pages: list[dict[str, Part]] = [{"0": ([Story("a", text, regions=False)], [])} for text in (TEXT, None)]
    for error in both(write_corpus(tmp_path / "one", pages[0], leave_out=["documents"]), tmp_path):
        assert isinstance(error, SuggestError) and "lists no documents" in str(error)
    for error in both(write_corpus(tmp_path / "two", pages[1]), tmp_path):
        assert isinstance(error, SuggestError) and "hydrate" in str(error)


def test_parts_that_do_not_match_are_for_one_process(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"0": ([Story("a", TEXT)], []), "1": ([Story("b", TEXT)], [])})
    manifest = json.loads((corpus / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] = [file for file in manifest["files"] if file["path"] != "documents/train-1.parquet"]
    (corpus / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    one, two = both(corpus, tmp_path)
    assert isinstance(one, bytes) and isinstance(two, CorpusError) and "leave --workers and --engine out" in str(two)


def test_the_work_of_another_corpus_or_something_else_is_not_touched(corpus: Path, tmp_path: Path) -> None:
    other = write_corpus(tmp_path / "corpus", {"0": ([Story("a", TEXT)], [])})
    output, folder = tmp_path / "links.jsonl", tmp_path / "links.jsonl.work"
    with pytest.raises(StoppedError):
        link_corpus(read_corpus(other), output, until(1))
    before = sorted(folder.rglob("*"))
    with pytest.raises(ScaleError, match="another corpus or version"):
        link_corpus(read_corpus(corpus), output, here)
    assert sorted(folder.rglob("*")) == before
    (folder / "plan.json").unlink()
    with pytest.raises(ScaleError, match="holds something else"):
        link_corpus(read_corpus(other), output, here)
    (tmp_path / "more.jsonl.work").write_text("mine", encoding="utf-8")
    with pytest.raises(ScaleError, match="is a file"):
        link_corpus(read_corpus(other), tmp_path / "more.jsonl", here)


def test_two_runs_do_not_work_on_one_folder(corpus: Path, wanted: bytes, tmp_path: Path) -> None:
    output = tmp_path / "links.jsonl"

    def another(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        with pytest.raises(ScaleError, match="another run is at work"):
            link_corpus(read_corpus(corpus), output, here)
        yield from here(function, items)

    link_corpus(read_corpus(corpus), output, another)
    assert output.read_bytes() == wanted
    assert not output.with_name("links.jsonl.work").exists()


def test_engines_are_for_a_corpus_and_a_scheduler_for_dask(corpus: Path, tmp_path: Path) -> None:
    output = tmp_path / "links.jsonl"
    result = links(Path(__file__).parents[1], "-o", output, "--workers", 2)
    assert result.exit_code == 2 and "built or silver corpus" in result.stderr
    result = links(corpus, "-o", output, "--scheduler", "tcp://127.0.0.1:1")
    assert result.exit_code == 2 and "--engine dask" in result.stderr
    result = links(corpus, "-o", tmp_path, "--workers", 2)
    assert result.exit_code == 2 and "is no file" in result.stderr
    result = links(corpus, "-o", corpus / "links.jsonl", "--workers", 2)
    assert result.exit_code == 2 and "another name" in result.stderr
    assert not list(tmp_path.iterdir())


# --- Files


@given(st.lists(st.lists(st.text(max_size=5), max_size=5), max_size=4))
def test_records_come_back_by_their_numbers(tmp_path_factory: pytest.TempPathFactory, files: list[list[str]]) -> None:
    folder = tmp_path_factory.mktemp("records")
    paths = [folder / str(number) for number in range(len(files))]
    for path, records in zip(paths, files, strict=True):
        write_records(path, records)
    every = Numbered[str](paths, str, work.offsets(paths))
    flat = [record for records in files for record in records]
    assert list(every) == flat
    assert list(every.at(range(0, len(flat), 2))) == flat[::2]
    for path, records in zip(paths, files, strict=True):
        write_records(path, sorted(records))
        found = Records[str](path, str)
        assert list(found) == sorted(records)
        assert list(found.range("b", "d", str)) == [record for record in sorted(records) if "b" <= record < "d"]
