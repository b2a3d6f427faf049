"""`drumbeat add`: pages of every kind become seeds; what cannot be used is told with its place, and nothing is half-written."""

import gzip
import hashlib
import io
import json
import os
import socket
import zlib
from collections.abc import Callable
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from drumbeat.checks import validate
from drumbeat.cli import app
from drumbeat.ingest import similar, web
from drumbeat.ingest.page import READ, Flaw, Page, Reading
from drumbeat.ingest.similar import Shelf
from drumbeat.ingest.sources import find_sources
from drumbeat.ingest.warc import warc_items
from drumbeat.labelstudio.exchange import export_tasks
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from drumbeat.shingles import Shingles, share, shingles
from tests.archives import gzipped, record, response
from tests.conftest import missing_part
from tests.toy import PAGES, Toy

Json = dict[str, Any]
WORDS = "The council of Northtown met on Monday and spoke about the bridge, which a storm had closed in the autumn. "
HTML = """<!DOCTYPE html><html lang="en-GB"><head><title>Bridge | The Tide</title>
<meta property="og:title" content="Bridge  opens"><meta property="og:site_name" content="The Tide">
<meta property="article:published_time" content="2026-01-02T23:30:00-05:00"><meta name="author" content="Ada Byrne">
<link rel="license" href="https://example.org/licence"></head>
<body><nav><a href="/">Home</a></nav><main><article><h1>Bridge opens</h1><p>“We are ready,” said Lena Ortiz.</p></article></main>
<script>no()</script></body></html>"""


@pytest.fixture(autouse=True)
def _resiliparse() -> None:
    if not web.available():
        missing_part("Resiliparse is not installed; `make test` installs it")


def run(toy: Toy, *arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["add", *map(str, arguments), "--root", str(toy.root)], input=stdin)


def added(toy: Toy) -> list[Json]:
    """The lines of seeds.jsonl behind the two that were there."""
    return [json.loads(line) for line in toy.repository.seeds.read_text(encoding="utf-8").splitlines()[2:]]


def text_of(toy: Toy, seed: Json) -> str:
    return (toy.root / "seeds" / str(seed["file"])).read_bytes().decode("utf-8")


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def put(tmp_path: Path, name: str, content: bytes | str) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def parquet(path: Path, **columns: list[Any]) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


