"""Faults for every check code, one for each condition of its rule: what a fault does to the toy corpus is what the check must find."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from drumbeat.build import build
from drumbeat.jsonl import write_jsonl, write_text
from drumbeat.normalize import decode, normalize
from tests.toy import CITATION, Json, Page, Toy, datasheet


@dataclass(frozen=True, slots=True)
class Fault:
    """What breaks a toy corpus, and what is found then.

    `says` is in the message of a finding of the code, so that no other condition of the rule can stand in for this one; `brings` are
    other codes that cannot but be found as well.
    """

    code: str
    name: str
    says: str
    brings: frozenset[str]
    spoil: Callable[[Toy], None]


FAULTS: dict[str, list[Fault]] = {}


def fault(code: str, says: str, brings: str = "") -> Callable[[Callable[[Toy], None]], Callable[[Toy], None]]:
    def enter(function: Callable[[Toy], None]) -> Callable[[Toy], None]:
        FAULTS.setdefault(code, []).append(Fault(code, function.__name__, says, frozenset(brings.split()), function))
        return function

    return enter


def spoil(toy: Toy, code: str) -> None:
    """Break the toy corpus so that a code is found; by the first of its faults."""
    FAULTS[code][0].spoil(toy)


def page(toy: Toy, document_id: str) -> Page:
    return Page(toy.pages[document_id])


def append(toy: Toy, document_id: str, words: str) -> None:
    """Let the page go on with some words, in the last region."""
    data = toy.pages[document_id] = toy.pages[document_id].rstrip(b"\n") + words.encode() + b"\n"
    (seed,) = (seed for seed in toy.seeds if seed["document_id"] == document_id)
    seed |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    annotation = toy.annotations[document_id]
    text = normalize(decode(data))
    annotation["text_sha256"] = text.sha256
    for item in (annotation["gold"], *annotation["sets"]):
        item["regions"][-1]["end"] = len(text.text.rstrip())


def _mention(toy: Toy, document_id: str, words: str, nth: int = 0) -> Json:
    """A further mention of the Tide in the gold, under a name that its record has."""
    mention = {"id": "m099", "label": "ORG", "entity": "tide"} | page(toy, document_id).span(words, nth)
    toy.entities[3]["aliases"].append(words)
    toy.gold(document_id)["entities"].append(mention)
    return mention


# -- level 1 --------------------------------------------------------------------------------------


@fault("D101", "not JSON")
def not_json(toy: Toy) -> None:
    path = toy.repository.annotation("toy-a")
    path.write_text(path.read_text().replace('"sets": [', '"sets": ['[:-1], 1))


@fault("D101", "cannot be read")
def no_annotation_file(toy: Toy) -> None:
    toy.repository.annotation("toy-a").unlink()


@fault("D101", "is not UTF-8")
def knowledge_base_in_latin1(toy: Toy) -> None:
    toy.repository.knowledge_base.write_bytes(b'{"id": "caf\xe9"}\n')


@fault("D101", "stands twice in one object")
def key_twice(toy: Toy) -> None:
    path = toy.repository.links
    path.write_text(path.read_text().replace('{"link"', '{"id": "l000", "link"', 1))


@fault("D102", "published")
def no_date(toy: Toy) -> None:
    toy.seeds[0]["published"] = "January 2026"
    toy.write()


@fault("D103", "unknown label")
def unknown_role(toy: Toy) -> None:
    toy.gold()["regions"][0]["role"] = "sidebar"
    toy.write()


@fault("D104", "evidence")
def wikidata_without_evidence(toy: Toy) -> None:
    toy.entities[2]["evidence"] = None
    toy.write()


@fault("D105", "members")
def cluster_of_one(toy: Toy) -> None:
    toy.links[1]["members"] = toy.links[1]["members"][:1]
    toy.write()


@fault("D106", "is not UTF-8")
def page_in_latin1(toy: Toy) -> None:
    toy.pages["toy-a"] = b"broken \xff page"
    toy.write()


@fault("D106", "cannot be read")
def no_page(toy: Toy) -> None:
    (toy.root / "seeds" / "toy-a.txt").unlink()


@fault("D106", "empty")
def empty_page(toy: Toy) -> None:
    toy.pages["toy-a"] = b" \r\n"
    toy.write()


@fault("D107", "belongs to no seed")
def stray_page(toy: Toy) -> None:
    (toy.root / "seeds" / "forgotten.txt").write_text("a page without a line in seeds.jsonl")


@fault("D107", "belongs to no seed")
def stray_annotation(toy: Toy) -> None:
    (toy.root / "annotations" / "forgotten.json").write_text("{}")


# -- level 2 --------------------------------------------------------------------------------------


@fault("D201", "other bytes")
def other_digest(toy: Toy) -> None:
    toy.seeds[0]["sha256"] = "0" * 64
    toy.write()


@fault("D201", "other bytes")
def other_size(toy: Toy) -> None:
    toy.seeds[0]["bytes"] += 1
    toy.write()


@fault("D202", "normaliser '0'")
def older_normaliser(toy: Toy) -> None:
    toy.annotations["toy-a"]["normalizer"] = "0"
    toy.write()


@fault("D203", "text_sha256")
def another_text(toy: Toy) -> None:
    toy.annotations["toy-a"]["text_sha256"] = "0" * 64
    toy.write()


@fault("D203", "document_id 'toy-b'")
def another_document(toy: Toy) -> None:
    toy.annotations["toy-a"]["document_id"] = "toy-b"
    toy.write()


@fault("D204", "does not lead back")
def lossy_normaliser(toy: Toy) -> None:
    """Only a broken normaliser can cause it: tests/test_checks.py breaks one."""


@fault("D211", "does not lie in the text")
def past_the_end(toy: Toy) -> None:
    toy.gold()["entities"][0]["end"] = 10_000
    toy.write()


@fault("D211", "does not lie in the text")
def empty_span(toy: Toy) -> None:
    toy.gold()["entities"][0]["end"] = toy.gold()["entities"][0]["start"]
    toy.write()


@fault("D212", "white space")
def space_before(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][1]["entities"][1]["start"] -= 1
    toy.write()


@fault("D212", "white space")
def space_behind(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][1]["quotes"][0]["cue"][0]["end"] += 1
    toy.gold()["quotes"][1]["source"][0]["end"] += 1
    toy.write()


@fault("D212", "white space")
def first_region_with_its_line_feed(toy: Toy) -> None:
    toy.gold()["regions"][0]["end"] += 1
    toy.write()


@fault("D212", "white space")
def last_region_with_its_line_feed(toy: Toy) -> None:
    toy.gold()["regions"][-1]["end"] += 1
    toy.write()


@fault("D212", "combining marks")
def cut_before_a_combining_mark(toy: Toy) -> None:
    append(toy, "toy-b", " x\u0302y")
    _mention(toy, "toy-b", "x")
    toy.write()


@fault("D212", "combining marks")
def begins_with_a_combining_mark(toy: Toy) -> None:
    append(toy, "toy-b", " x\u0302y")
    _mention(toy, "toy-b", "\u0302y")
    toy.write()


@fault("D213", "content span")
def content_out_of_order(toy: Toy) -> None:
    toy.gold()["quotes"][1]["content"].reverse()
    toy.write()


@fault("D213", "cue span")
def cue_overlaps_itself(toy: Toy) -> None:
    cue = toy.gold()["quotes"][1]["cue"]
    cue.append(cue[0])
    toy.write()


@fault("D214", "stands twice in entities")
def mention_id_twice(toy: Toy) -> None:
    toy.gold()["entities"][1]["id"] = "m001"
    toy.write()


@fault("D214", "stands twice in regions")
def region_id_twice(toy: Toy) -> None:
    toy.gold()["regions"][1]["id"] = "r001"
    toy.write()


@fault("D215", "is no quotation of this document")
def unknown_parent(toy: Toy) -> None:
    toy.gold()["quotes"][2]["parent"] = "q099"
    toy.write()


@fault("D216", "is its own parent")
def circle_of_parents(toy: Toy) -> None:
    toy.gold()["quotes"][1]["parent"] = "q003"
    toy.write()


@fault("D216", "is its own parent")
def own_parent(toy: Toy) -> None:
    toy.gold()["quotes"][0]["parent"] = "q001"
    toy.write()


@fault("D217", "(the speaker)")
def unknown_speaker(toy: Toy) -> None:
    toy.gold()["quotes"][0]["speaker"] = "nobody"
    toy.write()


@fault("D217", "no entity 'nowhere' in the")
def unknown_entity(toy: Toy) -> None:
    toy.annotations["toy-b"]["sets"][0]["entities"][0]["entity"] = "nowhere"
    toy.write()


@fault("D218", "no set by 'dave'")
def decision_follows_nobody(toy: Toy) -> None:
    toy.annotations["toy-a"]["decisions"][0]["followed"] = ["dave"]
    toy.write()


@fault("D218", "two sets by 'alice'")
def two_sets_by_one(toy: Toy) -> None:
    toy.annotations["toy-a"]["sets"][1]["annotator"] = "alice"
    toy.write()


@fault("D218", "quotes q099 is not in the gold")
def decision_on_nothing(toy: Toy) -> None:
    toy.annotations["toy-a"]["decisions"][0]["id"] = "q099"
    toy.write()


@fault("D218", "does not lie in the text")
def decision_outside(toy: Toy) -> None:
    toy.annotations["toy-a"]["decisions"][0]["end"] = 10_000
    toy.write()


# -- level 3 --------------------------------------------------------------------------------------


@fault("D301", "in no region: '3 min read'")
def gap_between_regions(toy: Toy) -> None:
    del toy.gold()["regions"][3]
    toy.write()


@fault("D301", "in no region: 'Skip to content'")
def gap_at_the_start(toy: Toy) -> None:
    del toy.gold()["regions"][0]
    toy.write()


@fault("D301", "in no region: 'Read more'")
def gap_at_the_end(toy: Toy) -> None:
    del toy.gold()["regions"][-1]
    toy.write()


@fault("D302", "overlaps the region")
def regions_overlap(toy: Toy) -> None:
    toy.gold()["regions"][2]["end"] += 6
    toy.write()


@fault("D303", "follows another byline region")
def equal_neighbours(toy: Toy) -> None:
    toy.gold()["regions"][3]["role"] = "byline"
    toy.write()


@fault("D311", "type is direct, by the marks it is indirect")
def direct_without_marks(toy: Toy) -> None:
    toy.gold()["quotes"][0]["type"] = "direct"
    toy.write()


@fault("D311", "type is direct, by the marks it is mixed")
def direct_with_words_outside(toy: Toy) -> None:
    toy.gold()["quotes"][3]["type"] = "direct"
    toy.write()


@fault("D311", "type is mixed, by the marks it is indirect")
def only_the_marks_of_a_child(toy: Toy) -> None:
    child = toy.gold()["quotes"][2] | {"id": "q005", "parent": "q004", "content": [page(toy, "toy-a").span("“white elephant”")]}
    toy.gold()["quotes"].append(child)
    toy.write()


@fault("D311", "type is mixed, by the marks it is indirect")
def only_the_marks_of_a_nonquote(toy: Toy) -> None:
    toy.gold()["nonquotes"] = [{"id": "n001", "reason": "scare_quote"} | page(toy, "toy-a").span("“white elephant”")]
    toy.write()


@fault("D312", "is in no content or nonquote")
def mark_of_nobody(toy: Toy) -> None:
    toy.gold("toy-b")["nonquotes"] = []
    toy.write()


@fault("D313", "is not inside that of its parent q004")
def child_elsewhere(toy: Toy) -> None:
    toy.gold()["quotes"][2]["parent"] = "q004"
    toy.write()


@fault("D313", "is not inside that of its parent q002")
def half_of_a_child_elsewhere(toy: Toy) -> None:
    child = toy.gold()["quotes"][2]
    child["content"].append(page(toy, "toy-a").span("critics"))
    child["type"] = "mixed"
    toy.write()


@fault("D314", "cue overlaps content")
def cue_in_content(toy: Toy) -> None:
    quote = toy.gold()["quotes"][0]
    quote["cue"] = [{"start": quote["content"][0]["start"] + 1, "end": quote["content"][0]["start"] + 3}]
    toy.write()


@fault("D314", "source overlaps cue")
def source_in_cue(toy: Toy) -> None:
    quote = toy.gold()["quotes"][1]
    quote["cue"], quote["source"] = [page(toy, "toy-a").span("she added")], [page(toy, "toy-a").span("added")]
    toy.write()


@fault("D314", "content overlaps source")
def content_in_source(toy: Toy) -> None:
    quote = toy.gold()["quotes"][0]
    quote["source"] = [page(toy, "toy-a").span("The bridge will open on Friday, Mayor Lena Ortiz")]
    quote["content"] = [page(toy, "toy-a").span("bridge will open on Friday")]
    toy.write()


@fault("D315", "speaker lena-ortiz without speaker_name")
def speaker_without_name(toy: Toy) -> None:
    toy.gold()["quotes"][0]["speaker_name"] = None
    toy.write()


@fault("D316", "no quotation mark in 'Skip'")
def nonquote_without_marks(toy: Toy) -> None:
    toy.gold()["nonquotes"] = [{"id": "n001", "start": 0, "end": 4, "reason": "term"}]
    toy.write()


@fault("D321", "mention without an entity")
def unlinked_mention(toy: Toy) -> None:
    toy.gold()["entities"][0]["entity"] = None
    toy.write()


@fault("D322", "label PERSON, but northtown is GPE")
def label_of_another_type(toy: Toy) -> None:
    toy.gold()["entities"][0]["label"] = "PERSON"
    toy.write()


@fault("D322", "label FAC, but northtown is GPE")
def only_bodies_may_be_buildings(toy: Toy) -> None:
    toy.gold()["entities"][0]["label"] = "FAC"
    toy.write()


@fault("D323", "'Tide' is no name of tide")
def unknown_name(toy: Toy) -> None:
    toy.entities[3] |= {"name": "The Evening Tide", "aliases": []}
    toy.write()


@fault("D324", "overlaps the mention")
def mention_twice(toy: Toy) -> None:
    toy.gold()["entities"].append(toy.gold()["entities"][1] | {"id": "m009"})
    toy.write()


@fault("D324", "overlaps the mention")
def mention_in_a_mention(toy: Toy) -> None:
    _mention(toy, "toy-a", "Byrne")
    toy.write()


@fault("D325", "takes in an article or a possessive")
def possessive(toy: Toy) -> None:
    toy.gold()["entities"][3]["end"] += 2
    toy.entities[2]["aliases"].append("Northtown’s")
    toy.write()


@fault("D325", "takes in an article or a possessive")
def straight_possessive(toy: Toy) -> None:
    append(toy, "toy-b", " Ebb's end")
    _mention(toy, "toy-b", "Ebb's")
    toy.write()


@fault("D325", "takes in an article or a possessive")
def article(toy: Toy) -> None:
    append(toy, "toy-b", " THE EBB")
    _mention(toy, "toy-b", "THE EBB")
    toy.write()


@fault("D331", "no gold yet")
def no_gold(toy: Toy) -> None:
    toy.annotations["toy-a"]["gold"] = None
    toy.annotations["toy-a"]["decisions"][0]["id"] = None
    del toy.links[1]
    toy.write()


# -- level 4 --------------------------------------------------------------------------------------


def _third(toy: Toy, **values: Any) -> None:
    """A third document with the page and the annotations of the first."""
    toy.seeds.append(toy.seeds[0] | {"document_id": "toy-c", "file": "toy-c.txt"} | values)
    toy.annotations["toy-c"] = toy.annotations["toy-a"] | {"document_id": "toy-c"}
    toy.pages["toy-c"] = toy.pages["toy-a"]


@fault("D401", "same document_id as line 1")
def seed_twice(toy: Toy) -> None:
    toy.seeds.append(toy.seeds[0])
    toy.write()


@fault("D401", "same sha256 as line 1")
def same_bytes(toy: Toy) -> None:
    _third(toy)
    toy.write()


@fault("D401", "same file as line 1")
def same_file(toy: Toy) -> None:
    _third(toy, file="toy-a.txt")
    del toy.pages["toy-c"]
    toy.write()


@fault("D402", "same wikidata Q1")
def wikidata_id_twice(toy: Toy) -> None:
    toy.entities[3] |= {"wikidata": "Q1", "evidence": "fabricated"}
    toy.write()


@fault("D402", "same id ada-byrne")
def entity_twice(toy: Toy) -> None:
    toy.entities.append(toy.entities[0])
    toy.write()


@fault("D403", "no entity 'nobody' to speak for")
def speaks_for_nobody(toy: Toy) -> None:
    toy.entities[0]["speaks_for"] = "nobody"
    toy.write()


@fault("D403", "speaks for itself")
def speaks_for_itself(toy: Toy) -> None:
    toy.entities[0]["speaks_for"] = "ada-byrne"
    toy.write()


@fault("D403", "speaks for itself")
def speaks_in_a_circle(toy: Toy) -> None:
    toy.entities[0]["speaks_for"], toy.entities[3]["speaks_for"] = "tide", "ada-byrne"
    toy.write()


@fault("D404", "nothing in the corpus names it")
def unused_entity(toy: Toy) -> None:
    toy.entities.append(toy.entities[0] | {"id": "somebody-else"})
    toy.write()


@fault("D411", "no quotation q077 in toy-b")
def unknown_member(toy: Toy) -> None:
    toy.links[1]["members"].append({"document_id": "toy-b", "quote_id": "q077", "wording": "verbatim"})
    toy.write()


@fault("D411", "no quotation q001 in toy-z")
def member_of_an_unknown_document(toy: Toy) -> None:
    toy.links[1]["members"].append({"document_id": "toy-z", "quote_id": "q001", "wording": "verbatim"})
    toy.write()


@fault("D411", "stands twice")
def member_twice(toy: Toy) -> None:
    toy.links[1]["members"].append(toy.links[1]["members"][0] | {"wording": "verbatim"})
    toy.write()


@fault("D411", "same id as line 1")
def link_id_twice(toy: Toy) -> None:
    toy.links[1]["id"] = "l001"
    toy.write()


@fault("D411", "no entity 'nobody' in the knowledge base", "D412")
def cluster_of_an_unknown_speaker(toy: Toy) -> None:
    toy.links[1]["speaker"] = "nobody"
    toy.write()


@fault("D412", "q004's speaker None is neither lena-ortiz nor what it speaks for")
def member_of_another_speaker(toy: Toy) -> None:
    toy.links[1]["members"].append({"document_id": "toy-a", "quote_id": "q004", "wording": "paraphrase"})
    toy.write()


@fault("D412", "no member has the cluster's speaker lena-ortiz")
def cluster_without_its_speaker(toy: Toy) -> None:
    for document_id, index in (("toy-a", 1), ("toy-b", 0)):
        toy.gold(document_id)["quotes"][index] |= {"speaker": "northtown", "speaker_name": "Northtown"}
    toy.write()


@fault("D413", "is paraphrase, by its words verbatim")
def wording_too_loose(toy: Toy) -> None:
    toy.links[1]["members"][1]["wording"] = "paraphrase"
    toy.write()


@fault("D413", "q001 is verbatim, by its words paraphrase")
def wording_too_close(toy: Toy) -> None:
    toy.links[1]["members"].append({"document_id": "toy-a", "quote_id": "q001", "wording": "verbatim"})
    toy.write()


@fault("D421", "the pair has a relation already, on line 1")
def pair_twice(toy: Toy) -> None:
    toy.links.append(toy.links[0] | {"id": "l002", "label": "rewrite"})
    toy.write()


@fault("D421", "no document 'toy-z'")
def relation_to_nowhere(toy: Toy) -> None:
    toy.links[0]["to"] = "toy-z"
    toy.write()


@fault("D421", "joins a document with itself")
def relation_to_itself(toy: Toy) -> None:
    toy.links[0]["to"] = "toy-a"
    toy.write()


@fault("D421", "an undirected pair stands in the order of its ids")
def undirected_pair_turned(toy: Toy) -> None:
    toy.links[0] |= {"from": "toy-b", "to": "toy-a"}
    toy.write()


# -- level 5 --------------------------------------------------------------------------------------


def _corpus(toy: Toy, config: str) -> Path:
    return toy.repository.corpus / config / "train-00000-of-00001.parquet"


def _edit_manifest(toy: Toy, edit: Callable[[Json], object]) -> None:
    manifest = json.loads(toy.repository.manifest.read_text())
    edit(manifest)
    toy.repository.manifest.write_text(json.dumps(manifest))


def _edit_file(toy: Toy, config: str, **values: object) -> None:
    _edit_manifest(toy, lambda manifest: next(e for e in manifest["files"] if e["config"] == config).update(values))


def _edit_rows(toy: Toy, config: str, edit: Callable[[list[Json]], object]) -> None:
    path = _corpus(toy, config)
    table = pq.read_table(path)
    rows = table.to_pylist()
    edit(rows)
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)


@fault("D501", "there is no manifest")
def no_manifest(toy: Toy) -> None:
    toy.repository.manifest.unlink()


@fault("D501", "config nonquotes is not listed")
def config_not_listed(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest["files"].pop(3))


@fault("D501", "config gossip is not in the schema")
def config_unknown(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest["files"].append(manifest["files"][3] | {"config": "gossip"}))


@fault("D501", "version")
def no_version(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(version="new"))


@fault("D502", "its bytes are not those of the manifest")
def rewritten(toy: Toy) -> None:
    path = _corpus(toy, "quotes")
    pq.write_table(pq.read_table(path), path)  # the same rows, other bytes


@fault("D502", "its bytes are not those of the manifest", "D507 D508")
def digest_of_another_file(toy: Toy) -> None:
    _edit_file(toy, "quotes", sha256="0" * 64)


@fault("D502", "its bytes are not those of the manifest", "D507 D508")
def size_of_another_file(toy: Toy) -> None:
    _edit_file(toy, "quotes", bytes=5)


@fault("D502", "listed in the manifest, but missing")
def no_file(toy: Toy) -> None:
    _corpus(toy, "quotes").unlink()


@fault("D502", "not listed in the manifest")
def unlisted_file(toy: Toy) -> None:
    path = _corpus(toy, "quotes")
    path.with_name("train-00001-of-00002.parquet").write_bytes(path.read_bytes())


@fault("D502", "listed in the manifest, but missing")
def no_anchors(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(anchors={"path": "anchors.jsonl", "bytes": 0, "sha256": "0" * 64}))


@fault("D510", "text holds words of a page")
def words_in_the_text_free_form(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(form="text-free"))


def _ledger(toy: Toy, *lines: Json) -> None:
    split = {"config": "quotes", "split": "train", "rows": 1, "logical_sha256": "0" * 64, "features_sha256": "0" * 64}
    line = {"version": "1.0.0", "form": "full", "date": "2026-01-02", "splits": [split]}
    write_jsonl(toy.root / "releases.jsonl", [line | more for more in lines])


@fault("D511", 'version: "1.0" does not match')
def release_of_no_version(toy: Toy) -> None:
    _ledger(toy, {"version": "1.0"})


@fault("D511", "1.0.0 (full) stands twice")
def release_that_stands_twice(toy: Toy) -> None:
    _ledger(toy, {}, {"form": "text-free"}, {})


@fault("D511", "not JSON")
def ledger_that_is_no_json(toy: Toy) -> None:
    (toy.root / "releases.jsonl").write_text("{")


@fault("D506", "built with form hydrated, this is full")
def form_of_another_corpus(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(form="hydrated"))


@fault("D503", "no Hugging Face features", "D502")
def no_features(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata(None), path)


@fault("D503", "feature role is", "D502")
def other_label_names(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    table = pq.read_table(path)
    metadata = {b"huggingface": table.schema.metadata[b"huggingface"].replace(b'"deck"', b'"dek"')}
    pq.write_table(table.replace_schema_metadata(metadata), path)


@fault("D503", "columns missing: ['role']", "D502")
def no_column(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    pq.write_table(pq.read_table(path).drop_columns(["role"]), path)


@fault("D503", "not in the schema: ['mood']", "D502")
def further_column(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    table = pq.read_table(path)
    pq.write_table(table.append_column("mood", pa.nulls(table.num_rows)), path)


@fault("D503", "columns are in another order", "D502")
def columns_in_another_order(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    table = pq.read_table(path)
    pq.write_table(table.select(table.column_names[::-1]), path)


@fault("D503", "start is int64, not int32", "D502")
def other_type(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    table = pq.read_table(path)
    index = table.schema.get_field_index("start")
    pq.write_table(table.set_column(index, "start", table["start"].cast(pa.int64())), path)


@fault("D503", "not a whole Parquet file", "D502")
def truncated(toy: Toy) -> None:
    path = _corpus(toy, "regions")
    path.write_bytes(path.read_bytes()[:-100])


@fault("D503", "cannot be read to the end", "D502")
def broken_inside(toy: Toy) -> None:
    path = _corpus(toy, "tokens")
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 400 + data[404:])


@fault("D504", "the span's text is not the document's there", "D502 D505")
def shifted_mentions(toy: Toy) -> None:
    _edit_rows(toy, "entities", lambda rows: [row.update(start=row["start"] + 1, end=row["end"] + 1) for row in rows])


@fault("D504", "the span's text is not the document's there", "D502 D505")
def shifted_cue(toy: Toy) -> None:
    _edit_rows(toy, "quotes", lambda rows: rows[0]["cue"][0].update(start=0, end=4))


@fault("D504", "the span's text is not the document's there", "D502 D505")
def other_token(toy: Toy) -> None:
    _edit_rows(toy, "tokens", lambda rows: rows[0]["tokens"].reverse())


@fault("D504", "the span's text is not the document's there", "D502 D505")
def token_without_an_end(toy: Toy) -> None:
    _edit_rows(toy, "tokens", lambda rows: rows[0]["token_end"].pop())


@fault("D504", "role: unknown label 99", "D502 D505")
def label_id_out_of_range(toy: Toy) -> None:
    _edit_rows(toy, "blocks", lambda rows: rows[0].update(role=99))


@fault("D504", "stands twice", "D502 D505")
def row_twice(toy: Toy) -> None:
    _edit_rows(toy, "regions", lambda rows: rows.insert(1, rows[0]))


@fault("D504", "no document 'toy-z'", "D502 D505")
def row_of_an_unknown_document(toy: Toy) -> None:
    _edit_rows(toy, "regions", lambda rows: rows[-1].update(document_id="toy-z"))


@fault("D504", "the rows are not in the order of document_id", "D502 D505")
def rows_in_another_order(toy: Toy) -> None:
    _edit_rows(toy, "entities", lambda rows: rows.reverse())


@fault("D504", "text_sha256 is not that of the text", "D502 D505")
def digest_of_another_text(toy: Toy) -> None:
    _edit_rows(toy, "documents", lambda rows: rows[0].update(text_sha256="0" * 64))


@fault("D505", "its rows are not those of the manifest")
def other_logical_digest(toy: Toy) -> None:
    _edit_file(toy, "blocks", logical_sha256="0" * 64)


@fault("D505", "rows, not the 3 of the manifest", "D507")
def other_number_of_rows(toy: Toy) -> None:
    _edit_file(toy, "blocks", rows=3)


@fault("D506", "annotations changed")
def edited_after_the_build(toy: Toy) -> None:
    toy.entities[0]["description"] = "changed after the build"
    toy.write()


@fault("D506", "seeds changed")
def seeds_edited_after_the_build(toy: Toy) -> None:
    with toy.repository.seeds.open("a") as file:
        file.write("\n")


@fault("D506", "schema changed")
def built_with_another_schema(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest["inputs"].update(schema="0" * 64))


@fault("D506", "built with version 0.0.1", "D507 D508")
def built_by_another_version(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(version="0.0.1"))


@fault("D506", "built with normalizer 0")
def built_by_another_normaliser(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(normalizer="0"))


@fault("D506", "built with segmenter 0")
def built_by_another_segmenter(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(segmenter="0"))


@fault("D506", "built with pyarrow 0.0.0")
def built_by_another_pyarrow(toy: Toy) -> None:
    _edit_manifest(toy, lambda manifest: manifest.update(pyarrow="0.0.0"))


def _edit_card(toy: Toy, old: str, new: str) -> None:
    readme = toy.repository.readme
    text = readme.read_text()
    assert old in text
    readme.write_text(text.replace(old, new, 1))


@fault("D507", "dataset_info regions: features")
def other_label_names_in_the_card(toy: Toy) -> None:
    _edit_card(toy, "'0': headline", "'0': header")


@fault("D507", "configs documents: description")
def other_digest_in_the_card(toy: Toy) -> None:
    _edit_card(toy, "sha256:", "sha256:0")


@fault("D507", "dataset_info documents: splits")
def other_number_of_rows_in_the_card(toy: Toy) -> None:
    _edit_card(toy, "num_examples: 2", "num_examples: 3")


@fault("D507", "size_categories: is ['n>1T'], not ['n<1K']")
def other_size_in_the_card(toy: Toy) -> None:
    _edit_card(toy, "- n<1K", "- n>1T")


@fault("D507", "configs: lists")
def config_missing_in_the_card(toy: Toy) -> None:
    _edit_card(toy, "- config_name: regions\n", "- config_name: region\n")


@fault("D507", "no YAML block at its top", "D508")
def no_block_in_the_card(toy: Toy) -> None:
    toy.repository.readme.write_text("# Toy\n")


@fault("D507", "its YAML cannot be read")
def card_is_no_yaml(toy: Toy) -> None:
    _edit_card(toy, "pretty_name: toy", "pretty_name: [")


@fault("D507", "there is no README.md", "D508")
def no_card(toy: Toy) -> None:
    toy.repository.readme.unlink()


def _edit_croissant(toy: Toy, old: str, new: str) -> None:
    path = toy.repository.croissant
    text = path.read_text()
    assert old in text
    write_text(path, text.replace(old, new, 1))


@fault("D508", "there is no croissant.json")
def no_croissant(toy: Toy) -> None:
    toy.repository.croissant.unlink()


@fault("D508", "distribution corpus/documents/train-00000-of-00001.parquet: is not")
def other_digest_in_the_croissant(toy: Toy) -> None:
    _edit_croissant(toy, '"sha256": "', '"sha256": "0')


@fault("D508", "recordSet labels/role: is not")
def other_label_in_the_croissant(toy: Toy) -> None:
    _edit_croissant(toy, '"labels/role/name": "headline"', '"labels/role/name": "header"')


@fault("D508", "recordSet: is not")
def record_set_missing_in_the_croissant(toy: Toy) -> None:
    _edit_croissant(toy, '"@id": "regions/train"', '"@id": "regions"')


@fault("D508", "is no JSON object")
def croissant_is_a_list(toy: Toy) -> None:
    write_text(toy.repository.croissant, "[]\n")


@fault("D508", "laid out otherwise")
def croissant_laid_out_otherwise(toy: Toy) -> None:
    write_text(toy.repository.croissant, json.dumps(json.loads(toy.repository.croissant.read_text())))


@fault("D508", "name: is not")
def card_renamed_after_the_build(toy: Toy) -> None:
    _edit_card(toy, "pretty_name: toy", "pretty_name: other")


@fault("D508", "creator: is not")
def cited_otherwise_after_the_build(toy: Toy) -> None:
    write_text(toy.repository.citation, CITATION)
    build(toy.repository)
    write_text(toy.repository.citation, CITATION.replace("The toymakers", "The players"))


@fault("D508", "rai:dataUseCases: is not")
def datasheet_edited_after_the_build(toy: Toy) -> None:
    write_text(toy.repository.datasheet, datasheet())
    build(toy.repository)
    write_text(toy.repository.datasheet, datasheet().replace("Answer to U3.", "Another one."))


@fault("D509", "has no answer to L5 (rai:dataCollection), L5 (rai:dataCollectionTimeframe)")
def question_without_an_answer(toy: Toy) -> None:
    write_text(toy.repository.datasheet, datasheet().replace("Answer to L5.", ""))


@fault("D509", "has no answer to P1 Agreement (rai:dataAnnotationAnalysis)")
def answer_without_a_part(toy: Toy) -> None:
    write_text(toy.repository.datasheet, datasheet().replace("**Agreement.**", "Agreement."))


@fault("D509", "no title or no list of authors")
def citation_without_authors(toy: Toy) -> None:
    write_text(toy.repository.citation, CITATION.partition("authors")[0])


@fault("D509", "its YAML cannot be read")
def citation_is_no_yaml(toy: Toy) -> None:
    write_text(toy.repository.citation, "title: [")


@fault("D509", "is no list of keys and values")
def citation_is_a_list(toy: Toy) -> None:
    write_text(toy.repository.citation, "- title\n")


@fault("D509", "is not UTF-8")
def citation_in_latin1(toy: Toy) -> None:
    toy.repository.citation.write_bytes(b"title: caf\xe9\n")
