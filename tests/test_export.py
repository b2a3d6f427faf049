"""Each format of `drumbeat export`, written and read back by a reader that is not ours; and what people do wrong."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from drumbeat import schema
from drumbeat.cli import app
from drumbeat.errors import ExportError
from drumbeat.export import brat, files, jsonlines, webanno
from drumbeat.export.files import FORMATS, export
from drumbeat.labelstudio.config import RELATIONS
from drumbeat.model import LAYERS, AnnotationSet, Entity, Quote, Seed, Span
from drumbeat.normalize import normalize
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_knowledge_base, read_seeds
from drumbeat.rows import Regions, document_rows
from tests.readers import ROUND, UNKNOWN, Back, from_object, library, original, read_brat, read_conll, read_jsonl, read_spacy, read_webanno
from tests.sets import documents, golds
from tests.test_bad_input import flat
from tests.toy import Toy

run = CliRunner().invoke
ENTITIES = {"russia": Entity("russia", "GPE", "Russia", (), "", None, "Q159", "fabricated")}
WHOLE = tuple(form for form in FORMATS if form != "conll")  # those that carry every record


def _same(back: Back, document: Document, gold: AnnotationSet, entities: Any, form: str) -> None:
    sent = original(document, gold, entities)
    if form == "brat":
        sent.annotator = UNKNOWN
    assert back.gold == sent.gold
    assert back.document_id == sent.document_id and back.wikidata == sent.wikidata
    assert back.text == (None if form == "webanno-json" else sent.text)


# -- properties -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", WHOLE)
@settings(max_examples=60)
@given(data=st.data())
def test_what_is_exported_comes_back(form: str, data: st.DataObject) -> None:
    document = data.draw(documents())
    gold = data.draw(golds(document.text))
    _same(ROUND[form](document, gold, ENTITIES, LAYERS), document, gold, ENTITIES, form)


@settings(max_examples=60)
@given(st.data())
def test_conll_has_the_words_and_tags_of_the_corpus(data: st.DataObject) -> None:
    document = data.draw(documents())
    gold = data.draw(golds(document.text))
    _same_columns(ROUND["conll"](document, gold, ENTITIES, LAYERS), document, gold, ENTITIES)


def _same_columns(back: Back, document: Document, gold: AnnotationSet, entities: Any) -> None:
    rows = document_rows(document, gold, entities)["tokens"]
    assert back.words == [row["tokens"] for row in rows]
    mentions = [(mention.start, mention.end, mention.label) for mention in back.entities]
    assert mentions == _decoded(rows, [row["entity_tags"] for row in rows])
    for role in ("content", "cue", "source"):
        found = [(span.start, span.end, role) for quote in back.quotes for span in getattr(quote, role)]
        assert found == _decoded(rows, [row[f"{role}_tags"] for row in rows])
    _same_roles(back, rows, Regions(document.text, gold.regions))
    marks = {word for item in gold.nonquotes for row in rows for word in row["token_start"] if item.start <= word < item.end}
    columns = [position for row in rows for position in row["token_start"]]
    tagged = [start for (start, end), word in zip(_places(rows), columns, strict=True) if word in marks]
    assert tagged == [start for start, end in _places(rows) if any(item.start <= start < item.end for item in back.nonquotes)]


def _places(rows: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Where each word stands in the words with a space between them."""
    places, begin = [], 0
    for row in rows:
        for word in row["tokens"]:
            places.append((begin, begin + len(word)))
            begin += len(word) + 1
    return places


def _decoded(rows: list[dict[str, Any]], tags: list[list[str]]) -> list[tuple[int, int, str]]:
    """The spans of BIO tags, told apart by the rule and not by a library."""
    found: list[tuple[int, int, str]] = []
    for (start, end), tag in zip(_places(rows), [tag for row in tags for tag in row], strict=True):
        if tag.startswith("B-"):
            found.append((start, end, tag[2:]))
        elif tag.startswith("I-"):
            assert found[-1][2] == tag[2:]
            found[-1] = (found[-1][0], end, tag[2:])
    return found


def _same_roles(back: Back, rows: list[dict[str, Any]], regions: Regions) -> None:
    starts = [start for row in rows for start in row["token_start"]]
    for (place, _), start in zip(_places(rows), starts, strict=True):
        (role,) = [region.role for region in back.regions if region.start <= place < region.end]
        assert role == regions.where(start, start + 1)["region"]


