"""Suggestions for pages that are in no repository: JSON Lines in, JSON Lines out.

A page is a line `{"id": …, "text": …}`; other fields are left alone.  Offsets count over the text as it is given.  A line that comes
out has the records of an annotation set, as the schema has them, and beside them what scorers of public sets read: `spans`, the
boilerplate; in each quotation its content as `spans` and the place that names the speaker, be it in another paragraph.  Quotations inside
another one stand apart, as `nested`, since public sets have none.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drumbeat.errors import SuggestError
from drumbeat.jsonl import aside, compact, stream_jsonl
from drumbeat.model import Region, to_builtins
from drumbeat.normalize import text_sha256
from drumbeat.suggest.page import Suggester, Suggestion, suggest
from drumbeat.suggest.quotes import Attribution
from drumbeat.suggest.regions.roles import BOILERPLATE_ROLES

Json = dict[str, Any]
_ADVICE = (
    'give JSON Lines, {"id": "…", "text": "…"} a line; plain text, HTML and web archives go into a repository first, '
    "with: drumbeat add FILE --root FOLDER --new"
)


def suggest_file(pages: Path, output: Path, by: Suggester, date: str, progress: Callable[[str, Suggestion], None] = lambda *_: None) -> int:
    """Suggest for every page of a file, one at a time, written aside until all are done; the number of pages.

    Raises SuggestError where the output would take the place of the pages, whose text it does not have; and SuggestError or RecordError,
    naming file and line, where a line is no page, or there is none.  Then there is no output.
    """
    if output.exists() and pages.exists() and output.samefile(pages):
        raise SuggestError(f"{output}: holds the pages, and the suggestions would take their place; give another name with -o")
    count = 0
    with aside(output) as file:
        for identifier, text in read_pages(pages):
            suggestion = suggest(text, by, date)
            file.write((compact(to_row(identifier, text, suggestion)) + "\n").encode())
            progress(identifier, suggestion)
            count += 1
        if not count:
            raise SuggestError(f"{pages}: holds no pages; {_ADVICE}")
    return count


def read_pages(path: Path) -> Iterator[tuple[str, str]]:
    """The id and text of each page of a JSON Lines file, `.gz` too.  Raises SuggestError and RecordError, naming file and line."""
    seen: set[str] = set()
    for line, row in stream_jsonl(path, _ADVICE):
        if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not isinstance(row.get("text"), str):
            raise SuggestError(f'{path}:{line}: no page; a line must be {{"id": "…", "text": "…"}}')
        if row["id"] in seen:
            raise SuggestError(f"{path}:{line}: id {row['id']} stands twice; give each page an id of its own")
        seen.add(row["id"])
        yield row["id"], row["text"]


def to_row(identifier: str, text: str, suggestion: Suggestion) -> Json:
    """A line of the output; the digest of the text tells `drumbeat score` whether it has the same one."""
    made = suggestion.annotations
    records = to_builtins(made)
    row: Json = {
        "id": identifier,
        "text_sha256": text_sha256(text),
        "annotator": made.annotator,
        "layers": list(made.layers),
        "score": made.score,
    }
    if "regions" in made.layers:
        row |= {"spans": boilerplate(made.regions), "regions": records["regions"]}
    if "quotes" in made.layers:
        beside = {item.quote.id: _beside(item) for item in suggestion.attributions}
        told = [record | beside[record["id"]] for record in records["quotes"]]
        row |= {"quotes": [q for q in told if q["parent"] is None], "nested": [q for q in told if q["parent"] is not None]}
    return row | {layer: records[layer] for layer in ("nonquotes", "entities") if layer in made.layers}


def boilerplate(regions: tuple[Region, ...]) -> list[list[int]]:
    """The spans of the regions whose kind is boilerplate."""
    return [[region.start, region.end] for region in regions if region.role in BOILERPLATE_ROLES]


def _beside(item: Attribution) -> Json:
    cue, speaker = item.quote.cue, item.speaker
    return {
        "spans": [[span.start, span.end] for span in item.quote.content],
        "cue_start": cue[0].start if cue else None,
        "cue_end": cue[0].end if cue else None,
        "speaker_start": speaker.start if speaker else None,
        "speaker_end": speaker.end if speaker else None,
        "speaker_missing": item.reason or None,
    }
