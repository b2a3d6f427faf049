import gc
import gzip
import json
import os
import re
import shutil
import zipfile
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat.cli import app
from drumbeat.errors import TaskError
from drumbeat.labelstudio import files
from drumbeat.labelstudio.exchange import export_tasks, import_annotations
from drumbeat.labelstudio.files import decode_all, read_tasks, split_array, write_tasks
from drumbeat.labelstudio.tasks import decode_task
from drumbeat.model import AnnotationSet
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from tests.test_build import contents
from tests.test_labelstudio_tasks import exported, region, submitted
from tests.toy import Toy

run = CliRunner().invoke
texts = st.text(st.sampled_from('\\"{}[],:é😀 \n'), max_size=12)
objects = st.dictionaries(
    texts, st.recursive(texts | st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3), max_leaves=6), max_size=3
)


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


@given(st.lists(objects, max_size=6), st.integers(1, 40), st.booleans(), st.sampled_from([None, 1]))
def test_an_array_is_split_into_its_objects_at_any_block_size(found: list[Any], block: int, ascii_only: bool, indent: int | None) -> None:
    data = json.dumps(found, ensure_ascii=ascii_only, indent=indent).encode()
    assert [json.loads(part) for part in split_array(blocks(data, block), "x")] == found


@given(st.lists(objects, min_size=1, max_size=3), st.data())
def test_a_truncated_array_is_refused(found: list[Any], data: st.DataObject) -> None:
    whole = json.dumps(found).encode()
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(TaskError, match="truncated"):
        list(split_array(blocks(whole[:cut], 7), "x"))


def test_files_are_written_task_by_task_and_read_back_plain_and_zipped(tmp_path: Path) -> None:
    tasks = [{"data": {"text": 'é \\ " {'}, "id": number} for number in range(5)]
    assert write_tasks(tmp_path / "t.json", iter(tasks)) == 5
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8")) == tasks == list(read_tasks(tmp_path / "t.json"))
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "t.json", "project-1.json")
    assert list(read_tasks(tmp_path / "t.zip")) == tasks
    (tmp_path / "t.json.gz").write_bytes(gzip.compress((tmp_path / "t.json").read_bytes()))
    assert list(read_tasks(tmp_path / "t.json.gz")) == tasks
    assert write_tasks(tmp_path / "none.json", []) == 0 and list(read_tasks(tmp_path / "none.json")) == []
    assert list(split_array(blocks(b" [\n] ", 1), "x")) == []


# What Label Studio gives first in a task, what we do, and what nobody does.
FIRST = st.sampled_from([{"id": 7, "annotations": []}, {"data": {}}, {"id": "a b", "data": {}}, {"meta": None, "id": 1}, {"id": 1}, {}])


@given(
    st.lists(st.tuples(FIRST, objects), max_size=6) | st.tuples(FIRST, st.lists(objects)).map(lambda same: [(same[0], d) for d in same[1]]),
    st.integers(1, 60),
    st.sampled_from([None, 1]),
    st.sampled_from([",", ", ", " ,\n"]),
)
def test_tasks_are_the_same_however_their_ends_are_found(
    tmp_path_factory: pytest.TempPathFactory, made: list[Any], block: int, indent: int | None, comma: str
) -> None:
    tasks = [first | {"data": data} for first, data in made]
    path = tmp_path_factory.mktemp("guessed", numbered=True) / "t.json"
    path.write_text(json.dumps(tasks, ensure_ascii=False, indent=indent, separators=(comma, ":")), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_BLOCK", block)
        patch.setattr(files, "_LARGEST", 4 * block)
        assert list(read_tasks(path)) == tasks


@pytest.mark.parametrize("first", [{"id": 1, "annotations": [{"id": 1}, {"id": 2}]}, {}])
def test_only_the_last_task_is_looked_at_byte_by_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: dict[str, Any]) -> None:
    tasks = [first | {"data": {"text": 'é \\ " {},{"id":3,"annotations":[', "nested": [{"data": 1}]}} for _ in range(5)]
    write_tasks(tmp_path / "t.json", tasks)
    looked: list[bytes] = []

    def split(found: Any, name: str, done: int) -> Any:
        looked.extend(split_array(found, name, done))
        return iter(looked)

    monkeypatch.setattr(files, "split_array", split)
    assert list(read_tasks(tmp_path / "t.json")) == tasks and len(looked) == 1


