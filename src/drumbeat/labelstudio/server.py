"""A Label Studio server: its projects, tasks and predictions, and what can go wrong on the way.

The only module that imports the SDK, which is an extra.  Its own retries are switched off, because it repeats POSTs that may have been
carried out: here a call that must not happen twice is repeated only after the server was asked whether it happened.
"""

import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from drumbeat.errors import ServerError
from drumbeat.labelstudio.items import Json

T = TypeVar("T")
OLDEST = (1, 20)  # the first release whose tokens and snapshots are those that are used here
DELAYS = (1.0, 2.0, 4.0)  # seconds before each repetition, unless the server asks for more
LONGEST_DELAY = 60.0  # seconds; what a server may ask for
TIMEOUT = 300.0  # seconds; a batch of pages takes a few
SNAPSHOT_TIMEOUT = 900.0  # seconds; a snapshot of 10,000 tasks took one minute, in a single request
PAGE = 100  # tasks in one answer
TITLE = (3, 50)  # characters that Label Studio takes as a title


class Fate(Enum):
    """What became of a call that failed."""

    unsent = "the server did nothing; it may be sent again"
    lost = "it may have been carried out"
    slow = "it may be under way still"
    final = "it will not succeed"


@dataclass(frozen=True, slots=True)
class Project:
    """A project as the server has it; `tasks` is their number."""

    id: int
    title: str
    label_config: str
    model_version: str
    tasks: int


def from_environment(environment: Mapping[str, str]) -> "Server":
    """The server that LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY name.  Raises ServerError."""
    for name, example in (("LABEL_STUDIO_URL", "http://localhost:8080"), ("LABEL_STUDIO_API_KEY", "the token of your account page")):
        if not environment.get(name, "").strip():
            raise ServerError(f"{name} is not set; set it to {example}")
    return Server(environment["LABEL_STUDIO_URL"], environment["LABEL_STUDIO_API_KEY"])


