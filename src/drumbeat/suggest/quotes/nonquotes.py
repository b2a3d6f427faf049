"""Marks that report nobody: titles, terms, scare quotes, stray marks."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from drumbeat.marks import Interval, Pair
from drumbeat.model import Nonquote
from drumbeat.suggest.quotes.lexicon import words
from drumbeat.suggest.quotes.line import Draft, Piece
from drumbeat.suggest.quotes.records import Accounts, mark_span, tidy

# How often marks that are left over report nobody, by reason, measured like CONFIDENCE in records.
CONFIDENCE = {"title": 0.7, "term": 0.79, "scare_quote": 0.41, "garble": 0.39}

_SMALL = words(
    """
    a an and as at but by for from in into is nor of on or over the to up vs with
    """
)
_BEFORE_A_TITLE = words(
    """
    book novel memoir movie film show series song album play musical program programme podcast magazine newspaper
    website site ad advertisement episode poem essay article column report documentary band game called named titled
    entitled dubbed 's of on for and in from with
    """
)
_BEFORE_A_TERM = words(
    """
    called so-called named dubbed known as term word phrase label nicknamed codenamed labelled labeled or
    """
)
_NICKNAME = re.compile(r"[A-Z][\w’'-]* $")
_LONGEST_NONQUOTE = 200  # code points; of a longer stretch only the marks are listed


def transparent(text: str, pair: Pair) -> bool:
    """Marks that no rule looks at: a nickname inside a name (`Dwayne “The Rock” Johnson`), a value of markup (`id="x"`)."""
    if pair.start and text[pair.start - 1] == "=":
        return True
    if pair.end - pair.start > 30 or not pair.closed:
        return False
    before, after = text[max(0, pair.start - 30) : pair.start], text[pair.end : pair.end + 2]
    return bool(_NICKNAME.search(before)) and after[:1] == " " and after[1:2].isupper() and text[pair.start + 1].isupper()


def is_title(line: Draft, number: int) -> bool:
    """Every word that counts has a capital, and the word before calls for a name."""
    piece, tree = line.pieces[number], line.tree
    if piece.first == 0 or piece.last - piece.first > 12 or tree.lower[piece.first - 1] not in _BEFORE_A_TITLE:
        return False
    return _capitals(line, piece)


def _capitals(line: Draft, piece: Piece) -> bool:
    tree = line.tree
    inner = [word for word in range(piece.first, piece.last + 1) if tree.words[word][:1].isalpha()]
    capital = all(tree.words[word][:1].isupper() or tree.lower[word] in _SMALL or "'" in tree.lower[word] for word in inner)
    return bool(inner) and capital and tree.words[inner[0]][:1].isupper()


def in_content(lines: Sequence[Draft]) -> list[Nonquote]:
    """Titles inside what is reported without marks (`said that “Star Wars” was his favourite`)."""
    found = []
    for line in lines:
        for number, piece in enumerate(line.pieces):
            report = line.of_piece.get(number)
            if report is None or not piece.closed or any(start == piece.start for start, _ in report.content):
                continue
            if is_title(line, number) or (_capitals(line, piece) and piece.last - piece.first > 2):
                found.append(Nonquote("", piece.start, piece.end, "title", CONFIDENCE["title"]))
    return found


def left_over(text: str, lines: Sequence[Draft], accounts: Accounts, claimed: Sequence[Interval]) -> list[Nonquote]:
    """A nonquote for every mark that stands in no content, whole pairs where they are short."""
    starts = [line.start for line in lines]
    found = []
    for item in accounts.unclaimed(claimed):
        if isinstance(item, Pair):
            if item.end - item.start <= _LONGEST_NONQUOTE:
                line = lines[max(0, bisect_right(starts, item.start) - 1)] if lines else None
                reason = _reason(text, line, item)
                found += [Nonquote("", start, end, reason, CONFIDENCE[reason]) for start, end in tidy(text, [(item.start, item.end)])]
                continue
            singles = [item.start, item.end - 1]
        else:
            singles = [item]
        for position in singles:
            for start, end in tidy(text, [mark_span(text, position)]):
                found.append(Nonquote("", start, end, "garble", CONFIDENCE["garble"]))
    return found


def _reason(text: str, line: Draft | None, pair: Pair) -> str:
    number = bisect_left(line.pieces, pair.start, key=lambda piece: piece.start) if line else 0
    if not any(sign.isalnum() for sign in text[pair.start : pair.end]):
        return "garble"
    if line is None or number == len(line.pieces) or line.pieces[number].start != pair.start:
        return "term" if transparent(text, pair) else "scare_quote"
    piece = line.pieces[number]
    before = line.tree.lower[piece.first - 1] if piece.first else ""
    capitals = _capitals(line, piece)
    if before in _BEFORE_A_TERM:
        return "title" if capitals and before in {"called", "named"} and piece.last - piece.first > 2 else "term"
    if capitals:
        return "title" if is_title(line, number) or piece.last - piece.first > 3 else "term"
    return "scare_quote"
