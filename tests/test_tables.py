import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from drumbeat import card, tables
from drumbeat.errors import BuildError, CorpusError
from drumbeat.schema import Column, Config, config, configs, labels


def rows(number: int) -> list[dict[str, Any]]:
    return [
        {"document_id": f"d{index:05}", "start": index, "end": index + 1, "text": "é😀", "role": "body", "kind": "main"}
        | {"status": "gold", "annotator": "a"}
        for index in range(number)
    ]


def write(path: Path, of: Config, batches: list[list[dict[str, Any]]]) -> str:
    with tables.TableWriter(path, of) as writer:
        for batch in batches:
            writer.add(batch)
    return writer.digest.sha256


@pytest.mark.parametrize("of", configs(), ids=lambda of: of.name)
def test_features_are_those_of_datasets(of: Config) -> None:
    """The metadata we write by hand is what `datasets` reads and writes itself, and the card's YAML says the same."""
    arrow = tables.arrow_schema(of)
    features = datasets.Features.from_arrow_schema(arrow)
    assert features.arrow_schema == arrow
    ours, theirs = (json.loads(schema.metadata[b"huggingface"])["info"]["features"] for schema in (arrow, features.arrow_schema))
    assert ours == theirs
    listed = [card._named(column) for column in of.columns]
    assert datasets.Features._from_yaml_list(yaml.safe_load(yaml.safe_dump(listed))) == features


@pytest.mark.parametrize("of", configs(), ids=lambda of: of.name)
def test_columns_come_back_from_features(of: Config, tmp_path: Path) -> None:
    """From a file's own metadata and from what `datasets` gives; what else there is of a column only the schema knows."""

    def bare(column: Column) -> Column:
        return Column(column.name, column.kind, names=column.names, items=tuple(map(bare, column.items)))

    columns = tuple(map(bare, of.columns))
    write(tmp_path / "t.parquet", of, [])
    found = tables.read_config(tmp_path / "t.parquet", of.name, of.key)
    assert (found.columns, found.key) == (columns, of.key)
    assert tables.columns_of(datasets.Features.from_arrow_schema(tables.arrow_schema(of)).to_dict()) == columns


def test_types_that_the_schema_does_not_know_keep_their_names() -> None:
    features = {
        "score": datasets.Value("float32"),
        "at": datasets.LargeList(datasets.Value("int64")),
        "more": {"_type": datasets.Value("string")},
    }
    score, at, more = tables.columns_of(datasets.Features(features).to_dict())
    assert (score.kind, at.items[0].kind, more.items[0].kind) == ("float32", "int64", "string")
    assert tables.feature(score) == {"dtype": "float32", "_type": "Value"}


def test_the_digest_of_features_knows_label_ids_and_not_the_order_of_columns() -> None:
    columns = config("entities").columns
    assert tables.features_sha256(columns) == tables.features_sha256(columns[::-1])
    label = next(column for column in columns if column.name == "label")
    others = tuple(replace(label, names=label.names[::-1]) if column is label else column for column in columns)
    assert tables.features_sha256(columns) != tables.features_sha256(others)


def test_labels_load_as_class_labels() -> None:
    features = datasets.Features.from_arrow_schema(tables.arrow_schema(config("tokens")))
    assert features["entity_tags"].feature.names == list(labels("entity_tag"))
    assert datasets.Features.from_arrow_schema(tables.arrow_schema(config("regions")))["role"].names == list(labels("role"))


def test_bytes_do_not_depend_on_the_batches(tmp_path: Path) -> None:
    """Batches of the writer, pages and row groups are all crossed."""
    many = rows(5000)

    def written(name: str, sizes: list[int]) -> tuple[str, bytes]:
        with tables.TableWriter(tmp_path / name, config("blocks")) as writer:
            done = 0
            for size in sizes:
                writer.add(many[done : done + size])
                done += size
                if done == 3000:
                    writer.flush()
        return writer.digest.sha256, (tmp_path / name).read_bytes()

    one = written("one.parquet", [3000, 2000])
    assert one == written("other.parquet", [1, 699, 2300, 1500, 500]) == written("third.parquet", [10] * 500)
    file = pq.ParquetFile(tmp_path / "one.parquet")
    assert [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)] == [3000, 2000]
    assert len(list(tables.read_rows(tmp_path / "one.parquet", config("blocks")))) == 5000


def test_some_columns_can_be_read_alone(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet", config("blocks"), [rows(2)])
    found = list(tables.read_rows(tmp_path / "t.parquet", config("blocks"), ("document_id", "role")))
    assert found == [{"document_id": "d00000", "role": "body"}, {"document_id": "d00001", "role": "body"}]


def test_rows_come_back(tmp_path: Path) -> None:
    write(tmp_path / "t.parquet", config("blocks"), [rows(3)])
    assert list(tables.read_rows(tmp_path / "t.parquet", config("blocks"))) == rows(3)


def test_the_logical_digest_outlives_the_writer(tmp_path: Path) -> None:
    """It is over rows, so another compression, or another pyarrow, gives the same."""
    digest = write(tmp_path / "t.parquet", config("blocks"), [rows(5)])
    pq.write_table(pq.read_table(tmp_path / "t.parquet"), tmp_path / "u.parquet", compression="none")
    again = tables.LogicalDigest()
    for row in tables.read_rows(tmp_path / "u.parquet", config("blocks")):
        again.add([row])
    assert again.sha256 == digest


def test_an_unknown_label_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"blocks: row d00000, 0: .*sidebar"):
        write(tmp_path / "t.parquet", config("blocks"), [[rows(1)[0] | {"role": "sidebar"}]])


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write(path, config("blocks"), [rows(10)])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorpusError, match="not a whole Parquet file"):
        list(tables.read_rows(path, config("blocks")))


def test_schema_differences_are_in_words() -> None:
    of = config("blocks")
    wanted = tables.arrow_schema(of)
    assert tables.schema_differences(wanted, of) == []
    (text,) = tables.schema_differences(wanted.remove(0), of)
    assert "columns missing: ['document_id']" in text
    role = wanted.get_field_index("role")
    (text,) = tables.schema_differences(wanted.set(role, pa.field("role", pa.int32())), of)
    assert text == "role is int32, not int64"
    reordered = json.loads(wanted.metadata[b"huggingface"])
    reordered["info"]["features"]["role"]["names"].reverse()
    (text,) = tables.schema_differences(wanted.with_metadata({"huggingface": json.dumps(reordered)}), of)
    assert text.startswith("feature role is")
