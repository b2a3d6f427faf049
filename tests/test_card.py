"""README.md as the dataset card that the Hub and its libraries read."""

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from datasets import DatasetInfo
from datasets.info import DatasetInfosDict
from datasets.utils.metadata import MetadataConfigs
from huggingface_hub import DatasetCard
from hypothesis import given
from hypothesis import strategies as st

from drumbeat import build, card
from drumbeat.errors import BuildError
from drumbeat.jsonl import write_text
from drumbeat.repository import Repository, read_manifest
from drumbeat.schema import configs
from tests.toy import Toy

# Of the tasks that the Hub knows, those of text, with their subtasks: huggingface.js, packages/tasks/src/pipelines.ts.
TASKS = {
    "token-classification": """named-entity-recognition part-of-speech parsing lemmatization word-sense-disambiguation
        coreference-resolution""",
    "text-classification": """acceptability-classification entity-linking-classification fact-checking intent-classification
        language-identification multi-class-classification multi-label-classification multi-input-text-classification
        natural-language-inference semantic-similarity-classification sentiment-classification topic-classification
        semantic-similarity-scoring sentiment-scoring sentiment-analysis hate-speech-detection text-scoring""",
    "text-retrieval": "document-retrieval utterance-retrieval entity-linking-retrieval fact-checking-retrieval",
}


def known(name: str) -> Any:
    """A list of what cards may say, as `datasets` brings it."""
    return json.loads((files("datasets.utils.resources") / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def data(checkout: Repository) -> Any:
    return DatasetCard.load(checkout.readme).data


def test_its_values_are_those_that_the_hub_knows(data: Any) -> None:
    assert set(data.language) <= set(known("languages"))
    assert set(data.annotations_creators) <= set(known("creators")["annotations"])
    assert set(data.language_creators) <= set(known("creators")["language"])
    assert set(data.multilinguality) <= set(known("multilingualities"))
    assert set(data.size_categories) <= set(known("size_categories"))
    assert set(data.source_datasets) <= {"original", "extended"}


def test_its_tasks_are_those_that_the_hub_knows(data: Any) -> None:
    assert set(data.task_categories) <= set(TASKS)
    assert set(data.task_ids) <= {task for category in data.task_categories for task in TASKS[category].split()}


def test_a_licence_of_its_own_has_name_and_link(data: Any, checkout: Repository) -> None:
    assert data.license == "other" and re.fullmatch("[a-z0-9.-]+", data.license_name)
    assert (checkout.root / data.license_link).is_file()


def test_configs_and_infos_are_what_datasets_reads(data: Any, checkout: Repository) -> None:
    names = [config.name for config in configs()]
    assert list(MetadataConfigs.from_dataset_card_data(data)) == names
    infos = DatasetInfosDict.from_dataset_card_data(data)
    assert list(infos) == names and all(isinstance(info, DatasetInfo) for info in infos.values())
    rows = {name: info.splits["train"].num_examples for name, info in infos.items()}
    assert rows == {file.config: file.rows for file in read_manifest(checkout).files}


def test_it_has_what_the_template_asks_for(checkout: Repository) -> None:
    """Sections of the Hub's template, by our headings."""
    headings = re.findall(r"^## (.*)", DatasetCard.load(checkout.readme).text, re.MULTILINE)
    assert {"What is inside", "Uses", "How it was made", "What this is not", "Cite", "Contact"} <= set(headings)


@given(st.integers(0, 10**14))
def test_a_size_category_holds_the_size(documents: int) -> None:
    category = card.size_category(documents)
    assert category in known("size_categories")
    units = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
    low, high = re.fullmatch(r"(?:(.*)<)?n(?:<(.*))?", category.replace("n>1T", "1T<n")).groups()  # type: ignore[union-attr]
    bounds = [int(bound[:-1]) * units[bound[-1]] if bound else None for bound in (low, high)]
    assert (bounds[0] or 0) <= documents and (bounds[1] is None or documents < bounds[1])


@pytest.mark.parametrize("key", ["size_categories", "configs", "dataset_info"])
def test_what_the_build_writes_is_not_to_be_written_by_hand(key: str, toy: Toy) -> None:
    write_text(toy.repository.readme, f"---\npretty_name: toy\n{key}: []\n---\n# Toy\n")
    with pytest.raises(BuildError, match=f"`{key}` stands outside the generated part"):
        build.build(toy.repository)
