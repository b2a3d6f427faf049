"""Pages made from pages that teach, where those have too few examples: lists of other stories, notices amid the text, lines run together.

Of the pages in the seeds' format few have a long list of teasers with summaries, where a notice stands amid the text it often has a line
of its own kind, and none lacks its line ends.  All that is put in are lines of other sites' pages.  The same pages give the same variants.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from drumbeat.suggest.regions.examples import BOILERPLATE, MAIN, Example
from drumbeat.suggest.regions.features import Lines
from drumbeat.suggest.regions.page import read

WEIGHT = 0.3  # of a variant beside a page
_LEAST = 4  # lines of main text that a page must have
_HEADINGS = (
    "More from {site}|Related|Related stories|Read next|Latest|Latest news|More stories|Top stories|Recommended|You may also like|Most read"
    "|Trending|Up next|More in this section|Editor's picks|More news|Popular|Recent posts|Don't miss|More to read|Read more|Other stories"
    "|Explore more|From our network|News|World|Politics|Business|In case you missed it"
).split("|")
_SECTIONS = (
    "News|World|Politics|Business|Sport|Opinion|Technology|Culture|Health|Europe|Science|Travel|Explainer|Analysis|Video|Local|Money|Food"
    "|Style|War"
).split("|")
_LINKS = (
    "Read more: {title}|READ MORE: {title}|Related: {title}|RELATED: {title}|Also read: {title}|ALSO READ: {title}|See also: {title}"
    "|More: {title}|MORE : {title}|Don't miss: {title}|Watch: {title}|Recommended: {title}|{title}|Read next: {title}|• {title}"
).split("|")
_MONTHS = "January February March April May June July August September October November December".split()
_FIRST_NAMES = "Anna James Maria David Sarah Paul Laura Peter Nadia Kevin Emma Tom Irina Ali Grace".split()
_SURNAMES = "Miller Novak Carter Lopez Hughes Ivanov Reed Chen Walsh Hassan Brown Schmidt Moreau Kaya Dunn".split()
_FORMS = {  # how a list of teasers is built, and how often
    "title": 3, "title summary": 4, "summary title": 3, "section title summary date": 2, "title date": 2, "title summary byline date": 2,
    "summary": 1.5, "section title": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """What a teaser of a page would say."""

    site: str
    title: str
    standfirst: str | None
    opening: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a variant: its text, its label, its kind in the set, its role where the variant gives it one."""

    text: str
    label: int
    kind: str
    role: str | None = None


def variants(pages: Sequence[Example], lines: Sequence[Lines]) -> Iterator[Example]:
    """Two variants of each English page in the seeds' format: one with a list of other stories, one with notices or of joined lines."""
    chance = random.Random(5)
    english = [(page, counted) for page, counted in zip(pages, lines, strict=True) if page.language == "en" and len(page.page)]
    stories = [story for page, _ in english for story in _story(page)]
    notices = [notice for page, counted in english for notice in _notices(page, counted)]
    if not stories or not notices:
        return
    for page, _ in english:
        if page.rendition == "seed" and (page.label == MAIN).sum() >= _LEAST:
            rows = list(_rows(page))
            second = _joined(rows, chance) if chance.random() < 0.25 else _with_notices(rows, page.site, stories, notices, chance)
            for changed in (_with_stories(rows, page.site, stories, chance), second):
                variant = _variant(page, changed)
                if variant is not None:
                    yield variant


def _rows(page: Example) -> Iterator[Row]:
    for start, end, label, kind in zip(page.page.start, page.page.end, page.label, page.kinds, strict=True):
        yield Row(page.page.text[start:end], int(label), kind)


def _variant(page: Example, rows: Sequence[Row]) -> Example | None:
    """The page with other lines; none where a line does not stay one."""
    changed = read("\n".join(row.text for row in rows))
    if len(changed) != len(rows):
        return None
    roles = tuple((row.role,) if row.role else () for row in rows)
    label = np.array([row.label for row in rows], dtype=np.int64)
    return replace(page, page=changed, label=label, kinds=tuple(row.kind for row in rows), roles=roles, weight=WEIGHT)


def _story(page: Example) -> Iterator[Story]:
    rows = list(_rows(page))
    title, standfirst = (next((row.text for row in rows if row.kind == kind), None) for kind in ("title", "standfirst"))
    opening = next((row.text for row in rows if row.label == MAIN and len(row.text.split()) > 12), None)
    if page.rendition == "seed" and title and 3 <= len(title.split()) <= 25 and opening:
        yield Story(page.site, title, standfirst if standfirst and len(standfirst.split()) > 8 else None, opening)


