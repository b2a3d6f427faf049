import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumbeat.errors import TaskError
from drumbeat.labelstudio import tasks
from drumbeat.labelstudio.items import Item, item_of
from drumbeat.labelstudio.results import result_digest
from drumbeat.labelstudio.tasks import Incoming, decode_task, to_task
from drumbeat.model import LAYERS, AnnotationSet, Mention, Seed
from drumbeat.normalize import normalize
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_seeds
from tests.sets import annotation_sets, documents
from tests.toy import Toy

slow = settings(max_examples=60)


def from_task(task: dict[str, Any], people: dict[int, str] | None = None) -> Incoming:
    """What a task brings as the server gives it, which must be what it brings from a file."""
    told: list[Incoming | TaskError] = []
    for form in (task, decode_task(json.dumps(task).encode())):
        try:
            told.append(tasks.from_task(form, people))
        except TaskError as error:
            told.append(error)
    live, read = told
    assert repr(live) == repr(read)
    if isinstance(live, TaskError):
        raise live
    return live


def arrived(incoming: Incoming) -> list[AnnotationSet]:
    return [arrival.annotations for arrival in incoming.arrivals]


def exported(task: dict[str, Any], number: int = 7) -> dict[str, Any]:
    """The task as Label Studio's own JSON export gives it after an import: ids are its own, ours are import ids."""
    out = copy.deepcopy(task)
    out |= {"id": number, "inner_id": 1, "drafts": [], "meta": {}, "project": 3, "total_annotations": len(task["annotations"])}
    for index, annotation in enumerate(out["annotations"]):
        annotation |= {"import_id": annotation["id"], "id": 1000 + index, "completed_by": 1, "updated_by": 1, "prediction": {}}
        annotation |= {"created_at": "2026-03-04T05:06:07Z", "updated_at": "2026-03-04T05:06:07Z", "lead_time": None, "unique_id": "x"}
        for item in annotation["result"]:
            item.setdefault("origin", "manual")
    return out


@slow
@given(st.data())
def test_a_task_comes_back_as_it_left(data: st.DataObject) -> None:
    document = data.draw(documents())
    alice = data.draw(annotation_sets(document.text, "alice"))
    gold = data.draw(annotation_sets(document.text, "carol"))
    robot = data.draw(annotation_sets(document.text, "rules 1.0", "suggested"))
    task = to_task(document, [alice, robot], gold)
    for form in (task, json.loads(json.dumps(task)), json.loads(json.dumps(task, ensure_ascii=False)), exported(task)):
        incoming = from_task(form)
        kept = [item for item in (alice, gold) if any(getattr(item, layer) for layer in LAYERS)]  # an empty result says nothing
        assert arrived(incoming) == kept
        assert [arrival.gold for arrival in incoming.arrivals] == [item is gold for item in kept]
        assert not any(arrival.notes for arrival in incoming.arrivals)
        assert (incoming.document_id, incoming.text) == (document.seed.document_id, document.text)
    (suggestion,) = from_task(task).suggestions
    assert msgspec.structs.replace(suggestion, date=robot.date) == robot


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 1) | st.sampled_from(["", "a", "text", "labels", "regions", "right"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["start", "text", "x"]), inner, max_size=2),
    max_leaves=4,
)
ITEMS = st.dictionaries(st.sampled_from([*Item.__struct_fields__, "hidden", "written"]), JSON, max_size=5)


@given(ITEMS)
def test_an_item_is_kept_as_it_was_written_whatever_it_is(item: dict[str, Any]) -> None:
    task = {"data": {}, "annotations": [{"result": [item]}]}
    (read,) = decode_task(json.dumps(task).encode())["annotations"][0]["result"]
    sides = (item if isinstance(read, dict) else read.as_written()), item_of(item).as_written()
    assert json.dumps(sides[0], sort_keys=True) == json.dumps(item, sort_keys=True) == json.dumps(sides[1])
    assert isinstance(read, dict) or json.dumps(sides[0]) == json.dumps(sides[1])
    assert result_digest([read]) == result_digest([item]) == result_digest([item_of(item)])
    assert item_of(item).renamed({str(item.get(key)): "n" for key in ("id", "from_id", "to_id")}).as_written() == item | {
        key: "n" for key in ("id", "from_id", "to_id") if item.get(key) is not None
    }


