"""What is to become of labels: renamed, merged, split; parsed, held against the schema, and written into its file.

A MAP file says the same as the options, by label set (any of the three may be missing)::

    {"rename": {SET: {OLD: NEW}}, "merge": {SET: {NEW: [OLD, OLD]}}, "split": {SET: {OLD: [NEW, NEW]}}}

A split may be `{"into": [NEW, NEW], "decisions": FILE}`.
All changes of a map happen at once: none sees what another made.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from drumbeat.errors import MigrationError
from drumbeat.jsonl import Places, compact, parse_json

Json = dict[str, Any]
SETS = ("role", "reason", "label", "relation")
_KINDS = ("rename", "merge", "split")
_DERIVED = {
    "type": "follows from the quotation marks, and drumbeat.marks derives it under these names (D311 holds the annotations to it)",
    "wording": "follows from the words, and drumbeat.links derives it under these names (D413 holds the links to it)",
    "content": "is a role of quotations, a field of the records",
    "cue": "is a role of quotations, a field of the records",
    "source": "is a role of quotations, a field of the records",
}
_LABEL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OPTION = re.compile(r"(?P<set>[^:=]+):(?P<old>[^:=]+)=(?P<new>[^:=]+)(?::(?P<file>.+))?")


@dataclass(frozen=True, slots=True)
class Operation:
    """One change: `old` labels of a set become `new` ones; `place` is where it was asked for.

    A rename has one and one, a merge several and one, a split one and several, with a file of decisions.
    """

    kind: str
    label_set: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    place: str
    decisions: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Operations that do not contradict each other."""

    operations: tuple[Operation, ...]

    def targets(self, label_set: str) -> dict[str, tuple[str, ...]]:
        """What each label of a set may become; a label that is not in it stays."""
        found = [operation for operation in self.operations if operation.label_set == label_set]
        return {old: operation.new for operation in found for old in operation.old}

    def origins(self, label_set: str) -> dict[str, str]:
        """What each label was before, where that can be told by the label: not where a merge ended in a label that was there."""
        found = [operation for operation in self.operations if operation.label_set == label_set]
        return {new: operation.old[0] for operation in found for new in operation.new if not _merges_into_known(operation)}

    @property
    def label_sets(self) -> list[str]:
        """The sets that change, each once."""
        return list(dict.fromkeys(operation.label_set for operation in self.operations))

    def merged(self, label_set: str) -> set[str]:
        """The labels that merges of a set end in."""
        return {operation.new[0] for operation in self.operations if operation.kind == "merge" and operation.label_set == label_set}


def _merges_into_known(operation: Operation) -> bool:
    return operation.kind == "merge" and operation.new[0] in operation.old


# -- reading --------------------------------------------------------------------------------------


def parse_option(kind: str, text: str) -> Operation:
    """`SET:OLD=NEW`, `SET:OLD,OLD=NEW` or `SET:OLD=NEW|NEW:FILE`.  Raises MigrationError."""
    place = f"--{kind} {text}"
    found = _OPTION.fullmatch(text)
    forms = {"rename": "role:related=teaser", "merge": "role:credit,caption=caption", "split": "label:ORG=ORG|GOV:decisions.jsonl"}
    if not found or (found["file"] and kind != "split"):
        raise MigrationError(f"{place}: not of the form {forms[kind]}")
    old = found["old"].split(",") if kind == "merge" else [found["old"]]
    new = found["new"].split("|") if kind == "split" else [found["new"]]
    return _operation(kind, found["set"], old, new, place, Path(found["file"]) if found["file"] else None)


def parse_map(text: str, name: str) -> list[Operation]:
    """The operations of a MAP file; its decisions lie beside it.  Raises RecordError, and MigrationError naming the place."""
    value = parse_json(text, name)
    if not isinstance(value, dict) or not value or set(value) - set(_KINDS):
        raise MigrationError(f"{name}: a MAP is an object with rename, merge or split; CONTRIBUTING.md shows one")
    return [_entry(kind, *entry, name) for kind in _KINDS for entry in _entries(value.get(kind, {}), kind, name)]


