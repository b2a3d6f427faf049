"""The schema files, the one source of fields and labels, and what is derived from them.

`schema/records/` describes the JSON records that people and tools write, `schema/corpus/` the rows of each config of
the built corpus, `schema/labels.json` every closed set of labels.  They are JSON Schema 2020-12 with keywords of our own:
`x-kind` (the kind that follows from a role), `x-peers` (names in other corpora), `x-bio` (tags made from a label set),
`x-references` (the config whose only key column the values are ids of), on a config, `x-key` (the columns that identify a row) and
`x-order` (its place among the configs, the default one first) and, on what a column holds, `x-words` (the words are the publishers':
null in the text-free form).

Records are held to them by jsonschema-rs; where one does not conform, python jsonschema says why.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema
import jsonschema_rs
import referencing
import referencing.jsonschema

from drumbeat.errors import SchemaError

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a config, without any library's types.

    `kind` is `string`, `bool`, `int` (32 bits, unsigned in use), `date`, `label` (an index into `names`), `list` (of `items`) or
    `struct` (of `items`).  `label_set` is the set that `names` are of, `references` the config that the values are keys of; empty where
    there is none.  `words` marks what repeats the publishers' words and is null in the text-free form.
    """

    name: str
    kind: str
    nullable: bool = False
    names: tuple[str, ...] = ()
    items: tuple["Column", ...] = ()
    description: str = ""
    label_set: str = ""
    references: str = ""
    words: bool = False


@dataclass(frozen=True, slots=True)
class Config:
    """A table of the corpus: what `load_dataset(path, name)` gives."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """Where a record does not conform: `path` into the record, and what is wrong there."""

    path: tuple[str | int, ...]
    message: str


@cache
def schema_folder() -> Path:
    """Where the schema files are: inside the installed package, or beside `src/` in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "_schema", package.parents[1] / "schema"):
        if (folder / "labels.json").is_file():
            return folder
    raise SchemaError(f"{package}: no schema files beside the package; reinstall drumbeat")


@cache
def load(name: str) -> Schema:
    """A schema file by its path inside `schema/`, such as `records/seed.json`."""
    path = schema_folder() / name
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise SchemaError(f"{path}: cannot be read as a schema: {error}") from None


@cache
def labels(name: str) -> tuple[str, ...]:
    """A closed set of labels, in the order of their ids."""
    definition = _label_set(name)
    if "x-bio" in definition:
        of = definition["x-bio"]
        return ("O", *(f"{prefix}-{label}" for label in (labels(of) if isinstance(of, str) else of) for prefix in "BI"))
    return tuple(entry["const"] for entry in definition["oneOf"])


@cache
def title(name: str) -> str:
    """What a label set is about."""
    return str(_label_set(name)["title"])


@cache
def descriptions(name: str) -> tuple[str, ...]:
    """What each label of a set means, in the order of their ids; nothing for tags that are made from another set."""
    return tuple(entry["description"] for entry in _label_set(name).get("oneOf", ()))


@cache
def kinds() -> Mapping[str, str]:
    """The kind that follows from each role."""
    return {entry["const"]: entry["x-kind"] for entry in _label_set("role")["oneOf"]}


def _label_set(name: str) -> Schema:
    try:
        return dict(load("labels.json")["$defs"][name])
    except KeyError:
        raise SchemaError(f"labels.json: no label set {name!r}") from None


@cache
def configs() -> tuple[Config, ...]:
    """Every config of the corpus, the default one first."""
    files = [load(f"corpus/{path.name}") for path in (schema_folder() / "corpus").glob("*.json")]
    return tuple(_config(file) for file in sorted(files, key=lambda file: file["x-order"]))


@cache
def config(name: str) -> Config:
    """One config by name.  Raises SchemaError where there is none."""
    for candidate in configs():
        if candidate.name == name:
            return candidate
    raise SchemaError(f"no config {name!r}; there are {', '.join(c.name for c in configs())}")


def _config(file: Schema) -> Config:
    base = f"corpus/{file['title']}.json"
    columns = tuple(_column(name, prop, base) for name, prop in file["properties"].items())
    return Config(file["title"], file["description"], tuple(file["x-key"]), columns)


