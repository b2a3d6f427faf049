"""An annotation set as a Label Studio result, and back: pure, and inverse to each other.

A quotation is several regions: the head is its first content span, carries the quotation's id and values, and every other span is
related to it (`continues`, `cue_of`, `source_of`; a quotation inside another: `child_of`, from head to head).
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import UNSET

from drumbeat import marks
from drumbeat.errors import TaskError
from drumbeat.labelstudio.config import FLAGS, LABEL_SETS, QUOTE_ROLES, RELATIONS, TEXT
from drumbeat.labelstudio.items import Item, Json, Value, item_of
from drumbeat.model import LAYERS, AnnotationSet, Mention, Nonquote, Quote, Region, Span, in_text_order
from drumbeat.schema import labels

_RELATION_OF = {"content": "continues", "cue": "cue_of", "source": "source_of"}
_PART = re.compile(r"[A-Za-z0-9_-]{1,64}(\.(content|cue|source)[0-9]+)?")  # an id, or that of a further span of a quotation
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_HEAD_VALUES = ("type", "flags", "speaker", "speaker_name")
_NO_VALUE = Value()


def to_result(text: str, annotations: AnnotationSet, layers: Sequence[str] = LAYERS) -> list[Json]:
    """The result of an annotation or prediction: regions with their values, then relations.

    What is foreign stays out: the browser would join it to other regions, or show a white page over a relation to nowhere.

    Raises TaskError where two records have one id.
    """
    wanted = [layer for layer in LAYERS if layer in layers and layer in annotations.layers]
    ids = Counter(record.id for layer in wanted for record in getattr(annotations, layer))
    twice = [identifier for identifier, count in ids.items() if count > 1]
    if twice:
        raise TaskError(f"{annotations.annotator}: id {twice[0]} stands twice; Label Studio would join the two regions")
    items: list[Json] = []
    relations: list[Json] = []
    if "regions" in wanted:
        items += [_region(text, "regions", r.id, r.start, r.end, r.role, r.confidence) for r in annotations.regions]
    if "quotes" in wanted:
        for quote in annotations.quotes:
            own, related = _quote_items(text, quote)
            items += own
            relations += related
    if "nonquotes" in wanted:
        items += [_region(text, "nonquotes", n.id, n.start, n.end, n.reason, n.confidence) for n in annotations.nonquotes]
    if "entities" in wanted:
        for mention in annotations.entities:
            items.append(_region(text, "entities", mention.id, mention.start, mention.end, mention.label, mention.confidence))
            if mention.entity is not None:
                items.append(_value(mention.id, Span(mention.start, mention.end), "entity", "textarea", "text", [mention.entity]))
    return [*items, *relations]


def result_digest(result: Sequence[Item | Json]) -> str:
    """What two results have in common only where they say the same."""
    items = [item.as_written() if isinstance(item, Item) else item for item in result]
    return hashlib.sha256(msgspec.json.encode(items, order="sorted")).hexdigest()


def _quote_items(text: str, quote: Quote) -> tuple[list[Json], list[Json]]:
    head = quote.content[0]
    items = [
        _region(text, "quotes", quote.id, head.start, head.end, "content", quote.confidence),
        _value(quote.id, head, "type", "choices", "choices", [quote.type]),
    ]
    flags = [name for name in FLAGS if getattr(quote, name)]
    if flags:
        items.append(_value(quote.id, head, "flags", "choices", "choices", flags))
    for name in ("speaker", "speaker_name"):
        if getattr(quote, name) is not None:
            items.append(_value(quote.id, head, name, "textarea", "text", [getattr(quote, name)]))
    relations = []
    for role, of_role in (("content", quote.content[1:]), ("cue", quote.cue), ("source", quote.source)):
        for number, span in enumerate(of_role, 2 if role == "content" else 1):
            identifier = f"{quote.id}.{role}{number}"  # no id of ours holds a dot
            items.append(_region(text, "quotes", identifier, span.start, span.end, role))
            relations.append(_relation(identifier, quote.id, _RELATION_OF[role]))
    if quote.parent is not None:
        relations.append(_relation(quote.id, quote.parent, "child_of"))
    return items, relations


def _region(text: str, control: str, identifier: str, start: int, end: int, label: str, confidence: float | None = None) -> Json:
    value = {"start": start, "end": end, "text": text[start:end], "labels": [label]}
    item = {"id": identifier, "from_name": control, "to_name": TEXT, "type": "labels", "value": value}
    return item if confidence is None else item | {"score": confidence}


def _value(identifier: str, span: Span, control: str, kind: str, key: str, values: list[str]) -> Json:
    value = {"start": span.start, "end": span.end, key: values}
    return {"id": identifier, "from_name": control, "to_name": TEXT, "type": kind, "value": value}


def _relation(source: str, target: str, label: str) -> Json:
    return {"type": "relation", "from_id": source, "to_id": target, "direction": "right", "labels": [label]}


def from_result(text: str, result: Sequence[Item | Json], base: AnnotationSet, place: str) -> tuple[AnnotationSet, list[str]]:
    """A result's records, put into a set that has none, and notes on what was mended or kept as foreign.

    Raises TaskError where a span does not lie in the text, is shifted, or shares its id with another, and where an item is no object.
    """
    reading = _Reading(text, base.layers, place, suggested=base.method == "suggested")
    for item in result:
        if not isinstance(item, Item | dict):
            raise TaskError(f"{place}: its result holds {str(item)[:40]!r} where an item should be; export the project again")
    items = [item if isinstance(item, Item) else item_of(item) for item in result]
    for item in _with_ids_of_ours(items, reading.notes, place):
        reading.take(item)
    return reading.finish(base), reading.notes


def _with_ids_of_ours(result: list[Item], notes: list[str], place: str) -> list[Item]:
    """The items, with ids that a record may have; a span of ours that lost its relation, and other tools' ids, have other signs in them.

    Raises TaskError where two ids become one.
    """
    found = {str(name) for item in result for name in (item.id, item.from_id, item.to_id) if name is not UNSET and name is not None}
    if all(map(_PART.fullmatch, found)):
        return result
    names = {identifier: identifier if _PART.fullmatch(identifier) else _OTHER.sub("-", identifier)[:64] for identifier in sorted(found)}
    if len(set(names.values())) < len(names):
        twice = next(name for name, count in Counter(names.values()).items() if count > 1)
        raise TaskError(f"{place}, region {twice}: two regions would have this id; give one of them another")
    for identifier, name in names.items():
        if identifier != name:
            notes.append(f"{place}, region {identifier}: is called {name} from here on, as ids hold letters, digits, _ and - only")
    return [item.renamed(names) for item in result]


def _there(value: Any) -> Any:
    return None if value is UNSET else value


@dataclass
class _Reading:
    """A result while it is read: spans by id, values by id and control, relations."""

    text: str
    layers: tuple[str, ...]
    place: str
    suggested: bool = False
    notes: list[str] = field(default_factory=list)
    confidences: dict[str, float] = field(default_factory=dict)
    spans: dict[str, tuple[Span, str, str]] = field(default_factory=dict)
    values: defaultdict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))
    relations: list[Item] = field(default_factory=list)
    foreign: list[Json] = field(default_factory=list)

    def take(self, item: Item) -> None:
        control, identifier = item.from_name, item.id
        if item.type == "relation":
            self.relations.append(item)
        elif item.type == "labels" and control in self.layers and isinstance(identifier, str):
            self._take_region(item, str(control), identifier)
        elif control in (*_HEAD_VALUES, "entity") and isinstance(identifier, str) and control not in self.values[identifier]:
            self.values[identifier][str(control)] = item
        else:
            self._keep(item.as_written(), f"control {_there(control)!r} is not in the configuration")

    def _keep(self, item: Json, why: str) -> None:
        self.foreign.append({key: value for key, value in item.items() if key != "origin"})
        self.notes.append(f"{self.place}, region {item.get('id') or item.get('from_id')}: {why}; kept as foreign")

    def _take_region(self, item: Item, control: str, identifier: str) -> None:
        value = item.value or _NO_VALUE
        found: Sequence[Any] = value.labels if isinstance(value.labels, list | tuple) else ()
        if len(found) != 1 or found[0] not in LABEL_SETS[control]:
            self._keep(item.as_written(), f"labels {list(found)} are not one of {control}")
            return
        span = self._span(value, identifier)
        known = self.spans.get(identifier)
        if known is not None and known != (span, control, found[0]):
            raise TaskError(
                f"{self.place}, region {identifier}: two regions have this id; Label Studio joined them, so their places are lost"
            )
        self.spans[identifier] = span, control, found[0]
        score = item.score
        if self.suggested and isinstance(score, int | float) and 0 <= score <= 1:  # whoever corrects a suggestion says more than its score
            self.confidences[identifier] = float(score)
        if item.meta:
            self._keep({"id": identifier, "type": "meta", "meta": item.meta}, "has a note of the annotator")

    def _span(self, value: Value, identifier: str) -> Span:
        try:
            start, end = int(value.start), int(value.end)  # type: ignore[arg-type]  # what is not there is a TypeError too
        except (TypeError, ValueError):
            raise TaskError(f"{self.place}, region {identifier}: no start and end") from None
        inner = self.text[start:end] if 0 <= start < end <= len(self.text) else ""
        bare = inner.strip()
        said = value.text
        if bare == inner == said != "":
            return Span(start, end)
        where = f"{self.place}, region {identifier}, {start}..{end}"
        if not inner:
            raise TaskError(f"{where}: does not lie in the text (0..{len(self.text)})")
        if isinstance(said, str) and said and said != inner and _folded(said) != _folded(inner):
            raise TaskError(
                f"{where}: is said to cover {said[:40]!r}, but covers {inner[:40]!r}; the offsets are shifted "
                "(another unit than code points, or another text), so nothing is imported"
            )
        if not bare:
            raise TaskError(f"{where}: covers white space only; delete the region in Label Studio")
        if bare != inner:
            start += len(inner) - len(inner.lstrip())
            self.notes.append(f"{where}: white space at its edges was left out")
        return Span(start, start + len(bare))

    def finish(self, base: AnnotationSet) -> AnnotationSet:
        sure = self.confidences.get
        of = {layer: [(i, s, label) for i, (s, control, label) in self.spans.items() if control == layer] for layer in LAYERS}
        entities = [
            Mention(identifier, span.start, span.end, label, self._text(identifier, "entity"), sure(identifier))
            for identifier, span, label in of["entities"]
        ]
        nonquotes = [Nonquote(identifier, span.start, span.end, label, sure(identifier)) for identifier, span, label in of["nonquotes"]]
        quotes = self._quotes(nonquotes)
        for values in self.values.values():
            for item in values.values():
                self._keep(item.as_written(), f"{item.from_name} has no region that it belongs to")
        filled = msgspec.structs.replace(
            base,
            regions=tuple(Region(identifier, span.start, span.end, label, sure(identifier)) for identifier, span, label in of["regions"]),
            quotes=tuple(quotes),
            nonquotes=tuple(nonquotes),
            entities=tuple(entities),
            foreign=(*base.foreign, *self.foreign),
        )
        return in_text_order(filled)

    def _text(self, identifier: str, control: str) -> str | None:
        item = self.values[identifier].pop(control, None)
        if item is None:
            return None
        found = (item.value or _NO_VALUE).text
        if not isinstance(found, str | list | tuple):
            self._keep(item.as_written(), f"{control} has no text")
            return None
        texts = [found] if isinstance(found, str) else [entry for entry in found if entry]
        if len(texts) > 1:
            self.notes.append(f"{self.place}, region {identifier}: {len(texts)} values of {control}; the last one was taken")
        return texts[-1] if texts else None

    def _choices(self, identifier: str, control: str) -> list[str]:
        item = self.values[identifier].pop(control, None)
        if item is None:
            return []
        found = (item.value or _NO_VALUE).choices
        if not isinstance(found, list | tuple):
            self._keep(item.as_written(), f"{control} has no choices")
            return []
        return list(found)

    def _quotes(self, nonquotes: Sequence[Nonquote]) -> list[Quote]:
        role_of = {identifier: label for identifier, (_, control, label) in self.spans.items() if control == "quotes"}
        targets, parents = self._targets(role_of)

        def head_of(identifier: str) -> str:
            while identifier in targets:
                identifier = targets[identifier]
            return identifier

        attached: dict[str, dict[str, list[Span]]] = {
            identifier: {role: [] for role in QUOTE_ROLES}
            for identifier, role in role_of.items()
            if role == "content" and identifier not in targets
        }
        for identifier, role in role_of.items():
            span, head = self.spans[identifier][0], head_of(identifier)
            if head in attached:
                attached[head][role].append(span)
            else:
                self._keep(_region(self.text, "quotes", identifier, span.start, span.end, role), f"{role} belongs to no quotation")
        above = {head_of(child): _OTHER.sub("-", head_of(parent)) for child, parent in parents.items()}
        quotes = [self._quote(head, roles, above.get(head)) for head, roles in attached.items()]
        return list(self._typed(quotes, nonquotes))

    def _targets(self, role_of: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Which region each further span belongs to, and each head's parent; relations drawn the wrong way round are turned."""
        targets: dict[str, str] = {}
        parents: dict[str, str] = {}
        for item in self.relations:
            said = item.labels if isinstance(item.labels, list | tuple) else ()
            found = [label for label in said if label in RELATIONS]
            ends = [_there(item.from_id), _there(item.to_id)]
            if item.direction == "left":
                ends.reverse()
            if not said and (meant := self._unlabelled(role_of, ends)):
                found = [meant]
                self.notes.append(f"{self.place}, region {ends[0]}: its relation has no label; taken as {meant}")
            if len(found) != 1 or any(end not in role_of for end in ends):
                self._keep(item.as_written(), f"relation {list(said) or 'without a label'} from {ends[0]} to {ends[1]} is not of ours")
                continue
            source, target = map(str, ends)
            wanted = {"continues": "content", "child_of": "content", "cue_of": "cue", "source_of": "source"}[found[0]]
            if role_of[source] == "content" and role_of[target] == wanted != "content":
                source, target = target, source
                self.notes.append(f"{self.place}, region {source}: {found[0]} was drawn from the content; it was turned round")
            table = parents if found[0] == "child_of" else targets
            if role_of[source] != wanted or role_of[target] != "content" or source in table or source == target:
                self._keep(item.as_written(), f"{found[0]} from a {role_of[source]} to a {role_of[target]} says nothing new")
            else:
                table[source] = target
        for start in list(targets):  # a circle of continuations has no head: its relations are dropped with a note
            seen, current = {start}, targets[start]
            while current in targets and current not in seen:
                seen.add(current)
                current = targets[current]
            if current == start:
                del targets[start]
                self.notes.append(f"{self.place}, region {start}: continues itself; taken as a head")
        return targets, parents

    def _unlabelled(self, role_of: dict[str, str], ends: list[Any]) -> str | None:
        """What a relation means that was drawn and, as the editor leaves it, not labelled: by its ends, where one is a cue or source."""
        roles = {role_of.get(end) for end in ends}
        return next((_RELATION_OF[role] for role in ("cue", "source") if roles == {role, "content"}), None)

    def _quote(self, head: str, roles: dict[str, list[Span]], parent: str | None) -> Quote:
        flags = self._choices(head, "flags")
        kinds = [kind for kind in self._choices(head, "type") if kind in labels("type")]
        return Quote(
            id=_OTHER.sub("-", head),
            type=kinds[0] if kinds else "",
            content=tuple(sorted(roles["content"])),
            cue=tuple(sorted(roles["cue"])),
            source=tuple(sorted(roles["source"])),
            speaker=self._text(head, "speaker"),
            speaker_name=self._text(head, "speaker_name"),
            parent=parent,
            negated="negated" in flags,
            garbled="garbled" in flags,
            confidence=self.confidences.get(head),
        )

    def _typed(self, quotes: Sequence[Quote], nonquotes: Sequence[Nonquote]) -> Iterator[Quote]:
        """A quotation without a type gets the one that its marks give."""
        for quote in quotes:
            if not quote.type:
                children = [(span.start, span.end) for other in quotes if other.parent == quote.id for span in other.content]
                content = [(span.start, span.end) for span in quote.content]
                pairs = marks.find_marks(self.text).pairs
                owned = marks.owned_pairs(pairs, content, children, [(item.start, item.end) for item in nonquotes])
                quote = msgspec.structs.replace(quote, type=marks.quotation_type(self.text, content, owned))
                self.notes.append(f"{self.place}, region {quote.id}: no type was chosen; {quote.type} by its marks")
            yield quote


def _folded(text: str) -> str:
    """Text as both sides can write it: the browser writes a line end as a backslash and an n, and joins white space."""
    return " ".join(text.replace("\\n", " ").split())