# -- what comes in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", [b"Plain text.", b"\xef\xbb\xbfWith a mark\r\nand lines\n", "zero\u200bwidth \u202eright\u202c".encode()]
)
@pytest.mark.parametrize("zipped", [False, True])
def test_plain_text_is_kept_byte_for_byte(content: bytes, zipped: bool, toy: Toy, tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt.gz" if zipped else "a.txt", gzip.compress(content) if zipped else content)
    assert run(toy, path).exit_code == 0
    (seed,) = added(toy)
    digest = hashlib.sha256(content).hexdigest()
    assert (toy.root / "seeds" / seed["file"]).read_bytes() == content
    assert seed["document_id"] == digest[:16] and seed["sha256"] == digest and seed["bytes"] == len(content)
    assert [seed[name] for name in ("outlet", "title", "published", "author", "language")] == [None] * 5
    assert seed["evidence"] == {"text": f"{path.name}, byte for byte"} and "publishers" in seed["rights"]


def test_html_becomes_all_its_visible_text_and_what_its_head_says(toy: Toy, tmp_path: Path) -> None:
    assert run(toy, put(tmp_path, "a.html", HTML)).exit_code == 0
    (seed,) = added(toy)
    assert text_of(toy, seed) == "Home\n\nBridge opens\n\n“We are ready,” said Lena Ortiz."
    said = {"outlet": "The Tide", "title": "Bridge opens", "published": "2026-01-02", "author": "Ada Byrne", "language": "en-GB"}
    assert {name: seed[name] for name in said} == said and seed["inferred"] == []
    assert seed["evidence"]["author"] == "meta author" and seed["evidence"]["language"] == "lang attribute of the html element"
    assert seed["evidence"]["text"].startswith("all visible text of a.html (HTML in utf-8, sha256 ")
    assert seed["evidence"]["text"].endswith("main_content=False")
    assert seed["rights"] == "The page names its licence: https://example.org/licence (link rel=license)"


def test_text_main_leaves_the_menu_out(toy: Toy, tmp_path: Path) -> None:
    assert run(toy, put(tmp_path, "a.html", HTML), "--text", "main").exit_code == 0
    (seed,) = added(toy)
    assert "Home" not in text_of(toy, seed) and "“We are ready,”" in text_of(toy, seed)
    assert seed["evidence"]["text"].endswith("main_content=True")


def test_text_all_and_main_are_the_defaults_of_resiliparse_but_for_main_content(toy: Toy, tmp_path: Path) -> None:
    """The parameters of the public development sets, and of the five seeds."""
    from resiliparse.extract.html2text import extract_plain_text

    html = "<p>One <b>two</b><ul><li>three<li>four</ul><img alt=five><form><input value=six></form><p hidden>seven"
    for which, main in (("all", False), ("main", True)):
        assert run(toy, put(tmp_path, f"{which}.html", html), "--text", which).exit_code == 0
        assert text_of(toy, added(toy)[-1]) == extract_plain_text(html, main_content=main)


@pytest.mark.parametrize(
    ("head", "encoding", "used"),
    [
        ("<meta charset=windows-1252>", "cp1252", "cp1252"),
        ("<meta charset=windows-1252>", "utf-8", "utf-8"),  # what is UTF-8 is UTF-8, whatever it says
        ("<meta charset=shift_jis>", "utf-8", "utf-8"),
        ("<meta charset=iso-8859-1>", "cp1252", "cp1252"),  # as browsers read it
        ("", "utf-8-sig", "utf-8"),
        ("", "utf-16", "utf-16-le"),
    ],
)
def test_the_encoding_of_html_is_found(head: str, encoding: str, used: str, toy: Toy, tmp_path: Path) -> None:
    assert run(toy, put(tmp_path, "a.html", f"<html><head>{head}</head><p>“Grüße” – naïve café".encode(encoding))).exit_code == 0
    (seed,) = added(toy)
    assert text_of(toy, seed) == "“Grüße” – naïve café" and f"HTML in {used}," in seed["evidence"]["text"]


@pytest.mark.parametrize("head", [b"", b"<meta charset=utf-8>", b"<meta charset=windows-1252>"])
def test_one_foreign_byte_does_not_spoil_a_page(head: bytes, toy: Toy, tmp_path: Path) -> None:
    assert run(toy, put(tmp_path, "a.html", head + "<p>Grüße ".encode() + WORDS.encode() + b"\xff<p>End")).exit_code == 0
    assert text_of(toy, added(toy)[0]).startswith("Grüße") and "\ufffd" in text_of(toy, added(toy)[0])


PAGE_RECORDS = (
    record("warcinfo", b"software: none\r\n", media="application/warc-fields"),
    record("request", b"GET / HTTP/1.1\r\n\r\n", media="application/http; msgtype=request"),
    response(b"<p>Plain", "https://example.org/1"),
    response("<p>Grüße".encode("latin-1"), "https://example.org/2", "Content-Type: text/html; charset=iso-8859-1"),
    response(gzip.compress(b"<p>Zipped", mtime=0), "https://example.org/3", "Content-Type: text/html\r\nContent-Encoding: gzip"),
    response(zlib.compress(b"<p>Deflated"), "https://example.org/3b", "Content-Type: text/html\r\nContent-Encoding: deflate"),
    response(b"<p>Unzipped by the crawler", "https://example.org/4", "Content-Type: text/html\r\nContent-Encoding: gzip"),
    response(b"a\r\n<p>Chunked\r\n0\r\n\r\n", "https://example.org/5", "Content-Type: text/html\r\nTransfer-Encoding: chunked"),
    response(b"Text as such", "https://example.org/6", "Content-Type: text/plain"),
    response(b"<p>Gone", "https://example.org/7", status="404 Not Found"),
    response(b"\x89PNG\r\n\0", "https://example.org/8", "Content-Type: image/png"),
    record("conversion", "Extracted “by others”\n".encode(), "https://example.org/9"),
    record("resource", b"<p>A resource", "https://example.org/10", "text/html"),
)


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.wet.gz", "archive"])
def test_the_pages_of_a_web_archive(name: str, toy: Toy, tmp_path: Path) -> None:
    content = gzipped(*PAGE_RECORDS) if name.endswith(".gz") else b"".join(PAGE_RECORDS)
    result = run(toy, put(tmp_path, name, content))
    assert result.exit_code == 0, result.output
    texts = {seed["evidence"]["url"].rpartition("/")[2]: text_of(toy, seed) for seed in added(toy)}
    assert texts == {
        **{"1": "Plain", "2": "Grüße", "3": "Zipped", "3b": "Deflated", "4": "Unzipped by the crawler", "5": "Chunked"},
        **{"6": "Text as such", "9": "Extracted “by others”\n", "10": "A resource"},
    }
    for what in ("1 warcinfo record", "1 request record", "1 status 404", "1 image/png"):
        assert what in result.stderr
    assert all("record <urn:uuid:" in seed["evidence"]["text"] for seed in added(toy))


def test_a_page_of_a_web_archive_is_found_again_at_its_byte(toy: Toy, tmp_path: Path) -> None:
    path = put(tmp_path, "a.warc.gz", gzipped(*PAGE_RECORDS))
    place = next(line for line in run(toy, path).stdout.splitlines() if line.startswith("added "))
    start = int(place.rpartition(" ")[2])
    inflater = zlib.decompressobj(wbits=31)
    assert inflater.decompress(path.read_bytes()[start:]) == PAGE_RECORDS[2]


FINEWEB: Json = {"text": "One.", "id": "<urn:uuid:1>", "dump": "CC-MAIN-2024-10", "url": "https://example.org/1"}
FINEWEB |= {"date": "2024-03-01T00:00:00Z", "file_path": "s3://x", "language": "en", "language_score": 0.98, "token_count": 2}
CC_NEWS: Json = {"title": "T", "text": "Two.", "domain": "example.org", "date": "2017-05-01 10:00:00", "description": "D"}
CC_NEWS |= {"url": "https://example.org/2", "image_url": None}
STANFORD: Json = {"requested_url": "https://example.org/3", "plain_text": "Three.", "published_date": "2019-02-03", "title": "T\u00a0 3"}
STANFORD |= {"author": ["Ada Byrne", "Lena Ortiz"], "sitename": "The Tide", "language": "en_US", "license": "CC BY 4.0"}


def _layouts(seeds: list[Json]) -> None:
    fineweb, cc_news, stanford = seeds
    assert fineweb["published"] is None  # the day of the crawl
    assert (fineweb["language"], fineweb["inferred"]) == ("en", ["language"])
    assert fineweb["evidence"]["url"] == "https://example.org/1" and "publishers" in fineweb["rights"]
    assert (cc_news["title"], cc_news["published"], cc_news["outlet"]) == ("T", "2017-05-01", None)
    assert (stanford["title"], stanford["author"], stanford["outlet"]) == ("T 3", "Ada Byrne, Lena Ortiz", "The Tide")
    assert (stanford["published"], stanford["language"], stanford["inferred"]) == ("2019-02-03", "en-US", [])
    assert stanford["evidence"]["author"] == "column author" and stanford["rights"] == "CC BY 4.0 (column license)"


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ndjson", "rows"])
def test_json_lines_in_known_layouts(name: str, toy: Toy, tmp_path: Path) -> None:
    content = lines(FINEWEB, CC_NEWS, STANFORD).replace("\n", "\n\n").encode()
    assert run(toy, put(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)).exit_code == 0
    _layouts(added(toy))
    assert [text_of(toy, seed) for seed in added(toy)] == ["One.", "Two.", "Three."]
    assert added(toy)[1]["evidence"]["text"].startswith("column text of line 3 of ")


def test_parquet_in_known_layouts(toy: Toy, tmp_path: Path) -> None:
    for number, row in enumerate((FINEWEB, CC_NEWS, STANFORD)):
        path = parquet(tmp_path / f"{number}.parquet", **{name: [value] for name, value in row.items()})
        assert run(toy, path).exit_code == 0
    _layouts(added(toy))
    assert "row 1 of 0.parquet" in added(toy)[0]["evidence"]["text"]


def test_parquet_dates_are_dates(toy: Toy, tmp_path: Path) -> None:
    assert run(toy, parquet(tmp_path / "a.parquet", text=["One."], date=[date(2020, 5, 6)])).exit_code == 0
    assert added(toy)[0]["published"] == "2020-05-06"


def test_column_names_the_text(toy: Toy, tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl", lines({"text": "Not this.", "story": "This."}))
    assert run(toy, path, "--column", "story").exit_code == 0
    assert run(toy, parquet(tmp_path / "a.parquet", text=["Nor this."], story=["That."]), "--column", "story").exit_code == 0
    assert [text_of(toy, seed) for seed in added(toy)] == ["This.", "That."]


@pytest.mark.parametrize(
    ("form", "content"),
    [
        (None, b"Plain text."),
        (None, HTML.encode()),
        (None, lines({"text": "One."}).encode()),
        (None, gzip.compress(lines({"text": "One."}).encode(), mtime=0)),
        (None, gzipped(*PAGE_RECORDS)),
        ("html", b"<p>One."),
        ("text", b"<html> as text"),
    ],
)
def test_standard_input(form: str | None, content: bytes, toy: Toy) -> None:
    result = run(toy, "-", *(("--format", form) if form else ()), stdin=content)
    assert result.exit_code == 0, result.output
    assert added(toy) and "standard input" in added(toy)[0]["evidence"]["text"]
    assert text_of(toy, added(toy)[0]).startswith("<html>") == (form == "text")


def test_parquet_from_standard_input(toy: Toy) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"text": ["One.", "Two."]}), buffer)
    assert run(toy, "-", stdin=buffer.getvalue()).exit_code == 0 and len(added(toy)) == 2