@settings(max_examples=60)
@given(st.data())
def test_spacy_keeps_the_sentences_and_cuts_words_only_where_a_span_does(data: st.DataObject) -> None:
    document = data.draw(documents())
    gold = data.draw(golds(document.text))
    back = ROUND["spacy"](document, gold, ENTITIES, LAYERS)
    rows = document_rows(document, gold, ENTITIES)["tokens"]
    assert ["".join(words) for words in back.words] == ["".join(row["tokens"]) for row in rows]
    bare = ROUND["spacy"](document, gold, ENTITIES, ())
    assert bare.words == [row["tokens"] for row in rows]


@settings(max_examples=60)
@given(st.data())
def test_a_quote_selector_says_what_the_position_selector_does(data: st.DataObject) -> None:
    document = data.draw(documents())
    gold = data.draw(golds(document.text))
    text = document.text
    for span, quoted in ROUND["webanno-json"](document, gold, ENTITIES, LAYERS).more.get("quoted", {}).items():
        before, exact, after = quoted
        assert text[span.start : span.end] == exact
        assert text[: span.start].endswith(before) and text[span.end :].startswith(after)
        assert (len(before), len(after)) == (min(32, span.start), min(32, len(text) - span.end))


# -- repositories ---------------------------------------------------------------------------------


def _written(repository: Repository, form: str, folder: Path, layers: Sequence[str] = LAYERS, *more: str) -> list[Back]:
    """The gold of a repository, exported by the command and read back."""
    out = folder / form
    chosen = [word for layer in layers for word in ("--layer", layer)]
    result = run(app, ["export", "--format", form, "-o", str(out), *chosen, *more, str(repository.root)])
    assert result.exit_code == 0, result.stderr
    match form:
        case "spacy":
            return read_spacy(out.read_bytes())
        case "conll":
            return read_conll(out.read_text(encoding="utf-8"), layers)
        case "brat":
            texts = {path.stem: path.read_bytes().decode() for path in sorted(out.glob("*.txt"))}
            return [read_brat(name, text, (out / f"{name}.ann").read_bytes().decode()) for name, text in texts.items()]
        case _:
            read = read_webanno if form == "webanno-json" else read_jsonl
            return [read(line) for line in out.read_text(encoding="utf-8").split("\n")[:-1]]