class Server:
    """A server that answered and is new enough; to be used in a `with`.

    `transport` and `sleep` are for tests. Every method raises ServerError, which never holds the token.
    """

    def __init__(self, url: str, key: str, transport: Any = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._key, self._sleep = key.strip(), sleep
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerError("LABEL_STUDIO_URL is no address; it looks like http://localhost:8080")
        self.url = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl().rstrip("/")
        if not re.fullmatch(r"[!-~]+", self._key):
            raise ServerError("LABEL_STUDIO_API_KEY holds characters that no token has; copy it again")
        self.unsure = False  # whether an answer was lost, so that a task may stand twice
        try:
            import httpx
            from label_studio_sdk.client import LabelStudio
            from label_studio_sdk.core.api_error import ApiError
        except ImportError:
            raise ServerError("push and pull need Label Studio's SDK; install it with: pip install 'drumbeat[labelstudio]'") from None
        self._httpx, self._api_error = httpx, ApiError
        # A redirected POST would arrive as a GET, so redirects are an error that names the right address.
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, transport=transport)
        # Without a slash at the end the SDK would lose the address's path when it renews a token.
        address = parts._replace(query="", fragment="").geturl().rstrip("/") + "/"
        options = {"timeout": TIMEOUT, "max_retries": 0, "httpx_client": self._client}
        try:
            self._sdk: Any = self._again("signing in", lambda: LabelStudio(base_url=address, api_key=self._key, **options))
            self._refuse_other_versions()
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> "Server":
        """The server, whose connections are closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._client.close()

    def _refuse_other_versions(self) -> None:
        release = str(getattr(self._again("asking for the version", self._sdk.versions.get), "release", ""))
        found = re.match(r"(\d+)\.(\d+)", release)
        if not found:
            raise ServerError(f"{self.url}: what answers there is no Label Studio; check LABEL_STUDIO_URL")
        if (int(found[1]), int(found[2])) < OLDEST:
            raise ServerError(f"{self.url}: Label Studio {release} is too old; {'.'.join(map(str, OLDEST))} or newer is needed")

    # -- projects ---------------------------------------------------------------------------------

    def find_project(self, name: str) -> Project | None:
        """A project by its number, or by its whole title; a title may not exist."""
        if name.isdigit():
            return self.get_project(int(name))
        found = self._titled(name)
        if len(found) > 1:
            raise ServerError(f"{self.url}: {len(found)} projects are titled {name!r}; give a number: {', '.join(map(str, found))}")
        return self.get_project(found[0]) if found else None

    def _titled(self, title: str) -> list[int]:
        listed = self._again("listing projects", lambda: list(self._sdk.projects.list(title=title, include="id,title")))
        return sorted(project.id for project in listed if project.title == title)

    def get_project(self, number: int) -> Project:
        """The project of that number as it is now."""
        got = self._again(f"reading project {number}", lambda: self._sdk.projects.get(number))
        return Project(got.id, got.title, got.label_config or "", got.model_version or "", got.task_number or 0)

    def create_project(self, title: str, label_config: str) -> Project:
        """A new project."""
        if not TITLE[0] <= len(title) <= TITLE[1]:
            raise ServerError(f"{title!r}: a project's title has {TITLE[0]} to {TITLE[1]} characters")
        number = self._once(
            "creating the project",
            lambda: int(self._sdk.projects.create(title=title, label_config=label_config).id),
            lambda: next(iter(self._titled(title)), None),
        )
        return self.get_project(number)

    def ensure_view(self, project: Project) -> None:
        """Give a project its first view: without one, a task may open blank, and be submitted so."""

        def first() -> Any:
            return next(iter(self._again("listing views", lambda: self._sdk.views.list(project=project.id))), None)

        if first() is None:
            self._once("creating a view", lambda: self._sdk.views.create(project=project.id, data={}), first)

    def set_label_config(self, project: Project, label_config: str) -> None:
        """Replace the labeling configuration; what it may not lose is for the caller to know."""
        self._again("updating the labeling configuration", lambda: self._sdk.projects.update(id=project.id, label_config=label_config))

    def set_model_version(self, project: Project, model_version: str) -> None:
        """Choose whose predictions annotators are offered: the server chooses once and never again."""
        self._again("choosing the predictions", lambda: self._sdk.projects.update(id=project.id, model_version=model_version))

    # -- tasks ------------------------------------------------------------------------------------

    def tasks(self, project: Project, after: int = 0) -> Iterator[Json]:
        """Id, data and predictions of every task whose id is greater, in the order of ids.

        Each page begins after the last id, so tasks that come or go meanwhile shift none.
        """
        while True:
            condition = {"filter": "filter:tasks:id", "operator": "greater", "type": "Number", "value": after}
            query = json.dumps({"filters": {"conjunction": "and", "items": [condition]}, "ordering": ["tasks:id"]})
            page = self._again("listing tasks", partial(self._page, project, query))
            yield from page
            if not page:
                return
            after = page[-1]["id"]

    def _page(self, project: Project, query: str) -> list[Json]:
        fields = {"fields": "all", "include": "id,data,predictions"}
        items = self._sdk.tasks.list(project=project.id, query=query, page=1, page_size=PAGE, **fields).items
        return [{"id": item.id, "data": item.data, "predictions": [_plain(p) for p in item.predictions or ()]} for item in items or ()]

    def send(self, project: Project, batch: Sequence[Json], key: Callable[[Json], object], after: int) -> None:
        """Import tasks, none of them twice: where the answer is lost, those that arrived after the id `after` are not sent again."""
        left = list(batch)

        def send() -> bool:
            answer = self._sdk.projects.import_tasks(id=project.id, request=left, return_task_ids=True)
            received = getattr(answer, "task_count", None)
            if received not in (None, len(left)):
                raise ServerError(f"{self.url}: took {received} of {len(left)} tasks; push again, which sends what is missing")
            return True

        def arrived() -> bool | None:
            nonlocal left
            there = {key(task) for task in self.tasks(project, after)}
            left = [task for task in left if key(task) not in there]
            return None if left else True

        self._once(f"sending {len(left)} task(s)", send, arrived)

    def create_prediction(self, task: int, prediction: Json) -> None:
        """A further prediction of a task."""
        wanted = {name: prediction.get(name) for name in ("model_version", "score", "result")}

        def there() -> bool | None:
            listed = self._again("listing predictions", lambda: [_plain(p) for p in self._sdk.predictions.list(task=task)])
            return any({name: found.get(name) for name in wanted} == wanted for found in listed) or None

        given = {name: value for name, value in wanted.items() if value is not None}
        self._once("creating a prediction", lambda: self._sdk.predictions.create(task=task, **given), there)

    def delete_prediction(self, prediction: int) -> None:
        """Remove a prediction, if it is there still."""

        def delete() -> None:
            try:
                self._sdk.predictions.delete(prediction)
            except self._api_error as error:
                if error.status_code != 404:
                    raise

        self._again("deleting a prediction", delete)

    # -- what stands on a task --------------------------------------------------------------------

    def annotation(self, number: int) -> Json | None:
        """An annotation as it is at this moment, None where it is gone. A listing would leave out the skipped ones."""
        found: Json | None = self._again("reading an annotation", lambda: self._call("GET", f"api/annotations/{number}/"))
        return found

    def drafts(self, task: int) -> dict[int, Json]:
        """Everybody's drafts on a task as they are at this moment, by number."""
        return {item["id"]: item for item in self._again("listing drafts", lambda: self._call("GET", f"api/tasks/{task}/drafts")) or ()}

    def update(self, kind: str, number: int, fields: Json) -> bool:
        """Set fields of one of the `tasks`, `annotations`, `drafts` or `predictions`; False where it is gone.

        The server makes whoever asks the one who updated an annotation, and deletes the drafts that belong to it.
        """
        return None is not self._again(f"updating {kind} {number}", lambda: self._call("PATCH", f"api/{kind}/{number}/", fields))

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        """What the server says to a plain request, as drafts are not in the SDK; None where it knows no such thing."""
        answer = self._sdk._client_wrapper.httpx_client.request(path, method=method, json=body)
        if answer.status_code == 404 and "application/json" in answer.headers.get("content-type", ""):
            return None
        if not answer.is_success:
            try:
                said = answer.json()
            except ValueError:
                said = answer.text
            raise self._api_error(status_code=answer.status_code, headers=dict(answer.headers), body=said)
        return answer.json()

    def people(self) -> dict[int, str]:
        """E-mail addresses of the users by their number."""
        return {user.id: user.email for user in self._again("listing users", self._sdk.users.list) if user.email}

    # -- everything at once -----------------------------------------------------------------------

    def download(self, project: Project, path: Path) -> None:
        """All tasks as of one moment: every annotation, everybody's drafts, predictions in full, people with their addresses.

        A listing by pages would give no drafts of other people. The snapshot is removed from the server afterwards.
        """
        title = f"drumbeat {uuid.uuid4().hex}"
        whole = {"only_id": False}
        options = {"predictions": whole, "drafts": whole, "annotations__completed_by": whole}
        patience = {"timeout_in_seconds": int(SNAPSHOT_TIMEOUT)}

        def find() -> int | None:
            listed = self._again("listing snapshots", lambda: self._sdk.projects.exports.list(id=project.id))
            return next((int(item.id) for item in listed if item.title == title), None)

        number = self._once(
            "taking a snapshot",
            lambda: int(
                self._sdk.projects.exports.create(id=project.id, title=title, serialization_options=options, request_options=patience).id
            ),
            find,
        )
        try:
            self._await_snapshot(project, number)
            self._again("downloading the snapshot", lambda: self._save(project, number, path))
        finally:
            with suppress(ServerError):  # a snapshot that stays behind is no reason to fail
                self._again("removing the snapshot", lambda: self._sdk.projects.exports.delete(id=project.id, export_pk=number))

    def _await_snapshot(self, project: Project, number: int) -> None:
        waited = 0.0
        while True:
            status = self._again(
                "asking for the snapshot", lambda: str(self._sdk.projects.exports.get(id=project.id, export_pk=number).status)
            )
            if status == "completed":
                return
            if status == "failed" or waited >= SNAPSHOT_TIMEOUT:
                raise ServerError(f"{self.url}: the snapshot of project {project.id} is {status} after {waited:.0f} s; pull again")
            self._sleep(DELAYS[-1])
            waited += DELAYS[-1]

    def _save(self, project: Project, number: int, path: Path) -> None:
        with path.open("wb") as file:
            for chunk in self._sdk.projects.exports.download(id=project.id, export_pk=number, export_type="JSON"):
                file.write(chunk)

    # -- calls ------------------------------------------------------------------------------------

    def _again(self, what: str, call: Callable[[], T]) -> T:
        """A call that may happen twice, repeated while that may help."""
        for delay in (*DELAYS, None):
            try:
                return call()
            except Exception as error:
                if delay is None or self._fate(error) is Fate.final:
                    raise self._explained(what, error) from None
                self._sleep(_asked_delay(error, delay))
        raise AssertionError("unreachable")

    def _once(self, what: str, call: Callable[[], T], find: Callable[[], T | None]) -> T:
        """A call that must not happen twice; `find` says what it did, or None where it did nothing.

        After a time-out the call may be under way still, so it is only looked for, never sent again.
        """
        sent = True
        for delay in (*DELAYS, None):
            if sent:
                try:
                    return call()
                except Exception as error:
                    failure = error
            fate = self._fate(failure)
            if delay is None or fate is Fate.final:
                raise self._explained(what, failure) from None
            self._sleep(_asked_delay(failure, delay))
            if fate is not Fate.unsent:
                self.unsure = True
                found = find()
                if found is not None:
                    return found
            sent = fate is not Fate.slow
        raise AssertionError("unreachable")

    def _fate(self, error: Exception) -> Fate:
        httpx = self._httpx
        if isinstance(error, self._api_error):
            status = error.status_code or 0
            return {429: Fate.unsent, 408: Fate.slow, 504: Fate.slow}.get(status, Fate.lost if status >= 500 else Fate.final)
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return Fate.unsent
        if isinstance(error, httpx.TimeoutException):
            return Fate.slow
        return Fate.lost if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) else Fate.final

    def _explained(self, what: str, error: Exception) -> ServerError:
        if isinstance(error, ServerError):
            return error
        place = f"{self.url}: {what}"
        if not isinstance(error, self._api_error):
            if isinstance(error, self._httpx.ConnectError | self._httpx.ConnectTimeout):
                return ServerError(f"{self.url}: no server answers there ({error}); is it running, and is LABEL_STUDIO_URL right?")
            if isinstance(error, self._httpx.TimeoutException):
                return ServerError(f"{place}: no answer in time; it may have been carried out: run the command again, which looks first")
            if isinstance(error, self._httpx.TransportError):
                return ServerError(f"{place}: the connection broke again and again ({type(error).__name__}); run the command again")
            if isinstance(error, ValueError):  # an answer that is no JSON
                return ServerError(f"{place}: what answers there is no Label Studio; check LABEL_STUDIO_URL")
            raise error
        status = error.status_code or 0
        if status in (401, 403):
            return ServerError(f"{place}: refused (HTTP {status}: {self._detail(error.body)}); {_about_key(self._key)}")
        if 300 <= status < 400:
            target = (error.headers or {}).get("location", "another address")
            return ServerError(f"{place}: redirected to {target}; set LABEL_STUDIO_URL to where the server is")
        if not isinstance(error.body, dict) and status < 500:
            return ServerError(f"{place}: what answers there is no Label Studio (HTTP {status}); check LABEL_STUDIO_URL")
        return ServerError(f"{place}: HTTP {status}: {self._detail(error.body)}")

    def _detail(self, body: object) -> str:
        """What the server said, in one short line that does not hold the token."""
        said: object = body
        if isinstance(body, dict):
            said = " ".join(str(body[name]) for name in ("detail", "validation_errors") if body.get(name)) or body
        return " ".join(str(said).split()).replace(self._key, "…")[:300]


