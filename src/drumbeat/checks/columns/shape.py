"""The schema of a config as checks on Arrow columns: which rows may not conform, a batch at a time.

What is found is a superset of the rows with a violation, never less: a keyword that is not known here is an error.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from drumbeat import schema
from drumbeat.errors import SchemaError
from drumbeat.schema import Column, Schema

Positions = npt.NDArray[np.int64]
Rule = Callable[[pa.Array], Positions]

NONE: Positions = np.empty(0, np.int64)
_NULL = {"type": "null"}
_SAYS_NOTHING = {"title", "description", "$schema", "$defs", "$comment"}  # and whatever begins with x-
_FIRST_DAY, _LAST_DAY = -719162, 2932896  # 0001-01-01 and 9999-12-31 in days from 1970: what Python's dates reach


def nulls(array: pa.Array) -> Positions:
    """Where nothing stands."""
    return _true(array.is_null()) if array.null_count else NONE


def _true(mask: pa.Array) -> Positions:
    return np.flatnonzero(mask.to_numpy(zero_copy_only=False))


def together(found: list[Positions]) -> Positions:
    """Positions from several rules, some perhaps more than once."""
    some = [positions for positions in found if len(positions)]
    return np.concatenate(some) if some else NONE


def coded(array: pa.Array) -> pa.Array:
    """The same as a dictionary."""
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()


def values(array: pa.Array) -> tuple[pa.Array, Positions]:
    """What the lists of an array hold, and how many each of them holds, none where the list is null."""
    lengths = pc.list_value_length(array)
    return array.flatten(), (lengths.fill_null(0) if lengths.null_count else lengths).to_numpy().astype(np.int64)


@cache
def rows_in_doubt(config: str, withheld: bool, bare: bool) -> Callable[[pa.RecordBatch, Positions | None], Positions]:
    """What finds the rows of a config's batches that may not conform; it takes where other documents begin, null where there are none.

    Where words are `withheld` they may be null; in the `bare` form nothing else may be.  Raises SchemaError where the schema has a rule
    that columns are not checked for.
    """
    name = f"corpus/{config}.json"
    shapes = schema.shapes(withheld)
    rules = _members(_inlined(shapes[name], name, shapes), schema.config(config).columns, name, bare)
    of_document = rules.pop("document_id") if schema.config(config).key[0] == "document_id" else None

    def doubt(batch: pa.RecordBatch, begins: Positions | None) -> Positions:
        found = [rule(batch.column(column)) for column, rule in rules.items()]
        if of_document is not None and begins is not None:
            found.append(begins[of_document(batch.column("document_id").take(pa.array(begins)))])
        return together(found)

    return doubt


def _inlined(node: Any, base: str, shapes: Mapping[str, Schema]) -> Any:
    """A schema with what it refers to in the place of the references."""
    if isinstance(node, list):
        return [_inlined(item, base, shapes) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {key: _inlined(value, base, shapes) for key, value in node.items() if key not in ("$ref", "$defs")}
    if "$ref" not in node:
        return rest
    file, _, pointer = node["$ref"].partition("#/$defs/")
    target = PurePosixPath(base).parent.joinpath(file).as_posix() if file else base
    while (shorter := re.sub(r"[^/]+/\.\./", "", target, count=1)) != target:
        target = shorter
    found: Schema = _inlined(shapes[target]["$defs"][pointer], target, shapes)
    if clash := _said(rest):
        raise SchemaError(f"{base}: {', '.join(sorted(clash))} beside a $ref: columns are not checked for that")
    return found


def _said(node: Schema) -> set[str]:
    return {key for key in node if key not in _SAYS_NOTHING and not key.startswith("x-")}


def _members(node: Schema, columns: tuple[Column, ...], place: str, bare: bool) -> dict[str, Rule]:
    names = [column.name for column in columns]
    _known(node, place, "type", "properties", "required", "additionalProperties")
    if (node["type"], list(node["properties"]), node["required"], node["additionalProperties"]) != ("object", names, names, False):
        raise SchemaError(f"{place}: columns are checked for objects whose properties are all required, in the same order")
    return {column.name: _rule(node["properties"][column.name], column, f"{place} {column.name}", bare) for column in columns}


def _known(node: Schema, place: str, *keywords: str) -> None:
    if unknown := _said(node) - set(keywords):
        raise SchemaError(f"{place}: columns are not checked for {', '.join(sorted(unknown))}; teach drumbeat.checks.columns the keyword")


def _rule(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    """What finds the values of a column that may not conform."""
    if bare and column.words:
        return lambda array: _true(array.is_valid()) if array.null_count < len(array) else NONE
    node, nullable = _without_null(node, place)
    inner = _KINDS[column.kind](node, column, place, bare)
    return inner if nullable else lambda array: together([nulls(array), inner(array)])


def _without_null(node: Schema, place: str) -> tuple[Schema, bool]:
    """A schema without the option of null, and whether there was one."""
    if "anyOf" in node:
        _known(node, place, "anyOf")
        others = [option for option in node["anyOf"] if option != _NULL]
        if len(others) != 1:
            raise SchemaError(f"{place}: columns are checked for one type, or null")
        return _without_null(others[0], place)[0], len(others) < len(node["anyOf"]) or _without_null(others[0], place)[1]
    kinds = node.get("type")
    if isinstance(kinds, list):
        (kind,) = (kind for kind in kinds if kind != "null")
        return node | {"type": kind}, "null" in kinds
    return node, False


def _label(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    _known(node, place, "enum")
    if node["enum"] != list(column.names):
        raise SchemaError(f"{place}: its labels are not those of the schema's files")
    return lambda array: _outside(array, 0, len(column.names) - 1)


def _int(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    _known(node, place, "type", "minimum", "maximum")
    return lambda array: _outside(array, node.get("minimum"), node.get("maximum"))


def _outside(array: pa.Array, least: int | None, most: int | None) -> Positions:
    found = pc.min_max(array)
    low, high = found["min"].as_py(), found["max"].as_py()
    if low is None or not ((least is not None and low < least) or (most is not None and high > most)):
        return NONE
    return beyond(array.fill_null(low if least is None else least).to_numpy(), least, most)


def beyond(numbers: npt.NDArray[Any], least: int | None, most: int | None) -> Positions:
    """Where numbers are under the least or over the most."""
    found = [np.flatnonzero(numbers < least)] if least is not None else []
    return together([*found, *([np.flatnonzero(numbers > most)] if most is not None else [])])


def _string(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    _known(node, place, "type", "pattern", "minLength")
    least, pattern = node.get("minLength", 0), node.get("pattern")
    rules: list[Rule] = [lambda array: _outside(pc.utf8_length(array), least, None)] if least else []
    if pattern:  # RE2's $ is the end of the text, as ECMA's is
        rules.append(lambda array: _true(pc.invert(pc.match_substring_regex(array, pattern)).fill_null(False)))

    def strings(array: pa.Array) -> Positions:
        encoded = coded(array)  # values repeat: each is looked at once
        found = together([rule(encoded.dictionary) for rule in rules])
        return np.flatnonzero(np.isin(encoded.indices.fill_null(-1).to_numpy(), found)) if len(found) else NONE

    return strings if rules else lambda array: NONE


def _date(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    _known(node, place, "type", "format", "pattern")
    if node.get("pattern") not in (None, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"):
        raise SchemaError(f"{place}: dates are checked for no other form than the usual")
    return lambda array: _outside(array.cast(pa.int32()), _FIRST_DAY, _LAST_DAY)


def _bool(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    _known(node, place, "type")
    return lambda array: NONE


def _list(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    _known(node, place, "type", "items", "minItems", "uniqueItems")
    item, least, unique = _rule(node["items"], column.items[0], place, bare), node.get("minItems", 0), node.get("uniqueItems", False)

    def lists(array: pa.Array) -> Positions:
        inside, lengths = values(array)
        found = item(inside)
        if len(found):
            found = np.searchsorted(np.cumsum(lengths), found, side="right")
        longest = 1 if unique else None  # whether two are the same is for the readable rule to say
        return together([found, beyond(lengths, least, longest)]) if least or unique else found

    return lists


def _struct(node: Schema, column: Column, place: str, bare: bool) -> Rule:
    rules = _members(node, column.items, place, bare)
    return lambda array: together([rule(member) for rule, member in zip(rules.values(), array.flatten(), strict=True)])


_KINDS: dict[str, Callable[[Schema, Column, str, bool], Rule]] = {
    "label": _label,
    "int": _int,
    "string": _string,
    "date": _date,
    "bool": _bool,
    "list": _list,
    "struct": _struct,
}
