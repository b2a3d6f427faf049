"""Dataset repositories on the Hugging Face Hub, and what can go wrong on the way.

The only module that imports huggingface_hub, and only once it is used.  Its `upload_folder` is not used: with hf_xet it commits in
batches, so that half a release can be seen, and repeats a commit whose answer was lost.  Here a release is one commit onto a known
parent, and what must not happen twice is repeated only after the Hub was asked whether it happened.
"""

import errno
import json
import os
import re
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from drumbeat import __version__
from drumbeat.errors import HubError

T = TypeVar("T")
Say = Callable[[str], None]
DELAYS = (1.0, 2.0, 4.0)  # seconds before each repetition, unless the Hub asks for more
LONGEST_DELAY = 300.0  # seconds; the Hub counts requests over five minutes
TIMEOUT = 120.0  # seconds without a byte; the library itself would wait for ever
_BUSY = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Remote:
    """A dataset repository: who may see it, and the commit of its main branch."""

    private: bool
    head: str


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a revision; the digest is the SHA-256 of a large file, git's blob id of another."""

    size: int
    digest: str


def download(repo_id: str, revision: str, folder: Path) -> None:
    """A revision (tag, branch or commit) of a dataset repository into a folder that is new or empty, whole or not at all.

    Needs no token where the repository is public.  Raises HubError.
    """
    Hub().download(repo_id, revision, folder)


