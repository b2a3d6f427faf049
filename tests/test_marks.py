import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.marks import find_marks, owned_pairs, quotation_type, unaccounted


def quoted(text: str) -> list[str]:
    return [text[pair.start : pair.end] for pair in find_marks(text).pairs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('She said "no" and "never".', ['"no"', '"never"']),
        ("“One,” he said. “Two.”", ["“One,”", "“Two.”"]),
        ("„Ja“ und »nein«", ["„Ja“", "»nein«"]),
        ("«Oui», dit-il", ["«Oui»"]),
        ("”Ja”, sade hon", ["”Ja”"]),
        ("talks hit 'dead end', Poland warns", ["'dead end'"]),
        ("‘break off’ relations", ["‘break off’"]),
        ("''No,'' she said, ''never''", ["''No,''", "''never''"]),
        ("``No,'' she said", ["``No,''"]),
        ("''She said 'no.'''", ["''She said 'no.'''", "'no.'"]),
        ("''It was in 2016''", ["''It was in 2016''"]),
        ("a pipe of 5'' and more", []),
        ("“and so is the ‘old lady’.”", ["“and so is the ‘old lady’.”", "‘old lady’"]),
        ("thing to do. do, “she said", ["“she said"]),
        ("“an easy thing. do, “she said", ["“an easy thing. do, “"]),
        ("a quotation that “runs on", ["“runs on"]),
        ("is.” is.”", []),
        ("Ukraine's and NATO's won't", []),
        ("the workers' rights and the members’ votes", []),
        ("in the '90s and the ’80s", []),
        ("» READ MORE: talks", []),
        ("rock 'n' roll", ["'n'"]),
    ],
)
def test_pairs(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


def test_pairs_end_with_their_line() -> None:
    first, second = find_marks("“never closed  \n“closed”").pairs
    assert (first.closed, second.closed) == (False, True)
    assert first.end == len("“never closed")


@given(st.text("\"“”„«»'‘’` a.\n", max_size=40))
def test_every_double_mark_is_a_mark_once_and_in_order(text: str) -> None:
    marks = find_marks(text)
    assert list(marks.positions) == sorted(set(marks.positions))
    assert {position for position, character in enumerate(text) if character in '"“”„'} <= set(marks.positions)
    for pair in marks.pairs:
        assert pair.start in marks.positions and "\n" not in text[pair.start : pair.end]
        assert not pair.closed or pair.end - 1 in marks.positions


def kind(text: str, content: str, child: str = "", nonquote: str = "") -> str:
    def spans(words: str) -> list[tuple[int, int]]:
        return [(text.index(words), text.index(words) + len(words))] if words else []

    owned = owned_pairs(find_marks(text).pairs, spans(content), spans(child), spans(nonquote))
    return quotation_type(text, spans(content), owned)


@pytest.mark.parametrize(
    ("text", "content", "child", "nonquote", "expected"),
    [
        ("“No,” she said", "“No,”", "", "", "direct"),
        ("she said that no", "that no", "", "", "indirect"),
        ("she said that “no”", "that “no”", "", "", "mixed"),
        ("she said hopes for “peace” fade", "hopes for “peace” fade", "", "“peace”", "indirect"),
        ("“A,” he said, according to T", "“A,” he said", "“A,”", "", "indirect"),
        ("“I said it is over”", "it is over", "", "", "indirect"),
        ("“I said ‘it is over’”", "“I said ‘it is over’”", "‘it is over’", "", "direct"),
        ("“runs on to the end", "“runs on to the end", "", "", "direct"),
        ("“discussions. “.", "“discussions.", "", "", "direct"),
    ],
)
def test_the_type_follows_from_the_marks(text: str, content: str, child: str, nonquote: str, expected: str) -> None:
    assert kind(text, content, child, nonquote) == expected


def test_a_doubled_mark_is_known_by_its_outer_character() -> None:
    text = "''No,'' she said"
    assert find_marks(text).positions == (0, 6)
    assert unaccounted(find_marks(text), [(0, 7)]) == [] and kind(text, "''No,''") == "direct"


def test_unaccounted_marks() -> None:
    text = "“A,” he said of ‘B’ and “C”"
    marks = find_marks(text)
    assert unaccounted(marks, [(0, 4)]) == [text.index("‘"), text.index("’"), text.index("“C"), len(text) - 1]
    assert unaccounted(marks, [(0, len(text))]) == []


def test_many_marks_that_never_close_are_no_trap() -> None:
    """It took minutes when each opening mark looked through the rest of its line."""
    assert find_marks("‘a " * 50_000).pairs == ()
