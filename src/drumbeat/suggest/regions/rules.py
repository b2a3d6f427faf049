"""Regions by rules alone: no model, and faster than any other way to clean text of web pages.

The article is the run of lines with the largest sum of (words - 12), the one block that a page's running text makes; lines of under four
words inside it are dropped.  Every other line is told by its first words, else by its place: navigation above the article, other stories
below.
"""

from collections.abc import Iterator, Sequence

_BREAK_EVEN = 12  # words of a line that neither speak for the article nor against it
_LABEL = 4  # words; a shorter line inside the article is a label
_HEADLINE = 4

_FIRST_WORDS = {
    "interface": "share tweet print email copy link listen play watch loading click tap close expand show save bookmark edit follow"
    " facebook twitter whatsapp skip",
    "navigation": "home menu search sections topics tags tag category categories archive archives back next previous news sports opinion"
    " politics business world",
    "subscription": "subscribe subscribers newsletter newsletters sign donate support join register log login",
    "advertisement": "advertisement advertisements sponsored ad ads promoted shop buy",
    "related": "related recommended trending popular latest more most read also see top",
    "comments": "comment comments leave reply replies",
    "legal": "copyright © privacy terms cookie cookies disclaimer contact imprint all",
}
_ROLE_OF = {word: role for role, words in _FIRST_WORDS.items() for word in words.split()}
_MONTHS = frozenset(
    "jan january feb february mar march apr april may jun june jul july aug august sep sept september oct october nov november dec"
    " december".split()
)

Told = tuple[int, int, str]  # text[start:end] and its role


def tell(text: str) -> Iterator[Told]:
    """The lines of a page, in order and without white space at their edges, each with its role."""
    starts: list[int] = []
    lines: list[str] = []
    position = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare:
            starts.append(position + line.index(bare) if line[0] != bare[0] else position)
            lines.append(bare)
        position += len(line) + 1
    words = [line.count(" ") + 1 for line in lines]
    first, end = _article(words)
    for number, line in enumerate(lines):
        if first <= number < end and words[number] >= _LABEL:
            role = "body"
        elif number < first and number >= first - 3 and words[number] >= _HEADLINE and line[-1] not in ".:…":
            role = "headline" if not _has_date(line) else "timestamp"
        else:
            role = _cue(line) or ("navigation" if number < first else "interface" if number < end else "related")
        yield starts[number], starts[number] + len(line), role


def _article(words: Sequence[int]) -> tuple[int, int]:
    """The first line of the best run, and the line behind it."""
    best = total = 0
    first = end = begin = 0
    for number, count in enumerate(words):
        total += count - _BREAK_EVEN
        if total > best:
            best, first, end = total, begin, number + 1
        elif total < 0:
            total, begin = 0, number + 1
    return (first, end) if best else (0, len(words))  # a page of short lines is left as it is


def _cue(line: str) -> str | None:
    word, _, rest = line[:40].partition(" ")
    role = _ROLE_OF.get(word.lower().rstrip(":"))
    if role is None and rest:
        role = _ROLE_OF.get(rest.partition(" ")[0].lower()) if word in ("Please", "Sign", "The", "Our", "Your") else None
    return role


def _has_date(line: str) -> bool:
    return any(word.strip(",.").lower() in _MONTHS for word in line.split()) and any(sign.isdigit() for sign in line)
