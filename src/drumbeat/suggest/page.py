"""All layers of one page, suggested together: the parse is made once, and the layers know of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from drumbeat import __version__
from drumbeat.errors import SuggestError
from drumbeat.model import LAYERS, AnnotationSet, Entity, Mention, Nonquote, Quote, Region, in_text_order
from drumbeat.schema import labels
from drumbeat.suggest.certainty import certainty
from drumbeat.suggest.entities import NOTHING_KNOWN, suggest_entities
from drumbeat.suggest.entities.links import KnowledgeBase
from drumbeat.suggest.language import is_english
from drumbeat.suggest.parse import Parser
from drumbeat.suggest.quotes import Attribution
from drumbeat.suggest.quotes import suggest as suggest_quotes
from drumbeat.suggest.regions import suggest_regions
from drumbeat.suggest.regions.roles import ROLES
from drumbeat.suggest.regions.shipped import model_version
from drumbeat.suggest.visible import Visible

NAME = "drumbeat"  # what the names of our sets begin with
Regions = Literal["model", "rules"]
_SUGGESTED = {
    "regions": ("role", ROLES),
    "nonquotes": ("reason", ("scare_quote", "title", "term", "garble")),
    "entities": ("label", ("PERSON", "NORP", "ORG", "GPE", "LOC", "FAC", "EVENT", "WORK_OF_ART", "LAW", "PRODUCT")),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was suggested for a page.

    `attributions` are the set's quotations, each with the place that names its speaker.  `english` is false where only regions were
    suggested, since the parse knows no other language.
    """

    annotations: AnnotationSet
    attributions: tuple[Attribution, ...]
    english: bool


@dataclass(frozen=True, slots=True)
class Suggester:
    """What suggestions are made with: the way to tell regions, the parser for the other layers, and the knowledge base to link names to."""

    layers: Sequence[str] = LAYERS
    regions: Regions = "model"
    parser: Parser | None = None
    knowledge_base: KnowledgeBase = NOTHING_KNOWN

    @property
    def name(self) -> str:
        """The annotator of the sets: drumbeat's version, then whatever else the suggestions depend on."""
        parts = [f"{NAME}-{__version__}"]
        if {"regions", "quotes"} & set(self.layers):
            parts.append("rules" if self.regions == "rules" else f"regions-{model_version()}")
        if self.parser is not None:
            parts.append(f"{self.parser.name}-{self.parser.version}")
        return "+".join(parts)


def suggester(
    layers: Sequence[str] = LAYERS, regions: Regions = "model", model: str | None = None, knowledge_base: Sequence[Entity] = ()
) -> Suggester:
    """A suggester with its models loaded.

    Raises SuggestError where a layer needs a parse and no spaCy model is installed, or the schema lacks labels that are suggested.
    """
    _check_labels(layers)
    parser = Parser.load(model) if set(layers) - {"regions"} else None
    return Suggester(tuple(layer for layer in LAYERS if layer in layers), regions, parser, KnowledgeBase.of(knowledge_base))


def _check_labels(layers: Sequence[str]) -> None:
    """A corpus' labels may have been renamed since the suggesters were made (`drumbeat migrate`)."""
    for layer, (label_set, suggested) in _SUGGESTED.items():
        missing = [label for label in suggested if label not in labels(label_set)]
        if layer in layers and missing:
            raise SuggestError(
                f"the schema has no {label_set} {', '.join(missing)}, which is suggested for {layer}; suggest in a checkout that has the "
                f"labels of drumbeat {__version__}, and migrate afterwards, or leave {layer} out with --layer"
            )


def suggest(text: str, by: Suggester, date: str) -> Suggestion:
    """Annotate a page; `date` is that of the set."""
    visible = Visible.of(text)
    english = is_english(visible.text)
    layers = by.layers if english else tuple(layer for layer in by.layers if layer == "regions")
    regions = suggest_regions(text, by.regions)  # quotations look at them too: a headline has no cue
    attributions: tuple[Attribution, ...] = ()
    nonquotes: tuple[Nonquote, ...] = ()
    mentions: tuple[Mention, ...] = ()
    if by.parser is not None and english:
        parsed = by.parser.parse(visible.text)
        found = suggest_entities(parsed, by.knowledge_base)
        reported = suggest_quotes(parsed, found, visible.regions(regions))
        mentions = tuple(map(visible.record_in_page, found))
        attributions = tuple(map(visible.attribution_in_page, reported.quotes))
        nonquotes = tuple(map(visible.record_in_page, reported.nonquotes))
    made = _set(by.name, date, layers, regions, tuple(item.quote for item in attributions), nonquotes, mentions)
    return Suggestion(made, attributions if "quotes" in layers else (), english)


def _set(
    name: str,
    date: str,
    layers: Sequence[str],
    regions: tuple[Region, ...],
    quotes: tuple[Quote, ...],
    nonquotes: tuple[Nonquote, ...],
    entities: tuple[Mention, ...],
) -> AnnotationSet:
    records = {"regions": regions, "quotes": quotes, "nonquotes": nonquotes, "entities": entities}
    kept: dict[str, Any] = {layer: of_layer if layer in layers else () for layer, of_layer in records.items()}
    made = AnnotationSet(name, "suggested", date, **kept, layers=tuple(layers))
    return in_text_order(msgspec.structs.replace(made, score=certainty(made)))