def _golds(repository: Repository) -> list[tuple[Document, AnnotationSet]]:
    found = []
    for seed in read_seeds(repository):
        document = read_document(repository, seed)
        gold = read_annotation(repository, document).gold
        assert gold is not None
        found.append((document, gold))
    return found


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("which", ["checkout", "toy"])
def test_a_repository_comes_back_from_each_format(form: str, which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    source = request.getfixturevalue(which)
    repository: Repository = source if isinstance(source, Repository) else source.repository
    entities = read_knowledge_base(repository)
    for back, (document, gold) in zip(_written(repository, form, tmp_path), _golds(repository), strict=True):
        if form == "conll":
            _same_columns(back, document, gold, entities)
        else:
            _same(back, document, gold, entities, form)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_gold_gives_the_same_bytes(form: str, toy: Toy, tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    for out in (once, again):
        assert export(toy.repository, form, out) == 2
    names = sorted(path.relative_to(once) for path in once.rglob("*")) or [Path()]
    assert [(once / name).read_bytes() for name in names] == [(again / name).read_bytes() for name in names]


@pytest.mark.parametrize("form", FORMATS)
def test_only_the_documents_and_layers_that_are_asked_for(form: str, toy: Toy, tmp_path: Path) -> None:
    (back,) = _written(toy.repository, form, tmp_path, ["nonquotes"], "--document", "toy-b")
    assert [getattr(back, layer) != [] for layer in LAYERS] == [False, False, True, False]


def test_conll_has_the_entities_and_with_layers_a_column_a_tag(toy: Toy) -> None:
    lines = run(app, ["export", "--format", "conll", "--document", "toy-b", str(toy.root)]).stdout.split("\n")
    assert lines[:6] == ["-DOCSTART- -X- O O", "", "Bridge O", "opens O", "", "Mayor O"]
    assert "Lena B-PERSON" in lines and "Ortiz I-PERSON" in lines
    wide = run(app, ["export", "--format", "conll", "--layer", "entities", "--layer", "quotes", "--document", "toy-b", str(toy.root)])
    assert "said O B-cue O O" in wide.stdout and "Lena O O I-source B-PERSON" in wide.stdout


def test_the_commands_of_the_readme_run(checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands = re.findall(r"^drumbeat (export .*)$", checkout.readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert {command.split()[2] for command in commands} == set(FORMATS)
    library("spacy")
    monkeypatch.chdir(tmp_path)
    for command in commands:
        result = run(app, [*command.split(), str(checkout.root)])
        assert result.exit_code == 0, result.stderr
    assert len(list(tmp_path.iterdir())) == len([command for command in commands if " -o " in command])


def test_no_sentence_of_conll_begins_inside_a_span(checkout: Repository, tmp_path: Path) -> None:
    export(checkout, "conll", tmp_path / "out", LAYERS)
    first = [block.split("\n")[0] for block in (tmp_path / "out").read_text(encoding="utf-8").strip("\n").split("\n\n")]
    assert len(first) > 200 and not [line for line in first if " I-" in line]


# -- the formats ----------------------------------------------------------------------------------


def _document(text: str) -> Document:
    return Document(Seed("page-1", "page-1.txt", "0" * 64, 1, None, None, None, None, None, (), {}, "x"), normalize(text))


def test_spacy_docs_serve_its_own_training(toy: Toy, tmp_path: Path) -> None:
    spacy = library("spacy")
    training = library("spacy.training")
    export(toy.repository, "spacy", tmp_path / "gold.spacy")
    examples = list(training.Corpus(tmp_path / "gold.spacy")(spacy.blank("en")))
    (first,) = [example.reference for example in examples if example.reference.user_data["drumbeat"]["document_id"] == "toy-a"]
    assert [(ent.text, ent.label_, ent.kb_id_, ent.id_) for ent in first.ents] == [
        ("Northtown", "GPE", "Q1", "m001"),
        ("Ada Byrne", "PERSON", "ada-byrne", "m002"),
        ("Lena Ortiz", "PERSON", "lena-ortiz", "m003"),
        ("Northtown", "GPE", "Q1", "m004"),
    ]
    assert [(span.id_, span.label_) for span in first.spans["quotes"]][:3] == [("q001", "content"), ("q001", "cue"), ("q001", "source")]


def test_entities_that_are_not_asked_for_are_unknown_to_spacy_not_absent(toy: Toy, tmp_path: Path) -> None:
    spacy = library("spacy")
    for layer, known in (("regions", False), ("entities", True)):
        export(toy.repository, "spacy", tmp_path / layer, [layer])
        for doc in spacy.tokens.DocBin().from_disk(tmp_path / layer).get_docs(spacy.blank("en").vocab):
            assert doc.has_annotation("ENT_IOB") == known and set(doc.spans) == {layer}


def test_of_mentions_that_overlap_spacy_has_the_longest_as_entity(toy: Toy, tmp_path: Path) -> None:
    spacy = library("spacy")
    toy.gold()["entities"][0]["end"] += len(" to open")
    toy.gold()["entities"].insert(1, toy.gold()["entities"][0] | {"id": "m009", "end": toy.gold()["entities"][0]["start"] + 4})
    toy.write()
    export(toy.repository, "spacy", tmp_path / "gold.spacy", documents=["toy-a"])
    (doc,) = spacy.tokens.DocBin().from_disk(tmp_path / "gold.spacy").get_docs(spacy.blank("en").vocab)
    assert doc.ents[0].text == "Northtown to open"
    assert [span.text for span in doc.spans["entities"]][:2] == ["Northtown to open", "Nort"]
    assert doc.text == normalize(toy.pages["toy-a"].decode()).text


def test_brats_configuration_has_every_label_of_the_schema() -> None:
    sections = {}
    for part in brat.to_config().split("\n["):
        name, *lines = part.removeprefix("[").rstrip("\n").split("\n")
        sections[name.removesuffix("]")] = [line for line in lines if line]
    terms = [line.strip("\t") for line in sections["entities"]]
    labels = [*schema.labels("role"), *("content", "cue", "source"), *schema.labels("reason"), *schema.labels("label")]
    assert sorted(term for term in terms if not term.startswith("!")) == sorted(labels)
    assert len(set(terms)) == len(terms), "brat tells types apart by their names alone"
    assert sorted(line.split("\t")[0] for line in sections["relations"]) == sorted([*RELATIONS, "<OVERLAP>"])
    assert sections["attributes"][0].endswith("|".join(schema.labels("type"))) and sections["events"] == []


def test_brat_writes_a_span_over_line_ends_in_fragments() -> None:
    document = _document("“One 😀\n\n  two” he said")
    content = (Span(0, document.text.index(" he")),)
    quote = Quote("q1", "direct", content, (), (), None, None, None, False, False)
    gold = AnnotationSet("carol", "manual", "2026-01-02", (), (quote,), (), ())
    assert brat.to_ann(document, gold, {}).split("\n")[0] == "T1\tcontent 0 6;10 14\t“One 😀 two”"


@pytest.mark.parametrize("name", ["Lena\nOrtiz", "Lena\tOrtiz", " Lena", "Lena\u2028Ortiz"])
def test_a_name_that_cannot_stand_on_a_line_is_refused_by_brat(name: str, toy: Toy, tmp_path: Path) -> None:
    toy.gold()["quotes"][0]["speaker_name"] = name
    toy.write()
    with pytest.raises(ExportError, match="toy-a: speaker_name of q001"):
        export(toy.repository, "brat", tmp_path / "out")
    assert export(toy.repository, "jsonl", tmp_path / "out") == 2


def test_web_annotations_invent_no_address(checkout: Repository) -> None:
    entities = read_knowledge_base(checkout)
    for document, gold in _golds(checkout):
        collection = webanno.to_collection(document, gold, entities)
        assert collection["@context"][0] == webanno.ANNO
        for iri in _strings(collection, ("id", "source", "partOf")):
            assert iri.startswith(("urn:drumbeat:", f"{webanno.WIKIDATA}Q")), iri


def _strings(value: Any, keys: tuple[str, ...]) -> list[str]:
    if isinstance(value, dict):
        own = [item for key, item in value.items() if key in keys and isinstance(item, str)]
        return own + [found for item in value.values() for found in _strings(item, keys)]
    return [found for item in value for found in _strings(item, keys)] if isinstance(value, list) else []


def test_json_lines_have_the_columns_of_the_corpus(checkout: Repository) -> None:
    entities = read_knowledge_base(checkout)
    for document, gold in _golds(checkout):
        page = json.loads(json.dumps(jsonlines.to_object(document, gold, entities)))
        once = {name: page[name] for name in jsonlines.ONCE}
        for layer in LAYERS:
            for row in page[layer]:
                assert list(schema.violations(f"corpus/{layer}.json", once | row)) == []
            del page[layer]
        assert list(schema.violations("corpus/documents.json", page)) == []


def test_json_lines_load_as_a_dataset(checkout: Repository, tmp_path: Path) -> None:
    datasets = library("datasets")
    export(checkout, "jsonl", tmp_path / "gold.jsonl")
    loaded = datasets.load_dataset("json", data_files=str(tmp_path / "gold.jsonl"), split="train", cache_dir=str(tmp_path / "cache"))
    entities = read_knowledge_base(checkout)
    for row, (document, gold) in zip(loaded, _golds(checkout), strict=True):
        _same(from_object(row), document, gold, entities, "jsonl")


# -- what people do wrong -------------------------------------------------------------------------


def _refused(said: str, *arguments: str) -> None:
    result = run(app, ["export", *arguments])
    assert result.exit_code == 2 and said in flat(result.stderr), result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_an_unknown_document_writes_nothing(form: str, toy: Toy, tmp_path: Path) -> None:
    out = tmp_path / "out"
    _refused("seeds.jsonl: no document nope;", "--format", form, "-o", str(out), "--document", "nope", str(toy.root))
    assert not [path for path in tmp_path.iterdir() if path.name != "toy"]


def _no_gold(toy: Toy) -> None:
    toy.annotations["toy-b"]["gold"] = None


def _twice(toy: Toy) -> None:
    toy.gold("toy-b")["entities"][1]["id"] = "m001"


def _orphan(toy: Toy) -> None:
    toy.gold("toy-b")["quotes"][0]["parent"] = "q009"


def _white_edge(toy: Toy) -> None:
    toy.gold("toy-b")["entities"][0]["end"] += 1


def _outside(toy: Toy) -> None:
    toy.gold("toy-b")["entities"][0]["end"] = 9999


def _no_partition(toy: Toy) -> None:
    toy.gold("toy-b")["regions"].pop()


def _no_content(toy: Toy) -> None:
    toy.gold("toy-b")["quotes"][0]["content"] = []


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_no_gold, "toy-b.json: no gold yet; adjudicate its sets"),
        (_twice, "toy-b: id m001 stands twice in entities; run `drumbeat validate`"),
        (_orphan, "toy-b: parent q009 of q001 is no quotation of this document"),
        (_white_edge, "has white space at its edge"),
        (_outside, "does not lie in the text"),
        (_no_partition, "toy-b: regions overlap or leave text out"),
        (_no_content, "toy-b: quotation q001 has no content"),
    ],
)
def test_broken_gold_is_refused_and_what_was_there_stays(
    form: str, change: Callable[[Toy], None], said: str, toy: Toy, tmp_path: Path
) -> None:
    change(toy)
    toy.write()
    out = tmp_path / "out"
    if form != "brat":
        out.write_text("earlier")
    _refused(said, "--format", form, "-o", str(out), str(toy.root))
    assert sorted(path.name for path in tmp_path.iterdir()) == (["toy"] if form == "brat" else ["out", "toy"])
    assert form == "brat" or out.read_text() == "earlier"
    assert run(app, ["export", "--format", form, "-o", str(out), "--document", "toy-a", str(toy.root)]).exit_code == 0


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "brat"])
def test_a_folder_where_a_file_should_be_written_is_refused(form: str, toy: Toy, tmp_path: Path) -> None:
    _refused(f"is a folder; {form} is one file", "--format", form, "-o", str(tmp_path), str(toy.root))


