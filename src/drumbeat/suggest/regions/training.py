"""Train the line classifier, measure it across sites, and write it with its card: `python -m drumbeat.suggest.regions.training FOLDER`.

FOLDER holds the development sets of boilerplate removal, `full_dev.jsonl.gz` and `seed_dev.jsonl.gz` (two renditions of pages, lines
labelled main, boilerplate or ignore, with the site of each).  `data/roles.jsonl` says for some of their pages which role each line has,
without their words.  Needs scikit-learn (`drumbeat[training]`), which nothing else does.
"""

import argparse
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from drumbeat.jsonl import aside, write_text
from drumbeat.suggest.regions.examples import (
    BOILERPLATE,
    IGNORE,
    MAIN,
    NEWS,
    RENDITIONS,
    SITES,
    Example,
    Sites,
    data_folder,
    examples,
    measured,
)
from drumbeat.suggest.regions.features import Lines
from drumbeat.suggest.regions.model import Classifier, chances, fit, to_files
from drumbeat.suggest.regions.page import Floats, Ints
from drumbeat.suggest.regions.roles import BITS, ROLES, Roles, above_text, choose, measures_of, words_of
from drumbeat.suggest.regions.roles import BOILERPLATE as OF_BOILERPLATE
from drumbeat.suggest.regions.roles import LEFT_OUT as OF_LEFT_OUT
from drumbeat.suggest.regions.shipped import LEFT_OUT, TABLES, TREES
from drumbeat.suggest.regions.variants import WEIGHT, variants

_FOLDS = 5
_TEACHES = {"title": "headline", "standfirst": "deck", "caption": "caption", "alt": "caption", "credit": "credit"}
_TOLD = 0.1  # weight of a role that a set or a variant tells, beside one that was read


# -- training -------------------------------------------------------------------------------------


def weights(example: Example, kinds: Sequence[Any]) -> Floats:
    """Of each line: longer ones weigh more, the `kinds` of a page nearly alike, and long pages less than they would."""
    size, weight = (example.tokens + 1) ** 0.6, np.zeros(len(example.page), dtype=np.float64)
    for own in kinds:
        if own.any():
            weight[own] = size[own] / size[own].sum() ** 0.4
    return np.asarray(example.weight * weight / max(weight.sum(), 1e-9) ** 0.75, dtype=np.float32)


def train_trees(pages: Sequence[Example], lines: Sequence[Lines]) -> Any:
    """Whether a line is boilerplate, from those that are that or main text."""
    weight = [weights(example, (example.label == MAIN, example.label == BOILERPLATE)) for example in pages]
    return _fit(lines, [example.label == BOILERPLATE for example in pages], weight)


def train_left_out(pages: Sequence[Example], lines: Sequence[Lines]) -> Any:
    """Whether public sets leave a line out as title, byline, caption and so on, from the English pages."""
    weight = []
    for example in pages:
        told = np.array([kind != "symbols" for kind in example.kinds], dtype=np.bool_) & (example.language == "en")
        weight.append(weights(example, ((example.label == IGNORE) & told, (example.label != IGNORE) & told)))
    return _fit(lines, [example.label == IGNORE for example in pages], weight)


def _fit(lines: Sequence[Lines], label: Sequence[Any], weight: Sequence[Floats]) -> Any:
    """Trees over all lines that have a weight."""
    matrix = np.concatenate([item.matrix for item in lines if len(item.page)])
    all_weight = np.concatenate(weight)
    known = all_weight > 0
    return fit(matrix[known], np.concatenate(label)[known].astype(np.float32), all_weight[known])


def train_roles(pages: Sequence[Example], lines: Sequence[Lines], likely: Sequence[Floats]) -> Roles:
    """The softmax of roles: from lines whose role was read, and from what public sets leave out as title, caption and so on.

    A second round adds lines that the sets label and the first round took for what they leave out, with the likeliest role of their label.
    """
    taught = [list(_taught(example)) for example in pages]
    first = _fit_roles(lines, likely, taught)
    again = [
        own + (_mistaken(example, first.odds(counted, chance)) if example.roles is None and len(chance) else [])
        for example, counted, chance, own in zip(pages, lines, likely, taught, strict=True)
    ]
    return _fit_roles(lines, likely, again)


