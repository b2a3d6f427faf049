"""The table of what each format carries, measured: each feature goes out in a small page and is looked for in what comes back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drumbeat.export.carried import CARRIED
from drumbeat.export.files import FORMATS, export
from drumbeat.model import LAYERS, AnnotationSet, Entity, Mention, Nonquote, Quote, Region, Seed, Span
from drumbeat.normalize import normalize
from drumbeat.repository import Document
from drumbeat.rows import document_rows
from tests.readers import ROUND, Back, original
from tests.toy import Toy

SEED = """Bridge opens
Mayor Lena Ortiz of Northtown said: “We are ready,
and  so is she.”\r
The Northtown Tide hopes for “better” days.
"""
DOCUMENT = Document(
    Seed("page-1", "page-1.txt", "0" * 64, 1, "The Tide", "Bridge opens", "2026-01-02", "Ada Byrne", "en", (), {}, "fabricated"),
    normalize(SEED),
)
TEXT = DOCUMENT.text
ENTITIES = {"northtown": Entity("northtown", "GPE", "Northtown", (), "", None, "Q1", None)}


def at(words: str, nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(words, start + 1)
    return Span(start, start + len(words))


def _edges(words: str, nth: int = 0) -> tuple[int, int]:
    span = at(words, nth)
    return span.start, span.end


REGIONS = (Region("r1", *_edges("Bridge opens"), "headline"), Region("r2", *_edges(TEXT[13:].strip()), "body"))
READY = (at("“We are ready,"),)
SAID = Quote("q1", "direct", READY, (at("said"),), (at("Mayor Lena Ortiz"),), "lena-ortiz", "Lena Ortiz", None, False, False)
HOPES = Quote("q2", "mixed", (at("“better” days"),), (at("hopes for"),), (at("The Northtown Tide"),), None, None, None, True, True)
PERSON = Mention("m1", *_edges("Lena Ortiz"), "PERSON", "lena-ortiz")
PLACE = Mention("m2", *_edges("Northtown"), "GPE", "northtown")


def gold(**layers: Any) -> AnnotationSet:
    base: dict[str, Any] = {"regions": REGIONS, "quotes": (), "nonquotes": (), "entities": ()}
    return AnnotationSet("carol", "adjudicated", "2026-01-02", **(base | layers))


def changed(quote: Quote, **values: Any) -> Quote:
    return msgspec.structs.replace(quote, **values)


def words(back: Back, span: Any) -> str:
    """What a span covers, in the text that the format has, without its white space."""
    return "".join((TEXT if back.text is None else back.text)[span.start : span.end].split())


def parts(back: Back, quote: Quote, role: str) -> tuple[str, ...]:
    return tuple(words(back, span) for span in getattr(quote, role))


def attributions(back: Back) -> list[Any]:
    return sorted((parts(back, quote, "content"), parts(back, quote, "cue"), parts(back, quote, "source")) for quote in back.quotes)


def said(back: Back) -> list[tuple[str, str]]:
    return sorted((role, part) for quote in back.quotes for role in ("content", "cue", "source") for part in parts(back, quote, role))


def nesting(back: Back) -> list[Any]:
    contents = {quote.id: parts(back, quote, "content") for quote in back.quotes}
    return sorted((contents[quote.id], contents.get(quote.parent or "")) for quote in back.quotes if quote.content)


def mentions(back: Back) -> list[tuple[str, str]]:
    return sorted((words(back, mention), mention.label) for mention in back.entities)


Look = Callable[[Back], Any]
OVER_LINES = changed(SAID, content=(at("“We are ready,\nand  so is she.”"),))
CASES: dict[str, tuple[AnnotationSet, Look]] = {
    "the text, to the character": (gold(), lambda back: back.text),
    "where spans begin and end, to the character": (
        gold(entities=(Mention("m1", *_edges("North"), "GPE", None),)),
        lambda back: [(mention.start, mention.end) for mention in back.entities],
    ),
    "ids of documents and records": (
        gold(quotes=(SAID,), entities=(PERSON,)),
        lambda back: (back.document_id, [record.id for layer in LAYERS for record in getattr(back, layer)]),
    ),
    "regions": (gold(), lambda back: [(words(back, region), region.role) for region in back.regions]),
    "mentions": (gold(entities=(PERSON, PLACE)), mentions),
    "mentions that overlap": (gold(entities=(Mention("m3", *_edges("Lena Ortiz of Northtown"), "ORG", None), PLACE)), mentions),
    "entities of mentions (knowledge base ids)": (
        gold(entities=(PERSON, PLACE)),
        lambda back: [(words(back, mention), mention.entity) for mention in back.entities],
    ),
    "Wikidata ids of mentions": (
        gold(entities=(PERSON, PLACE)),
        lambda back: [(words(back, mention), back.wikidata.get(mention.id)) for mention in back.entities],
    ),
    "nonquotes": (
        gold(nonquotes=(Nonquote("n1", *_edges("“better”"), "scare_quote"),)),
        lambda back: [(words(back, item), item.reason) for item in back.nonquotes],
    ),
    "content, cue and source of quotations": (gold(quotes=(SAID, HOPES)), said),
    "which cue and source belong to which content": (gold(quotes=(SAID, HOPES)), attributions),
    "content in several parts": (gold(quotes=(changed(SAID, content=(at("“We"), at("ready,"))),)), attributions),
    "spans over line ends": (gold(quotes=(OVER_LINES,)), said),
    "quotations inside quotations, and their parent": (
        gold(quotes=(SAID, changed(HOPES, content=(at("are ready"),), cue=(), source=(), parent="q1"))),
        nesting,
    ),
    "type, negated, garbled": (
        gold(quotes=(SAID, HOPES)),
        lambda back: sorted((quote.type, quote.negated, quote.garbled) for quote in back.quotes),
    ),
    "speaker and speaker's name": (
        gold(quotes=(SAID, HOPES)),
        lambda back: sorted((str(quote.speaker), str(quote.speaker_name)) for quote in back.quotes),
    ),
    "sentences and words": (gold(quotes=(SAID, HOPES)), lambda back: back.words),
    "who annotated": (gold(), lambda back: back.annotator),
    "what the page says of its origin (outlet, author, date …)": (
        gold(),
        lambda back: [back.more.get(name) for name in ("outlet", "title", "published", "author", "language", "rights")],
    ),
    "the way back to the page as received (offset map)": (gold(), lambda back: back.more.get("offset_map")),
}


def went_out(annotations: AnnotationSet) -> Back:
    back = original(DOCUMENT, annotations, ENTITIES)
    rows = document_rows(DOCUMENT, annotations, ENTITIES)
    back.words, back.more = [row["tokens"] for row in rows["tokens"]], rows["documents"][0]
    return back


def test_every_feature_of_the_table_is_measured() -> None:
    assert {*CASES, "links across pages"} == set(CARRIED)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("feature", CASES)
def test_a_format_carries_what_the_table_says(feature: str, form: str) -> None:
    annotations, look = CASES[feature]
    wanted = look(went_out(annotations))
    assert wanted, "a feature that is not there cannot be missed"
    carried = look(ROUND[form](DOCUMENT, annotations, ENTITIES, LAYERS)) == wanted
    assert carried == (form in CARRIED[feature])


@pytest.mark.parametrize("form", FORMATS)
def test_links_across_pages_change_no_export(form: str, toy: Toy, tmp_path: Path) -> None:
    def written(name: str) -> list[bytes]:
        out = tmp_path / name
        export(toy.repository, form, out)
        return [path.read_bytes() for path in sorted(out.iterdir())] if out.is_dir() else [out.read_bytes()]

    before = written("before")
    toy.links.clear()
    toy.write()
    assert (written("after") != before) == (form in CARRIED["links across pages"])
