import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drumbeat.errors import SeedError
from drumbeat.normalize import Edit, decode, normalize, restore

SPECIAL = "\r\n\t\x0b\x0c\x85\u2028\u2029\ufeff\xa0\u2003\u3000\x00\x1c\x7f\u200b\u200d\u200e\u2066 \n"
COMPOSING = "eA\u0301\u0323\u0308\u1100\u1161\u11a8\uac00\u0915\u093c\u09c7\u09be\u212b\u0344\u0958\U0001d15e\U0001f468\U00011099\U000110ba"
MARKS = "\"'‘’“”„«»–—-"
seeds = st.text(st.one_of(st.sampled_from(SPECIAL + COMPOSING + MARKS), st.characters(exclude_categories=["Cs"])), max_size=60)
WHITE = {" ", "\n"}


@given(seeds)
@example("e\x00\u0301")  # a control character between a letter and its accent
@example("\xa0\u0301\u0323")  # a space that carries marks to be reordered
@example("\r\r\n\n\ufeff")
def test_a_normalised_text_is_nfc_with_two_kinds_of_white_space(seed: str) -> None:
    text = normalize(seed).text
    assert unicodedata.is_normalized("NFC", text)
    assert {character for character in text if character.isspace()} <= WHITE
    assert not any(unicodedata.category(character) == "Cc" for character in text if character != "\n")
    assert "\ufeff" not in text


@given(seeds)
def test_normalising_is_idempotent(seed: str) -> None:
    text = normalize(seed).text
    again = normalize(text)
    assert (again.text, again.edits) == (text, ())


@given(seeds)
def test_text_and_edits_give_back_the_seed(seed: str) -> None:
    normalized = normalize(seed)
    assert restore(normalized, seed) == seed
    position = (0, 0)
    for edit in normalized.edits:  # in order, apart, and equal stretches between them
        assert edit.seed_start - position[0] == edit.start - position[1] >= 0
        position = (edit.seed_end, edit.end)


@given(seeds)
def test_what_is_not_edited_is_equal(seed: str) -> None:
    normalized = normalize(seed)
    edges = [0, *(offset for edit in normalized.edits for offset in (edit.start, edit.end)), len(normalized.text)]
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        seed_start, seed_end = normalized.offset_map.to_seed(start, end)
        if start < end:
            assert seed[seed_start:seed_end] == normalized.text[start:end]


@given(seeds, st.data())
@example("\u0958x", None)
def test_text_to_seed_to_text_is_the_identity(seed: str, data: st.DataObject | None) -> None:
    """For every interval but those that cut a character which NFC writes as several: these grow to the whole character."""
    normalized = normalize(seed)
    length, mapping = len(normalized.text), normalized.offset_map
    start, end = (0, 1) if data is None else sorted((data.draw(st.integers(0, length)), data.draw(st.integers(0, length))))
    back = mapping.to_text(*mapping.to_seed(start, end))
    longer = [edit for edit in normalized.edits if edit.end - edit.start > edit.seed_end - edit.seed_start]
    cuts = any(edit.start < edge < edit.end for edit in longer for edge in (start, end))
    if start < end:
        assert back == (start, end) if not cuts else back[0] <= start and end <= back[1]


@given(seeds, st.data())
def test_seed_to_text_is_monotone(seed: str, data: st.DataObject) -> None:
    mapping = normalize(seed).offset_map
    edges = sorted(data.draw(st.lists(st.integers(0, len(seed)), min_size=3, max_size=3)))
    inner, outer, later = mapping.to_text(edges[0], edges[1]), mapping.to_text(edges[0], edges[2]), mapping.to_text(edges[1], edges[2])
    assert inner[0] <= inner[1]
    assert outer[0] <= inner[0] and inner[1] <= outer[1], "a longer interval covers what a shorter one does"
    assert inner[0] <= later[0] and inner[1] <= later[1], "a later interval is not mapped before an earlier one"


