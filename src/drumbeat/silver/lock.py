"""A file that one process has to itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drumbeat.errors import DrumbeatError


@contextmanager
def locked(path: Path, taken: DrumbeatError) -> Iterator[None]:
    """Within, this process has the file to itself, which it makes where it is not there; the lock ends with the process, however that ends.

    A file system that knows no locks grants every one.  Raises `taken` where another process has it.
    """
    with path.open("ab") as file:
        if not _is_granted(file.fileno()):
            raise taken
        yield


def _is_granted(handle: int) -> bool:
    try:
        import fcntl  # only where there is POSIX
    except ImportError:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass  # there are no locks on this file system
    return True
