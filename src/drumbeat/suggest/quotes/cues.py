"""Words that report, found in a parsed line: verbs, nouns, `according to`."""

from collections.abc import Sequence
from dataclasses import dataclass

from drumbeat.suggest.quotes.lexicon import NOUNS, PHRASAL, PREPOSITIONS, REFUSE, TITLES, VERBS, Verb
from drumbeat.suggest.quotes.sources import Words, nominal_after, nominal_before, noun_phrase, subject
from drumbeat.suggest.quotes.tree import Tree


@dataclass(frozen=True, slots=True)
class Cue:
    """A reporting word: where it stands, what it takes, its own words, and the phrase that names its source, if any."""

    at: int
    verb: Verb
    words: tuple[Words, ...]
    source: Words | None
    head: int | None
    negated: bool = False

    @property
    def first(self) -> int:
        """The first word of cue and source."""
        return min(self.words[0][0], self.source[0] if self.source else self.words[0][0])

    @property
    def last(self) -> int:
        """The last word of cue and source."""
        return max(self.words[-1][1], self.source[1] if self.source else self.words[-1][1])


FINITE = {"VBD", "VBZ", "VBP", "MD"}
_MODALS = {"would", "could", "should", "will", "might", "may", "must", "can", "'d", "'ll", "to"}
_VERBAL = {"VERB", "AUX"}
_SURE = {"said", "says", "told", "wrote", "tweeted"}
_ATTRIBUTE = {"amod", "compound", "nmod"}


def find_cues(tree: Tree, inside: Sequence[int]) -> list[Cue]:
    """The words of a line that report, in order.  `inside` says of each word in which piece it stands, -1 for none."""
    found = []
    for at, word in enumerate(tree.lower):
        cue = None
        verb = VERBS.get(word) or (_phrasal(tree, at, word) if word in PHRASAL else None)
        if verb is not None and (tree.pos[at] in _VERBAL or word in _SURE) and tree.deps[at] not in _ATTRIBUTE:
            cue = verb_cue(tree, at, verb, inside)
            if cue.source is None and "o" in verb.takes and tree.tags[at] == "VBN":
                cue = None  # "a firm called Acme"
        elif word in NOUNS and tree.pos[at] == "NOUN":
            cue = _noun_cue(tree, at, inside)
        elif word == "according" or word == "per":
            cue = _according(tree, at, inside)
        if cue is not None:
            found.append(cue)
    return found


NOUN = Verb("noun", frozenset("N"))
ANY = Verb("any", frozenset("q"))


def _phrasal(tree: Tree, at: int, word: str) -> Verb | None:
    """`pointed out`, `went on`, `put it`: a verb that reports together with a particle or object."""
    particle, verb = PHRASAL[word]
    return verb if any(tree.lower[child] == particle and 0 < child - at < 4 for child in tree.children[at]) else None


def _noun_cue(tree: Tree, at: int, inside: Sequence[int]) -> Cue | None:
    """`his claim that …`, `the promise by X to …`: a noun that reports where source and content stand beside it."""
    clauses = [child for child in tree.children[at] if tree.deps[child] in {"acl", "ccomp", "relcl"}]
    of = at + 1 < len(tree) and tree.lower[at + 1] == "of" and tree.heads[at + 1] == at and tree.child(at + 1, "pcomp") is not None
    if not of and not any(tree.lower[tree.left[clause]] in {"that", "to"} for clause in clauses):
        return None
    head = tree.child(at, "poss")
    if head is None:  # "NATO calls to de-escalate"
        head = next((c for c in tree.children[at] if tree.deps[c] == "compound" and tree.entities[c] in {"ORG", "GPE", "PERSON"}), None)
    if head is None:
        by = next((c for c in tree.children[at] if tree.deps[c] == "prep" and tree.lower[c] in {"by", "from"}), None)
        head = tree.child(by, "pobj") if by is not None else None
    if head is None:
        return None
    first, last = noun_phrase(tree, head)
    if tree.tags[last] == "POS":
        last -= 1
    source = _clip(tree, (first, last), at, inside)
    return Cue(at, NOUN, ((at, at + 1 if of else at),), source, head) if source else None