@given(seeds)
def test_every_character_of_the_text_comes_from_its_interval(seed: str) -> None:
    normalized = normalize(seed)
    for position, character in enumerate(normalized.text):
        start, end = normalized.offset_map.to_seed(position, position + 1)
        assert start < end
        low, high = normalized.offset_map.to_text(start, end)
        assert character in normalized.text[low:high]


@given(seeds)
def test_words_change_by_nfc_only(seed: str) -> None:
    def words(text: str) -> list[str]:
        kept = "".join(c if unicodedata.category(c)[0] in "LNMPS" or c in "\u200d\u200c" else " " for c in text)
        return unicodedata.normalize("NFC", kept).split()

    clean = "".join(c for c in seed if unicodedata.category(c) != "Cc" or c in "\t\n\r\x0b\x0c\x85")
    clean = clean.replace("\ufeff", "")
    assert words(normalize(clean).text) == words(clean)


@given(seeds)
def test_marks_dashes_and_apostrophes_are_never_touched(seed: str) -> None:
    assert [c for c in normalize(seed).text if c in MARKS] == [c for c in seed if c in MARKS]


@given(st.text(st.characters(categories=["Cf"], exclude_characters="\ufeff"), max_size=10))
def test_zero_width_and_direction_marks_stay(invisible: str) -> None:
    assert normalize("a" + invisible + "b").text == unicodedata.normalize("NFC", "a" + invisible + "b")


def test_the_edits_are_explained() -> None:
    normalized = normalize("\ufeffone\r\ntwo\xa0e\u0301\x07")
    assert normalized.text == "one\ntwo é"
    assert normalized.edits == (
        Edit(0, 1, 0, 0, "bom"),
        Edit(4, 6, 3, 4, "newline"),
        Edit(9, 10, 7, 8, "space"),
        Edit(10, 12, 8, 9, "nfc"),
        Edit(12, 13, 9, 9, "control"),
    )
    assert normalize("e\x00\u0301").edits == (Edit(0, 3, 0, 1, "control+nfc"),)


def test_the_map_in_code_points() -> None:
    mapping = normalize("😀\r\n“e\u0301x”").offset_map  # text: 😀 LF “ é x ”
    assert mapping.to_seed(2, 6) == (3, 8)
    assert mapping.to_text(3, 8) == (2, 6)
    assert mapping.to_seed(3, 4) == (4, 6)
    assert mapping.to_text(1, 3) == (1, 2)


def test_what_was_removed_maps_to_an_empty_interval() -> None:
    mapping = normalize("a\x00b").offset_map
    assert mapping.to_text(1, 2) == (1, 1)
    assert mapping.to_seed(0, 1) == (0, 1) and mapping.to_seed(1, 2) == (2, 3) and mapping.to_seed(0, 2) == (0, 3)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2)])
def test_what_is_no_interval_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not an interval"):
        normalize("abc").offset_map.to_seed(start, end)


def test_bad_utf8_is_named_by_its_byte() -> None:
    with pytest.raises(SeedError, match=r"page\.txt: byte 4 \(0xe2\) is not UTF-8"):
        decode(b"abc \xe2\x28", "page.txt")


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf \r\n\x00", "\u3000".encode()])
def test_an_empty_page_is_refused(data: bytes) -> None:
    with pytest.raises(SeedError, match="empty"):
        decode(data)


@pytest.mark.parametrize("data", [b"\xed\xa0\x80", b"\xff\xfe"])
def test_lone_surrogates_and_other_encodings_are_refused(data: bytes) -> None:
    with pytest.raises(SeedError, match="not UTF-8"):
        decode(data)


def test_an_interval_that_cuts_what_nfc_expanded_grows_to_the_whole_character() -> None:
    normalized = normalize("x\u0958y")  # a letter that NFC writes as two
    assert len(normalized.text) == 4
    mapping = normalized.offset_map
    assert mapping.to_seed(1, 2) == mapping.to_seed(2, 3) == mapping.to_seed(1, 3) == (1, 2)
    assert mapping.to_seed(2, 4) == (1, 3)
    assert mapping.to_text(1, 2) == (1, 3)
