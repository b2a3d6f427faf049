"""croissant.json as its readers find it: mlcroissant validates it and reads from it what the Parquet files hold."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import mlcroissant
import pytest

from drumbeat import build, citation, croissant, tables
from drumbeat.datasheet import answers
from drumbeat.errors import BuildError
from drumbeat.jsonl import write_text
from drumbeat.repository import Repository, read_manifest
from drumbeat.schema import Column, config, configs, labels
from tests.toy import CITATION, Toy, datasheet

Json = dict[str, Any]

# mlcroissant warns of what is not known before a release; CITATION.cff has it from then on.
UNRELEASED = 'Property "https://schema.org/datePublished" is recommended, but does not exist.'

# Croissant RAI 1.0, "RAI property information".
RAI_PROPERTIES = """
dataCollection dataCollectionType dataCollectionMissingData dataCollectionRawData dataCollectionTimeframe dataImputationProtocol
dataManipulationProtocol dataPreprocessingProtocol dataAnnotationProtocol dataAnnotationPlatform dataAnnotationAnalysis
dataReleaseMaintenancePlan personalSensitiveInformation dataSocialImpact dataBiases dataLimitations dataUseCases annotationsPerItem
annotatorDemographics machineAnnotationTools
"""


def said(repository: Repository) -> Json:
    found: Json = json.loads(repository.croissant.read_text(encoding="utf-8"))
    return found


def warnings(dataset: Any) -> set[str]:
    return {warning.partition("] ")[2] for warning in dataset.metadata.ctx.issues.warnings}


def nodes(value: Any) -> Iterator[Json]:
    """Every object in JSON."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(child)


@pytest.fixture(scope="module")
def dataset() -> Any:
    return mlcroissant.Dataset(str(Path(__file__).parents[1] / "croissant.json"))


def test_it_validates_with_no_warning_but_for_a_date_that_is_not_known(dataset: Any, checkout: Repository) -> None:
    work = citation.parse(checkout.citation.read_text())
    assert work is not None
    assert dataset.metadata.ctx.issues.errors == set()
    assert warnings(dataset) == (set() if work.released(read_manifest(checkout).version) else {UNRELEASED})


