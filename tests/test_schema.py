import json
import types
import typing
from typing import Any

import jsonschema
import msgspec
import pytest

from drumbeat import model, schema
from drumbeat.errors import SchemaError

RECORDS = {
    "records/seed.json": model.Seed,
    "records/annotation.json": model.Annotation,
    "records/entity.json": model.Entity,
    "records/manifest.json": model.Manifest,
    "records/release.json": model.Release,
    "records/anchors.json": model.Anchors,
    "records/receipt.json": model.Receipt,
    "records/reject.json": model.Reject,
}
PARTS = {
    "set": model.AnnotationSet,
    "region": model.Region,
    "quote": model.Quote,
    "nonquote": model.Nonquote,
    "mention": model.Mention,
    "decision": model.Decision,
}


def names(kind: Any) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(kind)]


@pytest.mark.parametrize("path", sorted(schema.schema_folder().rglob("*.json")), ids=lambda path: path.name)
def test_every_schema_file_is_json_schema(path: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("name", "kind"), RECORDS.items(), ids=list(RECORDS))
def test_records_have_the_fields_of_their_schema(name: str, kind: Any) -> None:
    file = schema.load(name)
    assert list(file["properties"]) == file["required"] == names(kind)


@pytest.mark.parametrize(("part", "kind"), PARTS.items(), ids=list(PARTS))
def test_parts_of_an_annotation_have_the_fields_of_their_schema(part: str, kind: Any) -> None:
    definition = schema.load("records/annotation.json")["$defs"][part]
    fields: Any = msgspec.structs.fields
    assert sorted(definition["properties"]) == sorted(names(kind))
    assert sorted(definition["required"]) == sorted(field.encode_name for field in fields(kind) if field.required)


def test_links_and_shared_shapes_have_the_fields_of_their_schema() -> None:
    relation, cluster = schema.load("records/link.json")["oneOf"]
    assert list(relation["properties"]) == ["link", *names(model.Relation)]
    assert list(cluster["properties"]) == ["link", *names(model.Cluster)]
    split = schema.load("records/release.json")["$defs"]["split"]
    assert list(split["properties"]) == split["required"] == names(model.ReleasedSplit)
    shapes = schema.load("common.json")["$defs"]
    assert list(shapes["span"]["properties"]) == names(model.Span)
    assert list(shapes["member"]["properties"]) == names(model.Member)


def test_nullable_fields_are_nullable_in_both() -> None:
    for name, kind in RECORDS.items():
        fields: Any = msgspec.structs.fields
        for field in fields(kind):
            prop = schema.load(name)["properties"][field.encode_name]
            nullable = {"type": "null"} in prop.get("anyOf", []) or "null" in prop.get("type", "")
            assert nullable == (type(None) in typing.get_args(field.type) or isinstance(field.type, types.NoneType)), field.name


def test_label_sets() -> None:
    assert schema.labels("type") == ("direct", "indirect", "mixed")
    assert schema.labels("entity_tag")[:3] == ("O", "B-PERSON", "I-PERSON")
    assert len(schema.labels("entity_tag")) == 1 + 2 * len(schema.labels("label"))
    assert schema.labels("cue_tag") == ("O", "B-cue", "I-cue")
    assert set(schema.kinds()) == set(schema.labels("role"))
    assert set(schema.kinds().values()) == set(schema.labels("kind"))


def test_the_default_config_is_first() -> None:
    assert [config.name for config in schema.configs()] == [
        *("documents", "regions", "boilerplate", "nonquotes", "knowledge_base", "blocks"),
        *("quotes", "entities", "tokens", "quote_clusters", "relations"),
    ]


def test_columns_refer_to_configs_with_one_key_of_the_same_kind() -> None:
    columns = {(config.name, column.name): column for config in schema.configs() for column in config.columns}
    referring = {place: column.references for place, column in columns.items() if column.references}
    assert referring["quotes", "speaker"] == referring["knowledge_base", "speaks_for"] == "knowledge_base"
    assert referring["relations", "to_document"] == "documents" and ("quotes", "quote_id") not in referring
    for place, name in referring.items():
        (key,) = schema.config(name).key
        assert columns[place].kind == columns[name, key].kind


def test_labels_know_their_set() -> None:
    columns = {column.name: column for column in schema.config("tokens").columns}
    assert columns["region"].label_set == "role" and columns["region"].names == schema.labels("role")
    assert columns["entity_tags"].items[0].label_set == "entity_tag"
    assert len(schema.descriptions("role")) == len(schema.labels("role")) and schema.descriptions("entity_tag") == ()


def test_columns_that_other_tools_rely_on() -> None:
    expected = {
        "documents": "document_id file text text_sha256 outlet title published offset_map",
        "regions": "document_id region_id start end text role kind",
        "boilerplate": "document_id region_id start end text role kind",
        "blocks": "document_id start end text role kind",
        "quotes": "document_id quote_id type content cue source speaker speaker_name parent negated garbled region in_boilerplate",
        "entities": "document_id mention_id start end text label entity wikidata region in_boilerplate",
    }
    for config in schema.configs():
        columns = [column.name for column in config.columns]
        assert set(expected.get(config.name, "").split()) <= set(columns)
        assert {"status", "annotator"} <= set(columns)


def test_violations_say_where_and_what() -> None:
    found = list(schema.violations("records/seed.json", {"document_id": "a b", "bytes": "1"}))
    assert ("document_id",) in [violation.path for violation in found]
    assert any("'rights' is a required property" in violation.message for violation in found)
    (label,) = schema.violations("records/annotation.json", _annotation(role="sidebar"))
    assert label.path == ("gold", "regions", 0, "role")
    assert label.message.startswith('unknown label "sidebar"; one of headline, deck, ')


def _annotation(role: str) -> dict[str, Any]:
    gold: dict[str, Any] = {"annotator": "a", "method": "manual", "date": "2026-01-01", "quotes": [], "nonquotes": [], "entities": []}
    gold["regions"] = [{"id": "r1", "start": 0, "end": 1, "role": role}]
    return {"document_id": "d", "text_sha256": "0" * 64, "normalizer": "1", "gold": gold, "sets": [], "decisions": []}


@pytest.mark.parametrize("call", [lambda: schema.load("nowhere.json"), lambda: schema.labels("nothing"), lambda: schema.config("nothing")])
def test_what_is_not_there_is_an_error(call: Any) -> None:
    with pytest.raises(SchemaError):
        call()
