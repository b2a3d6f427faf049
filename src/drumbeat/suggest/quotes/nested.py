"""Reports inside what somebody is quoted with: `“She told me that it was over,” he said`."""

from collections.abc import Sequence

from drumbeat.marks import Pair
from drumbeat.suggest.quotes import clauses
from drumbeat.suggest.quotes.cues import Cue, is_asserted
from drumbeat.suggest.quotes.line import Draft

_NEAR = 6  # words between an inner cue and the inner marks that it reports


def add_nested(line: Draft, inner_pairs: Sequence[Pair]) -> None:
    """Reports by the cues inside the line's pieces: past ones with a source, since "I will say that …" reports nothing."""
    for cue in line.inner:
        if (
            cue.source is None
            or cue.verb.takes & {"q", "w", "s", "o"}
            or not is_asserted(line.tree, cue)
            or line.tree.tags[cue.at] in {"VBZ", "VBP"}
        ):
            continue
        quoted = next((pair for pair in inner_pairs if _beside(line, cue, pair)), None)
        if quoted is not None:
            line.add([(quoted.start, quoted.end)], cue, "nested")
            continue
        found = clauses.content(line.tree, cue)
        if found is None:
            continue
        piece = line.where[cue.at]
        first, last = found[0]
        last = line.sentence_end(first, min(last, line.pieces[piece].last - 1))
        if line.where[first] == piece == line.where[last] and last > first:
            line.add([(line.tree.starts[first], line.tree.ends[last])], cue, "nested")


def _beside(line: Draft, cue: Cue, pair: Pair) -> bool:
    tree = line.tree
    after = [word for word in range(cue.at + 1, min(len(tree), cue.at + _NEAR)) if tree.ends[word] > pair.start]
    before = [word for word in range(max(0, cue.first - 3), cue.first) if tree.ends[word] >= pair.end]
    ahead = bool(after) and tree.ends[cue.at] <= pair.start and tree.words[after[0] - 1] in {",", ":", tree.words[cue.at]}
    return ahead or (bool(before) and pair.end <= tree.starts[cue.first])
