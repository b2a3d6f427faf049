import json
import os
import random
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat import build, tables
from drumbeat.cli import app
from drumbeat.corpus import read_corpus
from drumbeat.diff import Difference, FormChange, TableDifference, as_json, as_markdown, as_text, diff
from drumbeat.diff.rows import unequal
from drumbeat.errors import CorpusError
from drumbeat.schema import Column, Config, config
from drumbeat.tables import Row
from drumbeat.versions import Bump
from tests.corpora import edit_manifest, renew_digest, rows_of, shape, write
from tests.hub import git
from tests.toy import Toy
from tests.toy import toy as make_toy

run = CliRunner().invoke
Rows = dict[str, dict[str, list[Row]]]
SOME = ("documents", "quotes", "entities", "quote_clusters")


@cache
def _toy_rows() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        toy = make_toy(Path(folder) / "toy")
        build.build(toy.repository)
        found = rows_of(toy.root)
    found["quote_clusters"]["train"] += [deepcopy(found["quote_clusters"]["train"][0]) | {"cluster_id": "b002"}]  # as links may stand
    return {name: found[name] for name in SOME}


def toy_rows() -> Rows:
    return deepcopy(_toy_rows())


def compared(folder: Path, old: Rows, new: Rows, shapes: dict[str, Config] | None = None, **more: Any) -> Difference:
    """The difference of two corpora; `shapes` are those of the newer one."""
    return diff(write(folder / "old", old), write(folder / "new", new, shapes), **more)


def only(difference: Difference) -> TableDifference:
    (table,) = difference.tables
    return table


def phrases(changes: tuple[FormChange, ...]) -> list[str]:
    return [str(change) for change in changes]


# -- rows -----------------------------------------------------------------------------------------


def test_a_version_is_no_different_from_itself(built: Toy) -> None:
    found = diff(built.root, built.repository.corpus)
    assert not found and found.bump == Bump.none and found.required == found.old


def _edits(rows: Rows, chance: random.Random, splits: list[str]) -> tuple[Rows, set[tuple[str, tuple[str, ...], tuple[str, ...]]]]:
    """Other rows, and what was done to them: config, key, kinds."""
    new: Rows = {name: {split: [] for split in splits} for name in rows}
    done = set()
    for name, of_splits in rows.items():
        key = config(name).key
        for split, row in ((split, row) for split, of_split in of_splits.items() for row in of_split):
            identity = tuple(row[column] for column in key)
            kinds = chance.choice([(), (), ("removed",), ("changed",), ("moved",), ("changed", "moved")])
            if kinds:
                done.add((name, identity, kinds))
            if kinds != ("removed",):
                edited = row | {"annotator": f"{row['annotator']}’"} if "changed" in kinds else row
                target = chance.choice([other for other in splits if other != split]) if "moved" in kinds else split
                new[name][target].append(edited)
        if chance.random() < 0.7:
            more = rows[name][splits[0]][0] | {key[-1]: "zz9"}
            new[name][chance.choice(splits)].append(more)
            done.add((name, tuple(more[column] for column in key), ("added",)))
        for of_split in new[name].values():
            of_split.sort(key=lambda row: row[key[0]])
    return new, done


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.booleans())
def test_random_edits_are_found_and_nothing_else(seed: int, as_they_stand: bool) -> None:
    """In step where rows stand in the order of their keys, and where they do not."""
    chance = random.Random(seed)
    old: Rows = {name: {"train": of["train"], "test": []} for name, of in toy_rows().items()}
    new, done = _edits(old, chance, ["train", "test"])
    if as_they_stand:
        chance.shuffle(new["entities"]["train"])
        chance.shuffle(new["quote_clusters"]["test"])
    with tempfile.TemporaryDirectory() as folder:
        found = compared(Path(folder), old, new)
    assert {(table.config, tuple(row.key.values()), row.kinds) for table in found.tables for row in table.rows} == done
    for table in found.tables:
        own = [kinds for name, _, kinds in done if name == table.config]
        assert table.differing == len(own)
        for kind in ("added", "removed", "changed", "moved"):
            assert getattr(table, kind) == sum(kind in kinds for kinds in own)
    kinds = {kind for _, _, of_row in done for kind in of_row}
    worst = Bump.major if kinds - {"added"} else Bump.minor if kinds else Bump.none
    assert found.bump == worst or (not kinds and found.bump == Bump.patch and as_they_stand)


