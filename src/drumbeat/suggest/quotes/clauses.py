"""What a reporting verb reports without marks: the clause, infinitive or noun phrase that the parse hangs below it."""

from drumbeat.suggest.quotes.cues import FINITE, Cue
from drumbeat.suggest.quotes.lexicon import CONNECTIVES, PREPOSITIONS, SUBORDINATORS, WEEKDAYS
from drumbeat.suggest.quotes.sources import Words
from drumbeat.suggest.quotes.tree import Tree


def content(tree: Tree, cue: Cue) -> tuple[Words, bool] | None:
    """First and last word of what is reported, and whether it stands after the cue."""
    if "s" in cue.verb.takes:
        return _sentence_of(tree, cue)
    as_clause = _as_clause(tree, cue)
    if as_clause is not None:
        return as_clause
    right = _after(tree, cue)
    if right is not None:
        return right, True
    left = _before(tree, cue)
    return (left, False) if left is not None else None


def _as_clause(tree: Tree, cue: Cue) -> tuple[Words, bool] | None:
    """`As the Tide reported, A`."""
    at, head = cue.at, tree.heads[cue.at]
    if tree.deps[at] != "advcl" or at > head or tree.lower[tree.left[at]] != "as" or complement(tree, cue) is not None:
        return None
    words = _trim(tree, tree.right[at] + 1, tree.right[head])
    return (words, True) if words else None


def complement(tree: Tree, cue: Cue) -> int | None:
    """The word after the cue that heads what is reported."""
    takes = cue.verb.takes
    if "N" in takes:
        clauses = (c for c in tree.children[cue.at] if c > cue.at and tree.deps[c] in {"acl", "ccomp", "relcl"})
        of = cue.words[-1][1]
        return tree.child(of, "pcomp") if of > cue.at else next((c for c in clauses if tree.lower[tree.left[c]] in {"that", "to"}), None)
    for child in tree.children[cue.at]:
        if child < cue.at:
            continue
        dep = tree.deps[child]
        clause = dep in {"ccomp", "xcomp", "advcl", "acl"} and tree.pos[child] in {"VERB", "AUX", "NOUN", "ADJ", "PROPN", "PRON"}
        if not clause:
            continue
        first = tree.lower[tree.left[child]]
        if dep == "ccomp" and "c" in takes:
            return child
        if first in {"that", "whether", "if"} and "c" in takes and dep in {"advcl", "acl", "xcomp"} and (first != "if" or dep != "advcl"):
            return child
        if "i" in takes and dep in {"xcomp", "ccomp", "advcl"} and first == "to":
            return child
        if dep == "xcomp" and "c" in takes and first not in {"to"} and tree.tags[child] != "VBG":
            return child
        gerund = tree.tags[child] == "VBG" and (dep == "xcomp" or ("n" in takes and tree.left[child] == cue.words[-1][1] + 1))
        if gerund and takes & {"c", "n"}:  # "denied taking part", "ruled out using it"
            return child
    return None


def is_aside(tree: Tree, cue: Cue, child: int, before: int) -> bool:
    """Words below the cue that end before a piece and are no content: who is told, when, how."""
    dep = tree.deps[child]
    aside = dep in {"prep", "npadvmod", "advmod", "dative", "punct"} or (dep == "dobj" and "t" in cue.verb.takes)
    return aside and tree.right[child] < before


def _after(tree: Tree, cue: Cue) -> Words | None:
    head = complement(tree, cue)
    if head is not None:
        first = tree.left[head]
        if cue.source and cue.source[0] <= first <= cue.source[1]:
            first = cue.source[1] + 1
        first = max(first, cue.at + 1)
        if first > tree.right[head]:
            return None  # the source takes all of it
        while first < head and (tree.lower[first] in WEEKDAYS or (tree.lower[first] == "on" and tree.lower[first + 1] in WEEKDAYS)):
            first += 1  # "said Friday he would"
        if "N" in cue.verb.takes:
            return _trim(tree, first, tree.right[head])
        if "i" in cue.verb.takes and tree.lower[first] != "to" and "c" not in cue.verb.takes:
            return None
        return _trim(tree, first, tree.right[head])
    takes = cue.verb.takes
    if "o" in takes:
        return _object_and_predicate(tree, cue)
    if tree.lower[cue.words[-1][1]] in PREPOSITIONS.get(cue.verb.lemma, ()):
        phrase = cue.words[-1][1]
        return _trim(tree, phrase + 1, tree.right[phrase]) if tree.heads[phrase] == cue.at else None
    if "n" in takes:
        for child in tree.children[cue.at]:
            told = tree.deps[child] == "dobj" and child > cue.at and child != cue.head
            if told and _tells(tree, cue, child) and tree.child(cue.at, "dative") is None:
                return _trim(tree, tree.left[child], _with_its_prepositions(tree, cue, child))
    return None


def _with_its_prepositions(tree: Tree, cue: Cue, noun: int) -> int:
    """The last word of a phrase and of what the parse hangs beside it (`denied any part | in the sale`), dates left out."""
    last = tree.right[noun]
    for child in tree.children[cue.at]:
        if child == last + 1 and tree.deps[child] == "prep" and not {"DATE", "TIME"} & set(tree.entities[child : tree.right[child] + 1]):
            last = tree.right[child]
    return last


