"""Quotations: ours beside other tools on the same text in one run, with what each takes of the processor.

    python -m benchmarks.quotes [--bench ../shared/bench/spans] [--sets gum polnear-dev polnear-train] [--model en_core_web_sm] [--rules]

The sets and the scorer are not part of this project; `--bench` says where they are.  Speed is words per CPU second, parse
included.  A peer that is not installed is left out and said so.  `--rules` prints instead how often content and speaker are right by
the rule that found a quotation, which is what `CONFIDENCE` in `drumbeat.suggest.quotes.records` holds.

PolNeAR annotates no report inside another one (none of the 11,901 of its training half), so suggestions with a `parent` are left
out here.
"""

import argparse
import importlib
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from drumbeat import segment
from drumbeat.suggest.parse import Parser
from drumbeat.suggest.quotes import Attribution, suggest, suggest_quotes
from drumbeat.suggest.quotes.nonquotes import CONFIDENCE as NONQUOTE_CONFIDENCE
from drumbeat.suggest.quotes.records import CONFIDENCE

Row = dict[str, Any]
Prediction = list[Row]
Peer = Callable[[str], Prediction]

SETS = {"gum": ("gum-news", "dev"), "polnear-dev": ("polnear", "dev"), "polnear-train": ("polnear", "train")}


def ours(parser: Parser) -> Peer:
    """The project's suggester."""
    return lambda text: to_prediction(suggest_quotes(parser.parse(text)))


def to_prediction(suggested: Sequence[Attribution]) -> Prediction:
    """Suggestions as the scorer wants them, without those inside another one."""
    found = []
    for item in suggested:
        quote, speaker = item.quote, item.speaker
        if quote.parent is not None:
            continue
        found.append(
            {
                "spans": [[span.start, span.end] for span in quote.content],
                "speaker_start": speaker.start if speaker else None,
                "speaker_end": speaker.end if speaker else None,
                "cue_start": quote.cue[0].start if quote.cue else None,
                "cue_end": quote.cue[-1].end if quote.cue else None,
                "speaker_name": quote.speaker_name,
                "confidence": quote.confidence,
            }
        )
    return found


def textacy(parser: Parser) -> Peer:
    """textacy's direct quotations, a paragraph at a time, since it refuses a text with an odd number of marks."""
    triples = importlib.import_module("textacy.extract.triples")
    pipeline = importlib.import_module("spacy").load(parser.pipeline.path)  # with its lemmatiser, which textacy looks verbs up by

    def predict(text: str) -> Prediction:
        found = []
        plain = _plain(text)
        lines = list(segment.lines(plain))
        docs = pipeline.pipe(plain[line.start : line.end] for line in lines)
        for line, doc in zip(lines, docs, strict=True):
            try:
                for speaker, cue, content in triples.direct_quotations(doc):
                    found.append(
                        {
                            "spans": [[line.start + content.start_char, line.start + content.end_char]],
                            "speaker_start": line.start + speaker[0].idx if speaker else None,
                            "speaker_end": line.start + speaker[-1].idx + len(speaker[-1]) if speaker else None,
                            "cue_start": line.start + cue[0].idx if cue else None,
                            "cue_end": line.start + cue[-1].idx + len(cue[-1]) if cue else None,
                        }
                    )
            except ValueError:
                continue
        return found

    return predict


def _plain(text: str) -> str:
    """`''` as one straight mark and a blank, for tools that do not know it."""
    return re.sub(r"(?m)(^|(?<=[\s(\[—–-]))(?:''|``)(?=\S)", ' "', text).replace("''", '" ')


_MARKS = re.compile(r"[“\"](?:[^“”\"\n]+)(?:[”\"]|$)", re.MULTILINE)
_SAID = re.compile(
    r"(?:said|says|told|tells|added|adds|wrote|asked|noted|tweeted|explained)\s+((?:[A-Z][\w.’'-]*\s?)+)"
    r"|((?:[A-Z][\w.’'-]*\s)+|\b(?:[Hh]e|[Ss]he|[Tt]hey)\s)(?:said|says|told|tells|added|adds|wrote|asked|noted|tweeted|explained)\b"
)
_SHORTEST = 5  # words


def regex(text: str) -> Prediction:
    """What stands in marks and has some words, and the nearest `said NAME` or `NAME said` of the paragraph."""
    found = []
    begin = 0
    for line in _plain(text).split("\n"):
        said = list(_SAID.finditer(line))
        for match in _MARKS.finditer(line):
            if len(match[0].split()) < _SHORTEST:
                continue
            near = min(said, key=lambda other: abs(other.start() - match.end()), default=None)
            name = near.span(1 if near[1] else 2) if near else None
            found.append(
                {
                    "spans": [[begin + match.start(), begin + match.end()]],
                    "speaker_start": begin + name[0] if name else None,
                    "speaker_end": begin + name[1] if name else None,
                }
            )
        begin += len(line) + 1
    return found


