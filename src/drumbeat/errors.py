"""Exceptions that stop an operation.

Problems *in data* are not exceptions but findings (`drumbeat.checks`); an exception means that what was asked for
could not be done.  Every message says what is wrong, where, and what to do next.
"""


class DrumbeatError(Exception):
    """Base class of everything that drumbeat raises on purpose."""


class SeedError(DrumbeatError):
    """A raw page cannot be used: unreadable, not UTF-8, empty, or received before."""


class IngestError(DrumbeatError):
    """Pages cannot be added: no such file, no page in it, an unknown form, a missing library, a record that --strict does not skip."""


class RecordError(DrumbeatError):
    """A JSON file or record cannot be read: syntax, a missing field, a wrong type."""


class SchemaError(DrumbeatError):
    """A schema file is missing, or says something that drumbeat cannot turn into columns."""


class BuildError(DrumbeatError):
    """The corpus cannot be built from what is there, or the committed corpus is not what a build gives."""


class TaskError(DrumbeatError):
    """A Label Studio task cannot be made or read: other text, shifted spans, an id that stands twice."""


class ServerError(DrumbeatError):
    """A Label Studio server cannot be used: unreachable, refusing, too old, or holding what must not be overwritten."""


class HubError(DrumbeatError):
    """The Hugging Face Hub cannot be used: unreachable, refusing, without what was asked for."""


class ReleaseError(DrumbeatError):
    """A release cannot be made: a tree with changes, findings, a stale corpus, no changelog, a version that is too small."""


class PublishError(DrumbeatError):
    """A corpus cannot be published: not a release, files that are not the manifest's, other content under its tag."""


class ExportError(DrumbeatError):
    """Gold cannot be written in another tool's format: no such document, no gold, records that are broken, a missing library."""


class MigrationError(DrumbeatError):
    """Labels cannot be changed as asked: an unknown label, one that exists, records that nobody decided, work done since."""


class CorpusError(DrumbeatError):
    """A built corpus cannot be read: a missing manifest, a truncated Parquet file."""


class DecisionError(DrumbeatError):
    """Adjudication cannot be done: no two sets, a decision about nothing, a choice or reason that is missing."""


class VersionError(DrumbeatError):
    """A version is no x.y.z, or comes before the one that it should follow."""


class GitError(DrumbeatError):
    """Git cannot give what was asked for: it is missing, there is no repository, no such revision, no such path in it."""


class VerificationError(DrumbeatError):
    """Which version something is cannot be told: it is no data set, or its features are unknown."""


class HydrationError(DrumbeatError):
    """Words cannot be put back: no text-free corpus, no copies of pages, a copy that cannot be read, an output that is there."""


class SuggestError(DrumbeatError):
    """Nothing can be suggested: a missing library or model, a model that is not the one that was measured, pages that cannot be read."""


class ScoreError(DrumbeatError):
    """Nothing can be scored: no such set, pages without what is asked for, files that have no layer in common."""


class ScaleError(DrumbeatError):
    """Work cannot be spread: no engine, no scheduler, parts of the input that end their workers."""
