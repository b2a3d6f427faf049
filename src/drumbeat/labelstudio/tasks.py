"""A document and its annotation sets as a Label Studio task, and back: pure, and inverse to each other.

Offsets are Unicode code points, end-exclusive, on both sides, and are the only truth: text is rebuilt from them, and what a result
says of its text only serves to notice that it was shifted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Required, TypedDict

import msgspec

from drumbeat.errors import TaskError
from drumbeat.labelstudio.files import decode_all
from drumbeat.labelstudio.items import Item, Json
from drumbeat.labelstudio.results import from_result, result_digest, to_result
from drumbeat.model import LAYERS, AnnotationSet
from drumbeat.normalize import text_sha256
from drumbeat.repository import Document
from drumbeat.schema import digest

UNDATED = "1970-01-01"  # a file that says of no annotation when it was saved


@dataclass(frozen=True, slots=True)
class Arrival:
    """One annotation of a task, as an annotation set.

    `person` is who saved it in Label Studio; `annotations.annotator` is the set that we sent it out as, where we did, else the
    same person.  `notes` say what was mended, or kept as foreign.
    """

    annotations: AnnotationSet
    gold: bool
    person: str
    sent: bool
    day: str
    place: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a task brought: its annotations, and those that were left aside with the reason."""

    document_id: str
    text: str
    text_sha256: str
    normalizer: str
    layers: tuple[str, ...]
    arrivals: tuple[Arrival, ...]
    suggestions: tuple[AnnotationSet, ...]
    skipped: tuple[tuple[str, str], ...]


# -- out ------------------------------------------------------------------------------------------


def to_task(
    document: Document, sets: Sequence[AnnotationSet] = (), gold: AnnotationSet | None = None, layers: Sequence[str] = LAYERS
) -> Json:
    """A task with the page's text, the suggested sets as predictions, the others and the gold as annotations.

    Raises TaskError where an id stands twice in a set, or a text cannot be written as UTF-8.
    """
    seed, text = document.seed, document.text
    _writable(text, seed.document_id)
    people = [item for item in sets if item.method != "suggested"] + ([gold] if gold else [])
    sent = [_sent(item, number, item is gold) for number, item in enumerate(people, 1)]
    suggested = [item for item in sets if item.method == "suggested"]
    foreign = {item.annotator: list(item.foreign) for item in (*people, *suggested) if item.foreign}
    return {
        "data": {
            "text": text,
            "title": seed.title or seed.document_id,
            "document_id": seed.document_id,
            "text_sha256": document.normalized.sha256,
            "normalizer": document.normalized.version,
            "schema": digest(),
            "layers": [layer for layer in LAYERS if layer in layers],
            "sets": sent,
        }
        | ({"foreign": foreign} if foreign else {}),
        "annotations": [
            {"id": number, "result": to_result(text, item, layers), "was_cancelled": False, "ground_truth": item is gold}
            for number, item in enumerate(people, 1)
        ],
        "predictions": [
            {"model_version": item.annotator, "result": to_result(text, item, layers)}
            | ({"score": item.score} if item.score is not None else {})
            for item in suggested
        ],
    }


def _sent(item: AnnotationSet, number: int, gold: bool) -> Json:
    return {"id": number, "annotator": item.annotator, "method": item.method, "date": item.date, "gold": gold}