def _speaker(rows: Rows) -> str:
    rows["quotes"]["train"][0]["speaker_name"] = "L. Ortiz"
    return 'toy-a q001: speaker_name: "Lena Ortiz" -> "L. Ortiz"'


def _label(rows: Rows) -> str:
    rows["entities"]["train"][0]["label"] = "LOC"
    return 'toy-a m001: label: "GPE" -> "LOC"'


def _null(rows: Rows) -> str:
    rows["documents"]["train"][0]["published"] = None
    return 'toy-a: published: "2026-01-01" -> null'


def _flag(rows: Rows) -> str:
    rows["quotes"]["train"][0]["negated"] = True
    return "toy-a q001: negated: false -> true"


def _span_in_a_list(rows: Rows) -> str:
    span = rows["quotes"]["train"][1]["content"][1]
    old = f"{span['start']}..{span['end']} {json.dumps(span['text'], ensure_ascii=False)}"
    span["end"] -= 2
    span["text"] = span["text"][:-2]
    return f"toy-a q002: content: {old} -> {span['start']}..{span['end']} {json.dumps(span['text'], ensure_ascii=False)}"


def _span_more(rows: Rows) -> str:
    rows["quotes"]["train"][2]["cue"] = [{"start": 1, "end": 3, "text": "ki"}]
    return 'toy-a q003: cue: added 1..3 "ki"'


def _span_less(rows: Rows) -> str:
    span = rows["quotes"]["train"][0]["cue"].pop()
    return f'toy-a q001: cue: removed {span["start"]}..{span["end"]} "said"'


def _split_span(rows: Rows) -> str:
    (span,) = rows["quotes"]["train"][0]["cue"]
    rows["quotes"]["train"][0]["cue"] = [{"start": 1, "end": 2, "text": "a"}, {"start": 4, "end": 5, "text": "b"}]
    return f'cue: {span["start"]}..{span["end"]} "said" -> 1..2 "a", 4..5 "b"'


def _own_span(rows: Rows) -> str:
    row = rows["entities"]["train"][0]
    row |= {"start": row["start"] + 5, "text": row["text"][5:]}
    return 'toy-a m001: span: 27..36 "Northtown" -> 32..36 "town"'


def _member(rows: Rows) -> str:
    rows["quote_clusters"]["train"][0]["members"][1]["wording"] = "variant"
    return 'c001: members[1].wording: "verbatim" -> "variant"'


def _member_more(rows: Rows) -> str:
    rows["quote_clusters"]["train"][0]["members"].append({"document_id": "toy-b", "quote_id": "q009", "wording": "variant"})
    return "c001: members: added (toy-b, q009, variant)"


def _text(rows: Rows) -> str:
    row = rows["documents"]["train"][0]
    at, size = row["text"].index(" Friday"), len(row["text"])
    row["text"] = row["text"].replace("on Friday", "on\u00a0Sunday")
    return f'text: {size} -> {size} characters, different from {at} on: "… bridge will open on Friday, Mayor'


WORDS = [_speaker, _label, _null, _flag, _span_in_a_list, _span_more, _span_less, _split_span, _own_span, _member, _member_more, _text]


@pytest.mark.parametrize("edit", WORDS, ids=lambda edit: edit.__name__)
def test_a_change_is_said_in_words(edit: Callable[[Rows], str], tmp_path: Path) -> None:
    new = toy_rows()
    expected = edit(new)
    found = compared(tmp_path, toy_rows(), new)
    assert expected in as_text(found)
    assert only(found).changed == only(found).differing == 1 and found.bump == Bump.major