@pytest.mark.parametrize("there", ["file", "work", "link"])
def test_brat_never_writes_over_what_is_there(there: str, toy: Toy, tmp_path: Path) -> None:
    out = tmp_path / "out"
    if there == "file":
        out.write_text("mine")
    elif there == "work":
        export(toy.repository, "brat", out)
        (out / "toy-a.ann").write_text("my work")
    else:
        out.symlink_to(tmp_path / "elsewhere")
    _refused("is there already, and may hold somebody's work", "--format", "brat", "-o", str(out), str(toy.root))
    assert there != "work" or (out / "toy-a.ann").read_text() == "my work"
    assert there != "file" or out.read_text() == "mine"


def test_brat_takes_a_folder_that_is_empty(toy: Toy, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert export(toy.repository, "brat", tmp_path / "out") == 2
    names = ["annotation.conf", "toy-a.ann", "toy-a.txt", "toy-b.ann", "toy-b.txt"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_leaves_nothing_behind(form: str, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("drumbeat.jsonl.os.fsync", full)
    _refused("No space left on device", "--format", form, "-o", str(tmp_path / "deep" / "out"), str(toy.root))
    assert not any((tmp_path / "deep").iterdir())


def test_without_spacy_the_message_says_how_to_get_it(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    said = "--format spacy needs spaCy; install it with: pip install 'drumbeat[spacy]'"
    _refused(said, "--format", "spacy", "-o", str(tmp_path / "gold.spacy"), str(toy.root))
    assert run(app, ["export", "--format", "jsonl", str(toy.root)]).exit_code == 0


def test_no_command_loads_spacy_before_it_is_needed() -> None:
    script = "import sys, drumbeat.cli; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


@pytest.mark.parametrize("form", ["spacy", "brat"])
def test_what_is_no_text_needs_a_name(form: str, toy: Toy) -> None:
    _refused("is no text to print; name what to write with -o", "--format", form, str(toy.root))


def test_an_unknown_format_or_layer_is_a_usage_error(toy: Toy) -> None:
    assert run(app, ["export", "--format", "nope", str(toy.root)]).exit_code == 2
    assert run(app, ["export", "--format", "jsonl", "--layer", "nope", str(toy.root)]).exit_code == 2
    assert run(app, ["export", str(toy.root)]).exit_code == 2


# -- streams --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(files.LINES))
def test_lines_go_to_standard_output_as_they_are_in_a_file(form: str, toy: Toy, tmp_path: Path) -> None:
    export(toy.repository, form, tmp_path / "out")
    command = [sys.executable, "-m", "drumbeat", "export", "--format", form, str(toy.root)]
    printed = subprocess.run(command, capture_output=True, env=os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert (printed.returncode, printed.stderr) == (0, b"")
    assert printed.stdout == (tmp_path / "out").read_bytes()


def test_documents_pass_through_one_at_a_time(toy: Toy) -> None:
    _no_gold(toy)
    toy.write()
    result = run(app, ["export", "--format", "jsonl", str(toy.root)])
    assert result.exit_code == 2 and json.loads(result.stdout)["document_id"] == "toy-a"


def test_a_reader_that_has_enough_is_no_failure(toy: Toy) -> None:
    base = toy.seeds[0], toy.annotations["toy-a"]
    for number in range(40):
        name = f"toy-c{number}"
        toy.pages[name] = toy.pages["toy-a"] + str(number).encode()
        normalized = normalize(toy.pages[name].decode())
        gold = msgspec.json.decode(msgspec.json.encode(base[1]["gold"]))
        gold["regions"][-1]["end"] = len(normalized.text)
        digest = hashlib.sha256(toy.pages[name]).hexdigest()
        toy.seeds.append(base[0] | {"document_id": name, "file": f"{name}.txt", "sha256": digest, "bytes": len(toy.pages[name])})
        toy.annotations[name] = base[1] | {"document_id": name, "text_sha256": normalized.sha256, "gold": gold, "sets": [], "decisions": []}
    toy.write()
    command = [sys.executable, "-m", "drumbeat", "export", "--format", "webanno-json", str(toy.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
