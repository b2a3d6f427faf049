"""How sure suggestions are as a whole, so that people look first where they are least sure."""

from collections.abc import Collection, Sequence

from drumbeat.model import LAYERS, AnnotationSet, Mention, Nonquote, Quote, Region

Records = Sequence[Region | Quote | Nonquote | Mention]


def certainty(annotations: AnnotationSet, layers: Collection[str] = LAYERS) -> float | None:
    """How sure a set is of some layers: the mean confidence of each layer's records, then the mean over the layers that have any.

    Layers weigh the same, since a page has ten times as many names as regions.  Null where no record says how sure it is.
    """
    means = [mean for layer in LAYERS if layer in layers and (mean := _mean(getattr(annotations, layer))) is not None]
    return round(sum(means) / len(means), 4) if means else None


def _mean(records: Records) -> float | None:
    known = [record.confidence for record in records if record.confidence is not None]
    return sum(known) / len(known) if known else None


def least_certain(sets: Sequence[AnnotationSet], layers: Collection[str] = LAYERS) -> float | None:
    """How sure the least sure of a document's suggested sets is; that of a suggester which only scores whole sets is that score.

    Null where nothing was suggested with a score.
    """
    suggested = [item for item in sets if item.method == "suggested"]
    found = [item.score if (score := certainty(item, layers)) is None else score for item in suggested]
    return min((score for score in found if score is not None), default=None)
