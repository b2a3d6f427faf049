"""The noun phrase that names who said it: whose subject a reporting verb has, and where the phrase begins and ends."""

from drumbeat.suggest.quotes.lexicon import TITLES, VERBS
from drumbeat.suggest.quotes.tree import Tree

Words = tuple[int, int]  # first and last word, both inclusive

_OUTSIDE = {"relcl", "acl", "advcl", "ccomp", "parataxis", "dep", "advmod", "npadvmod", "xcomp"}
_SUBJECT = ("nsubj", "csubj", "expl")
_HANDS_ON = {"conj", "xcomp", "advcl", "dep", "ccomp", "parataxis", "pcomp"}
_HANGS_ON_NOUNS = {"acl", "relcl", "advcl", "xcomp", "dep", "pcomp"}
_LONGEST_CHAIN = 6


def noun_phrase(tree: Tree, head: int) -> Words:
    """The whole phrase with titles and appositions, without relative clauses and what else only follows it."""
    first = tree.left[head]
    while first < head and (tree.deps[first] in {"punct", "cc", "advmod", "preconj"} and tree.heads[first] == head):
        first += 1
    return first, _last(tree, head)


def _last(tree: Tree, head: int) -> int:
    last = head
    for child in tree.children[head]:
        if child < head or tree.deps[child] in {"punct", "cc"}:
            continue
        if tree.deps[child] in _OUTSIDE:
            break
        last = _last(tree, child)
        if last < tree.right[child]:
            break
    return last


def subject(tree: Tree, verb: int) -> int | None:
    """The word that heads the phrase of who speaks, by the parse: the verb's own subject or the one it shares."""
    if tree.tags[verb] == "VBG" and verb and tree.words[verb - 1] in {",", "—", "–", "-", "--"} and tree.child(verb, *_SUBJECT) is None:
        above = _main_subject(tree, verb)
        if above is not None:
            return above
    found = _subject(tree, verb)
    if found is None and tree.tags[verb] in {"VBG", "VB"} and tree.child(verb, "auxpass") is None:
        for above in tree.ancestors(verb):
            if (own := tree.child(above, "nsubj", "nsubjpass")) is not None and own < verb:
                return own
    return found


def _main_subject(tree: Tree, verb: int) -> int | None:
    """Who `…, saying` belongs to: the main clause's subject, not that of a clause in it (`argued that it would work, saying …`)."""
    found = None
    for above in tree.ancestors(verb):
        own = tree.child(above, "nsubj", "nsubjpass")
        if own is not None and own < verb and not _is_time(tree, own):
            found = own
            if tree.deps[above] in {"relcl", "conj"} or tree.lower[above] in VERBS:
                return found
    return found


def _subject(tree: Tree, verb: int) -> int | None:
    """The verb's own subject, or that of the verbs that it is joined to or hangs on."""
    for _ in range(_LONGEST_CHAIN):
        own = [child for child in tree.children[verb] if tree.deps[child] in _SUBJECT and not _is_time(tree, child)]
        if own:
            return min(own, key=lambda child: abs(child - verb))
        if tree.tags[verb] == "VBN" and tree.child(verb, "nsubjpass", "auxpass") is not None:
            return _agent(tree, verb)
        head, dep = tree.heads[verb], tree.deps[verb]
        if dep == "pcomp" and tree.deps[head] == "prep":  # "quoted as saying", "in saying"
            head = tree.heads[head]
        if head == verb or (dep in {"acl", "relcl"} and tree.tags[verb] == "VBN"):
            return _agent(tree, verb)
        if tree.pos[head] not in {"VERB", "AUX"} or dep in {"acl", "relcl"}:
            return head if tree.pos[head] in {"NOUN", "PROPN", "PRON"} and dep in _HANGS_ON_NOUNS else None
        if dep not in _HANDS_ON or (dep == "ccomp" and tree.tags[verb] != "VBG"):
            return None
        passive = tree.child(head, "nsubjpass")
        if passive is not None and dep != "conj":
            return passive
        above = tree.heads[head]
        if dep == "conj" and tree.deps[head] == "ccomp" and tree.lower[above] in VERBS and tree.tags[verb] == tree.tags[above]:
            head = above  # "said it was late and added": two reports of one speaker
        verb = head
    return None


def _is_time(tree: Tree, word: int) -> bool:
    """`said Thursday morning` has no morning that speaks."""
    return tree.entities[word] in {"DATE", "TIME"} and tree.pos[word] != "PRON"


def proper_noun(tree: Tree, head: int) -> Words | None:
    """The run of proper nouns that ends with the head of a phrase, titles left out."""
    first = head
    while first > 0 and tree.pos[first - 1] == "PROPN" and tree.heads[first - 1] == head:
        first -= 1
    while first < head and tree.lower[first] in TITLES:
        first += 1
    return (first, head) if tree.pos[head] == "PROPN" and tree.lower[head] not in TITLES else None


def antecedent(tree: Tree, pronoun: int) -> Words | None:
    """The phrase that `who` stands for: what its clause hangs on."""
    if tree.tags[pronoun] not in {"WP", "WDT"}:
        return None
    clause = next((above for above in tree.ancestors(pronoun) if tree.deps[above] == "relcl"), None)
    return noun_phrase(tree, tree.heads[clause]) if clause is not None else None


def _agent(tree: Tree, verb: int) -> int | None:
    by = tree.child(verb, "agent")
    return tree.child(by, "pobj") if by is not None else None


_NOMINAL = {"PROPN", "NOUN", "PRON", "DET", "ADJ", "NUM"}


def nominal_after(tree: Tree, verb: int, limit: int) -> int | None:
    """The head of a noun phrase that begins right after the verb (`said Leslie Wimes, a …`), where the parse lost it."""
    at = verb + 1
    if at < limit and not _is_time(tree, at) and tree.pos[at] in _NOMINAL and tree.lower[at] not in {"that", "this", "there"}:
        return _phrase_head(tree, at, limit)
    return None


def nominal_before(tree: Tree, verb: int, start: int) -> int | None:
    """The head of a noun phrase that ends right before the verb or its auxiliaries."""
    at = verb - 1
    while at >= start and (tree.pos[at] in {"AUX", "ADV", "PART"}):
        at -= 1
    if at >= start and tree.pos[at] in {"PROPN", "PRON", "NOUN"}:
        return at
    return None


def _phrase_head(tree: Tree, at: int, limit: int) -> int:
    """The last word of a run of words that make a noun phrase."""
    last = at
    while last + 1 < limit and (tree.pos[last + 1] in _NOMINAL or tree.tags[last + 1] == "POS") and tree.pos[last] != "PRON":
        last += 1
    return last
