"""The trained line classifier, as it is shipped: evidence of words, trees, weights of roles.  The only module with LightGBM.

`data/MODEL_CARD.md` says what it was trained on; `drumbeat.suggest.regions.training` trains it.
"""

import gzip
import hashlib
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import lightgbm
import numpy as np

from drumbeat.suggest.regions.evidence import STEPS, Evidence
from drumbeat.suggest.regions.features import Lines, measure
from drumbeat.suggest.regions.page import Floats, read
from drumbeat.suggest.regions.roles import Roles

TREES, TABLES = "trees.txt.gz", "tables.npz"


@dataclass(frozen=True, slots=True)
class Classifier:
    """What tells a line's kind and role."""

    evidence: Evidence
    trees: Any
    roles: Roles

    def boilerplate(self, lines: Lines) -> Floats:
        """How likely each line is boilerplate, 0 to 1."""
        if not len(lines.page):
            return np.zeros(0, dtype=np.float32)
        return np.asarray(self.trees.predict(lines.matrix, num_threads=1), dtype=np.float32)

    def lines(self, text: str) -> tuple[Lines, Floats, Floats]:
        """A page's lines, how likely each is boilerplate, and the log odds of its roles."""
        lines = measure(read(text), self.evidence)
        likely = self.boilerplate(lines)
        return lines, likely, self.roles.odds(lines, likely) if len(likely) else np.zeros((0, 0), dtype=np.float32)


def _data(name: str) -> bytes:
    return (files("drumbeat.suggest.regions") / "data" / name).read_bytes()


@cache
def model_sha256() -> str:
    """A digest of the model's files: what it is called by."""
    return hashlib.sha256(_data(TREES) + _data(TABLES)).hexdigest()


@cache
def classifier() -> Classifier:
    """The shipped model, read once."""
    return from_files(_data(TREES), _data(TABLES))


def from_files(trees: bytes, tables: bytes) -> Classifier:
    """A model from the contents of its files."""
    with np.load(io.BytesIO(tables)) as found:
        evidence = Evidence.of(np.cumsum(found["gaps"], dtype=np.uint32), found["odds"].astype(np.float32) / STEPS)
        words = found["words"].astype(np.float32) * found["words_scale"]
        roles = Roles(words, found["measures"], found["mean"], found["spread"])
    booster = lightgbm.Booster(model_str=gzip.decompress(trees).decode())
    return Classifier(evidence, booster, roles)


def to_files(evidence: Evidence, booster: Any, roles: Roles) -> tuple[bytes, bytes]:
    """The contents of a model's files, the same for the same model."""
    scale = np.float32(np.abs(roles.words).max() / 127)
    tables = io.BytesIO()
    np.savez_compressed(
        tables,
        gaps=np.diff(evidence.keys, prepend=np.uint32(0)),
        odds=np.clip(np.rint(evidence.odds * STEPS), -127, 127).astype(np.int8),
        words=np.rint(roles.words / scale).astype(np.int8),
        words_scale=scale,
        measures=roles.measures.astype(np.float32),
        mean=roles.mean.astype(np.float32),
        spread=roles.spread.astype(np.float32),
    )
    return gzip.compress(booster.model_to_string().encode(), mtime=0), tables.getvalue()


def fit(matrix: Floats, boilerplate: Floats, weight: Floats) -> Any:
    """Train the trees; the same every time."""
    settings = {
        **{"objective": "binary", "learning_rate": 0.12, "num_leaves": 15, "min_data_in_leaf": 40, "feature_fraction": 0.3},
        **{"bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63, "seed": 1, "num_threads": 1},
        **{"deterministic": True, "force_row_wise": True, "verbose": -1},
    }
    return lightgbm.train(settings, lightgbm.Dataset(matrix, boilerplate, weight=weight / weight.mean()), 100)
