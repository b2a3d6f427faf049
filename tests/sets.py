"""Random pages and random annotation sets over them, for properties."""

from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import strategies as st

from drumbeat.labelstudio.config import LABEL_SETS
from drumbeat.model import AnnotationSet, Mention, Nonquote, Quote, Region, Seed, Span, in_text_order
from drumbeat.normalize import normalize
from drumbeat.repository import Document
from drumbeat.schema import labels

PIECES = (
    *(
        "plain words",
        "“Quoted,” she said.",
        "😀",
        "👨🏻\u200d🚒",
        "e\u0301",
        "a\u0323\u0301",
        "\r\n",
        "\n\n",
        "\t",
        "  ",
        "\u00a0",
        "\u200b",
    ),
    *("\ufeff", "<b>&amp;</b>", "{{x}}", "\\n", "שלום", "مرحبا", "\u202eabc\u202c", "\u2028", "''", "`", "$text", "%s", "\x07", "x" * 50),
)
IDS = st.text("abcXYZ019_-", min_size=1, max_size=12)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    seed = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25)))
    normalized = normalize("word " + seed)
    record = Seed("doc-1", "doc-1.txt", "0" * 64, 1, None, draw(st.none() | st.text(max_size=5)), None, None, None, (), {}, "x")
    return Document(record, normalized)


def spans(text: str) -> st.SearchStrategy[Span]:
    visible = st.sampled_from([position for position, character in enumerate(text) if not character.isspace()])
    return st.tuples(visible, visible).map(lambda pair: Span(min(pair), max(pair) + 1))


def apart(found: list[Span]) -> tuple[Span, ...]:
    """Spans in text order, without those that overlap the one before."""
    kept: list[Span] = []
    for span in sorted(found):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


@st.composite
def annotation_sets(draw: st.DrawFn, text: str, annotator: str = "alice", method: str = "manual") -> AnnotationSet:
    ids = draw(st.lists(IDS, unique=True, min_size=16, max_size=16))
    span = spans(text)
    few = st.integers(0, 4)
    confidence = st.none() | st.floats(0, 1) if method == "suggested" else st.none()

    def several(count: Any) -> list[str]:
        return [ids.pop() for _ in range(draw(count))]

    regions = [
        Region(i, s.start, s.end, draw(st.sampled_from(LABEL_SETS["regions"])), draw(confidence))
        for i in several(few)
        for s in [draw(span)]
    ]
    nonquotes = [
        Nonquote(i, s.start, s.end, draw(st.sampled_from(LABEL_SETS["nonquotes"])), draw(confidence))
        for i in several(few)
        for s in [draw(span)]
    ]
    entities = [
        Mention(i, s.start, s.end, draw(st.sampled_from(LABEL_SETS["entities"])), draw(st.none() | st.just("russia")), draw(confidence))
        for i in several(few)
        for s in [draw(span)]
    ]
    quotes: list[Quote] = []
    for identifier in several(st.integers(0, 4)):
        content, cue, source = (apart(draw(st.lists(span, min_size=low, max_size=3))) for low in (1, 0, 0))
        parent = draw(st.none() | st.sampled_from([quote.id for quote in quotes])) if quotes else None
        quotes.append(
            Quote(
                identifier,
                draw(st.sampled_from(labels("type"))),
                content,
                cue,
                source,
                draw(st.none() | st.just("zbigniew-rau")),
                draw(st.none() | st.sampled_from(["Zbigniew Rau", "O’Hara “Bo”", "名前"])),
                parent,
                draw(st.booleans()),
                draw(st.booleans()),
                draw(confidence),
            )
        )
    made = AnnotationSet(annotator, method, "2026-01-02", tuple(regions), tuple(quotes), tuple(nonquotes), tuple(entities))
    return in_text_order(made)


@st.composite
def golds(draw: st.DrawFn, text: str) -> AnnotationSet:
    """A set that a corpus can be built of: its regions are a partition of what is visible."""
    made = draw(annotation_sets(text, "carol", "adjudicated"))
    cuts = sorted({0, len(text), *draw(st.lists(st.integers(0, len(text)), max_size=4))})
    regions = []
    for number, (start, end) in enumerate(pairwise(cuts)):
        if visible := text[start:end].strip():
            start += len(text[start:end]) - len(text[start:end].lstrip())
            regions.append(Region(f"r{number}", start, start + len(visible), draw(st.sampled_from(LABEL_SETS["regions"]))))
    return msgspec.structs.replace(made, regions=tuple(regions))