def test_a_guess_that_never_comes_true_is_given_up_before_the_file_is_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: list[Any] = [{"id": 1, "annotations": [], "data": {}}, *({"data": {"text": "x" * 10_000}} for _ in range(50))]
    write_tasks(tmp_path / "t.json", tasks)
    held: list[int] = []

    def split(found: Any, name: str, done: int) -> Any:
        first = next(found)
        held.append(len(first))
        return split_array(chain([first], found), name, done)

    monkeypatch.setattr(files, "split_array", split)
    monkeypatch.setattr(files, "_BLOCK", 1000)
    monkeypatch.setattr(files, "_LARGEST", 20_000)
    assert list(read_tasks(tmp_path / "t.json")) == tasks and held[0] < 50_000


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    tasks = [{"data": {"text": 'é \\ " {'}, "id": number} for number in range(5)]
    write_tasks(tmp_path / "t.json", tasks)
    begin, end = os.pipe()
    os.write(end, (tmp_path / "t.json").read_bytes())
    os.close(end)
    assert list(read_tasks(Path(f"/dev/fd/{begin}"))) == tasks
    os.close(begin)


def outcome(path: Path, decode: Any) -> tuple[list[Any], str]:
    """The tasks before an error, and the error."""
    found = []
    try:
        for task in read_tasks(path, decode):
            found.append(task)
    except TaskError as error:
        return found, str(error).removeprefix(str(path))
    return found, ""


@given(st.lists(objects.map(lambda data: {"id": 1, "data": data}), max_size=4), st.sampled_from([decode_all, decode_task]), st.data())
def test_a_spoilt_file_says_the_same_however_ends_are_found(
    tmp_path_factory: pytest.TempPathFactory, tasks: list[Any], decode: Any, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from([b"", b" ", b"\n\n"])) + json.dumps(tasks, ensure_ascii=False).encode()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    spoilt = (
        whole[:start] + data.draw(st.binary(max_size=3) | st.text(st.sampled_from('"{}[],\\ '), max_size=3).map(str.encode)) + whole[end:]
    )
    path = tmp_path_factory.mktemp("spoilt", numbered=True) / "t.json"
    path.write_bytes(spoilt)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_BLOCK", block := data.draw(st.sampled_from([1 << 20, 7, 30])))
        patch.setattr(files, "_LARGEST", 4 * block)
        guessed = outcome(path, decode)
        patch.setattr(files, "_FIRST", re.compile(b"never"))
        assert outcome(path, decode) == guessed


def test_a_file_that_is_cut_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    write_tasks(path, ({"data": {"text": "x" * 400_000}} for _ in range(5)))
    tasks = read_tasks(path)
    next(tasks)
    os.truncate(path, 100)
    with pytest.raises(TaskError, match="it is truncated; export again"):
        list(tasks)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    write_tasks(tmp_path / "t.json", [{"data": {}}])

    def broken() -> Any:
        yield {"data": {}}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tasks(tmp_path / "t.json", broken())
    assert [path.name for path in tmp_path.iterdir()] == ["t.json"] and len(list(read_tasks(tmp_path / "t.json"))) == 1