def _writable(text: str, document_id: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TaskError(
            f"{document_id}: character {error.start} is a lone surrogate; one such task makes a whole project unreadable"
        ) from None


# -- back -----------------------------------------------------------------------------------------


class _Draft(TypedDict, total=False):
    """What `from_task` reads of a draft: whose it is."""

    completed_by: Any
    updated_by: Any
    user: Any


class _Saved(_Draft, total=False):
    """What `from_task` reads of an annotation or a prediction; the prediction inside an annotation is not among it."""

    id: Any
    model_version: Any
    score: Any
    was_cancelled: Any
    import_id: Any
    created_at: Any
    updated_at: Any
    result: list[Item] | None


class _Task(TypedDict, total=False):
    """What `from_task` reads of a task."""

    id: Any
    data: Required[dict[str, Any]]
    annotations: list[_Saved] | None
    predictions: list[_Saved | int] | None
    drafts: list[_Draft] | None


_TASK = msgspec.json.Decoder(_Task)


def decode_task(data: bytes | memoryview) -> Any:
    """What `from_task` reads of a task, from the bytes that it is written in: half the time of decoding all of it.

    A task that holds what Label Studio does not write for our controls is decoded as a whole.  Raises msgspec.DecodeError,
    UnicodeDecodeError or RecursionError where it is no JSON; of what is passed over, strings need not be UTF-8.
    """
    try:
        return _TASK.decode(data)
    except msgspec.ValidationError:
        return decode_all(data)


def from_task(task: Json, people: dict[int, str] | None = None) -> Incoming:
    """What a task brings back, whether it comes from a file of ours, from an export or from the server.

    `people` names Label Studio's users by their number, for exports that give nothing else.

    Raises TaskError, naming task, annotation and region, where the text is not the one that was sent, a span does not lie in it or is
    shifted, or two regions have one id.
    """
    place = f"task {task.get('id', '?')}"
    data = task.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("text"), str) or not isinstance(data.get("document_id"), str):
        raise TaskError(f"{place}: its data has no text and document_id, so it is no task of drumbeat; export the right project")
    place = f"{place} ({data['document_id']})"
    if text_sha256(data["text"]) != data.get("text_sha256"):
        raise TaskError(f"{place}: its text was changed after it was sent; offsets over it are worth nothing, so nothing is imported")
    layers = tuple(layer for layer in LAYERS if layer in data.get("layers", LAYERS))
    sent = {entry["id"]: entry for entry in data.get("sets", ())}
    arrivals: list[Arrival] = []
    skipped: list[tuple[str, str]] = []
    for annotation in task.get("annotations") or ():
        annotation = as_left_by_people(annotation, data)
        person = _person(annotation, people or {})
        reason = _reason_to_skip(annotation)
        if reason:
            skipped.append((person, reason))
        else:
            arrivals.append(_arrival(annotation, person, data, layers, sent, f"{place}, annotation {annotation.get('id', '?')}"))
    skipped += [(_person(draft, people or {}), "a draft that was not submitted") for draft in task.get("drafts") or ()]
    return Incoming(
        document_id=data["document_id"],
        text=data["text"],
        text_sha256=data["text_sha256"],
        normalizer=str(data.get("normalizer")),
        layers=layers,
        arrivals=tuple(arrivals),
        suggestions=tuple(_suggestions(task, data, layers, place)),
        skipped=tuple(skipped),
    )


def as_left_by_people(annotation: Json, data: Json) -> Json:
    """An annotation with who updated it last and when, and not who migrated its labels, which the server says instead.

    That was noted in the task's data; it holds as long as the result is one of those that the migration saw or made.
    """
    noted = data.get("migrated", {}).get(str(annotation.get("id")))
    if not noted or result_digest(annotation.get("result") or []) not in noted["results"]:
        return annotation
    return annotation | {name: noted[name] for name in ("updated_by", "updated_at")}


def noted_migration(annotation: Json, data: Json, result: list[Json]) -> Json:
    """What is noted of an annotation that is about to get another result, for `as_left_by_people`."""
    known = as_left_by_people(annotation, data)
    results = [result_digest(annotation.get("result") or []), result_digest(result)]
    return {name: known.get(name) for name in ("updated_by", "updated_at")} | {"results": results}


def _person(annotation: Json, people: dict[int, str]) -> str:
    who = annotation.get("updated_by") or annotation.get("completed_by") or annotation.get("user")
    if isinstance(who, dict):
        return str(who.get("email") or who.get("username") or f"user-{who.get('id')}")
    if isinstance(who, int):
        return people.get(who, f"user-{who}")
    return str(who) if who else "somebody"


def _reason_to_skip(annotation: Json) -> str | None:
    if annotation.get("was_cancelled"):
        return "skipped by the annotator (its result is only what was there before)"
    if not annotation.get("result"):
        return "empty; if it should say that nothing is there, submit it with at least one region"
    return None


def _arrival(annotation: Json, person: str, data: Json, layers: tuple[str, ...], sent: dict[int, Json], place: str) -> Arrival:
    origin = sent.get(annotation.get("import_id") or (annotation.get("id") if "import_id" not in annotation else None) or -1)
    day = str(annotation.get("updated_at") or annotation.get("created_at") or "")[:10] or (origin["date"] if origin else UNDATED)
    base = AnnotationSet(
        annotator=origin["annotator"] if origin else person,
        method=origin["method"] if origin else "imported",
        date=origin["date"] if origin else day,
        regions=(),
        quotes=(),
        nonquotes=(),
        entities=(),
        layers=layers,
        foreign=_foreign(data, origin["annotator"]) if origin else (),
    )
    annotations, notes = from_result(data["text"], annotation["result"], base, place)
    return Arrival(annotations, bool(origin and origin["gold"]), person, origin is not None, day, place, tuple(notes))


def _suggestions(task: Json, data: Json, layers: tuple[str, ...], place: str) -> Iterator[AnnotationSet]:
    for prediction in task.get("predictions") or ():
        if isinstance(prediction, dict):  # a plain export lists their numbers only
            name = str(prediction.get("model_version"))
            day = str(prediction.get("created_at") or "")[:10] or UNDATED
            base = AnnotationSet(name, "suggested", day, (), (), (), (), layers, prediction.get("score"), _foreign(data, name))
            yield from_result(data["text"], prediction.get("result") or [], base, f"{place}, prediction {name}")[0]


def _foreign(data: Json, annotator: str) -> tuple[Json, ...]:
    """What stayed out of a set's result, since the browser would spoil it; it travels with the task's data."""
    return tuple(data.get("foreign", {}).get(annotator, ()))