def _column(name: str, prop: Schema, base: str) -> Column:
    target, target_base, label_set = _resolve(prop, base)
    description = str(prop.get("description", target.get("description", "")))
    words = bool(target.get("x-words"))
    if "anyOf" in target:
        inner = _column(name, next(option for option in target["anyOf"] if option != {"type": "null"}), target_base)
        return replace(inner, nullable=True, description=description, words=words)
    if label_set:
        return Column(name, "label", names=labels(label_set), description=description, label_set=label_set)
    kind = target.get("type")
    nullable = isinstance(kind, list)
    if nullable:
        kind = next(option for option in target["type"] if option != "null")
    if kind == "array":
        return Column(name, "list", items=(_column("item", target["items"], target_base),), description=description, words=words)
    if kind == "object":
        items = tuple(_column(key, value, target_base) for key, value in target["properties"].items())
        return Column(name, "struct", items=items, description=description)
    plain = {"string": "date" if target.get("format") == "date" else "string", "integer": "int", "boolean": "bool"}
    if kind not in plain:
        raise SchemaError(f"{base}: property {name!r}: no column type for {kind!r}")
    return Column(name, plain[kind], nullable, description=description, references=target.get("x-references", ""), words=words)


def _resolve(prop: Schema, base: str) -> tuple[Schema, str, str | None]:
    """Follow $ref; the third value names the label set where it leads to one."""
    label_set = None
    while "$ref" in prop:
        file, _, pointer = prop["$ref"].partition("#/$defs/")
        if file:
            base = str((Path("/") / base).parent.joinpath(file).resolve().relative_to("/"))
        prop = load(base)["$defs"][pointer]
        label_set = pointer if base == "labels.json" else None
    return prop, base, label_set


@cache
def shapes(withheld: bool) -> Mapping[str, Schema]:
    """Every schema file as validators see it; where words may be `withheld`, it takes null for them."""
    files = [path.relative_to(schema_folder()).as_posix() for path in sorted(schema_folder().rglob("*.json"))]
    return {file: _without_words(_expanded(file)) if withheld else _expanded(file) for file in files}