REFUSED = {
    "JSON_MIN": (b'[{"id": 1, "text": "x", "annotation_id": 3}]', "JSON_MIN, which loses relations"),
    "CSV": (b"annotation_id,text\n1,x\n", "CSV or TSV loses relations"),
    "CONLL": (b"-DOCSTART- -X- O\n", "CONLL loses all layers but one"),
    "JSON Lines": (b'{"data": {}}\n{"data": {}}\n', "JSON Lines"),
    "a byte order mark": (b"\xef\xbb\xbf[]", "byte order mark"),
    "nothing": (b"", "is empty"),
    "white space": (b" \n", "is empty"),
    "broken JSON": (b'[{"data": {"a" 1}}]', "task 1 of the file: not JSON"),
    "other objects": (b'[{"name": 1}]', "no task of Label Studio"),
    "an array inside the array": (b'[{"data": {}}[]', "array is closed"),
    "bytes that are no UTF-8": (b'[{"data": {"a": "\xff"}}]', "task 1 of the file: not JSON"),
    "nesting without end": (b'[{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "task 1 of the file: not JSON"),
}


@pytest.mark.parametrize("decode", [decode_all, decode_task])
@pytest.mark.parametrize("what", REFUSED)
def test_other_formats_are_refused_with_what_they_lose(what: str, decode: Any, tmp_path: Path) -> None:
    data, message = REFUSED[what]
    path = tmp_path / "export"
    path.write_bytes(data)
    with pytest.raises(TaskError, match=message):
        list(read_tasks(path, decode))
    assert gc.isenabled()  # reading turns it off for a moment


def test_a_missing_or_broken_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="cannot be read"):
        list(read_tasks(tmp_path / "none.json"))
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.json", "[]")
        archive.writestr("b.json", "[]")
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(b"[]" * 1000)[:-9])
    with pytest.raises(TaskError, match="cannot be read"):
        list(read_tasks(tmp_path / "cut.json.gz"))
    with pytest.raises(TaskError, match="holds 2 JSON files"):
        list(read_tasks(tmp_path / "two.zip"))


# -- import ---------------------------------------------------------------------------------------


def file_of(toy: Toy, *tasks: dict[str, Any]) -> Path:
    path = toy.root / "export.json"
    path.write_text(json.dumps(list(tasks)), encoding="utf-8")
    return path


def task_of(toy: Toy, *words: str, **more: Any) -> dict[str, Any]:
    document = read_document(toy.repository, read_seeds(toy.repository)[0])
    return submitted(document, *(region(document, word, "entities", "PERSON", f"id-{word[:3]}") for word in words), **more)


def sets(toy: Toy) -> dict[str, AnnotationSet]:
    document = read_document(toy.repository, read_seeds(toy.repository)[0])
    return {item.annotator: item for item in read_annotation(toy.repository, document).sets}


def kinds(changes: Any) -> list[str]:
    return [change.kind for change in changes]


def test_what_is_exported_and_imported_changes_no_byte(toy: Toy) -> None:
    before = contents(toy.root)
    export_tasks(toy.repository, toy.root.parent / "out.json", sets="gold")
    assert kinds(import_annotations(toy.repository, toy.root.parent / "out.json")) == ["unchanged", "unchanged"]
    assert contents(toy.root) == before


def test_imported_work_is_a_set_of_its_annotator_and_the_gold_stays(toy: Toy) -> None:
    gold = toy.gold()
    changes = import_annotations(toy.repository, file_of(toy, task_of(toy, "Ada Byrne", "Lena")))
    assert kinds(changes) == ["new"] and "2 entities" in str(changes[0]) and changes[0].person == "dora@example.org"
    assert sets(toy)["dora@example.org"].method == "imported"
    assert json.loads(toy.repository.annotation("toy-a").read_text())["gold"] == gold


def test_importing_twice_changes_nothing_and_an_update_says_what_changed(toy: Toy) -> None:
    import_annotations(toy.repository, file_of(toy, task_of(toy, "Ada Byrne", "Lena")))
    before = contents(toy.root)
    assert kinds(import_annotations(toy.repository, file_of(toy, task_of(toy, "Ada Byrne", "Lena")))) == ["unchanged"]
    assert contents(toy.root) == before
    (change,) = import_annotations(toy.repository, file_of(toy, task_of(toy, "Ada Byrne", "Mayor")))
    assert change.kind == "changed" and "entities: 1 new, 0 changed, 1 removed" in change.detail


