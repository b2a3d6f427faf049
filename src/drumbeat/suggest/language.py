"""Whether a page is written in English, which quotations and names can be suggested for."""

import re

# Frequent words of English that no other large language of the Latin alphabet shares often.
_WORDS = frozenset(
    "about after and are as at be been but by can for from had has have he her his if into is it its more not of on or our said she than "
    "that the their there they this to was we were what when which who will with would you your".split()
)
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = 0.075  # `python -m benchmarks.language`: pages of public sets in English have more, in other languages less
_FEW = 20  # words that say nothing


def english_share(text: str) -> float | None:
    """The share of words that are frequent words of English; null where there are too few words to tell."""
    words = _WORD.findall(text.lower())
    return sum(word in _WORDS for word in words) / len(words) if len(words) >= _FEW else None


def is_english(text: str) -> bool:
    """Whether a page is English as far as its words tell; one of a few words counts as English."""
    share = english_share(text)
    return share is None or share >= _ENGLISH