def _tells(tree: Tree, cue: Cue, noun: int) -> bool:
    """Whether a noun phrase says something: one that is announced needs more than a name (`a plan for tough sanctions`)."""
    below = {tree.deps[child] for child in tree.children[noun] if child > noun or cue.verb.lemma in _GIVE_NOUNS}
    return tree.pos[noun] == "NOUN" and bool(below & {"prep", "acl", "relcl", "amod", "compound"} or (below and cue.verb.lemma == "deny"))


_GIVE_NOUNS = {"deny", "promise", "pledge", "demand", "vow"}


def _object_and_predicate(tree: Tree, cue: Cue) -> Words | None:
    """`called | it a lie`, `described | the plan as bold`, `accused | them of lying`, `called for | peace`."""
    wanted = PREPOSITIONS.get(cue.verb.lemma, {"of"} if cue.verb.lemma == "accuse" else {"as"})
    parts = []
    for child in tree.children[cue.at]:
        if child <= cue.at or child == cue.head:
            continue
        dep, opens = tree.deps[child], tree.lower[tree.left[child]]
        if dep in {"dobj", "oprd", "ccomp", "xcomp"} or (dep in {"advcl", "prep"} and opens in wanted):
            parts.append(child)
    fronted = cue.words[-1][1] > cue.at or any(tree.tags[child] in {"WDT", "WP"} for child in tree.children[cue.at])
    if not parts or {tree.deps[part] for part in parts} == {"dobj"} or ({tree.deps[part] for part in parts} == {"oprd"} and not fronted):
        return None  # "called Lee", "a firm called Acme"; but "called it a lie", "which he called a lie"
    first = max(tree.left[parts[0]], cue.words[-1][1] + 1)
    return _trim(tree, first, max(tree.right[part] for part in parts))


def _before(tree: Tree, cue: Cue) -> Words | None:
    """`A is B, she said`: the clause below the verb to its left."""
    if "c" not in cue.verb.takes:
        return None
    for child in tree.children[cue.at]:
        if child < cue.at and tree.deps[child] == "ccomp" and tree.right[child] < cue.first:
            return _statement(tree, tree.left[child], tree.right[child])
    return None


def _sentence_of(tree: Tree, cue: Cue) -> tuple[Words, bool] | None:
    """`According to X, …` and `…, according to X`: the clause that the phrase belongs to."""
    head = tree.heads[cue.at]
    if head == cue.at:
        return None
    while tree.heads[head] != head and (tree.pos[head] not in {"VERB", "AUX"} or tree.deps[head] == "conj"):
        head = tree.heads[head]
    first, last = tree.left[head], tree.right[head]
    if first >= cue.at:  # "According to X, A"
        words = _trim(tree, max(cue.last, tree.right[cue.at]) + 1, last)
        return (words, True) if words else None
    words = _statement(tree, first, cue.at - 1)
    return (words, False) if words else None


def _statement(tree: Tree, first: int, last: int) -> Words | None:
    """A clause that stands before its cue, without the word that links it to what was said earlier; none where it is subordinate."""
    words = _trim(tree, first, last)
    while words and tree.lower[words[0]] in CONNECTIVES:
        words = _trim(tree, words[0] + 1, words[1])
    return None if words is None or tree.lower[words[0]] in SUBORDINATORS else words


def around(tree: Tree, cue: Cue, begin: int, end: int) -> list[Words] | None:
    """`A, she said, B`: the two parts of a sentence, `begin` to `end`, that a short clause with the cue is put into."""
    if "c" not in cue.verb.takes or cue.source is None:
        return None
    first, last = cue.first, cue.last
    while last + 1 <= end and (tree.lower[last + 1] in WEEKDAYS or tree.pos[last + 1] == "ADV" or tree.lower[last + 1] == "on"):
        last += 1
    if first - 1 <= begin or tree.words[first - 1] != "," or last + 1 >= end or tree.words[last + 1] != ",":
        return None
    after = last + 2
    left, right = _trim(tree, begin, first - 2), _trim(tree, after, end)
    if left is None or right is None or tree.lower[left[0]] in {"who", "that"} or right[1] == right[0]:
        return None
    whole = any(tree.tags[word] in FINITE for word in range(left[0], left[1] + 1))
    if tree.tags[after] in {"VBG", "WP", "WDT", "WRB"} or tree.lower[after] in SUBORDINATORS or (whole and tree.pos[after] == "ADP"):
        if tree.lower[after] != "according":
            return None
        right = None  # "A, she said, according to them"
    while left and tree.lower[left[0]] in CONNECTIVES:
        left = _trim(tree, left[0] + 1, left[1])
    return [part for part in (left, right) if part]


def _trim(tree: Tree, first: int, last: int) -> Words | None:
    """Without punctuation at the edges."""
    while first <= last and tree.pos[first] == "PUNCT" and tree.lower[first] not in {"(", "[", "“", '"', "''", "‘", "$", "#"}:
        first += 1
    while last >= first and tree.pos[last] == "PUNCT" and tree.lower[last] not in {")", "]", "”", '"', "''", "’", "%"}:
        last -= 1
    return (first, last) if first <= last else None