def test_what_label_studio_writes_is_read_without_what_nobody_looks_at(page: Document, toy: Toy) -> None:
    annotation = read_annotation(toy.repository, page)
    whole = exported(to_task(page, annotation.sets, annotation.gold))
    for saved in whole["annotations"]:
        saved["prediction"] = {"result": saved["result"]}
        saved["result"][0] |= {"origin": "prediction-changed", "score": 0.5, "meta": {"text": ["a note"]}}
    read = decode_task(json.dumps(whole).encode())
    assert all(isinstance(item, Item) for saved in read["annotations"] for item in saved["result"]) and read["annotations"]
    assert not any("prediction" in saved for saved in read["annotations"])
    assert tasks.from_task(read) == tasks.from_task(whole)


def test_whoever_submits_a_suggestion_says_more_than_its_score(page: Document) -> None:
    mention = region(page, "elephant", "entities", "PERSON") | {"score": 0.4, "origin": "prediction"}
    task = submitted(page, mention)
    assert arrived(from_task(task))[0].entities[0].confidence is None
    task["predictions"] = [{"model_version": "rules 1.0", "score": 0.4, "result": [mention, mention | {"id": "m2", "score": "high"}]}]
    assert {item.id: item.confidence for item in from_task(task).suggestions[0].entities} == {"xL25GBbZQ7": 0.4, "m2": None}


@slow
@given(st.data(), st.sets(st.sampled_from(LAYERS), min_size=1))
def test_a_task_of_some_layers_says_nothing_of_the_others(data: st.DataObject, layers: set[str]) -> None:
    document = data.draw(documents())
    alice = data.draw(annotation_sets(document.text))
    incoming = from_task(to_task(document, [alice], layers=sorted(layers)))
    assert set(incoming.layers) == layers
    for item in arrived(incoming):
        assert set(item.layers) == layers
        for layer in LAYERS:
            assert getattr(item, layer) == (getattr(alice, layer) if layer in layers else ())


def test_a_page_of_a_hundred_kilobytes_with_a_span_at_its_end() -> None:
    text = "😀 word e\u0301\r\n" * 10_000 + "the end"
    document = Document(Seed("d", "d.txt", "0" * 64, 1, None, None, None, None, None, (), {}, "x"), normalize(text))
    end = len(document.text)
    alice = AnnotationSet("alice", "manual", "2026-01-02", (), (), (), (Mention("m1", end - 3, end, "ORG", None),))
    assert arrived(from_task(json.loads(json.dumps(to_task(document, [alice]))))) == [alice]


def test_the_gold_of_every_page_comes_back_as_it_left(checkout: Repository) -> None:
    for seed in read_seeds(checkout):
        document = read_document(checkout, seed)
        annotation = read_annotation(checkout, document)
        incoming = from_task(exported(to_task(document, annotation.sets, annotation.gold)))
        assert arrived(incoming) == [*annotation.sets, annotation.gold]


# -- what people and the browser do ---------------------------------------------------------------


@pytest.fixture
def page(toy: Toy) -> Document:
    return read_document(toy.repository, read_seeds(toy.repository)[0])


