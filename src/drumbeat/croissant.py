"""croissant.json: the corpus described in Croissant 1.1 (JSON-LD), with the properties of Croissant RAI 1.0.

Files, record sets and labels come from manifest and schema.  What people wrote comes from the one place where they wrote it: the
card's YAML, CITATION.cff, DATASHEET.md.  What they did not write is left out: neither url nor date is invented.

The shape is what mlcroissant 1.1 loads and checks: a file with its SHA-256 for each Parquet file, a record set for each config and
split.  What another record set explains, the label of an id or the row of a key, is named by `dct:references`: the `references` of
Croissant would make mlcroissant join the two, which fails on lists and gives no rows at the second reading.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from drumbeat import card, citation, schema
from drumbeat.citation import Author, Citation
from drumbeat.datasheet import answers
from drumbeat.errors import BuildError
from drumbeat.jsonl import layout
from drumbeat.model import CorpusFile, Manifest
from drumbeat.repository import Repository
from drumbeat.schema import Column

Json = dict[str, Any]

_CONFORMS = "http://mlcommons.org/croissant/1.1"
_CONFORMS_RAI = "http://mlcommons.org/croissant/RAI/1.0"
_DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "int": "sc:Integer", "date": "sc:Date", "label": "sc:Integer"}

# The context that the specification recommends, in its appendix, and four older terms, without which mlcroissant warns.
_TERMS = """
annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field fileProperty fileObject fileSet format
includes isArray isLiveDataset jsonPath key md5 parentField recordSet references regex readLines sdVersion separator source
subField transform unArchive value path repeated replace samplingRate
"""
_CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}

# The properties of Croissant RAI 1.0, as it spells them, and the questions of DATASHEET.md, or parts of them, that answer each.
# Values are text, but for the time frame's dates.
RAI = {
    "dataCollection": ("L1", "L2", "L5"),
    "dataCollectionType": ("L2 Collection type",),
    "dataCollectionMissingData": ("C6",),
    "dataCollectionRawData": ("P2", "S8"),
    "dataCollectionTimeframe": ("L5",),
    "dataImputationProtocol": ("P1 Imputation",),
    "dataManipulationProtocol": ("P1 Manipulation",),
    "dataPreprocessingProtocol": ("P1 Preprocessing",),
    "dataAnnotationProtocol": ("P1 Annotation", "P1 Adjudication", "P1 Guidelines", "P1 Links", "P1 Knowledge base"),
    "dataAnnotationPlatform": ("P1 Platform",),
    "dataAnnotationAnalysis": ("P1 Agreement",),
    "annotationsPerItem": ("P1 Labels per item",),
    "annotatorDemographics": ("S4",),
    "machineAnnotationTools": ("P1 Annotators",),
    "dataReleaseMaintenancePlan": ("T1", "T4", "T6"),
    "personalSensitiveInformation": ("C13", "C14", "C15"),
    "dataSocialImpact": ("L11",),
    "dataBiases": ("C3", "U4"),
    "dataLimitations": ("C9", "U5"),
    "dataUseCases": ("U3",),
}


@dataclass(frozen=True, slots=True)
class Sources:
    """What people wrote about a corpus: the texts of README.md, CITATION.cff and DATASHEET.md; empty where there is none."""

    readme: str = ""
    citation: str = ""
    datasheet: str = ""


def read_sources(repository: Repository, renewed: Mapping[Path, str] = MappingProxyType({})) -> Sources:
    """The sources of a repository, as they stand or as they are being renewed.  Raises RecordError."""

    def read(path: Path) -> str:
        return renewed[path] if path in renewed else card.read_document(path) if path.is_file() else ""

    return Sources(read(repository.readme), read(repository.citation), read(repository.datasheet))


def text(sources: Sources, manifest: Manifest) -> str:
    """The text of croissant.json.  Raises BuildError as `metadata` does."""
    return layout(metadata(sources, manifest)) + "\n"


def metadata(sources: Sources, manifest: Manifest) -> Json:
    """What croissant.json says; paths in it are relative to the folder that it and `corpus/` stand in.

    Raises BuildError where a source cannot be read, or lacks what is taken from it.
    """
    keys, found, work = card.front_matter(sources.readme), answers(sources.datasheet), citation.parse(sources.citation)
    rai = _rai(found)
    label_sets = dict.fromkeys(name for file in manifest.files for name in _label_sets(schema.config(file.config).columns))
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [_CONFORMS, _CONFORMS_RAI] if rai else _CONFORMS,
        "name": str(keys.get("pretty_name") or (work.title if work else "corpus")),
        **(_cited(work, manifest.version) if work else {}),
        **_written(
            {
                "license": _license(keys, found),
                "inLanguage": _texts(keys.get("language")),
                "keywords": list(work.keywords) if work and work.keywords else _texts(keys.get("tags")),
            }
        ),
        "version": manifest.version,
        "isLiveDataset": False,
        **rai,
        "distribution": [_file_object(file) for file in manifest.files],
        "recordSet": [*map(_record_set, manifest.files), *map(_enumeration, label_sets)],
    }


def _cited(work: Citation, version: str) -> Json:
    return _written(
        {
            "description": work.abstract,
            "url": work.url,
            "creator": list(map(_creator, work.authors)),
            "datePublished": work.released(version),
            "citeAs": citation.bibtex(work, version),
        }
    )


def differences(found: Json, wanted: Json) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a croissant.json does not say what it should: the path into it, and the property or entry there."""
    for key in dict.fromkeys([*wanted, *found]):
        here, there = found.get(key), wanted.get(key)
        if key in ("distribution", "recordSet") and isinstance(here, list) and _ids(here) == _ids(wanted[key]):
            entries = enumerate(zip(here, wanted[key], strict=True))
            yield from (((key, number), f"{key} {entry['@id']}") for number, (other, entry) in entries if other != entry)
        elif here != there:
            yield (key,), key