def test_the_command_of_mlcroissant_says_the_same(checkout: Repository) -> None:
    command = [str(Path(sys.executable).with_name("mlcroissant")), "validate", "--jsonld", str(checkout.croissant)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("  -  ") == result.stderr.count(UNRELEASED), result.stderr
    assert "context" not in result.stderr


def plain(value: Any) -> Any:
    """What mlcroissant gives, with texts and dates as strings and columns by their own names."""
    match value:
        case bytes():
            return value.decode("utf-8")
        case date():
            return value.strftime("%Y-%m-%d")
        case list():
            return list(map(plain, value))
        case dict():
            return {name.rpartition("/")[2]: plain(item) for name, item in value.items()}
        case _:
            return value


def named(value: Any, column: Column, names: dict[str, list[str]]) -> Any:
    """A value with its labels by name, as the enumerations of croissant.json have them."""
    match column.kind:
        case "label":
            return names[column.label_set][value]
        case "list":
            return [named(item, column.items[0], names) for item in value]
        case "struct":
            return {item.name: named(value[item.name], item, names) for item in column.items}
        case _:
            return value


@pytest.fixture(scope="module")
def names(dataset: Any) -> dict[str, list[str]]:
    sets = [record_set.id for record_set in dataset.metadata.record_sets if record_set.id.startswith("labels/")]
    records = {name.partition("/")[2]: [plain(record) for record in dataset.records(name)] for name in sets}
    assert all([row["id"] for row in rows] == list(range(len(rows))) for rows in records.values())
    return {name: [row["name"] for row in rows] for name, rows in records.items()}


@pytest.mark.parametrize("name", [config.name for config in configs()])
def test_every_record_set_reads_as_the_parquet_rows(name: str, dataset: Any, names: dict[str, list[str]], checkout: Repository) -> None:
    rows = list(tables.read_rows(checkout.corpus / name / "train-00000-of-00001.parquet", config(name)))
    for _ in range(2):  # a record set with `references` would be empty at the second reading
        read = [plain(record) for record in dataset.records(f"{name}/train")]
        columns = config(name).columns
        assert [{column.name: named(record[column.name], column, names) for column in columns} for record in read] == rows
    assert rows and set(read[0]) == set(rows[0])


def test_there_is_a_record_set_for_each_config_and_each_label_set_in_use(dataset: Any, names: dict[str, list[str]]) -> None:
    sets = [record_set.id for record_set in dataset.metadata.record_sets]
    assert [name for name in sets if not name.startswith("labels/")] == [f"{config.name}/train" for config in configs()]
    assert names == {name: list(labels(name)) for name in names}
    assert {"role", "type", "label", "reason", "relation", "wording", "status", "entity_tag"} <= set(names)


def test_every_id_that_is_referred_to_is_there_once(checkout: Repository) -> None:
    objects = list(nodes(said(checkout)))
    given = [node["@id"] for node in objects if "@type" in node and "@id" in node]
    assert len(given) == len(set(given))
    meant = {node["@id"] for node in objects if list(node) == ["@id"]}
    assert meant and meant <= set(given)
    referring = {node["@id"]: node["dct:references"]["@id"] for node in objects if "dct:references" in node}
    assert referring["quotes/train/type"] == "labels/type/id"
    assert referring["quotes/train/speaker"] == referring["knowledge_base/train/speaks_for"] == "knowledge_base/train/entity"
    assert referring["quote_clusters/train/members/document_id"] == "documents/train/document_id"
    assert not {"documents/train/document_id", "knowledge_base/train/entity"} & set(referring)


def test_a_flipped_byte_is_caught_by_reading(built: Toy) -> None:
    path = built.repository.corpus / "quotes" / "train-00000-of-00001.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    opened = mlcroissant.Dataset(str(built.repository.croissant))  # which does not look at the files
    with pytest.raises(Exception) as caught:
        list(opened.records("quotes/train"))
    assert "Hash of downloaded file" in str(caught.value.__cause__)
    assert list(opened.records("regions/train"))


def test_a_wrong_hash_is_caught_by_reading(built: Toy) -> None:
    file = next(file for file in read_manifest(built.repository).files if file.config == "quotes")
    wrong = built.repository.croissant.read_text().replace(file.sha256, file.sha256[::-1])
    write_text(built.repository.croissant, wrong)
    with pytest.raises(Exception) as caught:
        list(mlcroissant.Dataset(str(built.repository.croissant)).records("quotes/train"))
    assert "Hash of downloaded file" in str(caught.value.__cause__)


# -- what people wrote ----------------------------------------------------------------------------


def test_the_datasheet_answers_all_of_croissant_rai(checkout: Repository) -> None:
    found = said(checkout)
    assert {name.removeprefix("rai:") for name in found if name.startswith("rai:")} == set(RAI_PROPERTIES.split())
    assert "http://mlcommons.org/croissant/RAI/1.0" in found["conformsTo"]
    assert "instances of one model" in found["rai:machineAnnotationTools"]
    assert found["rai:dataCollectionType"] == "Web Scraping"
    assert not [name for name, value in found.items() if name.startswith("rai:") and "<!--" in value]


def test_it_says_truthfully_who_may_license_what(checkout: Repository) -> None:
    terms = said(checkout)["license"]
    assert (checkout.root / terms["url"]).is_file()
    assert "CC BY 4.0" in terms["description"] and "copyright of their publishers" in terms["description"]


def test_a_repository_without_citation_and_datasheet_builds_what_it_can(built: Toy) -> None:
    found = said(built.repository)
    assert found["name"] == "toy" and found["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert not {"creator", "url", "description", "license", "datePublished", "citeAs"} & set(found)
    assert not [name for name in found if name.startswith("rai:")]
    opened = mlcroissant.Dataset(str(built.repository.croissant))
    assert [plain(row)["quote_id"] for row in opened.records("quotes/train")] == ["q001", "q002", "q003", "q004", "q001"]


def test_citation_datasheet_and_card_are_taken_over(toy: Toy) -> None:
    write_text(toy.repository.citation, CITATION)
    write_text(toy.repository.datasheet, datasheet())
    write_text(toy.repository.readme, "---\npretty_name: Toys\nlanguage: en\nlicense: cc-by-4.0\n---\n# Toy\n")
    write_text(toy.root / "pyproject.toml", '[project]\nname = "toy"\nversion = "0.0.1"\n')
    build.build(toy.repository)
    found = said(toy.repository)
    assert found["name"] == "Toys" and found["description"] == "Two fabricated pages." and found["keywords"] == ["toys"]
    assert found["license"] == ["cc-by-4.0"] and found["inLanguage"] == ["en"]
    assert found["creator"] == [{"@type": "sc:Organization", "name": "The toymakers"}, {"@type": "sc:Person", "name": "Ada Byrne"}]
    assert (found["version"], found["datePublished"], found["url"]) == ("0.0.1", "2026-03-01", "https://example.org/toy")
    assert found["rai:dataBiases"] == "Answer to C3.\n\nAnswer to U4."
    assert found["rai:annotationsPerItem"] == "Answer to P1 Labels per item."
    assert "rai:dataCollectionTimeframe" not in found  # L5 names no date
    assert warnings(mlcroissant.Dataset(str(toy.repository.croissant))) == set()


def test_the_date_of_another_version_is_not_this_ones(toy: Toy) -> None:
    write_text(toy.repository.citation, CITATION)
    build.build(toy.repository)
    found = said(toy.repository)
    assert "datePublished" not in found and "year" not in found["citeAs"] and found["version"] in found["citeAs"]


def test_a_datasheet_of_another_form_is_left_alone(toy: Toy) -> None:
    write_text(toy.repository.datasheet, "# Datasheet\n\n## Motivation\n\n### For what purpose was it made?\n\nFun.\n")
    build.build(toy.repository)
    assert not [name for name in said(toy.repository) if name.startswith("rai:")]


def test_a_build_names_every_question_without_an_answer_and_writes_nothing(toy: Toy) -> None:
    write_text(toy.repository.datasheet, datasheet().replace("Answer to L5.", "").replace("Answer to S4.", "<!-- later -->"))
    with pytest.raises(BuildError, match=r"DATASHEET\.md: has no answer to L5 .*, S4 \(rai:annotatorDemographics\)"):
        build.build(toy.repository)
    assert not toy.repository.croissant.exists() and not toy.repository.corpus.exists()


@pytest.mark.parametrize(
    "text", ["title: [", "- a list\n", "title: Toy\n", "title: Toy\nauthors: The toymakers\n", "date-released: 2026-13-45\n"]
)
def test_a_citation_that_cannot_be_used_stops_the_build(text: str, toy: Toy) -> None:
    write_text(toy.repository.citation, text)
    with pytest.raises(BuildError, match=r"CITATION\.cff: "):
        build.build(toy.repository)


def test_bibtex_of_people_and_of_organisations() -> None:
    work = citation.parse(CITATION.replace("family-names: Byrne", "name-particle: de\n    family-names: Byrne\n    name-suffix: Jr."))
    assert work is not None
    assert citation.bibtex(work, "0.0.1") == (
        "@misc{toy,\n"
        "  title = {Toy: a corpus \\& more},\n"
        "  author = {{The toymakers} and de Byrne, Ada Jr.},\n"
        "  version = {0.0.1},\n"
        "  year = {2026},\n"
        "  url = {https://example.org/toy}\n"
        "}"
    )


def test_answers_are_read_by_question_and_part() -> None:
    text = """
# Sheet

Intro with **a lead.** Not an answer.

### Q1. Is it
long?

### A1. What?

It is wrapped
here. <!-- generated: table -->
| a | b |
| --- | --- |
<!-- end generated -->

- one item,
  wrapped
- another with **bold.** words

**Part one.** Yes,
indeed.

More of it.

**Part two.** No.

## Next

### A2. Empty?

**Nothing.**

### A10. Last?
The end."""
    assert answers(text) == {
        "Q1": "long?",
        "A1": "It is wrapped here. | a | b |\n| --- | --- |\n\n- one item, wrapped\n- another with **bold.** words\n\n"
        "**Part one.** Yes, indeed.\n\nMore of it.\n\n**Part two.** No.",
        "A1 Part one": "Yes, indeed.\n\nMore of it.",
        "A1 Part two": "No.",
        "A2": "**Nothing.**",
        "A10": "The end.",
    }


def test_it_can_be_made_for_another_folder(checkout: Repository) -> None:
    """Of texts and a manifest alone, so that a corpus beside this one can have its own."""
    sources = croissant.Sources(readme="---\npretty_name: other\n---\n", citation=CITATION)
    found = croissant.metadata(sources, read_manifest(checkout))
    assert found["name"] == "other" and croissant.text(sources, read_manifest(checkout)).endswith("}\n")
    assert list(croissant.differences(json.loads(croissant.text(sources, read_manifest(checkout))), found)) == []
