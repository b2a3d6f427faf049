"""Names: ours beside spaCy alone, and spaCy with the bare rule of one label a page, on the same text in one run.

    python -m benchmarks.entities [--bench ../shared/bench/spans] [--sets ieer news gum wikigold sport] [--models NAME …] [--confidence]

The sets and the scorer are not part of this project; `--bench` says where they are.  Scored are PERSON, ORG and places (GPE, LOC and
FAC are one there), by span and label, a leading article and a possessive aside.  Speed is words per CPU second, parse included.
`--confidence` prints instead the share of names that are right by how much spoke for their label, which is what `suggest_entities` says
as their confidence.
"""

import argparse
import importlib
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from drumbeat.errors import SuggestError
from drumbeat.suggest.entities import suggest_entities
from drumbeat.suggest.parse import MODELS, Parser

Row = dict[str, Any]
Prediction = list[Row]
Peer = Callable[[str], Prediction]

SETS = {
    "ieer": ("ieer", None),
    "news": ("cleanconll", "news"),
    "gum": ("gum-news", None),
    "wikigold": ("wikigold", None),
    "sport": ("cleanconll", "sport"),
}
_CLASSES = ("PERSON", "ORG", "LOC")


def ours(parser: Parser) -> Peer:
    """The project's suggester."""
    return lambda text: [
        {"start": mention.start, "end": mention.end, "label": mention.label, "confidence": mention.confidence}
        for mention in suggest_entities(parser.parse(text))
    ]


def spacy(parser: Parser) -> Peer:
    """The model's names, on the whole page at once."""
    return lambda text: [
        {"start": entity.start_char, "end": entity.end_char, "label": entity.label_} for entity in parser.pipeline(text).ents
    ]


def consistent(parser: Parser) -> Peer:
    """The model's names; the same words get the label that they have most often, a surname that of the full name before it."""
    model = spacy(parser)

    def predict(text: str) -> Prediction:
        found = model(text)
        labels: dict[str, Counter[str]] = defaultdict(Counter)
        for name in found:
            words = text[name["start"] : name["end"]]
            labels[words][name["label"]] += 1
            if name["label"] == "PERSON" and " " in words:
                labels[words.split()[-1]]["PERSON"] += 100
        return [name | {"label": labels[text[name["start"] : name["end"]]].most_common(1)[0][0]} for name in found]

    return predict


def compare(score: Any, sets: Sequence[tuple[str, list[Row]]], parser: Parser) -> Iterator[str]:
    """A line for each tool and set."""
    peers = (("drumbeat", ours(parser)), ("spaCy", spacy(parser)), ("spaCy, one label a page", consistent(parser)))
    for title, peer in peers:
        for name, rows in sets:
            words = sum(len(row["text"].split()) for row in rows)
            start = time.process_time()
            predictions = [{"id": row["id"], "entities": peer(row["text"])} for row in rows]
            seconds = time.process_time() - start
            figures = score.score_entities(rows, predictions)
            shown = "  ".join(f"{100 * figures[kind]['F']:5.1f}" for kind in ("micro", *_CLASSES))
            yield f"{title:24} {name:9} {shown}  {words / seconds:6,.0f}"


def reliability(score: Any, sets: Sequence[tuple[str, list[Row]]], parser: Parser) -> Iterator[str]:
    """For each confidence: how many names have it, and how many of those are right."""
    counts: dict[float, Counter[bool]] = defaultdict(Counter)
    peer = ours(parser)
    for row in (row for _, rows in sets for row in rows):
        text = row["text"]
        gold = {(*score.ecanon(text, name["start"], name["end"], True), score.ONTO.get(name["label"])) for name in row["entities"]}
        for name in peer(text):
            label = score.ONTO[name["label"]]
            if label in _CLASSES:
                counts[name["confidence"]][(*score.ecanon(text, name["start"], name["end"], True), label) in gold] += 1
    for confidence in sorted(counts):
        right, wrong = counts[confidence][True], counts[confidence][False]
        yield f"said {confidence:.2f}  found {right / (right + wrong):.2f}  of {right + wrong:5}"


def main() -> None:
    parse = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parse.add_argument("--bench", type=Path, default=Path(__file__).parents[2] / "shared" / "bench" / "spans")
    parse.add_argument("--sets", nargs="+", choices=SETS, default=[*SETS][:4])
    parse.add_argument("--models", nargs="+", default=[*MODELS])
    parse.add_argument("--confidence", action="store_true")
    options = parse.parse_args()
    sys.path.insert(0, str(options.bench.resolve()))
    score = importlib.import_module("score")
    everything = score.load(options.bench / "entities_dev.jsonl.gz")
    sets = [(name, [row for row in everything if (row["source"], row.get("genre")) == SETS[name]]) for name in options.sets]
    for model in options.models:
        try:
            parser = Parser.load(model)
        except SuggestError as error:
            print(error, file=sys.stderr)
            continue
        print(f"{parser.name} {parser.version}" + ("" if options.confidence else f"{'':31} all  PERSON   ORG  place  words/s"))
        for line in (reliability if options.confidence else compare)(score, sets, parser):
            print(line, flush=True)


if __name__ == "__main__":
    main()
