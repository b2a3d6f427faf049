"""Version numbers that follow the data, and what a change of the data requires of them.

The rule is Croissant 1.1's (docs.mlcommons.org/croissant, "Dataset versioning"): a patch is the same data serialised anew, a minor
version adds and keeps all that was there, a major one edits, moves or removes.  Rows added to a split that exists are held to be minor,
which is laxer than its letter: the tag of the older version still gives the older rows.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum

from drumbeat.errors import VersionError


class Bump(IntEnum):
    """What has to rise in a version number; the greater, the more changed."""

    none = 0
    patch = 1
    minor = 2
    major = 3


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version number, `major.minor.patch`; it compares as numbers do."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> "Version":
        """The version that `x.y.z` names, without a `v` before or a suffix behind: `datasets` takes no other.  Raises VersionError."""
        found = re.fullmatch(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})", text)
        if found is None:
            raise VersionError(f"{text!r} is no version; write three numbers, such as 1.0.0")
        return cls(*map(int, found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def raised(self, bump: Bump) -> "Version":
        """The least version that is this much later."""
        match bump:
            case Bump.major:
                return Version(self.major + 1, 0, 0)
            case Bump.minor:
                return Version(self.major, self.minor + 1, 0)
            case Bump.patch:
                return Version(self.major, self.minor, self.patch + 1)
            case Bump.none:
                return self


def of_tags(tags: Iterable[str]) -> Iterator[Version]:
    """The versions that tags such as `v1.2.0` name; other tags are passed over."""
    for tag in tags:
        if tag.startswith("v"):
            with suppress(VersionError):
                yield Version.parse(tag[1:])


def bump_of(old: Version, new: Version) -> Bump:
    """What rose from one version to the next; none where they are the same.  Raises VersionError where the new one is the earlier."""
    if new < old:
        raise VersionError(f"{new} comes before {old}; a version only rises")
    if new.major > old.major:
        return Bump.major
    if new.minor > old.minor:
        return Bump.minor
    return Bump.patch if new.patch > old.patch else Bump.none


def suffices(old: Version, new: Version, required: Bump) -> bool:
    """Whether the new version is late enough for a change that requires this."""
    return new >= old and bump_of(old, new) >= required