def test_a_folder_is_read_to_its_depth_by_suffix(toy: Toy, tmp_path: Path) -> None:
    for name in ("in/b.txt", "in/deep/er/a.TXT", "in/style.css", "in/.hidden.txt", "in/.git/c.txt", "in/LICENSE"):
        put(tmp_path, name, name)
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    (tmp_path / "in" / "link.txt").symlink_to("nowhere")
    result = run(toy, tmp_path / "in")
    assert result.exit_code == 0 and "1 .css file" in result.stderr and "1 suffixless file" in result.stderr
    assert {text_of(toy, seed) for seed in added(toy)} == {"in/b.txt", "in/deep/er/a.TXT"}
    assert run(toy, tmp_path / "in", "--format", "text").exit_code == 0
    assert {text_of(toy, seed) for seed in added(toy)} == {"in/b.txt", "in/deep/er/a.TXT", "in/style.css", "in/LICENSE"}


def test_a_repository_does_not_swallow_itself(built: Toy) -> None:
    put(built.root, "new/a.txt", "A new page.")
    assert run(built, built.root).exit_code == 0
    assert [text_of(built, seed) for seed in added(built)] == ["A new page."]


# -- the same and nearly the same -------------------------------------------------------------------


def test_the_same_command_adds_nothing_the_second_time(toy: Toy, tmp_path: Path) -> None:
    put(tmp_path, "in/a.txt", "A page.")
    put(tmp_path, "in/copy.txt", "A page.")
    put(tmp_path, "in/toy.txt", PAGES["toy-b"])
    put(tmp_path, "in/a.html", HTML)
    put(tmp_path, "in/a.warc.gz", gzipped(*PAGE_RECORDS))
    first = run(toy, tmp_path / "in")
    assert first.exit_code == 0 and "there already: toy-b, as " in first.stdout and "2 there already" in first.stderr
    before = files(toy.root)
    second = run(toy, tmp_path / "in")
    assert second.exit_code == 0 and "0 page(s) added" in second.stderr and "next:" not in second.stderr
    assert files(toy.root) == before


