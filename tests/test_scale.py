"""Engines: what they map comes out once, whoever is killed meanwhile."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from drumbeat.checks import validate
from drumbeat.errors import ScaleError
from drumbeat.repository import Repository
from drumbeat.scale import ATTEMPTS, dask, on_processes
from tests.silver import content, write_pages

PAGES, SHARD = 600, 15_000
PATIENCE = 60  # seconds until something that should happen has failed to


def double(item: int) -> int:
    return 2 * item


def fail(item: int) -> int:
    if item == 3:
        raise ValueError("three")
    return item


def die(item: int, counts: str) -> int:
    """Kills its own worker at 3, always, and at 5 the first time."""
    with Path(counts).open("a", encoding="utf-8") as file:
        file.write(f"{item}\n")
    times = Path(counts).read_text(encoding="utf-8").split().count(str(item))
    if item == 3 or (item == 5 and times == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def end_or_fail(item: int, ended: str) -> None:
    """Fails at 0; any other takes its time and then leaves a trace."""
    if item == 0:
        time.sleep(0.5)
        raise ValueError("zero")
    time.sleep(3)
    Path(ended).touch()


@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_comes_out_once(workers: int) -> None:
    assert sorted(on_processes(double, range(7), workers)) == [(item, 2 * item) for item in range(7)]
    assert list(on_processes(double, [], workers)) == []


def test_what_the_function_raises_comes_through() -> None:
    with pytest.raises(ValueError, match="three"):
        list(on_processes(fail, range(6), 2))


def test_workers_are_not_waited_for_when_one_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="zero"):
        list(on_processes(partial(end_or_fail, ended=str(tmp_path / "ended")), range(2), 2))
    assert multiprocessing.active_children() == []
    assert not (tmp_path / "ended").exists()


def test_an_item_that_kills_its_worker_is_named_when_all_others_are_done(tmp_path: Path) -> None:
    found = []
    with pytest.raises(ScaleError, match=rf"1 part\(s\) of the input ended their worker {ATTEMPTS} times.* the first is 3; all others"):
        for item, _ in on_processes(partial(die, counts=str(tmp_path / "counts")), range(8), 2):
            found.append(item)
    assert sorted(found) == [0, 1, 2, 4, 5, 6, 7]


def test_two_clusters_are_not_in_each_others_way() -> None:
    with dask(None, 1) as one, dask(None, 1) as other:  # a warning, of a port that is taken, would be an error
        assert list(one(double, [1])) == list(other(double, [1])) == [(1, 2)]


def test_no_scheduler_is_a_clear_error() -> None:
    with pytest.raises(ScaleError, match="no scheduler answers"):
        dask("tcp://127.0.0.1:1", 1).__enter__()


def command(pages: Path, out: Path, *more: str) -> list[str]:
    options = ["--layer", "regions", "--suggester", "rules", "--shard-size", str(SHARD)]
    workers = [] if "--scheduler" in more else ["--workers", "2"]
    return [sys.executable, "-m", "drumbeat", "annotate", str(pages), "-o", str(out), *options, *workers, *more]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pages(tmp_path_factory.mktemp("in") / "pages.jsonl", range(PAGES))


@pytest.fixture(scope="module")
def wanted(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a run gives that nobody disturbs: the local engine's."""
    out = tmp_path_factory.mktemp("wanted") / "out"
    subprocess.run(command(pages, out), check=True, capture_output=True)
    assert len(list((out / "receipts").iterdir())) > 30
    assert list(validate(Repository(out))) == []
    return content(out)