Taught = list[tuple[int, str, float]]  # of a page: line, role, weight


def _taught(example: Example) -> Iterator[tuple[int, str, float]]:
    for line, kind in enumerate(example.kinds):
        if example.roles is not None:
            if len(example.roles[line]) == 1:
                yield line, example.roles[line][0], 1.0 if example.weight == 1 else _TOLD
        elif example.language == "en" and kind in _TEACHES:
            yield line, _TEACHES[kind], 0.1


def _mistaken(example: Example, odds: Floats) -> Taught:
    aside_ = np.exp(odds)[:, OF_LEFT_OUT].sum(axis=1)
    found: Taught = []
    for label, allowed in ((MAIN, ~(OF_BOILERPLATE | OF_LEFT_OUT)), (BOILERPLATE, OF_BOILERPLATE)):
        for line in np.flatnonzero((example.label == label) & (aside_ > 0.15)).tolist():
            found.append((line, ROLES[int(np.where(allowed, odds[line], -np.inf).argmax())], 0.15))
    return found


def _fit_roles(lines: Sequence[Lines], likely: Sequence[Floats], taught: Sequence[Taught]) -> Roles:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    words, measured, role, weight = [], [], [], []
    for counted, chance, of_page in zip(lines, likely, taught, strict=True):
        if of_page:
            chosen = np.array([line for line, _, _ in of_page])
            words.append(_sparse(counted)[chosen])
            measured.append(measures_of(counted, chance)[chosen, :-1])  # the last column is the constant, which the regression adds itself
            role += [ROLES.index(name) for _, name, _ in of_page]
            weight += [share * float(counted.words[line] + 1) ** 0.5 for line, _, share in of_page]
    dense = np.concatenate(measured)
    mean, spread = dense.mean(axis=0), dense.std(axis=0) + 1e-3
    dense = np.clip((dense - mean) / spread, -4, 4)
    model = LogisticRegression(C=0.3, max_iter=60)
    model.fit(sparse.hstack([sparse.vstack(words), sparse.csr_matrix(dense)]).tocsr(), role, sample_weight=weight)
    table = np.zeros((model.coef_.shape[1], len(ROLES)), dtype=np.float32)
    table[:, model.classes_] = model.coef_.T
    of_words, of_measures = np.split(table, [1 << BITS])
    own = np.full(len(ROLES), -30, dtype=np.float32)  # a role that nobody taught is never chosen
    own[model.classes_] = model.intercept_
    return Roles(of_words, np.vstack([of_measures, own]), np.append(mean, 0).astype(np.float32), np.append(spread, 1).astype(np.float32))


def _sparse(lines: Lines) -> Any:
    from scipy import sparse

    at, row = words_of(lines)
    many = np.sqrt(np.maximum(np.bincount(at, minlength=len(lines.page)), 1))
    return sparse.csr_matrix(((1 / many)[at], (at, row)), shape=(len(lines.page), 1 << BITS))


def train(pages: Sequence[Example], sites: Sites) -> Classifier:
    """All models, from pages and their variants."""
    lines = measured(pages, sites)
    made = list(variants(pages, lines))
    every, counted = [*pages, *made], [*lines, *measured(made, sites)]
    roles = train_roles(every, counted, out_of_fold(every, counted))
    return Classifier(sites.without(None), train_trees(every, counted), train_left_out(every, counted), roles)


# -- measuring ------------------------------------------------------------------------------------


def across_sites(pages: Sequence[Example]) -> tuple[list[Floats], list[Ints]]:
    """How likely each line is boilerplate, and its role, by models that saw no page of its site.

    Nothing that a model reads comes from the sites that it is measured on, evidence of words included; the roles' model learns from
    chances of the other sites, each by trees that did not see that site.
    """
    fold = _folds(pages)
    likely: list[Floats] = [np.zeros(0, dtype=np.float32)] * len(pages)
    roles: list[Ints] = [np.zeros(0, dtype=np.int64)] * len(pages)
    for left_out in range(_FOLDS):
        known = [pages[n] for n in np.flatnonzero(fold != left_out)]
        unseen = [int(n) for n in np.flatnonzero(fold == left_out) if len(pages[n].page)]
        model = train(known, Sites(known))
        for number in unseen:
            told = model.told(pages[number].page.text)
            likely[number] = told.boilerplate
            roles[number] = choose(told.lines, above_text(told.lines, told.boilerplate), told.odds, told.boilerplate, told.left_out)[0]
    return likely, roles


