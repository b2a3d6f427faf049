"""Documents in the shape of the gold: its pages with half of their plain words exchanged for others of the same length.

So every offset, mark and name of the gold still holds, and every document is another one.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec

from drumbeat.jsonl import compact, write_json, write_text
from drumbeat.model import Annotation, to_builtins
from drumbeat.normalize import text_sha256
from drumbeat.repository import Document, Repository, read_annotation, read_document, read_seeds

_PLAIN = re.compile(r"\b[a-z]{4,}\b")


def generate(checkout: Repository, root: Path, number: int, seed: int = 13) -> Repository:
    """Write a corpus repository of `number` documents without cross-document clusters."""
    pages, words = _pages(checkout)
    chance = random.Random(seed)
    made = Repository(root)
    made.links.parent.mkdir(parents=True)
    made.seeds.parent.mkdir(parents=True)
    with made.seeds.open("w", encoding="utf-8") as lines:
        for index in range(number):
            document, annotation = pages[index % len(pages)]
            lines.write(compact(_document(made, document, annotation, f"g{index:08}", words, chance)) + "\n")
    write_text(made.knowledge_base, checkout.knowledge_base.read_text(encoding="utf-8"))
    write_text(made.links, "")
    return made


def texts(checkout: Repository, number: int, seed: int = 13) -> Iterator[str]:
    """Pages alone, as `generate` makes them."""
    pages, words = _pages(checkout)
    chance = random.Random(seed)
    for index in range(number):
        yield _exchanged(*pages[index % len(pages)], words, chance)


def _pages(checkout: Repository) -> tuple[list[tuple[Document, Annotation]], dict[int, list[str]]]:
    """The gold, and its plain words by their length."""
    pages = [(document, read_annotation(checkout, document)) for document in (read_document(checkout, s) for s in read_seeds(checkout))]
    words: defaultdict[int, list[str]] = defaultdict(list)
    for document, _ in pages:
        for word in _PLAIN.findall(document.text):
            words[len(word)].append(word)
    return pages, words


def _exchanged(document: Document, annotation: Annotation, words: dict[int, list[str]], chance: random.Random) -> str:
    assert annotation.gold is not None
    names = {position for mention in annotation.gold.entities for position in range(mention.start, mention.end)}

    def exchanged(match: re.Match[str]) -> str:
        return match[0] if match.start() in names or chance.random() < 0.5 else chance.choice(words[len(match[0])])

    return _PLAIN.sub(exchanged, document.text)


def _document(
    made: Repository, document: Document, annotation: Annotation, document_id: str, words: dict[int, list[str]], chance: random.Random
) -> object:
    text = _exchanged(document, annotation, words, chance)
    data = text.encode("utf-8")
    record = msgspec.structs.replace(annotation, document_id=document_id, text_sha256=text_sha256(text))
    write_json(made.annotation(document_id), to_builtins(record))
    seed = msgspec.structs.replace(
        document.seed, document_id=document_id, file=f"{document_id}.txt", sha256=sha256(data).hexdigest(), bytes=len(data)
    )
    made.page(seed).write_bytes(data)
    return to_builtins(seed)
