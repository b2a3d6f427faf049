"""Level 4: what only shows across documents."""

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from drumbeat import links
from drumbeat.checks.finding import Finding, check
from drumbeat.checks.form import Line, Page, Shared
from drumbeat.model import Cluster, Quote, Relation

Members = dict[tuple[str, str], tuple[tuple[str, ...], Quote]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What this level needs of a document: the gold quotations that are members of clusters, and the entities that it names."""

    quotes: Members = field(default_factory=dict)
    used: frozenset[str] = frozenset()


def kept(page: Page, wanted: Set[tuple[str, str]]) -> Kept:
    """What to keep of a document; `wanted` are the members of clusters."""
    annotation = page.annotation
    if annotation is None:
        return Kept()
    sets = [item for item in (annotation.gold, *annotation.sets) if item is not None]
    used = {name for item in sets for name in (*(m.entity for m in item.entities), *(q.speaker for q in item.quotes)) if name is not None}
    document_id, quotes = page.seed.record.document_id, {}
    for quote in annotation.gold.quotes if annotation.gold and page.normalized else ():
        if (document_id, quote.id) in wanted:
            assert page.normalized is not None
            quotes[document_id, quote.id] = links.content_words(page.normalized.text, quote), quote
    return Kept(quotes, frozenset(used))


@dataclass(slots=True)
class Across:
    """What the checks of this level look at: the shared files, and what was kept of the documents."""

    shared: Shared
    quotes: Members = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @property
    def wanted(self) -> frozenset[tuple[str, str]]:
        """The quotations that are members of clusters."""
        return frozenset((member.document_id, member.quote_id) for line in _clusters(self) for member in line.record.members)

    def take(self, of_document: Kept) -> None:
        """Add what was kept of a document."""
        self.quotes |= of_document.quotes
        self.used |= of_document.used


def _first_of_each(lines: list[Line], key: str) -> Iterator[tuple[Line, Line]]:
    first: dict[object, Line] = {}
    for line in lines:
        value = getattr(line.record, key)
        if value is not None and first.setdefault(value, line) is not line:
            yield line, first[value]


@check("D401", fix="keep one of the two lines and one of the two files")
def seeds_once(across: Across) -> Iterator[Finding]:
    """A page stands in the corpus once: no two seeds share bytes, id or file."""
    seeds = sorted(across.shared.seeds, key=lambda line: line.line)
    for key in ("sha256", "document_id", "file"):
        for line, first in _first_of_each(seeds, key):
            message = f"same {key} as line {first.line} ({first.record.document_id})"
            yield Finding("D401", message, line.path, line.line, document_id=line.record.document_id)


@check("D402", fix="join the two records, or give one another id")
def entities_once(across: Across) -> Iterator[Finding]:
    """An entity has one record: no two share an id or a Wikidata id."""
    for key in ("id", "wikidata"):
        for line, first in _first_of_each(across.shared.entities, key):
            yield Finding("D402", f"same {key} {getattr(line.record, key)} as line {first.line}", line.path, line.line, id=line.record.id)


@check("D403", fix="name a record of the knowledge base that leads to no circle, or null")
def speaks_for_resolves(across: Across) -> Iterator[Finding]:
    """`speaks_for` names another record of the knowledge base, and leads in no circle."""
    known = across.shared.knowledge_base
    for line in across.shared.entities:
        target = line.record.speaks_for
        if target is not None and target not in known:
            yield Finding("D403", f"no entity {target!r} to speak for", line.path, line.line, id=line.record.id)
        elif target is not None and line.record.id in links.speaks_for(target, known):
            yield Finding("D403", "speaks for itself", line.path, line.line, id=line.record.id)


@check("D404", fix="remove the record, or link what names it")
def entities_used(across: Across) -> Iterator[Finding]:
    """The knowledge base holds what the corpus needs: a mention or speaker of some set, or what one of those speaks for."""
    known = across.shared.knowledge_base
    used = {target for name in across.used for target in (name, *links.speaks_for(name, known))}
    for line in across.shared.entities:
        if line.record.id not in used:
            yield Finding("D404", "nothing in the corpus names it", line.path, line.line, id=line.record.id)


@check("D411", fix="name a gold quotation of a document of this corpus, once")
def members_exist(across: Across) -> Iterator[Finding]:
    """A cluster's members are gold quotations, each once; its id is no other link's; its speaker is in the knowledge base."""
    quotes, known = across.quotes, across.shared.knowledge_base
    for line, first in _first_of_each(across.shared.links, "id"):
        yield Finding("D411", f"same id as line {first.line}", line.path, line.line, id=line.record.id)
    for line in _clusters(across):
        members = [(member.document_id, member.quote_id) for member in line.record.members]
        for document_id, quote_id in dict.fromkeys(members):
            if (document_id, quote_id) not in quotes:
                yield Finding("D411", f"no quotation {quote_id} in {document_id}", line.path, line.line, id=line.record.id)
            elif members.count((document_id, quote_id)) > 1:
                yield Finding("D411", f"member {document_id} {quote_id} stands twice", line.path, line.line, id=line.record.id)
        if line.record.speaker is not None and line.record.speaker not in known:
            yield Finding("D411", f"no entity {line.record.speaker!r} in the knowledge base", line.path, line.line, id=line.record.id)


@check("D412", fix="correct the cluster's or the member's speaker, or take the member out")
def members_share_speaker(across: Across) -> Iterator[Finding]:
    """A member's speaker is the cluster's, or what the cluster's speaker speaks for; some member has the cluster's own."""
    quotes, known = across.quotes, across.shared.knowledge_base
    for line in _clusters(across):
        speaker = line.record.speaker
        allowed: set[str | None] = set(links.speaks_for(speaker, known)) if speaker is not None else {None}
        found = [quotes[key][1] for member in line.record.members if (key := (member.document_id, member.quote_id)) in quotes]
        for quote in found:
            if quote.speaker not in allowed:
                message = f"{quote.id}'s speaker {quote.speaker} is neither {speaker} nor what it speaks for"
                yield Finding("D412", message, line.path, line.line, id=line.record.id)
        if found and speaker not in {quote.speaker for quote in found}:
            yield Finding("D412", f"no member has the cluster's speaker {speaker}", line.path, line.line, id=line.record.id)


@check("D413", fix="set the wording that the words give")
def wording_by_words(across: Across) -> Iterator[Finding]:
    """A member's wording is what its words and the reference's give."""
    quotes = across.quotes
    for line in _clusters(across):
        keys = [(member.document_id, member.quote_id) for member in line.record.members]
        if any(key not in quotes for key in keys):
            continue
        members = [(document_id, quotes[document_id, quote_id][1], quotes[document_id, quote_id][0]) for document_id, quote_id in keys]
        reference = members[links.reference(members)][2]
        for member, (_, _, words) in zip(line.record.members, members, strict=True):
            derived = links.wording(words, reference)
            if derived != member.wording:
                message = f"{member.document_id} {member.quote_id} is {member.wording}, by its words {derived}"
                yield Finding("D413", message, line.path, line.line, id=line.record.id)


@check("D421", fix="name two documents of this corpus, each pair once")
def relations_sane(across: Across) -> Iterator[Finding]:
    """A relation joins two different documents of the corpus; a pair has one relation; an undirected pair stands in the order of ids."""
    documents = {seed.record.document_id for seed in across.shared.seeds}
    pairs: defaultdict[frozenset[str], list[Line]] = defaultdict(list)
    for line in across.shared.links:
        relation = line.record
        if not isinstance(relation, Relation):
            continue
        ends = (relation.from_document, relation.to_document)
        for document_id in ends:
            if document_id not in documents:
                yield Finding("D421", f"no document {document_id!r}", line.path, line.line, id=relation.id)
        if ends[0] == ends[1]:
            yield Finding("D421", "joins a document with itself", line.path, line.line, id=relation.id)
        elif not relation.directed and ends[0] > ends[1]:
            yield Finding("D421", "an undirected pair stands in the order of its ids", line.path, line.line, id=relation.id)
        pairs[frozenset(ends)].append(line)
    for same in pairs.values():
        for line in same[1:]:
            yield Finding("D421", f"the pair has a relation already, on line {same[0].line}", line.path, line.line, id=line.record.id)


def _clusters(across: Across) -> list[Line]:
    return [line for line in across.shared.links if isinstance(line.record, Cluster)]


SHARED_CHECKS = (seeds_once, entities_once)  # need no document
CROSS_CHECKS = (
    speaks_for_resolves,
    entities_used,
    members_exist,
    members_share_speaker,
    wording_by_words,
    relations_sane,
)