def _folds(pages: Sequence[Example]) -> Ints:
    """All pages of a site are in one fold."""
    return np.array([zlib.crc32(example.site.encode()) % _FOLDS for example in pages])


def out_of_fold(pages: Sequence[Example], lines: Sequence[Lines]) -> list[Floats]:
    """How likely each line is boilerplate by trees that saw no page of its site: what the roles' model learns from."""
    fold = _folds(pages)
    likely: list[Floats] = [np.zeros(0, dtype=np.float32)] * len(pages)
    for left_out in sorted(set(fold.tolist())):
        known = np.flatnonzero(fold != left_out)
        trees = train_trees([pages[n] for n in known], [lines[n] for n in known])
        for number in np.flatnonzero(fold == left_out):
            if len(lines[number].page):
                likely[number] = chances(trees, lines[number])
    return likely


def figures(
    pages: Sequence[Example], boilerplate: Sequence[Any], rendition: str, sources: Collection[str] = NEWS
) -> tuple[float, float, float]:
    """Boilerplate F1, main-text F1, pages that lose over 5 % of their main text (per cent): means over pages, then over sources."""
    by_source: defaultdict[str, list[tuple[float, float, bool]]] = defaultdict(list)
    for example, taken in zip(pages, boilerplate, strict=True):
        if example.rendition == rendition and example.language == "en" and example.source in sources:
            size, label = example.tokens, example.label
            right, wrong = size[(label == BOILERPLATE) & taken].sum(), size[(label == MAIN) & taken].sum()
            missed, kept = size[(label == BOILERPLATE) & ~taken].sum(), size[(label == MAIN) & ~taken].sum()
            f1 = 2 * right / (2 * right + wrong + missed) if right + missed else np.nan
            by_source[example.source].append((f1, 2 * kept / (2 * kept + wrong + missed), wrong > 0.05 * (wrong + kept)))
    means = np.mean([np.nanmean(np.array(rows, dtype=np.float64), axis=0) for rows in by_source.values()], axis=0)
    return float(means[0]), float(means[1]), float(100 * means[2])


def role_accuracy(pages: Sequence[Example], roles: Sequence[Ints], rendition: str) -> tuple[float, Mapping[str, tuple[int, int]]]:
    """The share of characters, in lines of one role, whose role is right; and of each role the characters right and there."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for example, chosen in zip(pages, roles, strict=True):
        if example.roles is None or example.rendition != rendition:
            continue
        for line, told in enumerate(example.roles):
            if len(told) == 1:
                size = int(example.page.end[line] - example.page.start[line])
                counts[told[0]][0] += size * (ROLES[chosen[line]] == told[0])
                counts[told[0]][1] += size
    right, all_ = (sum(pair[n] for pair in counts.values()) for n in (0, 1))
    return right / max(all_, 1), {role: (pair[0], pair[1]) for role, pair in counts.items()}


def report(pages: Sequence[Example], likely: Sequence[Floats], roles: Sequence[Ints]) -> str:
    """The figures in a table of plain text."""
    out = ["                    bF     mF  loss>5 %   characters with the right role"]
    for rendition in RENDITIONS:
        accuracy, by_role = role_accuracy(pages, roles, rendition)
        for name, sources in (("news", NEWS), ("articles", ("wcxb-article",))):
            for which, taken in (
                ("trees", [chance > 0.5 for chance in likely]),
                ("roles", [OF_BOILERPLATE[role] for role in roles]),
            ):
                of, mf, loss = figures(pages, taken, rendition, sources)
                out.append(
                    f"{rendition:5}{name:9}{which:6}{of:6.3f} {mf:6.3f} {loss:6.1f}" + (f" {accuracy:14.3f}" if name == "news" else "")
                )
        out.append(
            "      " + ", ".join(f"{role} {right / max(all_, 1):.2f} of {all_:,}" for role, (right, all_) in sorted(by_role.items()))
        )
    return "\n".join(out)


# -- the card -------------------------------------------------------------------------------------

CARD = """# The line classifier of `drumbeat suggest`

