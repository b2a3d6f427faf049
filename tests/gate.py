"""The floors that suggestions may not fall under: `python -m tests.gate`, and with `--update` to raise them.

`floors.json` pins, for each figure, a floor with what it was measured on: digests of the gold and its texts, of the knowledge base, of the
region model and of the spaCy model; and how many cases of each layer pass.  Where data or model changed, the floors say nothing until they
are measured anew.  `--update` raises floors; it lowers one only with `--lower "FIGURE=why"`, and writes down why.

Exit status 0: nothing has fallen; 1: something has; 2: the floors say nothing, or would fall.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from drumbeat.jsonl import canonical, write_text
from drumbeat.model import LAYERS, to_builtins
from drumbeat.repository import Repository, read_annotations, read_knowledge_base
from drumbeat.score.figures import PageScore, figures
from drumbeat.score.sets import score_page
from drumbeat.suggest.page import suggest, suggester
from drumbeat.suggest.parse import MODELS
from drumbeat.suggest.regions.shipped import model_sha256

Json = dict[str, Any]
FLOORS = Path(__file__).parent / "floors.json"
MODEL = "en_core_web_sm"  # every Python that is supported has it
SLACK = 0.003  # between processors, whose sums differ in the last bits
FIGURES = {  # by layer, part and measure of `drumbeat.score`
    "regions: characters with the right role": ("regions", "role", "characters right"),
    "regions: boilerplate by characters": ("regions", "boilerplate", "characters"),
    "regions: main text by characters": ("regions", "main", "characters"),
    "quotes: direct, end to end": ("quotes", "direct", "end to end"),
    "quotes: speech, end to end": ("quotes", "speech", "end to end"),
    "quotes: speech, content": ("quotes", "speech", "content, match"),
    "quotes: speech, speaker": ("quotes", "speech", "speaker"),
    "quotes: speech, name of the speaker": ("quotes", "speech", "speaker, named"),
    "nonquotes: span and reason": ("nonquotes", "all", "strict"),
    "entities: span and label": ("entities", "all", "strict"),
    "entities: span and link": ("entities", "link", "span and entity"),
}


def measured(repository: Repository) -> tuple[Json, dict[str, float]]:
    """What was measured on, and the figures of all layers on the gold."""
    known = tuple(read_knowledge_base(repository).values())
    by = suggester(model=MODEL, knowledge_base=known)
    pages, data = [], hashlib.sha256()
    for document, annotation in read_annotations(repository):
        gold = annotation.gold
        assert gold is not None
        data.update(document.text.encode() + canonical(to_builtins(gold)).encode())
        made = suggest(document.text, by, "1970-01-01").annotations
        sides = [{layer: getattr(item, layer) for layer in LAYERS} for item in (gold, made)]
        pages.append(PageScore(document.seed.document_id, *score_page(document.text, LAYERS, *sides)))
    found = {(item.layer, item.part, item.measure): item.value for item in figures(pages)}
    entities = hashlib.sha256(canonical(to_builtins(known)).encode()).hexdigest()
    on = {"gold": data.hexdigest(), "knowledge base": entities, "region model": model_sha256(), MODEL: MODELS[MODEL].sha256}
    return on, {name: round(found[key] or 0.0, 4) for name, key in FIGURES.items()}


def cases() -> dict[str, int]:
    """How many cases of each layer have to pass; the tests of the layers see to it that they do."""
    files = sorted((FLOORS.parent / "cases").glob("*.json"))
    return {path.stem: sum(not case.get("known failure") for case in json.loads(path.read_text(encoding="utf-8"))) for path in files}


def changed(pinned: Json, on: Json) -> list[str]:
    """What the floors were not measured on, by name; then they say nothing."""
    return [name for name in {**pinned["measured on"], **on} if pinned["measured on"].get(name) != on.get(name)]


def under(pinned: Json, reached: dict[str, float], passing: dict[str, int]) -> list[str]:
    """What has fallen: a line for each figure under its floor, and for each layer with fewer cases that pass."""
    figures_ = [(name, reached.get(name, 0), floor) for name, floor in pinned["floors"].items()]
    layers = [(layer, passing.get(layer, 0), least) for layer, least in pinned["cases"].items()]
    fallen = [f"{name}: {value} is under its floor {floor}" for name, value, floor in figures_ if value < floor]
    return fallen + [f"cases of {layer}: {count} pass, {least} did" for layer, count, least in layers if count < least]


def updated(pinned: Json, on: Json, reached: dict[str, float], passing: dict[str, int], lower: dict[str, str], today: str) -> Json:
    """The floors as they would be now.  Raises ValueError, naming them, where one would fall and `lower` does not say why."""
    new = {name: round(value - SLACK, 4) for name, value in reached.items()}
    now = new | {f"cases of {layer}": count for layer, count in passing.items()}
    before = pinned["floors"] | {f"cases of {layer}": count for layer, count in pinned["cases"].items()}
    falling = {name: (floor, now.get(name, 0)) for name, floor in before.items() if now.get(name, 0) < floor - SLACK}
    silent = [f"{name}: {floor} -> {value}" for name, (floor, value) in falling.items() if name not in lower]
    if silent:
        raise ValueError("would lower a floor; say why with --lower 'FIGURE=why': " + "; ".join(silent))
    told = [{"figure": name, "from": floor, "to": value, "why": lower[name], "date": today} for name, (floor, value) in falling.items()]
    kept = {name: value if name in falling else max(value, pinned["floors"].get(name, 0)) for name, value in new.items()}
    return {"measured on": on, "floors": kept, "cases": passing, "lowered": pinned["lowered"] + told}


def reasons(given: Sequence[str], known: Collection[str]) -> dict[str, str]:
    """Why floors may fall, by figure.  Raises ValueError where an entry is not `FIGURE=why` or names no figure."""
    why: dict[str, str] = {}
    for entry in given:
        name, _, text = entry.partition("=")
        if not text.strip():
            raise ValueError(f"--lower {entry!r} says no reason; write --lower 'FIGURE=why'")
        if name not in known:
            raise ValueError(f"--lower {entry!r}: there is no figure {name!r}; there are: {'; '.join(known)}")
        why[name] = text.strip()
    return why


def main(given: Sequence[str] | None = None) -> int:
    """The command; `given` are its arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--lower", action="append", default=[], metavar="FIGURE=why")
    arguments = parser.parse_args(given)
    nothing: Json = {"measured on": {}, "floors": {}, "cases": {}, "lowered": []}
    pinned = json.loads(FLOORS.read_text(encoding="utf-8")) if FLOORS.exists() else nothing
    passing = cases()
    figures_, layers = FIGURES | pinned["floors"], pinned["cases"] | passing
    try:
        why = reasons(arguments.lower, [*figures_, *(f"cases of {layer}" for layer in layers)])
    except ValueError as error:
        parser.error(str(error))
    if why and not arguments.update:
        parser.error("--lower says why --update lowers a floor; give both")
    on, reached = measured(Repository(FLOORS.parent.parent))
    for name, value in reached.items():
        print(f"{value:.4f}  floor {pinned['floors'].get(name, 0):.4f}  {name}")
    try:
        if not arguments.update:
            return _told(pinned, on, reached, passing)
        made = updated(pinned, on, reached, passing, why, date.today().isoformat())
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write_text(FLOORS, json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    return 0


def _told(pinned: Json, on: Json, reached: dict[str, float], passing: dict[str, int]) -> int:
    """Say what has fallen; the exit status.  Raises ValueError where the floors were measured on something else."""
    if other := changed(pinned, on):
        raise ValueError(f"the floors were measured on another {', '.join(other)}, so they say nothing; run python -m tests.gate --update")
    if without := FIGURES.keys() - pinned["floors"].keys():
        raise ValueError(f"there is no floor for {'; '.join(sorted(without))}; run python -m tests.gate --update")
    fallen = under(pinned, reached, passing)
    print("\n".join(fallen) or "nothing has fallen")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