def _notices(page: Example, lines: Lines) -> Iterator[tuple[str, str]]:
    """The site and text of lines that offer something: of some words, one of them a cue."""
    offers = (page.label == BOILERPLATE) & (lines.cues[:, :8].sum(axis=1) > 0) & (lines.words >= 5) & (lines.words <= 45)
    for line in np.flatnonzero(offers):
        yield page.site, page.page.text[page.page.start[line] : page.page.end[line]]


def _with_stories(rows: Sequence[Row], site: str, stories: Sequence[Story], chance: random.Random) -> list[Row]:
    """A list of other sites' stories below the text, now and then amid it or above it."""
    told = [Row(text, BOILERPLATE, "story", "related") for text in _list_of_stories(site, stories, chance)]
    main = [number for number, row in enumerate(rows) if row.label == MAIN]
    where = chance.random()
    if where < 0.75:
        place = main[-1] + 1 if chance.random() < 0.6 else len(rows)
    elif where < 0.9:
        place, told = chance.choice(main[1:]), told[: chance.randint(2, 8)]
    else:
        place = main[0]
    return [*rows[:place], *told, *rows[place:]]


def _list_of_stories(site: str, stories: Sequence[Story], chance: random.Random) -> Iterator[str]:
    form = chance.choices(list(_FORMS), list(_FORMS.values()))[0].split()
    others = [story for story in stories if story.site != site]
    many = chance.choice((3, 4, 5, 6, 8, 10, 14, 20, 30))
    bullet = "• " if chance.random() < 0.2 else ""
    if chance.random() < 0.45:
        yield chance.choice(_HEADINGS).format(site=site.split(".")[0].title())
    for story in chance.sample(others, min(many, len(others))):
        parts = {
            "title": bullet + story.title,
            "summary": _summary(story, chance),
            "section": chance.choice(_SECTIONS),
            "byline": f"{chance.choice(('By ', ''))}{chance.choice(_FIRST_NAMES)} {chance.choice(_SURNAMES)}",
            "date": _date(chance),
        }
        yield from (parts[part] for part in form)


def _summary(story: Story, chance: random.Random) -> str:
    """A sentence or two of a story's opening, cut off now and then."""
    whole = story.standfirst if story.standfirst and chance.random() < 0.5 else story.opening
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z“\"‘])", whole)
    many = 2 if len(sentences[0].split()) <= 10 or chance.random() < 0.4 else 1
    words = " ".join(sentences[:many]).split()
    if len(words) > 30 and chance.random() < 0.5:
        return " ".join(words[: chance.randint(18, 32)]) + chance.choice(("…", "...", "", " [...]"))
    return " ".join(words[:45]) + ("…" if len(words) > 45 else "")


def _date(chance: random.Random) -> str:
    day, month, year = chance.randint(1, 28), chance.choice(_MONTHS), chance.randint(2015, 2025)
    ago = f"{chance.randint(2, 23)} {chance.choice(('hours', 'hrs', 'days', 'minutes'))} ago"
    forms = (f"{month} {day}, {year}", f"{day} {month[:3]} {year}", ago, f"{_MONTHS.index(month) + 1:02}/{day:02}/{year}")
    return chance.choices(forms, (4, 2, 3, 1))[0]


def _with_notices(
    rows: Sequence[Row], site: str, stories: Sequence[Story], notices: Sequence[tuple[str, str]], chance: random.Random
) -> list[Row]:
    """One to four offers, or links to other stories, of other sites between paragraphs."""
    changed = list(rows)
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.65:
            origin, text = chance.choice(notices)
        else:
            story = chance.choice(stories)
            origin, text = story.site, chance.choice(_LINKS).format(title=story.title)
        if origin != site:
            place = chance.choice([number for number, row in enumerate(changed) if row.label == MAIN])
            changed.insert(place, Row(text, BOILERPLATE, "notice"))
    return changed


def _joined(rows: Sequence[Row], chance: random.Random) -> list[Row]:
    """Neighbouring lines of main text become one, all or some; of half of the pages where all do, nothing else is left."""
    whole, joined = chance.random() < 0.5, list[Row]()
    for row in rows:
        if joined and row.label == joined[-1].label == MAIN and (whole or chance.random() < 0.5):
            joined[-1] = replace(joined[-1], text=f"{joined[-1].text} {row.text}")
        else:
            joined.append(row)
    return [row for row in joined if row.label == MAIN] if whole and chance.random() < 0.5 else joined
