"""Links across pages: which copy or reword each other, and which quotations report the same utterance.

Everything here is a pure function of pages and quotations, and gives the same in whatever order they come.  `suggest_links` runs the steps
in one process; an engine that maps functions over shards runs the same ones:

1. over shards of input: `quotations.keys` and `pages.keys` give band keys, to be sorted into buckets by key;
2. over buckets: `minhash.candidates`, then `quotations.Judge.edges` and `pages.compare`;
3. once: `components.components` or `pieces`; then over the groups: average linkage, and over the events: `fragments.attach`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from drumbeat import __version__
from drumbeat.links import reference, wording
from drumbeat.model import Cluster, Entity, Member, Relation
from drumbeat.suggest.links.fragments import attach, by_event, events, is_attachable, pages_of
from drumbeat.suggest.links.pages import Page, relations
from drumbeat.suggest.links.quotations import Said, clusters, wordings
from drumbeat.suggest.links.speakers import Agreement

NAME = f"drumbeat-{__version__}"


def suggest_links(pages: Sequence[Page], quotations: Sequence[Said], knowledge_base: Mapping[str, Entity]) -> list[Relation | Cluster]:
    """The relations between pages, then the clusters of quotations, both in the order of the ids that they name."""
    groups = [[item for one in group for item in one.said] for group in clusters(wordings(quotations), knowledge_base)]
    return together(relations(pages, NAME), groups, filter(is_attachable, quotations), knowledge_base)


def together(
    related: Sequence[Relation], groups: Sequence[Sequence[Said]], fragments: Iterable[Said], knowledge_base: Mapping[str, Entity]
) -> list[Relation | Cluster]:
    """The records of relations and of groups of quotations, to which the fragments are attached first.

    Groups are asked for one at a time and twice, so that they need not be in memory.
    """
    agreement = Agreement(knowledge_base)
    pages = [pages_of(group) for group in groups]
    tied = events([(relation.from_document, relation.to_document) for relation in related], pages)
    attached: defaultdict[int, list[Said]] = defaultdict(list)
    for _, of_event, inside in by_event(fragments, groups, pages, tied):
        for fragment, number in attach(of_event, inside, agreement):
            attached[number].append(fragment)
    told = (_without_outer([*group, *attached[number]]) for number, group in enumerate(groups))
    made = (to_cluster(group, agreement) for group in told if len(group) > 1)
    return [*related, *sorted(made, key=lambda cluster: [(member.document_id, member.quote_id) for member in cluster.members])]


def _without_outer(group: Sequence[Said]) -> list[Said]:
    """The quotations without those that report another one of them: who says that somebody said it does not say it."""
    outer = {(item.document_id, item.parent) for item in group}
    return [item for item in group if item.key not in outer]


def to_cluster(group: Sequence[Said], agreement: Agreement) -> Cluster:
    """The record of a cluster: wordings against its reference, and the most specific of its speakers."""
    members = sorted(group, key=lambda item: item.key)
    words = [tuple(item.text.split(" ")) for item in members]
    against = words[reference([(item.document_id, item, own) for item, own in zip(members, words, strict=True)])]
    identifier = sha256(" ".join(f"{item.document_id}/{item.id}" for item in members).encode()).hexdigest()[:16]
    return Cluster(
        f"c{identifier}",
        agreement.most_specific([item.speaker for item in members]),
        tuple(Member(item.document_id, item.id, wording(own, against)) for item, own in zip(members, words, strict=True)),
        f"suggested by {NAME}",
    )
