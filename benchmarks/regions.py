"""Boilerplate told on the plain text of pages, beside other tools in the same run: `python -m benchmarks.regions --bench FOLDER`.

FOLDER holds `full_dev.jsonl.gz` and `seed_dev.jsonl.gz`.  Ours is measured across sites by its training
(`python -m drumbeat.suggest.regions.training FOLDER --dry-run`); here the shipped model, which saw these pages, only shows its speed.
The peers' packages are optional: jusText, boilerpy3, trafilatura.  They read HTML, so each line becomes a paragraph for them.
"""

import argparse
import html
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drumbeat.jsonl import stream_jsonl
from drumbeat.model import Span
from drumbeat.score.figures import PageScore, figures
from drumbeat.score.regions import BOILERPLATE, MAIN, boilerplate
from drumbeat.suggest.regions import suggest_regions
from drumbeat.suggest.regions.examples import NEWS
from drumbeat.suggest.regions.roles import BOILERPLATE_ROLES

Spans = list[tuple[int, int]]


def lines_of(text: str) -> Spans:
    return [match.span() for match in re.finditer(r"[^\n]*\S[^\n]*", text)]


def ours(how: str) -> Callable[[str], Spans]:
    return lambda text: [(region.start, region.end) for region in suggest_regions(text, how) if region.role in BOILERPLATE_ROLES]


def everything_kept(text: str) -> Spans:
    return []


def one_block(text: str) -> Spans:
    """The run of lines with the largest sum of (words - 12), without lines of under four words."""
    lines = lines_of(text)
    words = [len(text[start:end].split()) for start, end in lines]
    best = total = begin = first = last = 0
    for number, count in enumerate(words):
        total += count - 12
        if total > best:
            best, first, last = total, begin, number + 1
        elif total < 0:
            total, begin = 0, number + 1
    return [line for number, line in enumerate(lines) if not first <= number < last or words[number] < 4]


_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


def c4(text: str) -> Spans:
    """C4's rules for lines (Raffel et al. 2020): a terminal mark at the end, five words, no endless word, no javascript, no policy."""
    ends = (".", "!", "?", '"', "”", "’", ":")  # curly quotes and colons are more than C4 takes, and help it
    found = []
    for start, end in lines_of(text):
        line = text[start:end].strip()
        words, low = line.split(), line.lower()
        bad = any(len(word) > 1000 for word in words) or not line.endswith(ends) or line.endswith("...") or len(words) < 5
        if bad or "javascript" in low or any(policy in low for policy in _POLICY):
            found.append((start, end))
    return found


_COUNTER = re.compile(r"[\W_]*\d[\d.,]*[km]?\s+[^\W\d_]+[\W_]*", re.IGNORECASE)
_MORE = re.compile(r"read more\W*$")


def refinedweb(text: str) -> Spans:
    """RefinedWeb's rules for lines (Penedo et al. 2023, appendix on line-wise corrections).

    Mostly upper-case characters, numbers only, a counter (`3 likes`), one word, or at most ten words with a phrase of forms.  The paper
    gives one phrase for the beginning, the end and any place of a line; these are taken, and the whole line is marked.
    """
    found = []
    for start, end in lines_of(text):
        line = text[start:end].strip()
        words, low = line.split(), line.lower()
        shouted = 2 * sum(map(str.isupper, line)) > sum(not character.isspace() for character in line)
        counted = (not any(map(str.isalpha, line)) and any(map(str.isdigit, line))) or _COUNTER.fullmatch(line)
        phrase = low.startswith(("sign-in", "sign in")) or _MORE.search(low) or "items in the cart" in low
        if shouted or counted or len(words) == 1 or (len(words) <= 10 and phrase):
            found.append((start, end))
    return found


def _kept(text: str, keep: Callable[[str], list[str]]) -> Spans:
    """Lines that are not among those a tool keeps, in order."""
    kept = iter(keep("<html><body>" + "".join(f"<p>{html.escape(text[s:e].strip())}</p>" for s, e in lines_of(text)) + "</body></html>"))
    found, wanted = [], next(kept, None)
    for start, end in lines_of(text):
        if wanted is not None and " ".join(text[start:end].split()) == wanted:
            wanted = next(kept, None)
        else:
            found.append((start, end))
    return found


def peers() -> Iterator[tuple[str, Callable[[str], Spans]]]:
    yield "everything kept", everything_kept
    yield "one block", one_block
    yield "C4 rules", c4
    yield "RefinedWeb rules", refinedweb
    try:
        import justext

        stop = justext.get_stoplist("English")

        def by_justext(page: str) -> list[str]:
            return [_one_line(p.text) for p in justext.justext(page.encode(), stop, encoding="utf-8") if not p.is_boilerplate]

        yield "jusText", lambda text: _kept(text, by_justext)
    except ImportError:
        print("jusText is not installed: pip install justext lxml_html_clean")
    try:
        from boilerpy3 import extractors

        extractor = extractors.ArticleExtractor(raise_on_failure=False)
        yield "boilerpy3", lambda text: _kept(text, lambda page: list(map(_one_line, extractor.get_content(page).splitlines())))
    except ImportError:
        print("boilerpy3 is not installed: pip install boilerpy3")
    try:
        import trafilatura

        yield "trafilatura", lambda text: _kept(text, lambda page: list(map(_one_line, (trafilatura.extract(page) or "").splitlines())))
    except ImportError:
        print("trafilatura is not installed: pip install trafilatura lxml_html_clean")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def score(rows: list[Any], found: list[Spans]) -> tuple[float, float, float]:
    """Boilerplate F1, main-text F1 and pages that lose over 5 % of their main text: means over pages, then over the sources of news."""
    pages = []
    for row, spans in zip(rows, found, strict=True):
        if row["lang"] == "en" and row["source"] in NEWS:
            reference = [(Span(line["start"], line["end"]), line["label"]) for line in row["lines"]]
            tallies = boilerplate(row["text"], reference, [(Span(*span), BOILERPLATE) for span in spans])
            pages.append(PageScore(row["id"], tallies, fields={"source": row["source"]}))
    values = {(item.part, item.measure): item.value or 0.0 for item in figures(pages, mean_over="source")}
    of, mf = (values[part, "tokens, mean of pages"] for part in (BOILERPLATE, MAIN))
    return of, mf, 100 * values[MAIN, "pages losing over 5 %"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, required=True)
    folder = parser.parse_args().bench
    tools = [("drumbeat, model (saw these pages)", ours("model")), ("drumbeat --suggester rules", ours("rules")), *peers()]
    print(f"{'':34}    bF    mF  loss>5%  pages a CPU second")
    for rendition in ("full", "seed"):
        rows = [row for _, row in stream_jsonl(folder / f"{rendition}_dev.jsonl.gz")]
        for name, tool in tools:
            tool(rows[0]["text"])
            before = time.process_time()
            found = [tool(row["text"]) for row in rows]
            took = time.process_time() - before
            of, mf, loss = score(rows, found)
            print(f"{rendition:5}{name:34}{of:5.3f} {mf:5.3f} {loss:8.1f} {len(rows) / took:9,.0f}", flush=True)


if __name__ == "__main__":
    main()
