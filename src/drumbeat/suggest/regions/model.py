"""The trained line classifier: evidence of words, trees, weights of roles.  The only module with LightGBM."""

import gzip
import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import lightgbm
import numpy as np

from drumbeat.suggest.regions.evidence import STEPS, Evidence
from drumbeat.suggest.regions.features import Lines, measure
from drumbeat.suggest.regions.page import Floats, read
from drumbeat.suggest.regions.roles import Roles
from drumbeat.suggest.regions.shipped import contents


@dataclass(frozen=True, slots=True)
class Classifier:
    """What tells a line's kind and role: `trees` whether it is boilerplate, `left_out` whether public sets leave it out as title, byline
    and so on.
    """

    evidence: Evidence
    trees: Any
    left_out: Any
    roles: Roles

    def told(self, text: str) -> "Told":
        """What the models say of a page's lines."""
        lines = measure(read(text), self.evidence)
        if not len(lines.page):
            nothing = np.zeros(0, dtype=np.float32)
            return Told(lines, nothing, nothing, nothing[:, None])
        boilerplate = chances(self.trees, lines)
        return Told(lines, boilerplate, chances(self.left_out, lines), self.roles.odds(lines, boilerplate))


@dataclass(frozen=True, slots=True)
class Told:
    """Of a page's lines: how likely each is boilerplate, how likely public sets leave it out, and the log odds of its roles."""

    lines: Lines
    boilerplate: Floats
    left_out: Floats
    odds: Floats


def chances(trees: Any, lines: Lines) -> Floats:
    """What trees say of each line, 0 to 1."""
    return np.asarray(trees.predict(lines.matrix, num_threads=1), dtype=np.float32)


@cache
def classifier() -> Classifier:
    """The shipped model, read once."""
    return from_files(*contents())


def from_files(trees: bytes, left_out: bytes, tables: bytes) -> Classifier:
    """A model from the contents of its files."""
    with np.load(io.BytesIO(tables)) as found:
        evidence = Evidence.of(np.cumsum(found["gaps"], dtype=np.uint32), found["odds"].astype(np.float32) / STEPS)
        words = found["words"].astype(np.float32) * found["words_scale"]
        roles = Roles(words, found["measures"], found["mean"], found["spread"])
    return Classifier(evidence, _booster(trees), _booster(left_out), roles)


def _booster(file: bytes) -> Any:
    return lightgbm.Booster(model_str=gzip.decompress(file).decode())


def to_files(model: Classifier) -> tuple[bytes, bytes, bytes]:
    """The contents of a model's files, the same for the same model."""
    evidence, roles = model.evidence, model.roles
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
    trees, left_out = (gzip.compress(booster.model_to_string().encode(), mtime=0) for booster in (model.trees, model.left_out))
    return trees, left_out, tables.getvalue()


def fit(matrix: Floats, label: Floats, weight: Floats) -> Any:
    """Train the trees; the same every time."""
    settings = {
        **{"objective": "binary", "learning_rate": 0.12, "num_leaves": 15, "min_data_in_leaf": 40, "feature_fraction": 0.3},
        **{"bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63, "seed": 1, "num_threads": 1},
        **{"deterministic": True, "force_row_wise": True, "verbose": -1},
    }
    return lightgbm.train(settings, lightgbm.Dataset(matrix, label, weight=weight / weight.mean()), 100)