def test_an_edit_of_what_was_sent_becomes_the_editors_set(toy: Toy) -> None:
    document = read_document(toy.repository, read_seeds(toy.repository)[0])
    gold = read_annotation(toy.repository, document).gold
    from drumbeat.labelstudio.tasks import to_task

    task = exported(to_task(document, gold=gold))
    task["annotations"][0]["result"] = [item for item in task["annotations"][0]["result"] if item.get("id") != "m002"]
    task["annotations"][0]["updated_by"] = {"id": 3, "email": "eve@example.org"}
    (change,) = import_annotations(toy.repository, file_of(toy, task))
    assert (change.person, change.kind) == ("eve@example.org", "new") and "an edit of what was sent as carol's" in change.detail
    assert len(sets(toy)["eve@example.org"].entities) == len(toy.gold()["entities"]) - 1


def test_one_layer_does_not_wipe_out_the_others(toy: Toy) -> None:
    import_annotations(toy.repository, file_of(toy, task_of(toy, "Ada Byrne")))
    task = task_of(toy)
    document = read_document(toy.repository, read_seeds(toy.repository)[0])
    task["data"]["layers"] = ["regions"]
    task["annotations"][0]["result"] = [region(document, "by Ada Byrne", "regions", "byline", "r9")]
    import_annotations(toy.repository, file_of(toy, task))
    dora = sets(toy)["dora@example.org"]
    assert len(dora.entities) == 1 and len(dora.regions) == 1


def test_two_annotators_a_skipped_one_and_a_draft(toy: Toy) -> None:
    task = task_of(toy, "Ada Byrne")
    other = task_of(toy, "Lena")["annotations"][0] | {"id": 56, "completed_by": {"id": 5, "email": "fay@example.org"}}
    cancelled = task_of(toy, "Mayor")["annotations"][0] | {
        "id": 57,
        "was_cancelled": True,
        "completed_by": {"id": 6, "email": "gus@example.org"},
    }
    task["annotations"] += [other, cancelled]
    task["drafts"] = [{"user": "hal@example.org", "result": other["result"]}]
    changes = import_annotations(toy.repository, file_of(toy, task))
    assert [(change.person.partition("@")[0], change.kind) for change in changes] == [
        *(("dora", "new"), ("fay", "new"), ("gus", "skipped"), ("hal", "skipped")),
    ]
    assert {"dora@example.org", "fay@example.org"} <= set(sets(toy)) and "gus@example.org" not in sets(toy)


def test_an_entity_without_a_record_is_kept_as_foreign(toy: Toy) -> None:
    task = task_of(toy, "Ada Byrne")
    value = task["annotations"][0]["result"][0]["value"]
    item = {"id": "id-Ada", "from_name": "entity", "to_name": "text", "type": "textarea"}
    task["annotations"][0]["result"].append(item | {"value": {"start": value["start"], "end": value["end"], "text": ["new:Ada"]}})
    changes = import_annotations(toy.repository, file_of(toy, task))
    assert "note" in kinds(changes) and sets(toy)["dora@example.org"].foreign
    assert run(app, ["validate", str(toy.root), "--select", "D1,D2,D3"]).exit_code == 0


def _unknown(task: dict[str, Any]) -> str:
    task["data"]["document_id"] = "elsewhere"
    return "no document elsewhere"


def _other_text(task: dict[str, Any]) -> str:
    from drumbeat.normalize import text_sha256

    task["data"]["text"] += " more"
    task["data"]["text_sha256"] = text_sha256(task["data"]["text"])
    return "the page changed after it was sent"


def _past_the_end(task: dict[str, Any]) -> str:
    task["annotations"][0]["result"][0]["value"]["end"] = 99_999
    return "does not lie in the text"


@pytest.mark.parametrize("spoil", [_unknown, _other_text, _past_the_end])
def test_on_an_error_in_any_task_nothing_of_the_file_is_imported(spoil: Any, toy: Toy) -> None:
    good, bad = task_of(toy, "Ada Byrne"), task_of(toy, "Lena")
    message = spoil(bad)
    path = file_of(toy, good, bad)
    before = contents(toy.root)
    with pytest.raises(TaskError, match=rf"export\.json: .*{message}"):
        import_annotations(toy.repository, path)
    assert contents(toy.root) == before


