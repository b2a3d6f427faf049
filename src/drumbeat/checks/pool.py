"""Work on several processors: the same results in the same order as on one."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from typing import TypeVar

from drumbeat.errors import DrumbeatError

T = TypeVar("T")
R = TypeVar("R")


def results(work: Callable[[T], R], items: Iterable[T], jobs: int, at_a_time: int = 1) -> Iterator[R]:
    """What the work gives for each item, in the order of the items; with more than one of `jobs`, in that many processes.

    Both must be what can be pickled, then; each process is handed so many items `at_a_time`.  Raises DrumbeatError where one is lost.
    """
    if jobs <= 1:
        yield from map(work, items)
        return
    others = set(active_children())
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("forkserver"))
    try:
        yield from pool.map(work, items, chunksize=at_a_time)
    except BrokenProcessPool:
        raise DrumbeatError("a process was ended from outside, perhaps for want of memory; try again with fewer --jobs") from None
    except BaseException:  # whoever stops asking, or was interrupted, waits for nothing more
        for process in set(active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
