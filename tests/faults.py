"""One fault for each check code, named after it: what it does to the toy corpus is what the check must find."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.toy import Toy

FAULTS: dict[str, Callable[[Toy], None]] = {}


def fault(function: Callable[[Toy], None]) -> Callable[[Toy], None]:
    FAULTS[function.__name__] = function
    return function


def _corpus(toy: Toy, config: str) -> Path:
    return toy.repository.corpus / config / "train-00000-of-00001.parquet"


def _edit_manifest(toy: Toy, config: str, **values: object) -> None:
    manifest = json.loads(toy.repository.manifest.read_text())
    next(entry for entry in manifest["files"] if entry["config"] == config).update(values)
    toy.repository.manifest.write_text(json.dumps(manifest))


# -- level 1 --------------------------------------------------------------------------------------


@fault
def D101(toy: Toy) -> None:  # noqa: N802
    path = toy.repository.annotation("toy-a")
    path.write_text(path.read_text().replace('"sets": [', '"sets": ['[:-1], 1))


@fault
def D102(toy: Toy) -> None:  # noqa: N802
    toy.seeds[0]["published"] = "January 2026"
    toy.write()


@fault
def D103(toy: Toy) -> None:  # noqa: N802
    toy.gold()["regions"][0]["role"] = "sidebar"
    toy.write()


@fault
def D104(toy: Toy) -> None:  # noqa: N802
    toy.entities[2]["evidence"] = None
    toy.write()


@fault
def D105(toy: Toy) -> None:  # noqa: N802
    toy.links[1]["members"] = toy.links[1]["members"][:1]
    toy.write()


@fault
def D106(toy: Toy) -> None:  # noqa: N802
    toy.pages["toy-a"] = b"broken \xff page"
    toy.write()


@fault
def D107(toy: Toy) -> None:  # noqa: N802
    (toy.root / "seeds" / "forgotten.txt").write_text("a page without a line in seeds.jsonl")


# -- level 2 --------------------------------------------------------------------------------------


@fault
def D201(toy: Toy) -> None:  # noqa: N802
    toy.seeds[0]["sha256"] = "0" * 64
    toy.write()


@fault
def D202(toy: Toy) -> None:  # noqa: N802
    toy.annotations["toy-a"]["normalizer"] = "0"
    toy.write()


@fault
def D203(toy: Toy) -> None:  # noqa: N802
    toy.annotations["toy-a"]["text_sha256"] = "0" * 64
    toy.write()


@fault
def D204(toy: Toy) -> None:  # noqa: N802
    """Only a broken normaliser can cause it: tests/test_checks.py breaks one."""


@fault
def D211(toy: Toy) -> None:  # noqa: N802
    toy.gold()["entities"][0]["end"] = 10_000
    toy.write()


@fault
def D212(toy: Toy) -> None:  # noqa: N802
    toy.annotations["toy-a"]["sets"][1]["entities"][1]["start"] -= 1
    toy.write()


@fault
def D213(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][1]["content"].reverse()
    toy.write()


@fault
def D214(toy: Toy) -> None:  # noqa: N802
    toy.gold()["entities"][1]["id"] = "m001"
    toy.write()


@fault
def D215(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][2]["parent"] = "q099"
    toy.write()


@fault
def D216(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][1]["parent"] = "q003"
    toy.write()


@fault
def D217(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][0]["speaker"] = "nobody"
    toy.write()


@fault
def D218(toy: Toy) -> None:  # noqa: N802
    toy.annotations["toy-a"]["decisions"][0]["followed"] = ["dave"]
    toy.write()


# -- level 3 --------------------------------------------------------------------------------------


@fault
def D301(toy: Toy) -> None:  # noqa: N802
    del toy.gold()["regions"][3]
    toy.write()


@fault
def D302(toy: Toy) -> None:  # noqa: N802
    toy.gold()["regions"][2]["end"] += 6
    toy.write()


@fault
def D303(toy: Toy) -> None:  # noqa: N802
    toy.gold()["regions"][3]["role"] = "byline"
    toy.write()


@fault
def D311(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][0]["type"] = "direct"
    toy.write()


@fault
def D312(toy: Toy) -> None:  # noqa: N802
    toy.gold("toy-b")["nonquotes"] = []
    toy.write()


@fault
def D313(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][2]["parent"] = "q004"
    toy.write()


@fault
def D314(toy: Toy) -> None:  # noqa: N802
    quote = toy.gold()["quotes"][0]
    quote["cue"] = [{"start": quote["content"][0]["start"], "end": quote["content"][0]["start"] + 3}]
    toy.write()


@fault
def D315(toy: Toy) -> None:  # noqa: N802
    toy.gold()["quotes"][0]["speaker_name"] = None
    toy.write()


@fault
def D316(toy: Toy) -> None:  # noqa: N802
    toy.gold()["nonquotes"] = [{"id": "n001", "start": 0, "end": 4, "reason": "term"}]
    toy.write()


@fault
def D321(toy: Toy) -> None:  # noqa: N802
    toy.gold()["entities"][0]["entity"] = None
    toy.write()


@fault
def D322(toy: Toy) -> None:  # noqa: N802
    toy.gold()["entities"][0]["label"] = "PERSON"
    toy.write()


@fault
def D323(toy: Toy) -> None:  # noqa: N802
    toy.entities[3] |= {"name": "The Evening Tide", "aliases": []}
    toy.write()


@fault
def D324(toy: Toy) -> None:  # noqa: N802
    toy.gold()["entities"].append(toy.gold()["entities"][1] | {"id": "m009"})
    toy.write()


@fault
def D325(toy: Toy) -> None:  # noqa: N802
    toy.gold()["entities"][3]["end"] += 2
    toy.entities[2]["aliases"].append("Northtown’s")
    toy.write()


@fault
def D331(toy: Toy) -> None:  # noqa: N802
    toy.annotations["toy-a"]["gold"] = None
    toy.annotations["toy-a"]["decisions"] = []
    del toy.links[1]
    toy.write()


# -- level 4 --------------------------------------------------------------------------------------


@fault
def D401(toy: Toy) -> None:  # noqa: N802
    toy.seeds.append(toy.seeds[0])
    toy.write()


@fault
def D402(toy: Toy) -> None:  # noqa: N802
    toy.entities[3] |= {"wikidata": "Q1", "evidence": "fabricated"}
    toy.write()


@fault
def D403(toy: Toy) -> None:  # noqa: N802
    toy.entities[0]["speaks_for"] = "nobody"
    toy.write()


@fault
def D404(toy: Toy) -> None:  # noqa: N802
    toy.entities.append(toy.entities[0] | {"id": "somebody-else"})
    toy.write()


@fault
def D411(toy: Toy) -> None:  # noqa: N802
    toy.links[1]["members"].append({"document_id": "toy-b", "quote_id": "q077", "wording": "verbatim"})
    toy.write()


@fault
def D412(toy: Toy) -> None:  # noqa: N802
    toy.links[1]["members"].append({"document_id": "toy-a", "quote_id": "q004", "wording": "paraphrase"})
    toy.write()


@fault
def D413(toy: Toy) -> None:  # noqa: N802
    toy.links[1]["members"][1]["wording"] = "paraphrase"
    toy.write()


@fault
def D421(toy: Toy) -> None:  # noqa: N802
    toy.links.append(toy.links[0] | {"id": "l002", "label": "rewrite"})
    toy.write()


# -- level 5 --------------------------------------------------------------------------------------


@fault
def D501(toy: Toy) -> None:  # noqa: N802
    toy.repository.manifest.unlink()


@fault
def D502(toy: Toy) -> None:  # noqa: N802
    path = _corpus(toy, "quotes")
    pq.write_table(pq.read_table(path), path)  # the same rows, other bytes


@fault
def D503(toy: Toy) -> None:  # noqa: N802
    path = _corpus(toy, "regions")
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata(None), path)


@fault
def D504(toy: Toy) -> None:  # noqa: N802
    path = _corpus(toy, "entities")
    table = pq.read_table(path)
    shifted = pa.array([value + 1 for value in table["start"].to_pylist()], pa.int32())
    pq.write_table(table.set_column(table.schema.get_field_index("start"), table.schema.field("start"), shifted), path)


@fault
def D505(toy: Toy) -> None:  # noqa: N802
    _edit_manifest(toy, "blocks", logical_sha256="0" * 64)


@fault
def D506(toy: Toy) -> None:  # noqa: N802
    toy.entities[0]["description"] = "changed after the build"
    toy.write()


@fault
def D507(toy: Toy) -> None:  # noqa: N802
    readme = toy.repository.readme
    readme.write_text(readme.read_text().replace("name: headline", "name: Headline").replace("'0': headline", "'0': header"))