def _peers(parser: Parser) -> Iterator[tuple[str, Peer]]:
    yield "drumbeat", ours(parser)
    try:
        yield "textacy, a paragraph at a time", textacy(parser)
    except ImportError:
        print("textacy is not installed: left out", file=sys.stderr)
    yield "marks and the nearest said NAME", regex


def compare(score: Any, rows: Sequence[Row], parser: Parser) -> Iterator[str]:
    """A line for each tool."""
    words = sum(len(row["text"].split()) for row in rows)
    for name, peer in _peers(parser):
        start = time.process_time()
        predictions = [{"id": row["id"], "quotes": peer(row["text"])} for row in rows]
        seconds = time.process_time() - start
        result = score.score_quotes(rows, predictions)
        direct, speech = result["direct"], result["speech"]
        figures = [
            direct["match"]["F"],
            direct["exact"]["F"],
            direct["speaker"]["head"],
            direct["e2e"]["F"],
            speech["match"]["F"],
            speech["speaker"]["head"],
            speech["e2e"]["F"],
        ]
        yield f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + f" | {words / seconds:,.0f} |"


def by_rule(score: Any, rows: Sequence[Row], parser: Parser) -> Iterator[str]:
    """How often a quotation of each rule is right; what is neither speech nor a miss in the gold does not count."""
    found: dict[float, Counter[str]] = {confidence: Counter() for confidence in CONFIDENCE.values()}
    for row in rows:
        for prediction in to_prediction(suggest_quotes(parser.parse(row["text"]))):
            (alone,) = [score.score_quotes([row], [{"id": row["id"], "quotes": [prediction]}])["speech"]]
            counts = found[prediction["confidence"]]
            counts["counted"] += alone["match"]["n_pred"]
            counts["content"] += alone["match"]["tp"]
            counts["right"] += alone["e2e"]["tp"]
    for confidence, counts in found.items():
        if counts["counted"]:
            content, right = counts["content"] / counts["counted"], counts["right"] / counts["counted"]
            rules = " or ".join(rule for rule, other in CONFIDENCE.items() if other == confidence)
            yield f"| {rules} | {counts['counted']} | {content:.2f} | {right:.2f} | {confidence:.2f} |"


def by_reason(rows: Sequence[Row], parser: Parser) -> Iterator[str]:
    """How often a nonquote of each reason stands in nothing that the gold takes for speech; those inside reported words do not count."""
    found: dict[str, Counter[bool]] = {reason: Counter() for reason in NONQUOTE_CONFIDENCE}
    for row in rows:
        suggested = suggest(parser.parse(row["text"]))
        reported = [span for item in suggested.quotes for span in item.quote.content]
        speech = [span for quote in row["quotes"] if quote["speech"] for span in quote["spans"]]
        for item in suggested.nonquotes:
            if not any(span.start <= item.start and item.end <= span.end for span in reported):
                found[item.reason][not any(start <= item.start + 1 and item.end - 1 <= end for start, end in speech)] += 1
    for reason, counts in found.items():
        if counts.total():
            yield f"| {reason} | {counts.total()} | {counts[True] / counts.total():.2f} | | {NONQUOTE_CONFIDENCE[reason]:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=Path(__file__).parents[2] / "shared" / "bench" / "spans")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--model", default="en_core_web_sm")
    parser.add_argument("--rules", action="store_true")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.bench))
    score = importlib.import_module("score")
    rows = score.load(arguments.bench / "quotes_dev.jsonl.gz")
    model = Parser.load(arguments.model)
    for name in arguments.sets:
        chosen = [row for row in rows if (row["source"], row["split"]) == SETS[name]]
        print(f"\n{name}: {len(chosen)} pages, {arguments.model}\n")
        if arguments.rules:
            print("| rule | counted | content right | content and speaker right | confidence |\n|---|---|---|---|---|")
            lines: Iterator[str] = chain(by_rule(score, chosen, model), by_reason(chosen, model))
        else:
            print("| tool | direct match F | exact F | speaker | end to end F | speech match F | speaker | end to end F | words/CPU s |")
            print("|---|---|---|---|---|---|---|---|---|")
            lines = compare(score, chosen, model)
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    main()