class Hub:
    """The Hub that HF_ENDPOINT names, as whoever HF_TOKEN or `hf auth login` names.

    Every method raises HubError, which never holds the token.  `say` is told of what takes long, `bars` shows the library's own
    progress bars during an upload.
    """

    def __init__(self, say: Say = lambda _: None, *, bars: bool = False) -> None:
        import httpx2
        import huggingface_hub

        self._library: Any = huggingface_hub
        self._transport = httpx2
        self._say, self._bars = say, bars
        address = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").strip()
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise HubError("HF_ENDPOINT is no address; it looks like https://huggingface.co")
        self.endpoint = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
        self._token = self._again("reading the token", huggingface_hub.get_token) or ""
        if self._token and not re.fullmatch(r"[!-~]+", self._token):
            raise HubError("HF_TOKEN holds characters that no token has; copy it again")
        self._api: Any = huggingface_hub.HfApi(address.rstrip("/"), self._token or False, "drumbeat", __version__)

    # -- reading ----------------------------------------------------------------------------------

    def refuse_strangers(self) -> None:
        """Raise HubError where there is no token, or one that the Hub does not know."""
        if not self._token:
            raise HubError(f"{self.endpoint}: no token; set HF_TOKEN to one with write access, or run `hf auth login`")
        self._again("signing in", self._api.whoami)

    def find(self, repo_id: str) -> Remote | None:
        """A repository; None where there is none that this token may see."""
        check_repo_id(repo_id)
        try:
            info = self._again(f"looking for {repo_id}", lambda: self._api.dataset_info(repo_id))
        except _NotFoundError:
            return None
        return Remote(bool(info.private), info.sha)

    def files(self, repo_id: str, revision: str) -> dict[str, RemoteFile]:
        """Every file of a revision by path."""

        def listed() -> dict[str, RemoteFile]:
            entries = self._api.list_repo_tree(repo_id, recursive=True, revision=revision, repo_type="dataset")
            files = (entry for entry in entries if hasattr(entry, "blob_id"))
            return {file.path: RemoteFile(file.size, file.lfs.sha256 if file.lfs else file.blob_id) for file in files}

        return self._again(f"listing {repo_id}@{revision}", listed)

    def tags(self, repo_id: str) -> list[str]:
        """The names of all tags."""
        refs = self._again(f"listing the tags of {repo_id}", lambda: self._api.list_repo_refs(repo_id, repo_type="dataset"))
        return [tag.name for tag in refs.tags]

    def resolve(self, repo_id: str, revision: str) -> str:
        """The commit that a tag or branch points to."""
        return self._again(f"looking for {repo_id}@{revision}", lambda: str(self._api.dataset_info(repo_id, revision=revision).sha))

    def download(self, repo_id: str, revision: str, folder: Path, only: Collection[str] | None = None) -> None:
        """A revision into a folder that is new or empty, whole or not at all; all of it, or `only` paths that match a pattern."""
        check_repo_id(repo_id)
        if folder.exists() and any(folder.iterdir()):
            raise HubError(f"{folder}: is not empty; give a new folder to download {repo_id}@{revision} to")
        what = f"downloading {repo_id}@{revision}"
        commit = self.resolve(repo_id, revision)
        patterns = list(only) if only else None
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            options = {"repo_type": "dataset", "local_dir": aside, "cache_dir": aside / ".cache", "allow_patterns": patterns}
            self._again(what, lambda: self._api.snapshot_download(repo_id, revision=commit, **options))
            shutil.rmtree(aside / ".cache", ignore_errors=True)
            wanted = self._library.utils.filter_repo_objects(self.files(repo_id, commit), allow_patterns=patterns)
            if missing := [path for path in wanted if not (aside / path).is_file()]:
                raise HubError(f"{self.endpoint}: {what} failed: {missing[0]} did not arrive; run it again")
            aside.chmod(0o755)
            os.replace(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    # -- writing ----------------------------------------------------------------------------------

    def create(self, repo_id: str, *, private: bool) -> Remote:
        """A new repository, or the one that somebody else created meanwhile."""

        def make() -> Remote | None:
            self._api.create_repo(repo_id, repo_type="dataset", private=private)
            return self.find(repo_id)

        found = self._again(f"creating {repo_id}", make, lambda: self.find(repo_id))
        if found is None:
            raise HubError(f"{self.endpoint}: {repo_id} was created, but is not to be seen; look at the rights of the token")
        return found

    def commit(
        self, repo_id: str, parent: str, message: str, add: Mapping[str, Path], delete: Collection[str], landed: Callable[[], str | None]
    ) -> str:
        """One commit onto `parent`, the head of the main branch, that adds and deletes files; the large ones are uploaded before.

        `landed` is asked after a failure: the commit if it was made all the same, None if the head is still the parent; it raises
        what it likes if the head is another.
        """
        hub = self._library
        adding = [hub.CommitOperationAdd(path, source) for path, source in add.items()]
        deleting = [hub.CommitOperationDelete(path, is_folder=False) for path in delete]
        upload = partial(self._api.preupload_lfs_files, repo_id, adding, repo_type="dataset", free_memory=False)
        self._again(f"uploading to {repo_id}", upload, uploading=True)
        self._say("committing")
        options = {"repo_type": "dataset", "commit_message": message, "parent_commit": parent}
        return self._again(
            f"committing to {repo_id}", lambda: str(self._api.create_commit(repo_id, [*deleting, *adding], **options).oid), landed
        )

    def tag(self, repo_id: str, name: str, commit: str, message: str) -> str:
        """Tag a commit; the commit that the tag points to afterwards, which is another one where somebody was faster."""

        def make() -> str:
            self._api.create_tag(repo_id, tag=name, tag_message=message, revision=commit, repo_type="dataset")
            return commit

        return self._again(f"tagging {repo_id}", make, lambda: self.resolve(repo_id, name) if name in self.tags(repo_id) else None)

    # -- failures ---------------------------------------------------------------------------------

    def _again(self, what: str, call: Callable[[], T], landed: Callable[[], T | None] | None = None, *, uploading: bool = False) -> T:
        """Call until it succeeds or fails for good; with `landed`, only after that has found that nothing was done.

        The library repeats each part of an upload by itself, so that the whole is not repeated here.
        """
        for delay in (*(() if uploading else DELAYS), None):
            try:
                with self._settings(bars=uploading and self._bars):
                    return call()
            except (OSError, self._transport.HTTPError, self._transport.InvalidURL, ValueError, RuntimeError) as error:
                cause = self._cause(error)
            wait = self._wait(cause)
            if landed and (wait is not None or _status(cause) in (None, 409, 412)) and (found := landed()) is not None:
                return found
            if wait is None or delay is None:
                kind = _NotFoundError if isinstance(cause, self._library.errors.RepositoryNotFoundError) else HubError
                later = "; try again later" if _status(cause) in _BUSY else ""
                raise kind(f"{self.endpoint}: {what} failed: {self._reason(cause)}{later}")
            delay = min(max(delay, wait), LONGEST_DELAY)
            self._say(f"{what} failed: {self._reason(cause)}; once more in {delay:g} s")
            time.sleep(delay)
        raise AssertionError

    @contextmanager
    def _settings(self, *, bars: bool) -> Iterator[None]:
        """The library's settings while it is at work: a time-out, and no log lines or warnings, which could name signed addresses."""
        utils = self._library.utils
        verbosity, had_bars = utils.logging.get_verbosity(), not utils.are_progress_bars_disabled()
        utils.get_session().timeout = TIMEOUT
        utils.logging.set_verbosity_error()
        try:
            with warnings.catch_warnings(action="ignore"):
                if had_bars and not bars:
                    utils.disable_progress_bars()
                yield
        finally:
            utils.logging.set_verbosity(verbosity)
            if had_bars:
                utils.enable_progress_bars()

    def _cause(self, error: BaseException) -> BaseException:
        """What an error was raised from: the Hub's answer or a broken connection, else trouble on this machine, else itself."""
        errors = self._library.errors
        chain = [error]
        while chain[-1].__cause__ is not None:
            chain.append(chain[-1].__cause__)
        network = (errors.HfHubHTTPError, errors.OfflineModeIsEnabled, self._transport.HTTPError)
        return next((each for kinds in (network, OSError) for each in chain if isinstance(each, kinds)), error)

    def _wait(self, cause: BaseException) -> float | None:
        """How many seconds to wait at least before it may go better; None where it will not."""
        status = _status(cause)
        if status is not None:
            asked = cause.response.headers.get("Retry-After", "")  # type: ignore[attr-defined]
            return (float(asked) if asked.isdigit() else 0.0) if status in _BUSY else None
        # An answer that should be JSON and is not comes from something in between.
        return 0.0 if isinstance(cause, (self._transport.TransportError, json.JSONDecodeError)) else None

    def _reason(self, cause: BaseException) -> str:
        """Why something failed, in one line, without addresses that may be signed and without the token."""
        errors, status = self._library.errors, _status(cause)
        said = " ".join((getattr(cause, "server_message", None) or "").split())
        if isinstance(cause, errors.RepositoryNotFoundError):
            text = "there is no such dataset, or your token may not see it; check the name, and HF_TOKEN or `hf auth login`"
        elif isinstance(cause, errors.RevisionNotFoundError):
            text = "there is no such revision; look at the tags there"
        elif status == 401:
            text = "the token is not accepted; set HF_TOKEN to a valid one, or run `hf auth login`"
        elif status == 403:
            text = f"your token may not do that ({said}); use one with write access to the namespace"
        elif status is not None:
            text = f"the answer was {status} ({said or 'without a reason'})"
        else:
            text = self._local_reason(cause)
        return text.replace(self._token, "…") if self._token else text

    def _local_reason(self, cause: BaseException) -> str:
        if isinstance(cause, self._library.errors.OfflineModeIsEnabled):
            return "HF_HUB_OFFLINE is set; unset it"
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return f"{cause.strerror}; make room, or set TMPDIR to a folder that has some"
        words = " ".join(str(cause).split()) or type(cause).__name__
        return f"{words}; check the network, and HF_ENDPOINT if it is set" if isinstance(cause, self._transport.HTTPError) else words


def _status(error: BaseException) -> int | None:
    """The status of the Hub's answer; None where there was none."""
    return getattr(getattr(error, "response", None), "status_code", None)


class _NotFoundError(HubError):
    """There is no such repository, or none that may be seen."""


def check_repo_id(repo_id: str) -> None:
    """Raise HubError where this names no repository."""
    from huggingface_hub import errors, utils

    library: Any = utils
    try:
        library.validate_repo_id(repo_id)
        valid = "/" in repo_id
    except errors.HFValidationError:
        valid = False
    if not valid:
        raise HubError(f"{repo_id!r} names no dataset repository; it looks like organisation/name, in letters, digits and single . _ -")