def test_near_duplicates_are_added_and_told(toy: Toy, tmp_path: Path) -> None:
    toy_a = PAGES["toy-a"].decode()
    put(tmp_path, "in/1.txt", "Another masthead\n" + toy_a.split("\n", 2)[2] + "Other teasers\n")
    put(tmp_path, "in/2.txt", "Nothing of it stands here, but for the odd word about a bridge in some town.")
    result = run(toy, tmp_path / "in")
    assert result.exit_code == 0 and len(added(toy)) == 2
    (told,) = [line for line in result.stdout.splitlines() if line.startswith("alike: ")]
    assert added(toy)[0]["document_id"] in told and "toy-a share " in told and "1 nearly so" in result.stderr


def test_an_article_is_found_inside_a_long_page(toy: Toy, tmp_path: Path) -> None:
    """What the share of the shorter page is for: Jaccard would be small here."""
    article = " ".join(f"word{n}" for n in range(300))
    put(tmp_path, "in/1.txt", " ".join(f"menu{n}" for n in range(4000)) + " " + article)
    put(tmp_path, "in/2.txt", article)
    assert "share 100% of the shorter" in run(toy, tmp_path / "in").stdout


def test_the_search_for_near_duplicates_grows_as_the_pages_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page has the same long footer, so that comparing all that share something would be quadratic."""

    def comparisons(number: int) -> int:
        done = 0

        def counted(one: Shingles, other: Shingles) -> float:
            nonlocal done
            done += 1
            return 0.0

        monkeypatch.setattr(similar, "share", counted)
        shelf = Shelf()
        for page in range(number):
            found = shingles(WORDS * 3 + " ".join(f"w{page}x{n}" for n in range(50)))
            shelf.nearest(found)
            shelf.put(str(page), found)
        assert all(len(places) <= 32 for places in shelf._index.values())
        return done

    assert comparisons(400) <= 2 * comparisons(200) + 10


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), max_size=60), st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_a_share_is_a_share_and_does_not_depend_on_the_order(one: list[str], other: list[str]) -> None:
    first, second = shingles(" ".join(one)), shingles(" ".join(other))
    assert 0 <= share(first, second) == share(second, first) <= 1
    assert share(first, first) == 1


# -- what cannot be used ----------------------------------------------------------------------------

GOOD = record("conversion", b"The last page is good.", "https://example.org/good")
CUT = response(b"<p>Cut off in the middle", "https://example.org/cut")
BAD: dict[str, tuple[str, bytes, str]] = {
    "not UTF-8": ("a.txt", b"Gr\xfc\xdfe", "a.txt: byte 2 (0xfc) is not UTF-8"),
    "binary": ("a.txt", b"abc\0\0\0\1\2", "control characters"),
    "HTML in no encoding": ("a.html", "<p>Grüße ".encode() * 9 + bytes(range(128, 256)) * 40, "a.html: cannot be decoded"),
    "binary HTML": ("a.html", b"\x89PNG\r\n\x1a\n\0\0\0", "a.html: "),
    "empty": ("a.txt", b"", "the page is empty"),
    "white": ("a.txt", b" \r\n\xc2\xa0\n", "the page is empty"),
    "no text": ("a.html", b"<html><script>x()</script><img src=x>", "HTML without visible text"),
    "empty HTML": ("a.html", b"", "HTML without visible text"),
    "zipped text": ("a.txt.gz", gzip.compress(WORDS.encode() * 9, mtime=0)[:-9], "breaks off"),
    "not zipped": ("a.txt.gz", b"\x1f\x8bno", "damaged"),
    "syntax": ("a.jsonl", b'{"text": "One."}\n{"text": \n{"text": "Two."}\n', "a.jsonl:2: not JSON: Expecting value (column 10)"),
    "no object": ("a.jsonl", b"[1]\n", "a.jsonl:1: no JSON object"),
    "deep": ("a.jsonl", b"[" * 200_000 + b"\n", "a.jsonl:1: not JSON"),
    "no column": ("a.jsonl", b'{"txt": "One."}\n', "a.jsonl:1: has no column of text"),
    "null": ("a.jsonl", b'{"text": null}\n', "a.jsonl:1: column 'text' holds no text but nothing"),
    "number": ("a.jsonl", b'{"text": 7}\n', "a.jsonl:1: column 'text' holds no text but int"),
    "blank": ("a.jsonl", b'{"text": " "}\n', "a.jsonl:1: the page is empty"),
    "surrogate": ("a.jsonl", b'{"text": "a\\ud800"}\n', "half a surrogate pair"),
    "line not UTF-8": ("a.jsonl", b'{"text": "\xff"}\n', "a.jsonl:1: byte 10 of the line is not UTF-8"),
    "zipped lines": ("a.jsonl.gz", gzip.compress(lines(*({"text": f"{n} {WORDS}"} for n in range(500))).encode())[:-40], "breaks off"),
    "not Parquet": ("a.parquet", b"PAR1 no", "a.parquet: row 1: not a whole Parquet file"),
    "not an archive": ("a.warc", b"<html>", "a.warc: behind byte 0: "),
    "cut record": ("a.warc", response(b"<p>One") + CUT[:-20], "breaks off: 8 of 24 bytes"),
    "cut header": ("a.warc", response(b"<p>One") + CUT[:60], "no Content-Length"),
    "cut member": ("a.warc.gz", gzipped(response(b"<p>One")) + gzipped(CUT)[:-30], "a.warc.gz: record at byte "),
    "cut member's header": ("a.warc.gz", gzipped(response(b"<p>One")) + gzipped(CUT)[:40], "a compressed record breaks off"),
    "cut body": (
        "a.warc",
        response(gzip.compress(b"<p>x" * 99)[:-9], headers="Content-Type: text/html\r\nContent-Encoding: gzip") + GOOD,
        "its compressed body breaks off",
    ),
    "bad chunks": (
        "a.warc",
        response(b"9\r\nab", headers="Content-Type: text/html\r\nTransfer-Encoding: chunked") + GOOD,
        "its body cannot be decoded",
    ),
    "false length": ("a.warc", record("conversion", b"One", length=99_999) + GOOD, "a.warc: record at byte 0: breaks off"),
    "false length of no page": ("a.warc", record("request", b"One", length=99_999) + GOOD, "a.warc: record at byte 0: breaks off"),
    "false length, zipped": ("a.warc.gz", gzipped(record("conversion", b"One", length=99_999), GOOD), "record at byte 0: breaks off"),
    "garbage between": ("a.warc", response(b"<p>One") + b"garbage\r\nmore\r\n\r\n" + GOOD, "reading goes on at byte "),
    "garbage, zipped": ("a.warc.gz", gzipped(response(b"<p>One"), b"garbage\r\n\r\n", GOOD), "reading goes on at byte "),
    "damage, zipped": (
        "a.warc.gz",
        gzipped(response(b"<p>One")) + gzipped(CUT)[:60] + b"\xff" * 40 + gzipped(GOOD),
        "reading goes on at byte ",
    ),
    "WET not UTF-8": ("a.wet", record("conversion", b"Gr\xfc\xdfe") + GOOD, "a.wet: record at byte 0: byte 2 (0xfc) is not UTF-8"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_record_is_told_with_its_place_and_skipped(kind: str, toy: Toy, tmp_path: Path) -> None:
    name, content, said = BAD[kind]
    put(tmp_path, "in/0.txt", "A good page.")
    put(tmp_path, f"in/{name}", content)
    put(tmp_path, "in/z.txt", "Another good page.")
    result = run(toy, tmp_path / "in")
    assert result.exit_code == 1, result.output
    (told,) = [line for line in result.stderr.splitlines() if line.startswith("skipped ")]
    assert said in told and str(tmp_path / "in" / name) in told
    texts = [text_of(toy, seed) for seed in added(toy)]
    assert texts[0] == "A good page." and texts[-1] == "Another good page."
    if content.endswith((GOOD, gzipped(GOOD))):
        assert "The last page is good." in texts  # what comes behind the damage is not lost


def _shared(number: int) -> bytes:
    """An archive as `gzip` compresses it: all records, the first of which is no page, in one member."""
    pages = ((f"https://example.org/{n}", hashlib.sha256(str(n).encode()).hexdigest()) for n in range(number))
    records = (response(f"<p>{digest}".encode(), uri) for uri, digest in pages)
    return gzip.compress(b"".join([PAGE_RECORDS[0], *records]), mtime=0)


def _pages_and_flaws(archive: bytes) -> tuple[list[bytes], list[str]]:
    items = list(warc_items(io.BytesIO(archive), "a", "a", Reading()))
    return [item.data for item in items if isinstance(item, Page)], [str(item) for item in items if isinstance(item, Flaw)]


@pytest.mark.parametrize(
    ("damage", "least", "said"),
    [
        (lambda whole: whole[: len(whole) // 2], 100, "a compressed record breaks off: the rest is not read"),
        (lambda whole: whole[: len(whole) // 2] + gzipped(GOOD), 100, "reading goes on at byte "),
        (
            lambda whole: whole[:-8] + b"\0\0\0\0" + whole[-4:],
            500,
            "behind 501 records compressed together: the compressed data is damaged",
        ),
        (lambda whole: whole[: len(whole) // 2] + b"\xff" * 500 + whole[len(whole) // 2 + 500 :], 100, "the rest is not read"),
    ],
    ids=["cut", "cut, then a record", "checksum", "noise"],
)
def test_records_compressed_together_are_read_until_the_damage(damage: Callable[[bytes], bytes], least: int, said: str) -> None:
    whole = _shared(500)
    every, nothing_wrong = _pages_and_flaws(whole)
    found, flaws = _pages_and_flaws(damage(whole))
    assert len(every) == 500 and not nothing_wrong
    (flaw,) = flaws
    assert said in flaw
    good = [b"The last page is good."] if said.startswith("reading") else []
    kept = found[: len(found) - len(good)]
    assert len(kept) >= least and found == every[: len(kept)] + good


@pytest.mark.parametrize("kind", BAD)
def test_strict_stops_and_writes_nothing(kind: str, toy: Toy, tmp_path: Path) -> None:
    name, content, said = BAD[kind]
    put(tmp_path, "in/0.txt", "A good page.")
    put(tmp_path, f"in/{name}", content)
    before = files(toy.root)
    result = run(toy, tmp_path / "in", "--strict")
    assert result.exit_code == 2 and said in result.stderr and "nothing was added" in result.stderr
    assert files(toy.root) == before and not list(toy.root.glob(".add-*"))


def test_a_damaged_parquet_file_is_told(toy: Toy, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", text=["One.", None, "Two."])
    result = run(toy, path)
    assert result.exit_code == 1 and "a.parquet: row 2: column 'text' holds no text but nothing" in result.stderr
    assert [text_of(toy, seed) for seed in added(toy)] == ["One.", "Two."]
    path.write_bytes(path.read_bytes()[:-20])
    assert run(toy, path).exit_code == 1
    assert "has no column of text" in run(toy, parquet(tmp_path / "b.parquet", txt=["One."])).stderr
    assert "has no column 'x'" in run(toy, parquet(tmp_path / "c.parquet", text=["One."]), "--column", "x").stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", WORDS.encode() * 20),
        ("a.txt.gz", gzip.compress(b"a " * 1_000_000)),
        ("a.html", b"<p>" + WORDS.encode() * 20),
        ("a.jsonl", lines({"text": "Short."}, {"text": WORDS * 20}, {"text": WORDS * 90}, {"text": "Last."}).encode()),
        ("a.warc", response(b"<p>Short") + response(b"<p>" + WORDS.encode() * 20) + GOOD),
        ("a.warc", response(gzip.compress(b"<p>" + b"a " * 1_000_000), headers="Content-Type: text/html\r\nContent-Encoding: gzip") + GOOD),
    ],
)
def test_what_is_larger_than_the_largest_page_is_skipped(name: str, content: bytes, toy: Toy, tmp_path: Path) -> None:
    result = run(toy, put(tmp_path, name, content), "--max-bytes", "1000")
    assert result.exit_code == 1 and "1,000 bytes of the largest page" in result.stderr
    if name in ("a.jsonl", "a.warc"):
        assert text_of(toy, added(toy)[-1]) in ("Last.", "The last page is good.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.txt"], "nowhere.txt: no such file or folder"),
        (["empty"], "no file to read"),
        (["a.txt", "--format", "pdf"], "pdf"),
        (["a.txt", "--new"], "is a corpus repository already"),
    ],
)
def test_what_cannot_be_done_is_a_failure(
    arguments: list[str], said: str, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path, "a.txt", "A page.")
    monkeypatch.chdir(tmp_path)
    before = files(toy.root)
    result = run(toy, *arguments)
    assert result.exit_code == 2 and said in " ".join(result.stderr.split())
    assert files(toy.root) == before


@pytest.mark.parametrize(
    ("kind", "said"),
    [("pipe", "is a pipe, which can be read only once; give it as standard input: drumbeat add - < "), ("socket", "neither")],
)
def test_what_is_there_but_no_file_is_not_said_to_be_missing(
    kind: str, said: str, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    if kind == "pipe":
        os.mkfifo("there")
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind("there")
    result = run(toy, "there")
    assert result.exit_code == 2 and said in result.stderr and "no such file" not in result.stderr


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("no/such/deep", "no/such is no folder; make that first"),
        ("a.txt", "a.txt: is a file; give --root a folder"),
        ("a.txt/b", "is no folder"),
    ],
)
def test_a_repository_that_cannot_begin_there(root: str, said: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", "A page.")
    result = CliRunner().invoke(app, ["add", str(path), "--root", str(tmp_path / root), "--new"])
    assert result.exit_code == 2 and said in result.stderr and ".add-" not in result.stderr
    assert files(tmp_path) == {"a.txt": b"A page."}


@pytest.mark.parametrize(("name", "content"), [("a.html", b"<p>One"), ("a.warc", GOOD)])
def test_without_resiliparse_the_message_says_what_to_install(
    name: str, content: bytes, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "available", lambda: False)
    result = run(toy, put(tmp_path, name, content))
    assert result.exit_code == 2 and "pip install 'drumbeat[ingest]'" in result.stderr
    assert run(toy, put(tmp_path, "a.txt", WORDS * 10)).exit_code == 0 and added(toy)[0]["language"] is None


def test_the_name_of_another_page_is_not_taken(toy: Toy, tmp_path: Path) -> None:
    stray = put(toy.root, f"seeds/{hashlib.sha256(b'A page.').hexdigest()[:16]}.txt", "Somebody's.")
    result = run(toy, put(tmp_path, "a.txt", "A page."))
    assert result.exit_code == 1 and "is the name of another page" in result.stderr
    assert stray.read_text() == "Somebody's." and not added(toy)


def test_nothing_is_half_written_where_the_disk_fails(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "in/a.txt", "A page.")
    before = files(toy.root)

    failed: list[Path] = []

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "seeds.jsonl" and not failed:
            failed.append(target)
            raise OSError(28, "No space left on device")
        Path(source).rename(target)

    monkeypatch.setattr("drumbeat.jsonl.os.replace", full)
    result = run(toy, tmp_path / "in")
    assert result.exit_code == 2 and "No space left" in result.stderr and files(toy.root) == before


def test_a_dry_run_changes_nothing(toy: Toy, tmp_path: Path) -> None:
    before = files(toy.root)
    result = run(toy, put(tmp_path, "a.txt", "A page."), "--dry-run")
    assert result.exit_code == 0 and "1 page(s) would be added" in result.stderr and "next:" not in result.stderr
    assert files(toy.root) == before


# -- languages, sizes, shapes -----------------------------------------------------------------------


GERMAN = """Der Stadtrat von Nordstadt hat am Montag über die Brücke beraten, die ein Sturm im Herbst beschädigt hatte. Die Arbeiten
sollen im Frühjahr beginnen und etwa ein Jahr dauern. „Wir haben lange genug gewartet“, sagte die Bürgermeisterin nach der Sitzung.
Anwohner klagen seit Monaten über Umwege und darüber, dass die Busse nicht mehr fahren. Ein Sprecher des Landes erklärte, das Geld sei
bewilligt, die Pläne würden noch geprüft. Die Opposition hält den Neubau für zu teuer und fordert eine einfache Reparatur. Im nächsten
Monat will sich der Ausschuss erneut mit der Frage befassen, wie der Verkehr während der Bauzeit geleitet werden kann."""
ENGLISH = """The council of Northtown met on Monday to talk about the bridge, which a storm had damaged in the autumn. Work is to begin
in the spring and will take about a year. “We have waited long enough,” the mayor said after the meeting. Residents have complained for
months about detours and about buses that no longer run. A spokesman for the state said that the money had been approved and that the
plans were still being checked. The opposition holds that a new bridge would be too expensive, and asks for a simple repair. Next month
the committee will look again at the question of how traffic can be led around the site."""


def test_another_language_is_said_and_not_mangled(toy: Toy, tmp_path: Path) -> None:
    result = run(toy, put(tmp_path, "a.txt", GERMAN), put(tmp_path, "b.txt", ENGLISH), put(tmp_path, "c.txt", "Zu kurz."))
    first, second, third = added(toy)
    assert third["language"] is None  # which nobody can tell
    assert (first["language"], first["inferred"], second["language"]) == ("de", ["language"], "en")
    assert "inferred from the text" in first["evidence"]["language"] and text_of(toy, first) == GERMAN
    assert "not in English, which guidelines and suggestions are for: 1 de" in result.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", WORDS * 200_000),
        ("a.html", "<p>" + WORDS * 200_000),
        ("a.txt", "“" * 10_000),
        ("a.html", "<p>" + "“" * 10_000),
        ("a.html", "<div>" * 20_000 + "deep"),
        ("a.html", "<b>" * 20_000 + "<p>x" * 2_000),
    ],
    ids=["20 MB", "20 MB of HTML", "marks", "marks in HTML", "deep", "unclosed"],
)
def test_pages_of_any_size_and_shape(name: str, content: str, toy: Toy, tmp_path: Path) -> None:
    assert run(toy, put(tmp_path, name, content)).exit_code == 0 and len(added(toy)) == 1


def test_what_is_nested_too_deep_for_the_main_content_is_told(toy: Toy, tmp_path: Path) -> None:
    """Resiliparse takes the square of the depth there: minutes for 100,000 elements."""
    result = run(toy, put(tmp_path, "a.html", "<div>" * 20_000 + "deep"), "--text", "main")
    assert result.exit_code == 1 and "take it with --text all" in result.stderr


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("published", "2022-02-30", None),
        ("published", "26 January 2022", None),
        ("published", "2022-01-26T23:30:00-05:00", "2022-01-26"),
        ("published", "2022-01-261", None),
        ("published", 20220126, None),
        ("language", "en_US", "en-US"),
        ("language", "English (US)", None),
        ("title", " Two \n lines\u2028of it ", "Two lines of it"),
        ("title", "half \ud800 a pair", "half a pair"),
        ("title", "", None),
        ("author", [" Ada  Byrne", None, "Lena Ortiz"], "Ada Byrne, Lena Ortiz"),
        ("author", {"name": "Ada"}, None),
    ],
)
def test_what_a_record_says_is_read_or_left_out(field: str, value: object, read: str | None) -> None:
    assert READ[field](value) == read


@given(st.binary(max_size=300), st.integers(0, 3000), st.booleans())
def test_no_damage_to_an_archive_is_silent(noise: bytes, place: int, zipped: bool) -> None:
    """With other bytes from any byte on, and then the good record: that one comes, as do the pages before.

    Of a compressed archive what is not whole is told.
    """

    def items(archive: bytes) -> list[Any]:
        return [item.data if isinstance(item, Page) else item for item in warc_items(io.BytesIO(archive), "a", "a", Reading())]

    records = [gzipped(item) if zipped else item for item in PAGE_RECORDS]
    whole, good = b"".join(records), gzipped(GOOD) if zipped else GOOD
    place = min(place, len(whole))
    end = max(end for end in accumulate(map(len, records), initial=0) if end <= place)
    found, before = items(whole[:place] + noise + good), items(whole[:end])
    assert found[: len(before)] == before and found[-1] == b"The last page is good."
    if zipped:  # else other bytes may stand in for those that are missing, and there is no checksum to tell
        assert {item for item in found if isinstance(item, bytes)} <= {*items(whole), found[-1]}
        assert place == end or any(isinstance(item, Flaw) for item in found)


# -- afterwards -------------------------------------------------------------------------------------


def test_afterwards_only_the_gold_is_to_do(built: Toy, tmp_path: Path) -> None:
    assert run(built, put(tmp_path, "a.html", HTML), put(tmp_path, "b.txt", "A page.")).exit_code == 0
    found = {(finding.code, finding.document_id) for finding in validate(built.repository)}
    ids = [seed["document_id"] for seed in added(built)]
    assert found == {("D331", ids[0]), ("D331", ids[1]), ("D506", None)}  # no gold, and a corpus that is older
    for seed in read_seeds(built.repository):
        read_annotation(built.repository, read_document(built.repository, seed))
    assert export_tasks(built.repository, tmp_path / "tasks.json", documents=ids) == 2


def test_annotations_of_a_page_that_was_taken_out_are_kept(toy: Toy, tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", "A page.")
    assert run(toy, path).exit_code == 0
    (seed,) = added(toy)
    annotation = toy.repository.annotation(seed["document_id"])
    work = annotation.read_text().replace('"decisions": []', '"decisions":  []')
    annotation.write_text(work)
    toy.repository.seeds.write_text("".join(toy.repository.seeds.read_text().splitlines(keepends=True)[:2]).rstrip("\n"))
    assert run(toy, path).exit_code == 0
    assert annotation.read_text() == work and added(toy) == [seed]


def test_a_repository_begins_with_its_first_pages(tmp_path: Path) -> None:
    root = tmp_path / "mine"
    arguments = ["add", str(put(tmp_path, "a.txt", "A page.")), "--root", str(root), "--new", "--rights", "Mine."]
    broken = put(tmp_path, "b.txt", b"\xff")
    assert CliRunner().invoke(app, [*arguments, str(broken), "--strict"]).exit_code == 2 and not root.exists()
    assert CliRunner().invoke(app, [*arguments, "--dry-run"]).exit_code == 0 and not root.exists()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert [seed.rights for seed in read_seeds(Repository(root))] == ["Mine."]
    assert [finding.code for finding in validate(Repository(root), ["D1", "D2", "D3", "D4"])] == ["D331"]


def test_seeds_that_changed_meanwhile_are_not_overwritten(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*arguments: Any) -> Any:  # meanwhile somebody takes a page out
        toy.repository.seeds.write_text(toy.repository.seeds.read_text().splitlines(keepends=True)[0])
        return find_sources(*arguments)

    monkeypatch.setattr("drumbeat.ingest.add.find_sources", slow)
    result = run(toy, put(tmp_path, "a.txt", "A page."))
    assert result.exit_code == 2 and "was changed meanwhile" in result.stderr
    assert len(read_seeds(toy.repository)) == 1 and len(list((toy.root / "seeds").iterdir())) == 3
