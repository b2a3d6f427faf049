"""The papers that a text-free or hydrated corpus carries, so that it stands alone: card, licence of the data, citation, schema.

Their croissant.json has no answers of the datasheet, which may quote a page.
"""

import shutil
from pathlib import Path
from typing import Any

from drumbeat import card, croissant, docs, schema
from drumbeat.jsonl import write_text
from drumbeat.model import FULL, Manifest
from drumbeat.repository import Repository
from drumbeat.words import word_columns

_LICENCE, _CITATION = "LICENSE-DATA", "CITATION.cff"
_SCHEMA = "schema"

_TEXT_FREE = """
# {name}

This is the **text-free form** of version {version}: every annotation, and none of the publishers' words. Configs, columns and labels
are those of the full form. Ids, offsets (Unicode code points over the page's normalised text, end-exclusive), labels, links and one
digest a page stay. `load_dataset` reads it:

```python
from datasets import load_dataset

quotes = load_dataset("path/to/this/folder", "quotes", split="train")
```

## What is inside

{contents}

These columns are null: they repeat the publishers' words. Every column is explained in [schema/README.md](schema/README.md).

{withheld}

## Put the words back

With drumbeat {version} and your own copies of the pages, as files of any name in one folder:

```sh
drumbeat hydrate path/to/this/folder --texts path/to/your/pages
```

A copy with the very text of a page gives exactly the rows of the full form. In any other copy of the article, with other menus and
teasers around it, what can be found for certain is placed, and the rest is listed.

## What it still tells

The lengths of words, sentences and lines; which words are names, of what kind, and of whom (the knowledge base has canonical names and
our own descriptions); who is quoted where. `corpus/anchors.jsonl` has short digests of runs of sentences: they recognise a page that
one has, and are too short to reconstruct one that one has not.
"""

_HYDRATED = """
# {name}

Made with `drumbeat hydrate` from the text-free form of version {version} and copies of its pages. {what} `hydration.json` says which
copy each page has and what could not be put back. The words belong to their publishers{licence}.

## What is inside

{contents}
"""

_NOT_FULL = """\
Where a copy has another text than the page, offsets count over the copy, and regions need not cover it. Where a page has no copy, its
words are null."""


_SILVER = """
# {name}

Pages that **nobody reviewed**, annotated by `{annotator}` with `drumbeat annotate`. Every row has the status `silver` and the name of
what made it. Configs, columns and labels are those of drumbeat {version}; offsets are Unicode code points over the page's normalised
text, end-exclusive. The words belong to their publishers.

```python
from datasets import load_dataset

quotes = load_dataset("path/to/this/folder", "quotes", split="train")
```

`drumbeat validate path/to/this/folder` checks it. `receipts/` has a file for each part of the input that is done; {rejects:,} record(s)
of the input did not become a page, each with its reason in `rejects/`. The column `file` of `documents` says where in the input a page
stands. A page is named by its bytes, so one that stands in several parts of the input has rows in several files.

## What is inside

{contents}
"""
_SILVER_KEYS = {
    "pretty_name": "drumbeat (silver)",
    "language": ["en"],
    "license": "other",
    "annotations_creators": ["machine-generated"],
    "language_creators": ["found"],
    "task_categories": ["token-classification", "text-classification"],
    "tags": ["quotation-attribution", "boilerplate-removal", "entity-linking", "news", "silver"],
}


def write_silver(target: Repository, manifest: Manifest, annotator: str, rejects: int) -> None:
    """Write the card of a silver corpus; it has no other papers."""
    parts = {"annotator": annotator, "rejects": rejects, "version": manifest.version, "contents": docs.contents(manifest)}
    write_text(target.readme, card.with_keys(_SILVER_KEYS, _SILVER.format(name=_SILVER_KEYS["pretty_name"], **parts)))
    write_text(target.readme, card.readme(target, manifest))


def write_text_free(repository: Repository, folder: Path, manifest: Manifest) -> None:
    """Write the papers of a text-free corpus beside its tables, from those of the repository it was built in."""
    _copy(repository.root, folder)
    for path in schema.schema_folder().rglob("*.json"):
        target = folder / _SCHEMA / path.relative_to(schema.schema_folder())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    write_text(folder / _SCHEMA / "README.md", docs.schema_reference())
    columns: list[list[Any]] = [
        [f"`{config.name}`", ", ".join(f"`{name}`" for name in word_columns(config))] for config in schema.configs() if word_columns(config)
    ]
    _write_card(repository.readme, folder, manifest, "text-free", _TEXT_FREE, withheld=docs.table(["config", "null"], columns))


def write_hydrated(source: Path, folder: Path, manifest: Manifest) -> None:
    """Write the papers of a hydrated corpus, from those of the text-free one."""
    _copy(source, folder)
    if (source / _SCHEMA).is_dir():
        shutil.copytree(source / _SCHEMA, folder / _SCHEMA)
    what = "It has the rows of the full form." if manifest.form == FULL else _NOT_FULL
    licence = f" ([{_LICENCE}]({_LICENCE}))" if (source / _LICENCE).is_file() else ""
    _write_card(Repository(source).readme, folder, manifest, "hydrated", _HYDRATED, what=what, licence=licence)


def _copy(source: Path, folder: Path) -> None:
    for name in (_LICENCE, _CITATION):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)


def _write_card(readme: Path, folder: Path, manifest: Manifest, form: str, template: str, **parts: str) -> None:
    keys = card.own_keys(readme)
    name = f"{str(keys.get('pretty_name', 'corpus')).removesuffix(' (text-free)')} ({form})"
    body = template.format(name=name, version=manifest.version, contents=docs.contents(manifest), **parts)
    target = Repository(folder)
    write_text(target.readme, card.with_keys(keys | {"pretty_name": name}, body))
    write_text(target.readme, card.readme(target, manifest))
    write_text(target.croissant, croissant.text(croissant.read_sources(target), manifest))