# -- the commands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", ["toy-a.json", "toy-b.json"])
def test_a_disk_that_fails_half_way_leaves_every_file_as_it_was(fails: str, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (read_document(toy.repository, seed) for seed in read_seeds(toy.repository))
    tasks = [submitted(document, region(document, "Lena Ortiz", "entities", "PERSON", "id-1")) for document in (first, second)]
    file = file_of(toy, *tasks)
    before = contents(toy.root)
    real = shutil.copy2

    def full(source: Path, target: Path) -> None:
        if source.name == fails:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(shutil, "copy2", full)
    result = run(app, ["import-annotations", str(file), "--root", str(toy.root)])
    assert result.exit_code == 2 and "No space left on device" in result.stderr
    assert contents(toy.root) == before
    monkeypatch.undo()
    assert kinds(import_annotations(toy.repository, file)) == ["new", "new"]


def test_a_dry_run_says_what_would_change_and_changes_nothing(toy: Toy) -> None:
    path = file_of(toy, task_of(toy, "Ada Byrne"))
    before = contents(toy.root)
    result = run(app, ["import-annotations", str(path), "--dry-run", "--root", str(toy.root)])
    assert result.exit_code == 0 and "toy-a: new by dora@example.org" in result.stdout and "nothing was changed" in result.stderr
    assert contents(toy.root) == before


def test_users_are_named_on_the_command_line(toy: Toy) -> None:
    path = file_of(toy, task_of(toy, "Ada Byrne", completed_by=4))
    assert "new by alice2" in run(app, ["import-annotations", str(path), "--person", "4=alice2", "--root", str(toy.root)]).stdout
    assert run(app, ["import-annotations", str(path), "--person", "alice", "--root", str(toy.root)]).exit_code == 2


def test_export_chooses_documents_layers_and_sets(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][1] |= {"annotator": "rules 1.0", "method": "suggested", "score": 0.5}
    toy.write()
    path = toy.root.parent / "out.json"
    result = run(app, ["export-tasks", "-o", str(path), "--document", "toy-a", "--layer", "entities", "--root", str(toy.root)])
    assert result.exit_code == 0 and "1 task(s)" in result.stderr
    (task,) = read_tasks(path)
    assert task["annotations"] == [] and [(p["model_version"], p["score"]) for p in task["predictions"]] == [("rules 1.0", 0.5)]
    assert {item["from_name"] for item in task["predictions"][0]["result"]} == {"entities", "entity"}
    run(app, ["export-tasks", "-o", str(path), "--sets", "none", "--root", str(toy.root)])
    assert [(task["annotations"], task["predictions"]) for task in read_tasks(path)] == [([], []), ([], [])]
    assert run(app, ["export-tasks", "-o", str(path), "--document", "nowhere", "--root", str(toy.root)]).exit_code == 2


def test_the_corpus_is_the_same_whatever_sets_stand_beside_the_gold(built: Toy) -> None:
    before = contents(built.repository.corpus / "quotes")
    import_annotations(built.repository, file_of(built, task_of(built, "Ada Byrne")))
    (built.root / "export.json").unlink()
    from drumbeat.build import build

    build(built.repository)
    assert contents(built.repository.corpus / "quotes") == before


def test_errors_are_one_line_and_exit_status_two(toy: Toy) -> None:
    path = toy.root / "bad.json"
    path.write_text('[{"data": {"text": "x"')
    result = run(app, ["import-annotations", str(path), "--root", str(toy.root)])
    assert result.exit_code == 2 and "truncated" in result.stderr and "Traceback" not in result.stderr


def test_all_pages_of_the_corpus_go_out_and_come_back(checkout: Repository, tmp_path: Path) -> None:
    before = contents(checkout.links.parent)
    assert export_tasks(checkout, tmp_path / "all.json", sets="gold") == 5
    assert kinds(import_annotations(checkout, tmp_path / "all.json", dry_run=True)) == ["unchanged"] * 5
    assert contents(checkout.links.parent) == before
