"""What users do: `load_dataset` on a checkout, offline, in a process and a cache of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from drumbeat import build, tables
from drumbeat.repository import Repository
from drumbeat.schema import config, configs
from tests.toy import Toy

SCRIPT = """
import json, os, sys
import datasets
from datasets import load_dataset
datasets.disable_progress_bars()
root, names = sys.argv[1], sys.argv[2].split(",")
found = {}
for name in names:
    plain = load_dataset(root, name) if name != "-" else load_dataset(root)
    stream = load_dataset(root, name, streaming=True) if name != "-" else load_dataset(root, streaming=True)
    (split,) = plain
    found[name] = {
        "split": split,
        "rows": plain[split].num_rows,
        "features": plain[split].features.to_dict(),
        "same": stream[split].features == plain[split].features and list(stream[split]) == list(plain[split]),
        "first": json.loads(json.dumps(plain[split][0], default=str)),
    }
print(json.dumps(found), flush=True)
os._exit(0)  # reader threads of streaming can abort a process that is already done and leaving
"""


def load(root: Path, names: list[str], home: Path) -> dict[str, Any]:
    environment = os.environ | {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(root), ",".join(names)], env=environment, capture_output=True, text=True, cwd=home.parent
    )
    assert result.returncode == 0, result.stderr
    assert "malformed" not in result.stderr and "Ignoring" not in result.stderr, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = Path(__file__).parents[1]
    return load(root, ["-", *(config.name for config in configs())], tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize("name", [config.name for config in configs()])
def test_every_config_loads_with_the_features_of_the_schema(name: str, loaded: dict[str, Any], checkout: Repository) -> None:
    found = loaded[name]
    expected = {column.name: tables.feature(column) for column in config(name).columns}
    assert json.loads(json.dumps(found["features"])) == expected
    assert found["same"], "streaming gives other rows or features"
    assert found["split"] == "train"
    path = checkout.corpus / name / "train-00000-of-00001.parquet"
    assert found["rows"] == len(list(tables.read_rows(path, config(name))))


def test_the_default_config_is_documents(loaded: dict[str, Any]) -> None:
    assert loaded["-"] == loaded["documents"]
    assert loaded["-"]["first"]["document_id"] == "000_ec24c3af331c21f2"


def test_an_edited_corpus_never_loads_stale(built: Toy, tmp_path: Path) -> None:
    """`datasets` keys its cache of a local folder by the card alone; the digests in it change with the data."""
    before = load(built.root, ["entities"], tmp_path / "home")["entities"]
    built.gold("toy-b")["entities"].pop()
    for item in built.annotations["toy-b"]["sets"]:
        item["entities"].pop()
    built.entities.pop()
    built.write()
    build.build(built.repository)
    after = load(built.root, ["entities"], tmp_path / "home")["entities"]
    assert after["rows"] == before["rows"] - 1