ACCORDING = Verb("according to", frozenset("s"))


def _according(tree: Tree, at: int, inside: Sequence[int]) -> Cue | None:
    """`according to` and, before a name, `per`."""
    to = at + 1 if tree.lower[at] == "according" else at
    if to >= len(tree) or tree.lower[to] not in {"to", "per"}:
        return None
    head = tree.child(to, "pobj")
    if head is None and to > at:
        head = nominal_after(tree, to, len(tree))
    if head is None or (to == at and (tree.entities[head] not in {"ORG", "PERSON"} or tree.tags[head] != "NNP")):
        return None
    return Cue(at, ACCORDING, ((at, to),), _clip(tree, noun_phrase(tree, head), to, inside), head)


def verb_cue(tree: Tree, at: int, verb: Verb, inside: Sequence[int]) -> Cue:
    """The cue of a verb, with its source by the parse or, where the parse has none, by the order of the words."""
    here = inside[at]
    head = subject(tree, at)
    if head is not None and inside[head] != here:
        head = None
    if head is None:
        head = _surface(tree, at, here, inside)
    words, negated = verb_group(tree, at)
    words = _with_object(tree, at, verb, words)
    source = _clip(tree, noun_phrase(tree, head), at, inside) if head is not None else None
    if source is None and (other := _surface(tree, at, here, inside)) is not None:
        head, source = other, _clip(tree, noun_phrase(tree, other), at, inside)
    if source is not None:
        source = _whole_name(tree, source, at, inside)
    return Cue(at, verb, words, source, head if source else None, negated)


def _surface(tree: Tree, at: int, here: int, inside: Sequence[int]) -> int | None:
    """The head of the phrase beside a verb that can only be its subject, by the order of the words."""
    if tree.child(at, "auxpass") is not None or tree.tags[at] == "VBG":
        return None
    start, limit = _stretch(tree, at, here, inside)
    if start < at and tree.pos[at - 1] != "PUNCT":
        before = nominal_before(tree, at, start)
        if before is not None and tree.deps[before] != "pobj":
            return before
    apposed = _before_apposition(tree, at, start)
    if apposed is not None:
        return apposed
    after = nominal_after(tree, at, limit)
    if after is not None and (start == at or tree.pos[at - 1] == "PUNCT"):
        return after
    while start < at and tree.pos[start] in {"PUNCT", "ADV", "CCONJ", "SCONJ"}:
        start += 1
    finite = any(tree.tags[word] in FINITE and tree.deps[word] not in {"aux", "auxpass"} for word in range(start, at))
    return nominal_after(tree, start - 1, at) if start < at and not finite else None


def _stretch(tree: Tree, at: int, here: int, inside: Sequence[int]) -> Words:
    """The words around `at` in the same piece or gap: back to the last stop, and up to the next mark."""
    start, limit = at, at + 1
    while limit < len(tree) and inside[limit] == here:
        limit += 1
    while start > 0 and inside[start - 1] == here and tree.words[start - 1] not in {".", "?", "!", ";", ":"}:
        start -= 1
    return start, limit


def _before_apposition(tree: Tree, at: int, start: int) -> int | None:
    """The head of the phrase before `, the chief executive, said`."""
    if at - 1 <= start or tree.words[at - 1] != ",":
        return None
    for word in range(at - 2, max(start, at - 20), -1):
        if tree.tags[word] in FINITE:
            return None
        if tree.words[word] == "," and tree.pos[word - 1] == "PROPN":
            return word - 1
    return None