def wait_until(happened: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert run.poll() is None, f"ended before it was disturbed: {run.communicate()}"
        assert time.monotonic() < end
        time.sleep(0.005)


def some_are_done(out: Path) -> bool:
    return len(list((out / "receipts").glob("*.json"))) >= 2


def working(out: Path) -> set[int]:
    """The processes that hold a file of a shard open, which is in a staging folder until it is whole."""
    found = set()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(str(out / ".run-") in file.path and "/shared-" not in file.path for file in process.open_files()):
                found.add(process.pid)
    return found


def kill_a_worker(out: Path, run: subprocess.Popen[str]) -> None:
    """In the middle of a shard."""
    wait_until(lambda: some_are_done(out) and bool(working(out)), run)
    while not (victims := working(out)):
        assert run.poll() is None
    os.kill(victims.pop(), signal.SIGKILL)


def started(arguments: list[str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True, start_new_session=True, preexec_fn=_hear_ctrl_c)


def _hear_ctrl_c() -> None:
    """Tests that run in the background of a shell are started deaf to it, and so would be what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_local_a_worker_is_killed(pages: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    run = started(command(pages, tmp_path / "out"))
    kill_a_worker(tmp_path / "out", run)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, said
    assert content(tmp_path / "out") == wanted


def test_local_the_driver_is_killed_and_the_command_given_again(pages: Path, wanted: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    run = started(command(pages, out))
    wait_until(lambda: some_are_done(out) and bool(working(out)), run)
    run.kill()
    run.communicate()
    assert not (out / "corpus" / "manifest.json").exists()
    again = subprocess.run(command(pages, out), capture_output=True, text=True, check=True)
    assert "were done by an earlier run" in again.stderr
    assert content(out) == wanted
    assert not working(out)  # workers do not outlive their driver


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_ctrl_c_and_sigterm_end_it(pages: Path, tmp_path: Path, engine: str, sent: signal.Signals, status: int) -> None:
    out = tmp_path / "out"
    run = started(command(pages, out, "--engine", engine))
    wait_until(lambda: some_are_done(out) and bool(working(out)), run)
    os.killpg(run.pid, sent) if sent == signal.SIGINT else run.send_signal(sent)  # a terminal sends Ctrl-C to all
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == status
    assert "KeyboardInterrupt" not in said
    assert not working(out)
    assert not (out / "corpus" / "manifest.json").exists()


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two workers, each a process of its own, on this machine; the scheduler's address."""
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    file = folder / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    ran = [subprocess.Popen([*dask, "scheduler", *local, "--port", "0", "--scheduler-file", str(file)], **quiet)]  # type: ignore[call-overload]
    try:
        end = time.monotonic() + PATIENCE
        while not (file.is_file() and file.read_text(encoding="utf-8").endswith("}")):
            assert time.monotonic() < end
            time.sleep(0.05)
        worker = [*dask, "worker", "--scheduler-file", str(file), *local, "--nthreads", "1", "--local-directory", str(folder)]
        ran += [subprocess.Popen(worker, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        yield _address(file)
    finally:
        for process in ran:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.kill()
            process.wait()
            for child in children:
                with suppress(psutil.Error):
                    child.kill()


def _address(file: Path) -> str:
    import json

    return str(json.loads(file.read_text(encoding="utf-8"))["address"])


def test_dask_a_worker_is_killed_then_the_driver_and_the_command_is_given_again(
    pages: Path, wanted: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with cluster(tmp_path) as scheduler:
        arguments = command(pages, out, "--engine", "dask", "--scheduler", scheduler)
        run = started(arguments)
        kill_a_worker(out, run)
        done = len(list((out / "receipts").glob("*.json")))
        wait_until(lambda: len(list((out / "receipts").glob("*.json"))) > done + 2, run)
        run.kill()
        run.communicate()
        assert not (out / "corpus" / "manifest.json").exists()
        again = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=PATIENCE)
        assert "were done by an earlier run" in again.stderr
        assert content(out) == wanted


def test_dask_loses_its_scheduler(pages: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with cluster(tmp_path) as scheduler:
        run = started(command(pages, out, "--engine", "dask", "--scheduler", scheduler))
        wait_until(lambda: some_are_done(out), run)
    _, said = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2
    assert "run the command again" in said.splitlines()[-1]  # after what Dask itself logs


def test_dask_starts_a_cluster_of_its_own(wanted: dict[str, bytes], pages: Path, tmp_path: Path) -> None:
    subprocess.run(command(pages, tmp_path / "out", "--engine", "dask"), check=True, capture_output=True, timeout=PATIENCE)
    assert content(tmp_path / "out") == wanted
