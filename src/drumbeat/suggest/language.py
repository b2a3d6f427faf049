"""Whether a page is written in English, which quotations and names can be suggested for."""

import re

# Frequent words of English that no other large language of the Latin alphabet shares often.
_WORDS = frozenset(
    "about after and are as at be been but by can for from had has have he her his if into is it its more not of on or our said she than "
    "that the their there they this to was we were what when which who will with would you your".split()
)
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = 0.12  # `python -m benchmarks.language`: pages of public sets in English have more, in other languages less
_FEW = 90  # words that do not tell: tables of results have some


def english_share(text: str) -> float | None:
    """The share of the words without a capital that are frequent words of English; null where there are too few to tell.

    Words with a capital do not count, since menus and tables are made of names in every language.
    """
    words = [word for word in _WORD.findall(text) if not word[0].isupper()]
    return sum(word in _WORDS for word in words) / len(words) if len(words) >= _FEW else None


def is_english(text: str) -> bool:
    """Whether a page is English as far as its words tell; one of a few words counts as English."""
    share = english_share(text)
    return share is None or share >= _ENGLISH
