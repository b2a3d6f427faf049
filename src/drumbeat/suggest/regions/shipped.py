"""The files of the trained classifier, as they are shipped, and what it is called by, without loading what reads them.

`data/MODEL_CARD.md` says what it was trained on; `drumbeat.suggest.regions.training` trains it.
"""

import hashlib
from functools import cache
from importlib.resources import files

TREES, LEFT_OUT, TABLES = "trees.txt.gz", "left_out.txt.gz", "tables.npz"


def contents() -> tuple[bytes, bytes, bytes]:
    """What is in TREES, LEFT_OUT and TABLES."""
    folder = files("drumbeat.suggest.regions") / "data"
    return (folder / TREES).read_bytes(), (folder / LEFT_OUT).read_bytes(), (folder / TABLES).read_bytes()


@cache
def model_sha256() -> str:
    """A digest of the files."""
    return hashlib.sha256(b"".join(contents())).hexdigest()


def model_version() -> str:
    """What the shipped model is called by: the beginning of its digest."""
    return model_sha256()[:8]