def _without_words(value: Any) -> Any:
    """A schema that takes null wherever words of the pages stand."""
    if isinstance(value, list):
        return [_without_words(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _without_words(item) for key, item in value.items()}
    return {"anyOf": [inner, {"type": "null"}]} if inner.pop("x-words", False) else inner


def _expanded(name: str) -> Schema:
    """A schema file as validators see it: label sets that are derived from others written out."""
    file = {key: value for key, value in load(name).items() if key != "$schema"}  # else jsonschema falls back to its own class
    if name != "labels.json":
        return file
    file["$defs"] = {
        key: {"enum": list(labels(key))} for key in file["$defs"]
    }  # an enum says in one line what is allowed; oneOf would say "not valid under any of the given schemas"
    return file


def _matches(_: Any, pattern: str, instance: Any, __: Schema) -> Iterator[jsonschema.ValidationError]:
    # Patterns are ECMA 262's, whose $ is the end of the text; Python's also matches before a last line feed.
    if isinstance(instance, str) and not re.search(re.sub(r"\$\Z", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


# JSON Schema takes 58.0 for an integer; offsets are written without a fraction, so that every reader agrees.
_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft202012Validator,
    {"pattern": _matches},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


@cache
def validator(name: str, withheld: bool = False) -> Any:
    """The validator of a schema file, such as `records/annotation.json` or `corpus/quotes.json`.

    Where words may be `withheld`, it takes null for them.
    """
    dates = jsonschema.FormatChecker(formats=("date",))
    resources = ((f"file:///{file}", referencing.jsonschema.DRAFT202012.create_resource(shape)) for file, shape in shapes(withheld).items())
    registry: referencing.Registry[Any] = referencing.Registry().with_resources(resources)
    return _Validator({"$ref": f"file:///{name}"}, registry=registry, format_checker=dates)


class _AsPython:
    """A keyword that `_strict` adds where jsonschema-rs takes more than Python does: 58.0 for an integer, 0000-01-01 for a day."""

    def __init__(self, _: Any, kind: str, __: Any) -> None:
        self._kind = kind

    def validate(self, instance: Any) -> None:
        """Raise ValueError where Python has no such value."""
        if self._kind == "integer" and isinstance(instance, float):
            raise ValueError
        if self._kind == "date" and isinstance(instance, str):
            date.fromisoformat(instance)


def _strict(value: Any) -> Any:
    if isinstance(value, list):
        return [_strict(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {key: _strict(item) for key, item in value.items()}
    kind = inner.get("type")
    said = [kind, *(kind if isinstance(kind, list) else ()), inner.get("format")]
    stricter = next((name for name in ("integer", "date") if name in said), None)
    return inner | {"x-as-python": stricter} if stricter else inner


@cache
def _gate(name: str, withheld: bool) -> Any:
    strict = [(f"file:///{file}", _strict(shape)) for file, shape in shapes(withheld).items()]
    registry = jsonschema_rs.Registry(strict, draft=jsonschema_rs.Draft202012)
    own: Any = {"x-as-python": _AsPython}
    return jsonschema_rs.Draft202012Validator({"$ref": f"file:///{name}"}, registry=registry, validate_formats=True, keywords=own)


def conforms(name: str, record: Any, withheld: bool = False) -> bool:
    """Whether it is certain, at some two hundred times the speed of `violations`, that a record has none.

    What cannot be told so is False as well: half of a surrogate pair, say.
    """
    gate = _gate(name, withheld)
    try:
        return bool(gate.is_valid(record))
    except (ValueError, TypeError, RecursionError):
        return False


def violations(name: str, record: Any, withheld: bool = False) -> Iterator[Violation]:
    """Every place where a record does not conform to a schema file, in the order of the record; words may be null if `withheld`."""
    if conforms(name, record, withheld):
        return
    for error in sorted(
        validator(name, withheld).iter_errors(record), key=lambda e: [(isinstance(step, str), step) for step in e.absolute_path]
    ):
        for meant in _meant(error):
            yield Violation(tuple(meant.absolute_path), _say(meant))


def _meant(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Where none of several options fits: what is wrong with the one that was meant, by its constants and type."""
    options: dict[str | int, list[jsonschema.ValidationError]] = {}
    for inner in error.context or ():
        options.setdefault(inner.relative_schema_path[0], []).append(inner)
    if error.validator not in ("oneOf", "anyOf") or not options:
        yield error
        return

    def strangeness(errors: list[jsonschema.ValidationError]) -> tuple[bool, int]:
        return any(e.validator == "const" or (e.validator == "type" and not e.relative_path) for e in errors), len(errors)

    meant = min(options.values(), key=strangeness)
    constants = [next((e for e in errors if e.validator == "const"), None) for errors in options.values()]
    if all(constants):
        first: Any = constants[0]
        first.validator, first.validator_value = "enum", [constant and constant.validator_value for constant in constants]
        meant = [first]
    for inner in meant:
        yield from _meant(inner)


def _say(error: jsonschema.ValidationError) -> str:
    shown = json.dumps(error.instance, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    rule: Any = error.validator_value
    match error.validator:
        case "enum":
            return f"unknown label {shown}; one of {', '.join(map(str, rule))}"
        case "required" | "additionalProperties" | "minItems" | "uniqueItems":
            return error.message
        case "pattern":
            return f"{shown} does not match {rule}"
        case "format":
            return f"{shown} is no {rule}"
        case _:
            return error.message if len(error.message) < 200 else f"{shown} is not valid here ({error.validator})"


@cache
def digest() -> str:
    """SHA-256 over the schema files: their paths and bytes."""
    return digest_of(schema_folder())


def digest_of(folder: Path, changed: Mapping[str, bytes] = MappingProxyType({})) -> str:
    """The digest of a schema folder, as it would be with some files' bytes changed."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.json")):
        name = path.relative_to(folder).as_posix()
        total.update(name.encode() + b"\0" + (changed[name] if name in changed else path.read_bytes()) + b"\0")
    return total.hexdigest()