def test_what_a_reader_would_not_see_is_escaped(tmp_path: Path) -> None:
    new = toy_rows()
    _text(new)
    assert "will open on\\u00a0Sunday" in as_text(compared(tmp_path, toy_rows(), new))


def test_long_texts_are_shortened_around_the_place_where_they_part(tmp_path: Path) -> None:
    old, new = toy_rows(), toy_rows()
    for rows, name in ((old, "x" * 70 + "old"), (new, "x" * 70 + "new")):
        rows["quotes"]["train"][0]["speaker_name"] = name
    (words,) = only(compared(tmp_path, old, new)).rows[0].words
    assert re.fullmatch(r'speaker_name: "…x{50,}old" -> "…x{50,}new"', words)


def test_rows_that_come_and_go_say_what_they_are(tmp_path: Path) -> None:
    new = toy_rows()
    del new["entities"]["train"][5]
    found = only(compared(tmp_path, toy_rows(), new)).rows[0]
    assert found.kinds == ("removed",) and found.key == {"document_id": "toy-b", "mention_id": "m002"} and found.new_split is None
    assert found.words == ('63..67 "Tide"', 'label: "ORG"', 'entity: "tide"')


def test_a_move_between_splits_is_named(tmp_path: Path) -> None:
    new = toy_rows()
    new["documents"] = {"train": new["documents"]["train"][:1], "test": new["documents"]["train"][1:]}
    found = compared(tmp_path, toy_rows(), new)
    assert "moved toy-b: split: train -> test" in as_text(found) and found.bump == Bump.major
    assert phrases(only(found).form) == ["split added: test"]


def test_only_so_many_rows_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    new = toy_rows()
    for row in new["entities"]["train"]:
        row["entity"] = None
    found = compared(tmp_path, toy_rows(), new, limit=2)
    assert (only(found).changed, len(only(found).rows)) == (6, 2)
    assert "… and 4 more rows" in as_text(found) and "… and 4 more rows" in as_markdown(found)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    new = toy_rows()
    new["entities"]["test"] = [new["entities"]["train"][2]]
    with pytest.raises(CorpusError, match="entities: document_id, mention_id = toy-a, m003 stands twice"):
        compared(tmp_path, toy_rows(), new)


def test_the_same_rows_in_another_order_are_a_patch(tmp_path: Path) -> None:
    new = toy_rows()
    new["quote_clusters"]["train"].reverse()
    found = compared(tmp_path, toy_rows(), new)
    assert phrases(only(found).form) == ["order differs: the same rows, in another order or other files"] and found.bump == Bump.patch


