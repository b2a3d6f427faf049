"""A parsed line as plain lists: what the rules of quotations read many times a word."""

from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern

from drumbeat.suggest.parse import Line


@dataclass(frozen=True, slots=True)
class Tree:
    """The words of one line and how they hang together; every list has an item for each word.

    `starts` and `ends` are offsets in the page.  `heads` are indices of words, a root is its own head.  `left` and `right` are the
    first and the last word of what hangs below a word, itself included (both are indices, so `left[i]..right[i]` is inclusive).
    """

    words: list[str]
    lower: list[str]
    starts: list[int]
    ends: list[int]
    tags: list[str]
    pos: list[str]
    deps: list[str]
    heads: list[int]
    children: list[list[int]]
    left: list[int]
    right: list[int]
    entities: list[str]
    inside_name: list[bool]

    def __len__(self) -> int:
        return len(self.words)

    def child(self, head: int, *deps: str) -> int | None:
        """The first word below `head` that hangs there by one of `deps`."""
        return next((index for index in self.children[head] if self.deps[index] in deps), None)

    def names(self) -> Iterator[tuple[int, int, str]]:
        """The names that the parse found: offsets in the page, label."""
        index = 0
        while index < len(self):
            first, label = index, self.entities[index]
            index += 1
            if label:
                while index < len(self) and self.entities[index] == label and self.inside_name[index]:
                    index += 1
                yield self.starts[first], self.ends[index - 1], label

    def subjects(self) -> Iterator[int]:
        """Where the words stand that are the subject of a clause, or joined to one by `and`; offsets in the page."""
        for index, dep in enumerate(self.deps):
            joined = dep == "conj" and self.deps[self.heads[index]] in {"nsubj", "nsubjpass"}
            if joined or dep in {"nsubj", "nsubjpass"}:
                yield self.starts[index]

    def ancestors(self, index: int) -> Iterator[int]:
        """The words above, nearest first."""
        while self.heads[index] != index:
            index = self.heads[index]
            yield index


def read_tree(line: Line) -> Tree:
    """The tree of a parsed line."""
    tokens = line.tokens
    words = [token.text for token in tokens]
    starts = [token.start for token in tokens]
    heads = [token.head for token in tokens]
    children: list[list[int]] = [[] for _ in tokens]
    for index, head in enumerate(heads):
        if head != index:
            children[head].append(index)
    left, right = _edges(heads)
    return Tree(
        words,
        [intern(word.lower().replace("’", "'")) for word in words],
        starts,
        [start + len(word) for start, word in zip(starts, words, strict=True)],
        [token.tag for token in tokens],
        [token.pos for token in tokens],
        [token.dep for token in tokens],
        heads,
        children,
        left,
        right,
        [token.label for token in tokens],
        [bool(token.label) and not token.begins for token in tokens],
    )


def _edges(heads: list[int]) -> tuple[list[int], list[int]]:
    """Each word hands its edges up, the deepest first."""
    depth = [-1] * len(heads)
    for index in range(len(heads)):
        path, at = [], index
        while depth[at] < 0 and heads[at] != at:
            path.append(at)
            at = heads[at]
        base = depth[at] = max(depth[at], 0)
        for step, node in enumerate(reversed(path), 1):
            depth[node] = base + step
    left, right = list(range(len(heads))), list(range(len(heads)))
    for index in sorted(range(len(heads)), key=depth.__getitem__, reverse=True):
        head = heads[index]
        left[head], right[head] = min(left[head], left[index]), max(right[head], right[index])
    return left, right
