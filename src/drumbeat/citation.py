"""CITATION.cff: what it says of a corpus, and the BibTeX entry made of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from drumbeat import card
from drumbeat.errors import BuildError


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or an organisation, which has no family name."""

    name: str
    family: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """What is taken from CITATION.cff (Citation File Format 1.2); what it does not say is empty."""

    title: str
    authors: tuple[Author, ...]
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    version: str = ""
    date_released: str = ""
    url: str = ""
    doi: str = ""

    def released(self, version: str) -> str:
        """The date on which a version was released; empty where the file tells of another one, or of no release."""
        return self.date_released if version == self.version else ""


def parse(text: str) -> Citation | None:
    """The citation from the text of CITATION.cff; null where that is empty.

    Raises BuildError where it is no YAML, or has no title or no authors.
    """
    keys = card.mapping(text, "CITATION.cff")
    if not text.strip():
        return None
    authors = keys.get("authors")
    if not keys.get("title") or not isinstance(authors, list) or not all(isinstance(author, dict) for author in authors):
        raise BuildError("CITATION.cff: has no title or no list of authors; add them")
    said = {key: str(value) for key, value in keys.items() if value}
    return Citation(
        title=said["title"],
        authors=tuple(map(_author, authors)),
        abstract=said.get("abstract", ""),
        keywords=tuple(map(str, keys.get("keywords") or ())),
        version=said.get("version", ""),
        date_released=said.get("date-released", ""),
        url=next((said[key] for key in ("url", "repository", "repository-code") if key in said), ""),
        doi=said.get("doi", ""),
    )


def _author(keys: Mapping[str, Any]) -> Author:
    def joined(*names: str) -> str:
        return " ".join(str(keys[name]) for name in names if name in keys)

    name = joined("given-names", "name-particle", "family-names", "name-suffix") or joined("name") or joined("alias")
    return Author(name, family=joined("name-particle", "family-names"), given=joined("given-names", "name-suffix"))


def bibtex(citation: Citation, version: str) -> str:
    """A BibTeX entry for a version; its year is that of the release, where that is known."""
    fields = {
        "title": _latex(citation.title),
        "author": _latex(" and ".join(map(_name, citation.authors))),
        "version": version,
        "year": citation.released(version)[:4],
        "doi": citation.doi,
        "url": citation.url,
    }
    key = re.sub(r"\W.*", "", citation.title, flags=re.DOTALL).lower() or "corpus"
    return f"@misc{{{key},\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value) + "\n}"


def _name(author: Author) -> str:
    """BibTeX finds the family name before the comma; braces keep the name of an organisation whole."""
    return ", ".join(filter(None, (author.family, author.given))) if author.family else f"{{{author.name}}}"


def _latex(text: str) -> str:
    return re.sub(r"([&%$#_])", r"\\\1", text)