def _whole_name(tree: Tree, source: Words, verb: int, inside: Sequence[int]) -> Words:
    """A name that the parse cut in two is one (`Army Capt. | Christian Pardo`)."""
    first, last = source

    def joins(word: int) -> bool:
        return 0 <= word < len(tree) and tree.pos[word] == "PROPN" and inside[word] == inside[verb] and word != verb

    if tree.pos[last] == "PROPN" or tree.lower[last] in TITLES:
        if last + 1 < len(tree) and tree.words[last + 1] == "." and f"{tree.lower[last]}." in TITLES:
            last += 1
        while joins(last + 1):
            last += 1
    while (
        last + 2 < len(tree)
        and tree.words[last + 1] == "-"
        and tree.starts[last + 1] == tree.ends[last]
        and verb not in {last + 1, last + 2}
    ):
        last += 2  # "Acme co | - | host"
        while joins(last + 1):
            last += 1
    begin = verb_group(tree, verb)[0][0][0]
    between = [tree.pos[word] for word in range(last + 1, begin)]
    if "PROPN" in between and set(between) <= {"PROPN", "DET", "NOUN", "ADJ"}:
        last = begin - 1  # "Vatican spokesman | the Rev. Ann Lee said"
    while tree.pos[first] == "PROPN" and joins(first - 1):
        first -= 1
    return first, last


def _clip(tree: Tree, phrase: Words, verb: int, inside: Sequence[int]) -> Words | None:
    """A source neither holds its own verb nor reaches into marks that the verb is outside of."""
    first, last = phrase
    if first <= verb <= last:
        last = verb - 1
    here = inside[verb]
    while first <= last and (inside[first] != here or tree.pos[first] == "PUNCT"):
        first += 1
    while last >= first and (inside[last] != here or tree.pos[last] == "PUNCT"):
        last -= 1
    return (first, last) if first <= last else None


def verb_group(tree: Tree, at: int) -> tuple[tuple[Words, ...], bool]:
    """The verb with its auxiliaries, negation and particle as runs of words; adverbs cut it in two.

    With `refused to` before it the group holds that too.  The second value says whether it is negated.
    """
    group, negated = _with_auxiliaries(tree, at)
    head = tree.heads[at]
    if tree.deps[at] == "xcomp" and tree.lower[head] in REFUSE and 0 < at - head < 4:
        above, _ = _with_auxiliaries(tree, head)
        group, negated = group | above, True
    runs: list[list[int]] = []
    for word in sorted(group):
        if runs and word == runs[-1][1] + 1:
            runs[-1][1] = word
        else:
            runs.append([word, word])
    return tuple((first, last) for first, last in runs), negated


def _with_object(tree: Tree, at: int, verb: Verb, words: tuple[Words, ...]) -> tuple[Words, ...]:
    """`called for`, `calling it`, `described her as`: a preposition of the verb and a pronoun object go with it."""
    first, last = words[-1]
    if last + 2 >= len(tree):
        return words
    following = tree.lower[last + 1]
    if following in PREPOSITIONS.get(verb.lemma, ()):
        last += 1
    elif "o" in verb.takes and tree.heads[last + 1] == at and tree.pos[last + 1] == "PRON" and tree.deps[last + 1] == "dobj":
        last += 2 if tree.lower[last + 2] == "as" else 1
    return (*words[:-1], (first, last))


def _with_auxiliaries(tree: Tree, at: int) -> tuple[set[int], bool]:
    group, negated = {at}, False
    for child in tree.children[at]:
        if tree.deps[child] in {"aux", "auxpass", "neg", "prt"} and abs(child - at) < 6:
            group.add(child)
            negated |= tree.deps[child] == "neg" or tree.lower[child] == "never"
    return group, negated


def is_asserted(tree: Tree, cue: Cue) -> bool:
    """The cue says that something was or is said: a finite verb without a modal, a noun, `according to`."""
    tag = tree.tags[cue.at]
    auxiliaries = {tree.lower[child] for child in tree.children[cue.at] if tree.deps[child] in {"aux", "auxpass"}}
    if tag in {"VB", "VBN"}:
        return bool(auxiliaries & {"has", "have", "had", "'s", "'ve", "did", "was", "were"}) and not auxiliaries & _MODALS
    return tag != "VBG" or bool(auxiliaries)