def _entries(sets: Any, kind: str, name: str) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(sets, dict) or not all(isinstance(labels, dict) for labels in sets.values()):
        raise MigrationError(f'{name}: {kind} is an object of label sets, each an object of labels: {{"{kind}": {{"role": {{…}}}}}}')
    for label_set, labels in sets.items():
        for label, value in labels.items():
            yield label_set, label, value


def _entry(kind: str, label_set: str, label: str, value: Any, name: str) -> Operation:
    place = f"{name}: {kind}.{label_set}.{label}"
    decisions = None
    if kind == "split" and isinstance(value, dict) and set(value) == {"into", "decisions"} and isinstance(value["decisions"], str):
        decisions, value = Path(name).parent / value["decisions"], value["into"]
    if kind == "rename":
        if not isinstance(value, str):
            raise MigrationError(f"{place}: give the new label as a string, not {compact(value)}")
        return _operation(kind, label_set, [label], [value], place)
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise MigrationError(f"{place}: give a list of labels, not {compact(value)}")
    if kind == "merge":
        return _operation(kind, label_set, value, [label], place)
    return _operation(kind, label_set, [label], value, place, decisions)


def _operation(kind: str, label_set: str, old: list[str], new: list[str], place: str, decisions: Path | None = None) -> Operation:
    for label in (*old, *new):
        if not _LABEL.fullmatch(label):
            raise MigrationError(f"{place}: {label!r} cannot be a label; letters, digits and _, a letter first")
    for labels in (old, new):
        if len(set(labels)) < len(labels):
            raise MigrationError(f"{place}: a label stands twice; name each once")
    if kind == "split" and len(new) < 2:
        raise MigrationError(f"{place}: a split has at least two new labels; one is a rename")
    if not old:
        raise MigrationError(f"{place}: a merge names the labels that it joins")
    return Operation(kind, label_set, tuple(old), tuple(new), place, decisions)


def as_map(labels: LabelMap) -> Json:
    """The MAP file of a map."""
    value: Json = {}
    for operation in labels.operations:
        entry = value.setdefault(operation.kind, {}).setdefault(operation.label_set, {})
        if operation.kind == "merge":
            entry[operation.new[0]] = list(operation.old)
        else:
            entry[operation.old[0]] = list(operation.new) if operation.kind == "split" else operation.new[0]
    return value


# -- against the schema ---------------------------------------------------------------------------


def known_labels(text: str) -> dict[str, tuple[str, ...]]:
    """The labels of each set of labels.json that lists them."""
    sets = json.loads(text)["$defs"]
    return {name: tuple(entry["const"] for entry in definition["oneOf"]) for name, definition in sets.items() if "oneOf" in definition}


def label_map(operations: Iterable[Operation], known: Mapping[str, tuple[str, ...]]) -> LabelMap:
    """A map that can be applied to these labels; a merge into a label that is there joins that one too.

    Raises MigrationError where a set cannot change, a label is unknown or named twice, or a new one is there already.
    """
    asked = [_completed(operation, known) for operation in operations]
    if not asked:
        raise MigrationError("nothing to change: give --rename, --merge, --split or --map")
    for operation in asked:
        _check(operation, known[operation.label_set])
    owner: dict[tuple[str, str], Operation] = {}
    for operation in asked:
        for label in dict.fromkeys((*operation.old, *operation.new)):
            first = owner.setdefault((operation.label_set, label), operation)
            if first is not operation:
                raise MigrationError(f"{operation.place}: {label} is changed by {first.place} as well; do one after the other")
    return LabelMap(tuple(asked))


def _completed(operation: Operation, known: Mapping[str, tuple[str, ...]]) -> Operation:
    _refuse_other_sets(operation)
    target = operation.new[0]
    if operation.kind == "merge" and target in known[operation.label_set] and target not in operation.old:
        return replace(operation, old=(*operation.old, target))
    return operation


def _refuse_other_sets(operation: Operation) -> None:
    if operation.label_set in SETS:
        return
    why = _DERIVED.get(operation.label_set, "is no label set of annotations")
    raise MigrationError(f"{operation.place}: {operation.label_set} {why}; what can be changed: {', '.join(SETS)}")


