import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.links import content_words, reference, speaks_for, wording
from drumbeat.model import Entity, Quote, Span


def quote(identifier: str = "q1", kind: str = "direct", *content: Span) -> Quote:
    return Quote(identifier, kind, content or (Span(0, 1),), (), (), None, None, None, False, False)


@pytest.mark.parametrize(
    ("member", "base", "expected"),
    [
        ("drumbeats of war", "the drumbeats of war are sounding", "verbatim"),
        ("the drumbeats of war are sounding", "drumbeats of war", "verbatim"),
        ("the drum of war is ringing", "the drumbeat of war is sounding loud", "variant"),
        ("a b x y", "a b c d e", "variant"),
        ("a x y", "a b c d e", "paraphrase"),
        ("", "anything", "verbatim"),
    ],
)
def test_wording(member: str, base: str, expected: str) -> None:
    assert wording(member.split(), base.split()) == expected


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.sampled_from("abc"), max_size=6))
def test_wording_is_symmetric(one: list[str], other: list[str]) -> None:
    assert wording(one, other) == wording(other, one)


def test_words_are_lower_cased_without_marks_and_joined_over_spans() -> None:
    text = "“We’re ready,” she said. “Don't Wait.”"
    spans = Span(0, 14), Span(text.index("“Don"), len(text))
    assert content_words(text, quote("q", "direct", *spans)) == ("we're", "ready", "don't", "wait")


def test_the_reference_is_the_longest_direct_member() -> None:
    members = [
        ("b", quote("q1"), ["one", "two"]),
        ("a", quote("q2"), ["one", "two"]),
        ("a", quote("q3", "mixed"), ["one", "two", "three"]),
    ]
    assert reference(members) == 1
    assert reference([members[2], ("a", quote("q4", "indirect"), ["x"])]) == 0


def entity(identifier: str, target: str | None) -> Entity:
    return Entity(identifier, "ORG", identifier, (), "x", target, None, None)


def test_speaks_for_follows_the_chain_and_stops_at_a_circle() -> None:
    base = {record.id: record for record in [entity("peskov", "kremlin"), entity("kremlin", "russia"), entity("a", "b"), entity("b", "a")]}
    assert speaks_for("peskov", base) == ["peskov", "kremlin", "russia"]
    assert speaks_for("a", base) == ["a", "b"]
