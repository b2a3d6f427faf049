"""Engines: a function mapped over items, on processes of this machine or on a Dask cluster; the only module that knows them.

The function must be harmless to repeat (`drumbeat.silver.run.run` is): engines call it at least once an item, and more often where a
worker is lost.  It and the items must be what pickle takes.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import wait as wait_for
from typing import Any, TypeVar

from drumbeat.errors import ScaleError

T = TypeVar("T")
R = TypeVar("R")

Engine = Callable[[Callable[[Any], Any], Sequence[Any]], Iterator[tuple[Any, Any]]]
"""An engine, its workers given: a function and items -> each item with what the function gave, as they come."""

ATTEMPTS = 3  # before an item counts as what kills its workers
_LEAN = {
    "distributed.worker.profile.enabled": False,  # samples the work every 10 ms for a dashboard that is not there: a tenth of its time
    "distributed.scheduler.worker-saturation": 1.0,  # no worker holds an item that another could be at: items take seconds
    "distributed.admin.tick.interval": "1s",  # these three wake each worker dozens of times a second: a thirtieth of its time
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.worker.memory.monitor-interval": "500ms",
}


def in_order(function: Callable[[T], R], items: Iterable[T], workers: int, at_a_time: int = 1) -> Iterator[R]:
    """What the function gives for each item, in the order of the items: here, or with more than one of `workers` in that many processes.

    Each is handed so many items `at_a_time`.  Whatever ends the work early, an error or Ctrl-C, ends the workers at once.  Raises
    ScaleError where one is lost, and whatever the function raises.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    with _pool(workers) as pool, _ended_early():
        try:
            yield from pool.map(function, items, chunksize=at_a_time)
        except BrokenProcessPool:
            raise ScaleError("a process was ended from outside, perhaps for want of memory; try again with fewer processes") from None


def on_processes(function: Callable[[T], R], items: Sequence[T], workers: int) -> Iterator[tuple[T, R]]:
    """Each item with what the function gave, as they come, from a pool of processes.

    A worker that is killed takes the pool with it (of `concurrent.futures`; `multiprocessing.Pool` would wait for it for ever).  Then there
    is a new pool, and what was being worked on is tried again one at a time, so that an item that kills its worker shows itself.
    Whatever ends the work early, an error or Ctrl-C, ends the workers at once.

    Raises ScaleError where one did so ATTEMPTS times, once all others are done, and whatever the function raises.
    """
    waiting = dict(enumerate(items))
    deadly: list[T] = []
    while waiting:
        for index in (yield from _run(function, waiting, workers)):
            alone = {index: waiting.pop(index)}
            for _ in range(ATTEMPTS):
                yield from _run(function, alone, 1)
            deadly += alone.values()
    if deadly:
        raise ScaleError(
            f"{len(deadly)} part(s) of the input ended their worker {ATTEMPTS} times, as happens where memory is short; the first is "
            f"{deadly[0]}; all others are done: run the command again with fewer workers, or without that file"
        )


def _run(function: Callable[[T], R], waiting: dict[int, T], workers: int) -> Generator[tuple[T, R], None, list[int]]:
    """Work until nothing waits any more, or the pool breaks; then what was being worked on is returned."""
    if not waiting:
        return []
    todo = list(waiting)[::-1]
    running: dict[Future[R], int] = {}
    with _pool(min(workers, len(waiting)), getattr(function, "func", function).__module__) as pool, _ended_early():
        try:
            while todo or running:
                while todo and len(running) < workers:
                    index = todo.pop()
                    running[pool.submit(function, waiting[index])] = index
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    yield waiting.pop(running.pop(future)), result
        except BrokenProcessPool:
            return list(running.values())
    return []


def _pool(workers: int, module: str | None = None) -> ProcessPoolExecutor:
    """Processes that end with this one; each has the `module` at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module] if module else [])
    with _deaf_to_ctrl_c():
        forkserver.ensure_running()  # which starts all workers
    return ProcessPoolExecutor(workers, context, _outlive_nobody)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches all processes of a terminal, but is for this one alone: those that are started within inherit that it is blocked."""
    resource_tracker.ensure_running()  # which would unblock it later
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _ended_early() -> Iterator[None]:
    """Ends the workers that are started within where something is raised, since a pool waits for what they are at."""
    others = set(multiprocessing.active_children())
    try:
        yield
    except BaseException:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise


def _outlive_nobody() -> None:
    """Ends a worker whose parent was killed, which would wait for work for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait_for([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def dask(scheduler: str | None, workers: int) -> Iterator[Engine]:
    """An engine on the Dask cluster whose scheduler has that address, or on one of this machine that is started with so many workers.

    All workers must see the same files.  A cluster that is started here is `_LEAN`.  Raises ScaleError where Dask is not installed or the
    scheduler is not reached; so does the engine where an item ended its workers more often than Dask allows, or the scheduler is lost,
    beside whatever the function raises.
    """
    distributed = _distributed()
    from dask import config

    # An HTTP server there is without a dashboard too: on any free port, since each cluster would else want the same one.
    own = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}
    cluster: dict[str, Any] = {"address": scheduler} if scheduler else own
    try:
        with _deaf_to_ctrl_c(), config.set({} if scheduler else _LEAN):
            client = distributed.Client(**cluster, timeout="30s")
    except (OSError, ValueError) as error:  # a timeout is an OSError
        raise ScaleError(f"{scheduler or 'Dask'}: no scheduler answers ({error}); start one with: dask scheduler") from None
    with client:
        yield partial(_on_client, client)


def _on_client(client: Any, function: Callable[[T], R], items: Sequence[T]) -> Iterator[tuple[T, R]]:
    distributed = _distributed()
    futures = client.map(function, items, retries=ATTEMPTS, pure=False)
    of = {future.key: item for future, item in zip(futures, items, strict=True)}
    try:
        for future in distributed.as_completed(futures):
            yield of[future.key], future.result()
    except distributed.scheduler.KilledWorker as error:
        raise ScaleError(
            f"a part of the input ended its workers again and again: {error}; give them more memory, and run it again"
        ) from None
    except distributed.CancelledError as error:
        raise ScaleError(f"the cluster gave up the work: {error}; see to its scheduler, and run the command again") from None
    finally:
        with suppress(OSError):  # where the scheduler is gone, so is the work
            client.cancel(futures)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ScaleError("the engine dask is an extra: pip install 'drumbeat[cluster]'") from None
    return distributed