def _plain(record: Any) -> Json:
    plain: Json = record if isinstance(record, dict) else record.model_dump()
    return plain


def _asked_delay(error: Exception, delay: float) -> float:
    """Seconds to wait: ours, or what the server asks for."""
    headers = {name.lower(): value for name, value in (getattr(error, "headers", None) or {}).items()}
    asked = str(headers.get("retry-after", ""))
    return min(max(delay, float(asked)), LONGEST_DELAY) if asked.isdigit() else delay


def _about_key(key: str) -> str:
    """What kind of token this looks like, and what to do when it is refused."""
    if re.fullmatch(r"[0-9a-fA-F]{40}", key):
        return (
            "LABEL_STUDIO_API_KEY looks like a legacy token: switch legacy tokens on (Organization > API Tokens Settings, or start a new "
            "server with --enable-legacy-api-token), or use a personal access token from your account page"
        )
    if key.count(".") == 2 and key.startswith("eyJ"):
        with suppress(ValueError):
            claims = json.loads(base64.urlsafe_b64decode(key.split(".")[1] + "=="))
            if isinstance(claims, dict) and claims.get("token_type") == "access":
                return "LABEL_STUDIO_API_KEY looks like an access token, which lives five minutes; give the personal access token instead"
        return (
            "LABEL_STUDIO_API_KEY looks like a personal access token: it may be revoked, or another server's; make one on your account page"
        )
    return "LABEL_STUDIO_API_KEY looks like neither a personal access token (eyJ…) nor a legacy one (40 hexadecimal digits); copy it again"