def test_versions_are_read_in_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many documents there are, one of each version is held: the first change is there before the second batch is read."""
    rows = [
        {
            "document_id": f"d{index:05}",
            "start": 0,
            "end": 1,
            "text": "a",
            "role": "body",
            "kind": "main",
            "status": "gold",
            "annotator": "a",
        }
        for index in range(5000)
    ]
    old, new = (
        read_corpus(write(tmp_path / name, {"blocks": {"train": of}})) for name, of in (("old", rows), ("new", [rows[0], *rows[2:]]))
    )
    read = 0

    def counted(path: Path, of: Config, columns: tuple[str, ...] | None = None) -> Iterator[Row]:
        nonlocal read
        for row in plain(path, of, columns):
            read += len(columns or ()) > 1  # the look at the order reads one column
            yield row

    plain = tables.read_rows
    monkeypatch.setattr(tables, "read_rows", counted)
    pair = next(unequal(old.tables["blocks"], new.tables["blocks"], ("document_id", "start")))
    assert pair.key == ("d00001", 0) and read < 10


# -- columns, labels, configs ---------------------------------------------------------------------


def _names(of: Config, column: str) -> tuple[str, ...]:
    return next(item.names for item in of.columns if item.name == column)


LABELS = _names(config("entities"), "label")


def test_labels_in_another_order_are_found_though_the_rows_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = write(tmp_path / "old", toy_rows()), tmp_path / "new"
    write(new, toy_rows(), {"entities": shape("entities", label=Column("label", "label", names=(LABELS[1], LABELS[0], *LABELS[2:])))})
    monkeypatch.setattr(tables, "read_rows", lambda *_: pytest.fail("equal logical digests: no row is to be read"))
    found = diff(old, new)
    assert phrases(only(found).form) == ["label ids changed: label: PERSON 0 -> 1, NORP 1 -> 0"]
    assert found.bump == Bump.major and only(found).differing == 0


FORMS = {
    "label appended": ("label", Column("label", "label", names=(*LABELS, "VESSEL")), "labels added: label: VESSEL", Bump.minor),
    "label removed": ("label", Column("label", "label", names=LABELS[:-1]), "labels removed: label: PRODUCT", Bump.major),
    "label renamed": ("label", Column("label", "label", names=(*LABELS[:-1], "THING")), "labels removed: label: PRODUCT", Bump.major),
    "column removed": ("wikidata", None, "column removed: wikidata: string", Bump.major),
    "column added": ("mood", Column("mood", "string"), "column added: mood: string", Bump.minor),
    "type changed": ("wikidata", Column("wikidata", "list", items=(Column("item", "string"),)), "type changed: wikidata", Bump.major),
}


@pytest.mark.parametrize(("column", "of", "says", "bump"), FORMS.values(), ids=list(FORMS))
def test_columns_and_labels(column: str, of: Column | None, says: str, bump: Bump, tmp_path: Path) -> None:
    new = toy_rows()
    for row in new["entities"]["train"]:
        if of is None:
            del row[column]
        elif column != "label":
            row[column] = [] if of.kind == "list" else "glad"
    found = compared(tmp_path, toy_rows(), new, {"entities": shape("entities", **{column: of})})
    assert says in " / ".join(phrases(only(found).form)) and found.bump == bump
    assert only(found).differing == (6 if says.startswith("type") else 0)


def test_fields_inside_a_column(tmp_path: Path) -> None:
    new = toy_rows()
    for row in new["quote_clusters"]["train"]:
        for member in row["members"]:
            member["share"] = 1
    (members,) = (column for column in config("quote_clusters").columns if column.name == "members")
    item = replace(members.items[0], items=(*members.items[0].items, Column("share", "int")))
    shapes = {"quote_clusters": shape("quote_clusters", members=replace(members, items=(item,)))}
    found = compared(tmp_path, toy_rows(), new, shapes)
    assert phrases(only(found).form) == ["column added: members.share: int"] and only(found).differing == 0 and found.bump == Bump.minor
    new["quote_clusters"]["train"][0]["members"][0]["wording"] = "variant"
    found = compared(tmp_path, toy_rows(), new, shapes)
    assert only(found).rows[0].words == ('members[0].wording: "verbatim" -> "variant"',)


def test_columns_in_another_order_are_a_patch(tmp_path: Path) -> None:
    of = config("entities")
    found = compared(tmp_path, toy_rows(), toy_rows(), {"entities": replace(of, columns=(of.columns[1], of.columns[0], *of.columns[2:]))})
    assert phrases(only(found).form)[0].startswith("columns reordered: document_id, mention_id") and found.bump == Bump.patch


def test_a_version_whose_labels_this_drumbeat_does_not_know_is_read(tmp_path: Path) -> None:
    """Each file says what its label ids mean, whatever schema is installed."""
    rows = toy_rows()
    for row in rows["entities"]["train"]:
        row["label"] = row["label"].lower()
    shapes = {"entities": shape("entities", label=Column("label", "label", names=tuple(label.lower() for label in reversed(LABELS))))}
    found = diff(write(tmp_path / "old", rows, shapes), write(tmp_path / "new", toy_rows()))
    assert only(found).changed == 6 and only(found).rows[0].words == ('label: "gpe" -> "GPE"',)


def test_configs_come_and_go(tmp_path: Path) -> None:
    rows = toy_rows()
    fewer = {name: rows[name] for name in SOME[:-1]}
    (tmp_path / "a").mkdir()
    found = compared(tmp_path / "a", fewer, rows)
    assert phrases(only(found).form) == ["config added"] and found.bump == Bump.minor and only(found).new_rows == 2
    found = compared(tmp_path / "b", rows, fewer)
    assert phrases(only(found).form) == ["config removed"] and found.bump == Bump.major and only(found).new_rows is None


def test_the_order_of_configs_matters_where_the_default_one_changes(tmp_path: Path) -> None:
    rows = toy_rows()
    found = compared(tmp_path / "a", rows, {name: rows[name] for name in (SOME[0], *reversed(SOME[1:]))})
    assert phrases(found.form) == [
        "configs reordered: documents, quotes, entities, quote_clusters -> documents, quote_clusters, entities, quotes"
    ]
    assert found.bump == Bump.patch
    assert compared(tmp_path / "b", rows, {name: rows[name] for name in reversed(SOME)}).bump == Bump.major


def test_a_split_that_is_gone_is_major_even_if_it_was_empty(tmp_path: Path) -> None:
    rows = toy_rows()
    found = compared(tmp_path, rows | {"quotes": {**rows["quotes"], "test": []}}, rows)
    assert phrases(only(found).form) == ["split removed: test"] and found.bump == Bump.major


def test_a_config_that_the_schema_does_not_know_is_matched_by_its_first_columns(tmp_path: Path) -> None:
    columns = {name: Column(name, "string") for name in ("document_id", "verse", "words")}
    moods = {"moods": shape("moods", **columns)}
    old = [{"document_id": "a", "verse": "1", "words": "x"}, {"document_id": "a", "verse": "2", "words": "y"}]
    new = [old[0], old[1] | {"words": "z"}]
    found = diff(write(tmp_path / "old", {"moods": {"train": old}}, moods), write(tmp_path / "new", {"moods": {"train": new}}, moods))
    assert only(found).rows[0].key == {"document_id": "a", "verse": "2"} and only(found).rows[0].kinds == ("changed",)


def test_rows_without_a_common_key_are_counted(tmp_path: Path) -> None:
    old = [{name: value for name, value in row.items() if name != "mention_id"} for row in toy_rows()["entities"]["train"]]
    shapes = {"entities": shape("entities", mention_id=None)}
    found = diff(
        write(tmp_path / "old", {"entities": {"train": old}}, shapes), write(tmp_path / "new", {"entities": toy_rows()["entities"]})
    )
    assert (only(found).removed, only(found).added, found.bump) == (6, 6, Bump.major)
    assert any("rows not matched" in phrase for phrase in phrases(only(found).form))


# -- bytes and digests ----------------------------------------------------------------------------

ENTITIES = "entities/train-00000-of-00001.parquet"


def _anew(root: Path) -> None:
    path = root / "corpus" / ENTITIES
    pq.write_table(pq.read_table(path), path, compression="none")
    renew_digest(root, ENTITIES)


def test_the_same_rows_serialised_anew_are_a_patch(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", toy_rows()), write(tmp_path / "new", toy_rows())
    _anew(new)
    found = diff(old, new)
    assert phrases(only(found).form) == ["bytes differ: the same rows, serialised anew"] and found.bump == Bump.patch


def test_a_split_in_several_files_is_the_same_rows(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", toy_rows()), write(tmp_path / "new", toy_rows())
    entities = toy_rows()["entities"]["train"]
    manifest = json.loads((new / "corpus" / "manifest.json").read_text())
    files = [file for file in manifest["files"] if file["config"] != "entities"]
    for number, rows in enumerate((entities[:2], entities[2:])):
        part = write(tmp_path / f"part{number}", {"entities": {"train": rows}})
        name = f"entities/train-0000{number}-of-00002.parquet"
        shutil.copy(part / "corpus" / ENTITIES, new / "corpus" / name)
        (file,) = json.loads((part / "corpus" / "manifest.json").read_text())["files"]
        files.append(file | {"path": name})
    edit_manifest(new, files=files)
    found = diff(old, new)
    assert [table.config for table in found.tables] == ["entities"] and found.bump == Bump.patch


def _bare(root: Path, target: Path) -> Path:
    return Path(shutil.copy(root / "corpus" / "manifest.json", target))


def test_manifests_alone_are_compared_by_their_digests(tmp_path: Path) -> None:
    new = toy_rows()
    del new["entities"]["train"][5]
    old_root, new_root = write(tmp_path / "old", toy_rows()), write(tmp_path / "new", new)
    found = diff(_bare(old_root, tmp_path / "old.json"), new_root)
    assert phrases(only(found).form) == ["rows differ: only the files tell which"] and (only(found).old_rows, only(found).new_rows) == (
        6,
        5,
    )
    assert found.bump == Bump.major and "only what digests tell is known" in as_text(found)
    assert not diff(_bare(old_root, tmp_path / "old.json"), old_root)


@pytest.mark.parametrize(("schema", "bump"), [("0" * 64, Bump.patch), ("1" * 64, Bump.major)])
def test_other_bytes_of_the_same_rows_are_a_patch_only_where_the_schema_is_the_same(schema: str, bump: Bump, tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", toy_rows()), write(tmp_path / "new", toy_rows())
    _anew(new)
    edit_manifest(new, inputs={"seeds": "0" * 64, "annotations": "0" * 64, "schema": schema})
    found = diff(_bare(old, tmp_path / "old.json"), new)
    assert "the same rows" in str(only(found).form[0]) and found.bump == bump


def test_a_manifest_of_a_later_drumbeat_is_read(tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", toy_rows()), write(tmp_path / "new", toy_rows())
    manifest = json.loads((new / "corpus" / "manifest.json").read_text())
    edit_manifest(new, form="text-free", files=[file | {"licence": "CC BY"} for file in manifest["files"]])
    assert not diff(old, new)


# -- printed --------------------------------------------------------------------------------------


@pytest.fixture
def edited(tmp_path: Path) -> Difference:
    new = toy_rows()
    new["quotes"]["train"][0] |= {"speaker_name": "`L.` | Ortiz", "negated": True}
    del new["entities"]["train"][5]
    return compared(tmp_path, toy_rows(), new)


def test_the_text_is_one_line_a_row(edited: Difference) -> None:
    assert as_text(edited) == (
        "quotes: 1 changed (5 -> 5 rows): major\n"
        '  changed toy-a q001: speaker_name: "Lena Ortiz" -> "`L.` | Ortiz"; negated: false -> true\n'
        "entities: 1 removed (6 -> 5 rows): major\n"
        '  removed toy-b m002: 63..67 "Tide"; label: "ORG"; entity: "tide"\n'
        "1.0.0 -> 1.0.0: the new data needs a major version, 2.0.0 or later; it says 1.0.0\n"
    )


def test_the_markdown_is_fit_for_release_notes(edited: Difference) -> None:
    assert as_markdown(edited) == (
        "1.0.0 -> 1.0.0: the new data needs a major version, 2.0.0 or later; it says 1.0.0\n\n"
        "| config | rows before | rows now | added | removed | changed | moved |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        "| `quotes` | 5 | 5 | 0 | 0 | 1 | 0 |\n"
        "| `entities` | 6 | 5 | 0 | 1 | 0 | 0 |\n\n"
        '- `quotes`: changed `toy-a q001`, `` speaker_name: "Lena Ortiz" -> "`L.` | Ortiz" ``, `negated: false -> true`\n'
        '- `entities`: removed `toy-b m002`, `63..67 "Tide"`, `label: "ORG"`, `entity: "tide"`\n'
    )


def test_the_json_holds_the_values(edited: Difference) -> None:
    record = json.loads(as_json(edited))
    assert (record["equal"], record["bump"], record["required"], record["sufficient"]) == (False, "major", "2.0.0", False)
    quotes, entities = record["configs"]
    assert quotes["rows"][0] == {
        "kinds": ["changed"],
        "key": {"document_id": "toy-a", "quote_id": "q001"},
        "old_split": "train",
        "new_split": "train",
        "old": {"speaker_name": "Lena Ortiz", "negated": False},
        "new": {"speaker_name": "`L.` | Ortiz", "negated": True},
        "words": ['speaker_name: "Lena Ortiz" -> "`L.` | Ortiz"', "negated: false -> true"],
    }
    assert (entities["removed"], entities["old_rows"], entities["new_rows"]) == (1, 6, 5)


# -- the command ----------------------------------------------------------------------------------


@pytest.fixture
def versioned(built: Toy) -> Toy:
    """The toy in git, tagged; then with an edited page, built anew."""
    git(built.root, "init")
    git(built.root, "add", ".")
    git(built.root, "commit", "--message", "first")
    git(built.root, "tag", "v1.0.0")
    built.gold()["quotes"][0]["speaker_name"] = "L. Ortiz"
    built.write()
    build.build(built.repository)
    return built


CHANGE = 'changed toy-a q001: speaker_name: "Lena Ortiz" -> "L. Ortiz"'


def test_a_tag_is_compared_with_a_checkout(versioned: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(app, ["diff", "v1.0.0", str(versioned.root), "--root", str(versioned.root)])
    assert (result.exit_code, result.stdout.count("changed toy-a q001")) == (1, 1) and CHANGE in result.stdout, result.stderr
    assert run(app, ["diff", "v1.0.0", "HEAD", "--root", str(versioned.root)]).exit_code == 0
    monkeypatch.chdir(versioned.root / "annotations")  # in a folder of the repository, and in one of its hooks
    monkeypatch.setenv("GIT_DIR", "nowhere")
    result = run(app, ["diff", "v1.0.0", "..", "--format", "json"])
    assert result.exit_code == 1 and json.loads(result.stdout)["bump"] == "major"


def test_the_repository_may_lie_inside_another(versioned: Toy) -> None:
    shutil.rmtree(versioned.root / ".git")
    git(versioned.root.parent, "init")
    git(versioned.root.parent, "add", "toy")
    git(versioned.root.parent, "commit", "--message", "all")
    assert run(app, ["diff", "HEAD", str(versioned.root), "--root", str(versioned.root)]).exit_code == 0


def test_a_clone_of_the_built_parts_alone_has_revisions_too(versioned: Toy, tmp_path: Path) -> None:
    hub = tmp_path / "hub"
    shutil.copytree(versioned.repository.corpus, hub / "corpus")
    git(hub, "init")
    git(hub, "add", ".")
    git(hub, "commit", "--message", "1")
    assert run(app, ["diff", "HEAD", str(hub), "--root", str(hub)]).exit_code == 0


def test_markdown_is_printed(versioned: Toy) -> None:
    result = run(app, ["diff", "v1.0.0", str(versioned.root), "--root", str(versioned.root), "--format", "markdown", "--limit", "0"])
    assert result.exit_code == 1 and result.stdout.count("\n| ") == 3 and "q001" not in result.stdout


def _tampered(root: Path) -> str:
    path = root / "corpus" / ENTITIES
    path.write_bytes(path.read_bytes() + b" ")
    return f"{ENTITIES}: its bytes are not those of the manifest"


def _file_missing(root: Path) -> str:
    (root / "corpus" / ENTITIES).unlink()
    return f"{ENTITIES}: listed in the manifest, but missing"


def _no_manifest(root: Path) -> str:
    (root / "corpus" / "manifest.json").unlink()
    return "no corpus here: corpus/manifest.json is missing"


def _no_json(root: Path) -> str:
    (root / "corpus" / "manifest.json").write_text("{")
    return "manifest.json:1: not JSON"


def _another_shape(value: Any) -> Callable[[Path], str]:
    def spoil(root: Path) -> str:
        (root / "corpus" / "manifest.json").write_text(json.dumps(value))
        return "is no manifest of a corpus"

    return spoil


def _leads_out(root: Path) -> str:
    manifest = json.loads((root / "corpus" / "manifest.json").read_text())
    edit_manifest(root, files=[file | {"path": f"../{file['path']}"} for file in manifest["files"]])
    return "leads out of its folder"


def _no_features(root: Path) -> str:
    path = root / "corpus" / ENTITIES
    pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)
    renew_digest(root, ENTITIES)
    return "no Hugging Face features that can be read"


def _other_features(root: Path) -> str:
    path = root / "corpus" / ENTITIES
    pq.write_table(pq.read_table(path).drop_columns(["label"]), path)
    renew_digest(root, ENTITIES)
    return "its features are of"


def _no_parquet(root: Path) -> str:
    (root / "corpus" / ENTITIES).write_bytes(b"PAR1, or so it says")
    renew_digest(root, ENTITIES)
    return "not a whole Parquet file"


SHAPES: list[Any] = [[], {}, None, {"version": "1.0.0"}, {"version": 1, "files": []}, {"version": "v1", "files": []}]
SHAPES += [{"version": "1.0.0", "files": [{}]}, {"version": "1.0.0", "files": ["a"]}, {"version": "1.0.0", "files": [], "inputs": []}]
SPOILT = [_tampered, _file_missing, _no_manifest, _no_json, _leads_out, _no_features, _other_features, _no_parquet]


@pytest.mark.parametrize("spoil", [*SPOILT, *map(_another_shape, SHAPES)])
def test_what_cannot_be_compared_is_a_failure_in_one_line(spoil: Callable[[Path], str], tmp_path: Path) -> None:
    old, new = write(tmp_path / "old", toy_rows()), write(tmp_path / "new", toy_rows())
    says = spoil(new)
    for places in ([str(old), str(new)], [str(new), str(old)]):
        result = run(app, ["diff", *places])
        assert (result.exit_code, result.stdout) == (2, "") and result.stderr.count("\n") == 1
        assert says in result.stderr and str(new) in result.stderr


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("v9.9.9", "v9.9.9: no path here, and no version in git: no such revision"),
        ("--output=x", "No such option"),
        ("", "nothing is named"),
        ("HEAD:corpus", "no such revision"),
        ("nowhere/manifest.json", "nowhere/manifest.json: no path here"),
    ],
)
def test_a_place_that_is_none_is_a_failure(place: str, says: str, versioned: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(versioned.root.parent)
    result = run(app, ["diff", place, str(versioned.root), "--root", str(versioned.root)])
    assert result.exit_code == 2 and says in " ".join(result.stderr.replace("│", "").split())


def test_a_revision_without_a_corpus_is_a_failure(toy: Toy) -> None:
    git(toy.root, "init")
    git(toy.root, "add", ".")
    git(toy.root, "commit", "--message", "inputs only")
    result = run(app, ["diff", "HEAD", str(toy.root), "--root", str(toy.root)])
    assert result.exit_code == 2 and "HEAD: no path here, and no version in git: has no corpus" in result.stderr


def test_without_git_revisions_cannot_be_had(built: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(app, ["diff", "v1.0.0", str(built.root), "--root", str(built.root)])
    assert result.exit_code == 2 and "not a git repository" in result.stderr
    monkeypatch.setitem(os.environ, "PATH", "")
    result = run(app, ["diff", "v1.0.0", str(built.root), "--root", str(built.root)])
    assert result.exit_code == 2 and "git is not installed" in result.stderr
    assert run(app, ["diff", str(built.root), str(built.root)]).exit_code == 0
