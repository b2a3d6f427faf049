import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumbeat.errors import VersionError
from drumbeat.versions import Bump, Version, bump_of, suffices

numbers = st.integers(0, 10**9 - 1)
versions = st.builds(Version, numbers, numbers, numbers)


@given(versions)
def test_versions_are_read_as_they_are_written(version: Version) -> None:
    assert Version.parse(str(version)) == version


@pytest.mark.parametrize(
    "text", ["", "1", "1.0", "v1.0.0", "1.0.0-rc1", "1.0.0 ", "1.0.0\n", "01.0.0", "1.-1.0", "1.0.0.0", "१.०.०", "1.0.9999999999"]
)
def test_what_datasets_would_refuse_is_no_version(text: str) -> None:
    with pytest.raises(VersionError, match="is no version"):
        Version.parse(text)


@given(versions, st.sampled_from(Bump))
def test_what_is_raised_was_bumped_by_so_much(version: Version, bump: Bump) -> None:
    later = version.raised(bump)
    assert bump_of(version, later) == bump
    assert [suffices(version, later, required) for required in Bump] == [required <= bump for required in Bump]


@pytest.mark.parametrize(
    ("old", "new", "bump"),
    [
        ("1.2.3", "1.2.3", Bump.none),
        ("1.2.3", "1.2.9", Bump.patch),
        ("1.2.3", "1.3.0", Bump.minor),
        ("1.2.3", "1.4.7", Bump.minor),
        ("1.2.3", "2.0.0", Bump.major),
        ("0.9.9", "0.10.0", Bump.minor),
        ("0.1.0", "1.0.0", Bump.major),
    ],
)
def test_the_bump_between_two_versions(old: str, new: str, bump: Bump) -> None:
    assert bump_of(Version.parse(old), Version.parse(new)) == bump


def test_a_version_only_rises() -> None:
    old, new = Version(1, 10, 0), Version(1, 9, 9)
    assert not suffices(old, new, Bump.none)
    with pytest.raises(VersionError, match=r"1\.9\.9 comes before 1\.10\.0"):
        bump_of(old, new)