def _ids(entries: list[Any]) -> list[Any]:
    return [entry.get("@id") if isinstance(entry, dict) else None for entry in entries]


def _rai(found: Mapping[str, str]) -> Json:
    """The properties of Croissant RAI; none where the datasheet has other questions than ours, or where there is none."""
    missing = [f"{question} (rai:{name})" for name, questions in RAI.items() for question in questions if question not in found]
    if found and missing:
        raise BuildError(f"DATASHEET.md: has no answer to {', '.join(missing)}, which croissant.json needs; write it")
    texts = {name: "\n\n".join(found[question] for question in questions) for name, questions in RAI.items()} if found else {}
    dates = sorted(_DATE.findall(texts.get("dataCollectionTimeframe", "")))
    known = _written(texts | {"dataCollectionTimeframe": list(dict.fromkeys(dates[:1] + dates[-1:]))})
    return {f"rai:{name}": value for name, value in known.items()}


def _written(properties: Json) -> Json:
    return {name: value for name, value in properties.items() if value}


def _texts(value: Any) -> list[str]:
    """What YAML has as one value or as a list of them."""
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]


def _creator(author: Author) -> Json:
    return {"@type": "sc:Person" if author.family else "sc:Organization", "name": author.name}


def _license(keys: Json, found: Mapping[str, str]) -> Any:
    """The card's licence; one that is no known one with its name, its link, and what the datasheet says of terms."""
    if keys.get("license") != "other":
        return _texts(keys.get("license"))
    named = {"name": keys.get("license_name"), "description": found.get("D4"), "url": keys.get("license_link")}
    return {"@type": "sc:CreativeWork"} | _written(named)


def _file_object(file: CorpusFile) -> Json:
    return {
        "@type": "cr:FileObject",
        "@id": _url_of(file),
        "name": file.path,
        "contentUrl": _url_of(file),
        "contentSize": f"{file.bytes} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file.sha256,
    }


def _url_of(file: CorpusFile) -> str:
    return f"corpus/{file.path}"


def _record_set(file: CorpusFile) -> Json:
    config, name = schema.config(file.config), f"{file.config}/{file.split}"
    source = {"fileObject": {"@id": _url_of(file)}}
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": config.description,
        "key": _key(f"{name}/{column}" for column in config.key),
        "field": [_field(column, name, file, source | {"extract": {"column": column.name}}) for column in config.columns],
    }


def _key(fields: Iterable[str]) -> Any:
    keys = [{"@id": field} for field in fields]
    return keys if len(keys) > 1 else keys[0]


def _field(column: Column, parent: str, file: CorpusFile, source: Json) -> Json:
    item = column.items[0] if column.kind == "list" else column
    name = f"{parent}/{column.name}"
    field = {"@type": "cr:Field", "@id": name, "name": column.name, **_written({"description": column.description})}
    if item.kind != "struct":
        field["dataType"] = _TYPES[item.kind]
    if column.kind == "list":
        field |= {"isArray": True, "arrayShape": "-1"}
    if item.kind == "struct":
        return field | {"subField": [_field(sub, name, file, source | {"transform": {"jsonPath": sub.name}}) for sub in item.items]}
    return field | {"source": source} | _references(item, name, file)


def _references(column: Column, name: str, file: CorpusFile) -> Json:
    """The field that explains a value: a label's id, or the key of another config, in the same split."""
    if column.label_set:
        return {"dct:references": {"@id": f"labels/{column.label_set}/id"}}
    if column.references:
        key = f"{column.references}/{file.split}/{schema.config(column.references).key[0]}"
        return {"dct:references": {"@id": key}} if key != name else {}
    return {}


def _enumeration(label_set: str) -> Json:
    """A label set as records, in the order of ids; tags that are made from another set have no description."""
    name, labels = f"labels/{label_set}", schema.labels(label_set)
    columns = _written({"id": range(len(labels)), "name": labels, "description": schema.descriptions(label_set)})
    fields = [f"{name}/{column}" for column in columns]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": schema.title(label_set),
        "dataType": "sc:Enumeration",
        "key": _key(fields[:1]),
        "field": [
            {"@type": "cr:Field", "@id": field, "name": column, "dataType": "sc:Integer" if column == "id" else "sc:Text"}
            for field, column in zip(fields, columns, strict=True)
        ],
        "data": [dict(zip(fields, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    }


def _label_sets(columns: Iterable[Column]) -> Iterator[str]:
    for column in columns:
        if column.label_set:
            yield column.label_set
        yield from _label_sets(column.items)
