"""The five pages: what must be true of this corpus, whatever else changes."""

from pathlib import Path

import pytest

from drumbeat.model import Cluster, Relation
from drumbeat.repository import Repository, read_annotation, read_document, read_knowledge_base, read_links, read_seeds

PAGES = ["000_ec24c3af331c21f2", "001_cfede22dbc375fe9", "002_47233b69de273cc9", "003_bc8f9ca7e2f96ed1", "004_e8c90f5480013379"]


def test_the_seeds_are_the_pages_as_received(checkout: Repository, shared: Path) -> None:
    received = {path.name: path.read_bytes() for path in (shared / "seeds").glob("*.txt")}
    assert {path.name: path.read_bytes() for path in checkout.seeds.parent.glob("*.txt")} == received


def test_all_five_pages_have_gold_and_two_independent_manual_sets(checkout: Repository) -> None:
    assert [seed.document_id for seed in read_seeds(checkout)] == PAGES
    for seed in read_seeds(checkout):
        annotation = read_annotation(checkout, read_document(checkout, seed))
        assert annotation.gold is not None
        assert len({item.annotator for item in annotation.sets if item.method == "manual"} - {annotation.gold.annotator}) >= 2


def test_metadata_is_on_the_page_or_flagged_as_inferred(checkout: Repository) -> None:
    for seed in read_seeds(checkout):
        text = read_document(checkout, seed).text
        for field in ("outlet", "title", "author", "language"):
            value = getattr(seed, field)
            assert value is None or value in text or field in seed.inferred, (seed.document_id, field)
            assert value is None or field in seed.evidence
        assert "published" in seed.evidence


def test_the_drumbeat_quotation_is_on_four_pages_in_three_wordings(checkout: Repository) -> None:
    documents = {seed.document_id: read_document(checkout, seed) for seed in read_seeds(checkout)}
    golds = {key: read_annotation(checkout, document).gold for key, document in documents.items()}
    (cluster,) = [
        link
        for link in read_links(checkout)
        if isinstance(link, Cluster) and (PAGES[0], "q007") in [(member.document_id, member.quote_id) for member in link.members]
    ]
    texts = {}
    for member in cluster.members:
        gold = golds[member.document_id]
        assert gold is not None
        quote = next(quote for quote in gold.quotes if quote.id == member.quote_id)
        texts[member.document_id, member.quote_id] = " ".join(documents[member.document_id].text[s.start : s.end] for s in quote.content)
    assert {document_id for document_id, _ in texts} == set(PAGES[:4])
    bodies = {text for text in texts.values() if "rhetoric" in text}
    assert len(bodies) == 3 and all("drum" in text for text in texts.values())


def test_the_copy_is_known_as_a_copy_and_all_pages_as_one_event(checkout: Repository) -> None:
    relations = [link for link in read_links(checkout) if isinstance(link, Relation)]
    assert len(relations) == 10
    assert [(r.from_document, r.to_document) for r in relations if r.label == "syndicated_copy"] == [(PAGES[1], PAGES[0])]


def test_wikidata_ids_are_the_verified_ones(checkout: Repository, shared: Path) -> None:
    import json

    verified = {}
    for line in (shared / "knowledge_base.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        verified[record["id"]] = record["wikidata"]
    for entity in read_knowledge_base(checkout).values():
        assert entity.wikidata is None or entity.wikidata == verified[entity.id]
        assert (entity.wikidata is None) or entity.evidence


@pytest.mark.parametrize("layer", ["regions", "quotes", "nonquotes", "entities"])
def test_ids_are_minted_in_one_form(layer: str, checkout: Repository) -> None:
    prefix = {"regions": "r", "quotes": "q", "nonquotes": "n", "entities": "m"}[layer]
    for seed in read_seeds(checkout):
        gold = read_annotation(checkout, read_document(checkout, seed)).gold
        assert all(record.id.startswith(prefix) and record.id[1:].isdigit() for record in getattr(gold, layer))