def _check(operation: Operation, known: tuple[str, ...]) -> None:
    where = f"{operation.label_set} of schema/labels.json"
    for label in operation.old:
        if label not in known:
            raise MigrationError(f"{operation.place}: no label {label} in {where}; one of {', '.join(known)}")
    for label in operation.new:
        if label in known and label not in operation.old:
            to_do = (
                f"--merge {operation.label_set}:{operation.old[0]}={label} joins the two" if operation.kind == "rename" else "take another"
            )
            raise MigrationError(f"{operation.place}: {label} is in {where} already; {to_do}")
    if operation.new == operation.old[:1] and operation.kind == "rename":
        raise MigrationError(f"{operation.place}: changes nothing")
    if operation.kind == "merge" and len(operation.old) < 2:
        raise MigrationError(f"{operation.place}: a merge joins at least two labels; for one that is new, use --rename")


def already(operations: Iterable[Operation], known: Mapping[str, tuple[str, ...]]) -> LabelMap | None:
    """The map, where the labels are what it makes of them: the schema went ahead and the annotations follow; else None."""
    asked = list(operations)
    for operation in asked:
        _refuse_other_sets(operation)
        now = known[operation.label_set]
        if not set(operation.new) <= set(now) or (set(operation.old) - set(operation.new)) & set(now):
            return None
    joined = [replace(o, old=tuple(dict.fromkeys((*o.old, *o.new)))) if o.kind == "merge" else o for o in asked]
    return LabelMap(tuple(joined)) if asked else None


# -- the schema file ------------------------------------------------------------------------------


def edited(text: str, labels: LabelMap) -> str:
    """labels.json with the labels changed and every other byte as it was.

    A rename keeps the place and so the id; of a merge one label stays, at its place (a new one takes the first's); the first
    label of a split takes the place where the old one goes, further ones are appended, described as the old one was.
    """
    for label_set in labels.label_sets:
        start, end = Places(text).stretch(("$defs", label_set, "oneOf"))
        text = text[:start] + _edited_set(text[start:end], labels, label_set) + text[end:]
    return text


def label_set_text(text: str, label_set: str) -> str:
    """The list of one set as labels.json has it."""
    start, end = Places(text).stretch(("$defs", label_set, "oneOf"))
    return text[start:end]


def replaced(text: str, label_set: str, new: str) -> str:
    """labels.json with the list of one set replaced."""
    start, end = Places(text).stretch(("$defs", label_set, "oneOf"))
    return text[:start] + new + text[end:]


def _edited_set(array: str, labels: LabelMap, label_set: str) -> str:
    within = Places(array)
    places = [within.stretch((index,)) for index in range(len(json.loads(array)))]
    befores = [array[places[index - 1][1] if index else 0 : start] for index, (start, _) in enumerate(places)]
    entries = {json.loads(array[start:end])["const"]: array[start:end] for start, end in places}
    between = befores[-1] if len(befores) > 1 else ", "
    kept: list[tuple[str, str]] = []
    added: list[tuple[str, str]] = []
    of_label = {old: operation for operation in labels.operations if operation.label_set == label_set for old in operation.old}
    for (label, entry), before in zip(entries.items(), befores, strict=True):
        operation = of_label.get(label)
        if operation is None:
            kept.append((before, entry))
            continue
        stays = label in operation.new
        if operation.kind == "merge":
            if stays or (operation.new[0] not in operation.old and label == operation.old[0]):
                kept.append((before, _named(entry, operation.new[0])))
            continue
        first = label if stays else operation.new[0]
        kept.append((before, _named(entry, first)))
        added += [(between, compact(json.loads(entry) | {"const": new})) for new in operation.new if new != first]
    every = [*kept, *added]
    every[0] = befores[0], every[0][1]
    return "".join(before + entry for before, entry in every) + array[places[-1][1] :]


def _named(entry: str, label: str) -> str:
    start, end = Places(entry).stretch(("const",))
    return entry[:start] + compact(label) + entry[end:]