Tells for each line of a page's text how likely it is boilerplate, and which of the scheme's roles it has. {trees} kB of trees
(LightGBM {lightgbm}, twice 100 trees of 15 leaves over {columns} measures of a line, its neighbours and its place: whether it is
boilerplate, and whether public sets leave it out as title, byline, date or caption) and {tables} kB of tables
(log odds of {keys:,} hashed words, pairs of words and lines by the sites that they stand on; a softmax of 16 roles).

Made by `python -m drumbeat.suggest.regions.training FOLDER`; the same data give the same
trees and evidence, and weights of roles that differ in their last digits from one version of numpy to another.

| file | sha256 |
| --- | --- |
{files}

**Trained on** the development halves of public sets, by their licences: scrapinghub article-extraction-benchmark (MIT), fundus' test pages
(MIT), WCXB (CC BY 4.0; "Web Content Extraction Benchmark"): {pages} renditions of pages of {sites} sites. The pages stay their publishers';
nothing of them is here but hashes of words that stand on {least} or more sites, and counts. English pages in the seeds' format teach
twice more, with a weight of {weight}, by what they seldom have: once with a list of other sites' stories, once with other sites' notices
amid the text or with lines run together (`variants.py`). Such pages are not measured on.

**Roles** were read line by line on {read} of these renditions by three instances of a language model, each page by one of them, under the
scheme, with the public label (main, boilerplate, left out) in sight; one pass, not adjudicated. Titles, captions and standfirsts that the
public sets leave out teach as well. The five pages of drumbeat's own gold were not used.

**Measured** across sites ({folds} folds, all pages of a site in one, evidence of words from the other folds only): bF and mF are F1 of
boilerplate and main text by words, means over pages and then over sources; loss is the
share of news pages that lose over 5 % of their main text.

```
{report}
```

**Use and limits.** For text of web pages, above all English news. Long boilerplate that reads like the article (teasers with summaries,
author notes), reader comments and the captions of other stories are what it misses; subheadings, lists and one-line paragraphs are what it
takes wrongly. Public labels disagree on author notes, tags and lists, so the figures have a ceiling below 1. Other languages work
worse: their words are no evidence here. `confidence` is the model's own probability.
"""


def main() -> None:
    """Train, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="measure only, write nothing")
    arguments = parser.parse_args()
    pages = list(examples(arguments.folder))
    table = report(pages, *across_sites(pages))
    print(table)
    if not arguments.dry_run:
        write(train(pages, Sites(pages)), pages, arguments.folder, table)


def write(model: Classifier, pages: Sequence[Example], folder: Path, table: str) -> None:
    """Write the files of a model, and its card."""
    contents = dict(zip((TREES, LEFT_OUT, TABLES), to_files(model), strict=True))
    for name, content in contents.items():
        with aside(data_folder() / name) as file:
            file.write(content)
    write_text(data_folder() / "MODEL_CARD.md", _card(folder, pages, model, contents, table))


def _card(folder: Path, pages: Sequence[Example], model: Classifier, contents: Mapping[str, bytes], table: str) -> str:
    data = [folder / f"{rendition}_dev.jsonl.gz" for rendition in RENDITIONS] + [data_folder() / "roles.jsonl"]
    digests = {**contents, **{f"data: {path.name}": path.read_bytes() for path in data}}
    return CARD.format(
        trees=(len(contents[TREES]) + len(contents[LEFT_OUT])) // 1000,
        tables=len(contents[TABLES]) // 1000,
        lightgbm=version("lightgbm"),
        columns=model.trees.num_feature(),
        keys=len(model.evidence.keys),
        files="\n".join(f"| {name} | {hashlib.sha256(content).hexdigest()} |" for name, content in digests.items()),
        pages=len(pages),
        sites=len({example.site for example in pages}),
        least=SITES,
        weight=WEIGHT,
        read=sum(example.roles is not None for example in pages),
        folds=_FOLDS,
        report=table,
    )


if __name__ == "__main__":
    main()