def submitted(document: Document, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A task as exported after somebody submitted these items."""
    task = exported(to_task(document))
    task["annotations"] = [
        {"id": 55, "import_id": None, "completed_by": {"id": 4, "email": "dora@example.org"}, "updated_at": "2026-05-06T07:08:09Z"}
        | {"was_cancelled": False, "ground_truth": False, "result": list(items)}
        | more
    ]
    return task


def region(document: Document, words: str, control: str, label: str, identifier: str = "xL25GBbZQ7", **value: Any) -> dict[str, Any]:
    start = document.text.index(words)
    found = {"start": start, "end": start + len(words), "text": words, "labels": [label]} | value
    return {"id": identifier, "from_name": control, "to_name": "text", "type": "labels", "origin": "manual", "value": found}


def relation(source: str, target: str, *found: str, direction: str = "right") -> dict[str, Any]:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": direction, "labels": list(found)}


def test_a_new_annotation_belongs_to_who_submitted_it(page: Document) -> None:
    (arrival,) = from_task(submitted(page, region(page, "Ada Byrne", "entities", "PERSON"))).arrivals
    assert (arrival.annotations.annotator, arrival.annotations.method, arrival.annotations.date) == (
        "dora@example.org",
        "imported",
        "2026-05-06",
    )
    assert (arrival.sent, arrival.gold) == (False, False)
    assert [mention.entity for mention in arrival.annotations.entities] == [None]


def test_users_of_a_plain_export_are_numbers_that_can_be_named(page: Document) -> None:
    task = submitted(page, region(page, "Ada Byrne", "entities", "PERSON"), completed_by=4)
    assert from_task(task).arrivals[0].person == "user-4"
    assert from_task(task, {4: "dora"}).arrivals[0].person == "dora"


def test_who_edited_is_named_rather_than_who_began(page: Document) -> None:
    task = submitted(page, region(page, "Ada Byrne", "entities", "PERSON"), updated_by={"id": 9, "email": "eve@example.org"})
    assert from_task(task).arrivals[0].person == "eve@example.org"


def test_a_quotation_drawn_by_hand(page: Document) -> None:
    items = [
        region(page, "“We are ready,”", "quotes", "content", "h"),
        region(page, "“and so is the ‘old lady’.”", "quotes", "content", "c2"),
        region(page, "added", "quotes", "cue", "k"),
        region(page, "she", "quotes", "source", "s"),
        relation("c2", "h", "continues"),
        relation("h", "k", "cue_of"),  # drawn the wrong way round
        relation("c2", "s", "source_of", direction="left"),  # to the second span, and stored leftwards
    ]
    (arrival,) = from_task(submitted(page, *items)).arrivals
    (quote,) = arrival.annotations.quotes
    assert (quote.id, len(quote.content), len(quote.cue), len(quote.source)) == ("h", 2, 1, 1)
    assert quote.type == "direct", "no type was chosen, so the marks decide"
    assert any("turned round" in note for note in arrival.notes) and any("no type was chosen" in note for note in arrival.notes)
    assert arrival.annotations.foreign == ()


def test_a_relation_that_nobody_labelled_means_what_its_ends_say(page: Document) -> None:
    def drawn(source: str, target: str) -> dict[str, Any]:
        return {key: value for key, value in relation(source, target, "").items() if key != "labels"}

    items = [
        region(page, "“We are ready,”", "quotes", "content", "h"),
        region(page, "‘old lady’", "quotes", "content", "other"),
        region(page, "added", "quotes", "cue", "k"),
        region(page, "she", "quotes", "source", "s"),
        drawn("k", "h"),
        drawn("h", "s"),
        drawn("other", "h"),  # further content or a quotation inside: that cannot be known
        drawn("k", "s"),
    ]
    (arrival,) = from_task(submitted(page, *items)).arrivals
    head = next(quote for quote in arrival.annotations.quotes if quote.id == "h")
    assert (len(head.content), len(head.cue), len(head.source)) == (1, 1, 1)
    assert sum("has no label; taken as" in note for note in arrival.notes) == 2
    assert [item["from_id"] for item in arrival.annotations.foreign] == ["other", "k"]


@pytest.mark.parametrize(
    ("said", "words"),
    [("Bridge in Northtown to open\\nby Ada", "Bridge in Northtown to open\nby Ada"), ("Bridge   in Northtown", "Bridge in Northtown")],
)
def test_the_browsers_way_of_writing_text_is_no_shift(said: str, words: str, page: Document) -> None:
    assert from_task(submitted(page, region(page, words, "regions", "headline", text=said))).arrivals


def test_white_space_at_the_edges_is_left_out(page: Document) -> None:
    (arrival,) = from_task(submitted(page, region(page, "\n\nBridge in Northtown ", "regions", "headline"))).arrivals
    (found,) = arrival.annotations.regions
    assert page.text[found.start : found.end] == "Bridge in Northtown"
    assert any("white space at its edges" in note for note in arrival.notes)


FOREIGN: dict[str, Any] = {
    "a label that is not ours": lambda page: [region(page, "Ada Byrne", "entities", "ROBOT")],
    "a control that is not ours": lambda page: [region(page, "Ada Byrne", "sentiment", "good")],
    "a region without a label": lambda page: [region(page, "Ada Byrne", "entities", "PERSON", labels=[])],
    "two labels on one region": lambda page: [region(page, "Ada Byrne", "entities", "PERSON", labels=["PERSON", "ORG"])],
    "a relation to nowhere": lambda page: [region(page, "said", "quotes", "content", "a"), relation("a", "gone", "cue_of")],
    "a relation without a label": lambda page: [
        region(page, "said", "quotes", "content", "a"),
        region(page, "Friday", "quotes", "content", "b"),
        relation("b", "a"),
    ],
    "a cue without a quotation": lambda page: [region(page, "said", "quotes", "cue", "a")],
    "a value without its region": lambda page: [
        {"id": "zz", "from_name": "speaker", "to_name": "text", "type": "textarea", "value": {"start": 1, "end": 2, "text": ["x"]}}
    ],
    "a value on the wrong kind of region": lambda page: [
        region(page, "Ada Byrne", "entities", "PERSON", "a"),
        {"id": "a", "from_name": "type", "to_name": "text", "type": "choices", "value": {"start": 1, "end": 2, "choices": ["direct"]}},
    ],
    "labels that are none": lambda page: [region(page, "Ada Byrne", "entities", "PERSON", labels=5)],
    "relation labels that are none": lambda page: [
        region(page, "said", "quotes", "content", "a"),
        region(page, "Friday", "quotes", "content", "b"),
        relation("b", "a") | {"labels": 5},
    ],
    "a speaker that is a number": lambda page: [
        region(page, "said", "quotes", "content", "a"),
        {"id": "a", "from_name": "speaker", "to_name": "text", "type": "textarea", "value": {"start": 1, "end": 2, "text": 5}},
    ],
    "a type that is a number": lambda page: [
        region(page, "said", "quotes", "content", "a"),
        {"id": "a", "from_name": "type", "to_name": "text", "type": "choices", "value": {"start": 1, "end": 2, "choices": 5}},
    ],
    "a value of no kind": lambda page: [region(page, "Ada Byrne", "entities", "PERSON", "a") | {"from_name": "mood", "value": 5}],
    "a note of the annotator": lambda page: [region(page, "Ada Byrne", "entities", "PERSON") | {"meta": {"text": ["unsure"]}}],
    "a classification of the whole page": lambda page: [
        {"id": "d", "from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["war"]}}
    ],
}


@pytest.mark.parametrize("what", FOREIGN)
def test_what_we_do_not_know_is_kept_and_reported(what: str, page: Document) -> None:
    known = region(page, "Northtown", "entities", "GPE", "known")
    (arrival,) = from_task(submitted(page, known, *FOREIGN[what](page))).arrivals
    assert arrival.annotations.foreign
    assert any("kept as foreign" in note for note in arrival.notes)
    task = to_task(page, [arrival.annotations])
    ids = {item["id"] for item in task["annotations"][0]["result"] if item["type"] == "labels"}
    for item in task["annotations"][0]["result"]:
        assert item.get("from_name") in (None, *LAYERS, "type", "flags", "speaker", "speaker_name", "entity"), "the browser would spoil it"
        assert item["type"] != "relation" or {item["from_id"], item["to_id"]} <= ids, "the browser would show a white page"
    again = from_task(task)
    assert again.arrivals[0].annotations == arrival.annotations, "and it goes out and comes back with the rest"


def utf16(words: str, text: str) -> tuple[int, int]:
    start = len(text[: text.index(words)].encode("utf-16-le")) // 2
    return start, start + len(words.encode("utf-16-le")) // 2


def test_offsets_in_another_unit_are_refused() -> None:
    seed = Seed("d", "d.txt", "0" * 64, 1, None, None, None, None, None, (), {}, "x")
    document = Document(seed, normalize("😀 Bravo Charlie"))
    start, end = utf16("Bravo", document.text)
    with pytest.raises(TaskError, match="shifted"):
        from_task(submitted(document, region(document, "Bravo", "entities", "ORG", start=start, end=end)))


REFUSED: dict[str, Any] = {
    "two regions of one id": (
        lambda p: [region(p, "Ada Byrne", "entities", "PERSON"), region(p, "Lena", "entities", "PERSON")],
        "two regions",
    ),
    "a span past the end": (lambda p: [region(p, "Ada", "entities", "PERSON", end=10_000)], r"does not lie in the text"),
    "an empty span": (lambda p: [region(p, "Ada", "entities", "PERSON", end=p.text.index("Ada"))], r"does not lie in the text"),
    "white space only": (lambda p: [region(p, "\n\n", "entities", "PERSON")], "white space only"),
    "no offsets": (lambda p: [region(p, "Ada", "entities", "PERSON", start=None)], "no start and end"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_placed_is_refused_with_its_place(what: str, page: Document) -> None:
    items, message = REFUSED[what]
    with pytest.raises(TaskError, match=rf"task 7 \(toy-a\), annotation 55, region \w+.*{message}"):
        from_task(submitted(page, *items(page)))


def test_a_result_of_something_else_than_items_is_refused(page: Document) -> None:
    task = submitted(page, region(page, "Ada", "entities", "PERSON"))
    task["annotations"][0]["result"].append(5)
    with pytest.raises(TaskError, match="annotation 55: its result holds '5' where an item should be"):
        from_task(task)


def test_a_changed_text_and_a_foreign_task_are_refused(page: Document) -> None:
    task = submitted(page, region(page, "Ada", "entities", "PERSON"))
    task["data"]["text"] += "x"
    with pytest.raises(TaskError, match="its text was changed"):
        from_task(task)
    with pytest.raises(TaskError, match="no task of drumbeat"):
        from_task({"id": 3, "data": {"image": "x.png"}})


def test_what_is_left_aside_is_named(page: Document) -> None:
    item = region(page, "Ada Byrne", "entities", "PERSON")
    skipped = from_task(submitted(page, item, was_cancelled=True))
    assert not skipped.arrivals and "skipped by the annotator" in skipped.skipped[0][1]
    empty = from_task(submitted(page))
    assert not empty.arrivals and empty.skipped[0] == ("dora@example.org", empty.skipped[0][1]) and "empty" in empty.skipped[0][1]
    drafted = submitted(page, item)
    drafted["drafts"] = [{"user": "fay@example.org", "result": [item]}]
    assert ("fay@example.org", "a draft that was not submitted") in from_task(drafted).skipped


def test_ids_that_label_studio_would_join_are_not_sent(page: Document, toy: Toy) -> None:
    gold = read_annotation(toy.repository, page).gold
    assert gold is not None
    clash = msgspec.structs.replace(gold, regions=(msgspec.structs.replace(gold.regions[0], id="q001"), *gold.regions[1:]))
    with pytest.raises(TaskError, match="q001 stands twice"):
        to_task(page, [clash])


def test_bulk_import_would_mark_all_as_ground_truth_so_each_annotation_says_what_it_is(page: Document, toy: Toy) -> None:
    annotation = read_annotation(toy.repository, page)
    task = to_task(page, annotation.sets, annotation.gold)
    assert [item["ground_truth"] for item in task["annotations"]] == [False, False, True]
    assert all(item["was_cancelled"] is False for item in task["annotations"])


def test_a_further_span_that_lost_its_relation_is_a_quotation_with_an_id_of_its_own(page: Document, toy: Toy) -> None:
    gold = read_annotation(toy.repository, page).gold
    assert gold is not None
    task = to_task(page, gold=gold)
    items = task["annotations"][0]["result"]
    task["annotations"][0]["result"] = [item for item in items if item.get("from_id") != "q002.content2"]
    (arrival,) = from_task(task).arrivals
    assert {"q002", "q002-content2"} <= {quote.id for quote in arrival.annotations.quotes}


def test_ids_of_other_tools_are_made_ids_of_ours(page: Document) -> None:
    (arrival,) = from_task(submitted(page, region(page, "Ada Byrne", "entities", "PERSON", "a b#é😀"))).arrivals
    assert [mention.id for mention in arrival.annotations.entities] == ["a-b---"]
    assert any("is called a-b--- from here on" in note for note in arrival.notes)
    with pytest.raises(TaskError, match="two regions would have this id"):
        from_task(
            submitted(page, region(page, "Ada Byrne", "entities", "PERSON", "a#b"), region(page, "Lena Ortiz", "entities", "PERSON", "a b"))
        )
