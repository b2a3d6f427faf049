"""One item of a Label Studio result: a region, a value of it, or a relation; as it is written, and without loss."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

Json = dict[str, Any]
IDS = ("id", "from_id", "to_id")


class Value(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Where an item stands, in code points, end-exclusive, and what it says; what is not there is UNSET."""

    start: int | UnsetType = UNSET
    end: int | UnsetType = UNSET
    text: str | tuple[str, ...] | UnsetType = UNSET
    labels: tuple[str, ...] | UnsetType = UNSET
    choices: tuple[str, ...] | UnsetType = UNSET


class Item(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """An item with the fields that Label Studio gives to items of our controls, each of its kind; what is not there is UNSET.

    Decoding JSON to it fails where there is anything else: then the item is a `LooseItem`.
    """

    id: str | UnsetType = UNSET
    from_name: str | UnsetType = UNSET
    to_name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    value: Value | UnsetType = UNSET
    score: int | float | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    meta: Any = UNSET
    from_id: str | UnsetType = UNSET
    to_id: str | UnsetType = UNSET
    direction: str | UnsetType = UNSET
    labels: tuple[str, ...] | UnsetType = UNSET

    def as_written(self) -> Json:
        """The JSON object that it is, nothing left out, its keys sorted."""
        written: Json = _sorted(msgspec.to_builtins(self))
        return written

    def renamed(self, names: dict[str, str]) -> "Item":
        """The same with other ids."""
        ids = {key: names[str(found)] for key in IDS if (found := getattr(self, key)) not in (None, UNSET)}
        return msgspec.structs.replace(self, **ids)


class LooseItem(Item, frozen=True, gc=False, kw_only=True):
    """An item that nobody has looked at: its fields may hold anything, and there may be others; `written` is all of it."""

    written: Json

    def as_written(self) -> Json:
        """The JSON object that it is, nothing left out, its keys sorted."""
        written: Json = _sorted(self.written | {key: found for key in IDS if (found := getattr(self, key)) is not UNSET})
        return written


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return list(map(_sorted, value)) if isinstance(value, list | tuple) else value


def item_of(written: Json) -> Item:
    """The item that a JSON object is, whatever is in it."""
    value = written.get("value")
    inner = {name: value[name] for name in Value.__struct_fields__ if name in value} if isinstance(value, dict) else {}
    outer = {name: written[name] for name in Item.__struct_fields__ if name in written}
    return LooseItem(**outer | {"value": Value(**inner)}, written=written)
