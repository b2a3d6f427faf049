"""Push and pull against a server that fails on request: no socket, no waiting."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from drumbeat.cli import app
from drumbeat.errors import ServerError, TaskError
from drumbeat.labelstudio.config import label_config
from drumbeat.labelstudio.exchange import tasks
from drumbeat.labelstudio.server import DELAYS, LONGEST_DELAY, Server, from_environment
from drumbeat.labelstudio.transfer import Pushed, pull, push, push_tasks
from drumbeat.model import LAYERS
from drumbeat.repository import Repository
from tests.toy import Toy

LEGACY = "0123456789abcdef0123456789abcdef01234567"
PERSONAL = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6OTk5OTk5OTk5OX0.c2ln"
ACCESS = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIiwiZXhwIjo5OTk5OTk5OTk5fQ.c2ln"
LEAD, ANN = {"id": 1, "email": "lead@example.org"}, {"id": 7, "email": "ann@example.org"}
TODAY = "2026-03-04T05:06:07Z"
Failure = Callable[[httpx.Request], httpx.Response]


def answer(status: int, body: Any = None, **headers: str) -> Failure:
    return lambda _: httpx.Response(status, json=body or {"detail": f"fabricated {status}"}, headers=headers)


def dropped(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)


def down(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("[Errno 111] Connection refused", request=request)


def silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out", request=request)


@dataclass
class Fault:
    """What happens to the next calls of an endpoint; `after`: the call is carried out, and only its answer is lost."""

    endpoint: str
    failure: Failure
    times: int = 1
    after: bool = False


@dataclass
class Fake:
    """The endpoints that are used, with the behaviour that was measured on 1.23."""

    release: str = "1.23.2"
    projects: list[dict[str, Any]] = field(default_factory=list)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    snapshots: dict[int, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    page: int = 2  # however many are asked for
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def server(self, key: str = LEGACY) -> Server:
        return Server("http://fake.test", key, httpx.MockTransport(self.handle), self.waits.append)

    def handle(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        named = "/".join(part for part in parts if not part.isdigit())
        endpoint = f"{request.method} {named}"
        self.calls.append(endpoint)
        fault = next((fault for fault in self.faults if fault.endpoint == endpoint and fault.times), None)
        if fault and not fault.after:
            fault.times -= 1
            return fault.failure(request)
        body = json.loads(request.content) if request.content else None
        done = self.carry_out(endpoint, [int(part) for part in parts if part.isdigit()], dict(request.url.params), body)
        if fault:
            fault.times -= 1
            return fault.failure(request)
        return done

    def carry_out(self, endpoint: str, ids: list[int], query: dict[str, str], body: Any) -> httpx.Response:
        match endpoint:
            case "GET api/version":
                return httpx.Response(200, json={"release": self.release, "edition": "Community"})
            case "GET api/projects":
                found = [p for p in self.projects if query.get("title", "") in p["title"]]
                return httpx.Response(200 if query.get("page", "1") == "1" else 404, json={"results": found, "count": len(found)})
            case "POST api/projects":
                self.projects.append(body | {"id": next(self.numbers), "model_version": None})
                return httpx.Response(201, json=self.projects[-1])
            case "POST api/dm/views":
                self.views.append(body)
                return httpx.Response(201, json={"id": 1} | body)
            case "GET api/dm/views":
                return httpx.Response(200, json=[{"id": 1} for view in self.views if str(view["project"]) == query["project"]])
            case "GET api/tasks":
                asked = json.loads(query["query"])
                after = asked["filters"]["items"][0]["value"]
                found = sorted((t for t in self.tasks if t["id"] > after), key=lambda t: t["id"])
                return httpx.Response(200, json={"tasks": found[: self.page], "total": len(found)})
            case "POST api/projects/import":
                new = [task | {"id": next(self.numbers)} for task in body]
                for task in new:
                    task["predictions"] = [p | {"id": next(self.numbers)} for p in task["predictions"]]
                    task["annotations"] = [
                        a | {"id": next(self.numbers), "import_id": a["id"], "completed_by": LEAD, "updated_by": None, "updated_at": TODAY}
                        for a in task["annotations"]
                    ]
                self.tasks += new
                return httpx.Response(201, json={"task_count": len(new), "task_ids": [task["id"] for task in new]})
            case "POST api/predictions":
                self.task(body["task"])["predictions"].append({"score": None} | body | {"id": next(self.numbers)})
                return httpx.Response(201, json=self.task(body["task"])["predictions"][-1])
            case "GET api/predictions":
                return httpx.Response(200, json=self.task(int(query["task"]))["predictions"])
            case "DELETE api/predictions":
                if not any(p["id"] == ids[0] for task in self.tasks for p in task["predictions"]):
                    return httpx.Response(404, json={"detail": "Not found."})
                for task in self.tasks:
                    task["predictions"] = [p for p in task["predictions"] if p["id"] != ids[0]]
                return httpx.Response(204)
            case "GET api/annotations":
                there = [a for task in self.tasks for a in task["annotations"] if a["id"] == ids[0]]
                return httpx.Response(200, json=there[0]) if there else httpx.Response(404, json={"detail": "Not found."})
            case "GET api/tasks/drafts":
                return httpx.Response(200, json=self.task(ids[0]).get("drafts", []))
            case "PATCH api/tasks":
                self.task(ids[0])["data"] = body["data"]
                return httpx.Response(200, json={"id": ids[0]})
            case "PATCH api/annotations" | "PATCH api/drafts" | "PATCH api/predictions":
                return self.patch(endpoint.rpartition("/")[2], ids[0], body)
            case "GET api/users":
                return httpx.Response(200, json=[{"id": 1, "email": "lead@example.org"}, {"id": 7, "email": "ann@example.org"}])
            case "POST api/projects/exports":
                self.snapshots[next(self.numbers)] = body["title"]
                return httpx.Response(201, json={"id": max(self.snapshots), "title": body["title"], "status": "in_progress"})
            case "GET api/projects/exports" if len(ids) == 1:
                return httpx.Response(200, json=[{"id": n, "title": t, "status": "completed"} for n, t in self.snapshots.items()])
            case "GET api/projects/exports":
                return httpx.Response(200, json={"id": ids[1], "title": self.snapshots[ids[1]], "status": "completed"})
            case "GET api/projects/exports/download":
                return httpx.Response(200, content=json.dumps(self.tasks).encode())
            case "DELETE api/projects/exports":
                del self.snapshots[ids[1]]
                return httpx.Response(204)
        raise AssertionError(endpoint)

    def patch(self, kind: str, number: int, body: Any) -> httpx.Response:
        """Of an annotation: it counts as updated by whoever asks, and the drafts that belong to it are gone."""
        for task in self.tasks:
            for work in task.get(kind, ()):
                if work["id"] == number:
                    work |= body
                    if kind == "annotations":
                        work |= {"updated_by": LEAD["id"], "updated_at": TODAY}
                        task["drafts"] = [draft for draft in task.get("drafts", ()) if draft["annotation"] != number]
                    return httpx.Response(200, json=work)
        return httpx.Response(404, json={"detail": "Not found."})

    def task(self, number: int) -> dict[str, Any]:
        return next(task for task in self.tasks if task["id"] == number)


class WithProjects(Fake):
    """`GET` and `PATCH api/projects/N`, which share their name with the list once the number is gone."""

    def carry_out(self, endpoint: str, ids: list[int], query: dict[str, str], body: Any) -> httpx.Response:
        if ids and endpoint in ("GET api/projects", "PATCH api/projects"):
            found = next((p for p in self.projects if p["id"] == ids[0]), None)
            if found is None:
                return httpx.Response(404, json={"detail": "No Project matches the given query."})
            found |= body or {}
            return httpx.Response(200, json=found | {"task_number": len(self.tasks)})
        return super().carry_out(endpoint, ids, query, body)


@pytest.fixture
def fake() -> Fake:
    return WithProjects()


def pushed(fake: Fake, toy: Toy, sets: str = "gold") -> Pushed:
    return push(fake.server(), "toys", toy.repository, sets=sets)


def worked(task: dict[str, Any]) -> None:
    """An annotator saved what was sent, under their own name."""
    (sent,) = task["annotations"]
    sent |= {"id": 900, "import_id": None, "completed_by": ANN, "updated_at": "2026-02-03T04:05:06Z"}


# -- push -----------------------------------------------------------------------------------------


def test_what_is_there_is_not_sent_again(fake: Fake, toy: Toy) -> None:
    first = pushed(fake, toy)
    assert (first.created, first.sent, first.present) == (True, 2, 0)
    second = pushed(fake, toy)
    assert (second.created, second.sent, second.present) == (False, 0, 2)
    assert (len(fake.projects), len(fake.tasks), len(fake.views)) == (1, 2, 1)


def test_a_push_that_was_cut_short_goes_on_where_it_ended(fake: Fake, toy: Toy) -> None:
    assert push(fake.server(), "toys", toy.repository, documents=["toy-a"]).sent == 1
    fake.views.clear()  # it ended before the view was made, too
    assert pushed(fake, toy).sent == 1
    assert (len(fake.tasks), len(fake.views)) == (2, 1)


def test_no_annotation_is_ground_truth_unless_it_is_the_gold(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    said = [annotation["ground_truth"] for task in fake.tasks for annotation in task["annotations"]]
    assert said == [True, True]  # the server's own default is true for every one, so it is always said
    assert all("ground_truth" in annotation for task in fake.tasks for annotation in task["annotations"])


@pytest.mark.parametrize("lost", [dropped, answer(500), answer(502), silent, answer(504)])
def test_an_answer_that_is_lost_after_the_import_sends_no_task_twice(fake: Fake, toy: Toy, lost: Failure) -> None:
    fake.faults = [Fault("POST api/projects/import", lost, after=True)]
    assert pushed(fake, toy).sent == 2
    assert [task["data"]["document_id"] for task in fake.tasks] == ["toy-a", "toy-b"]
    assert fake.calls.count("POST api/projects/import") == 1


@pytest.mark.parametrize("endpoint", ["POST api/projects", "POST api/dm/views", "POST api/projects/import"])
@pytest.mark.parametrize("failure", [down, dropped, answer(429), answer(500), answer(503)])
def test_a_call_that_did_nothing_is_sent_again(fake: Fake, toy: Toy, endpoint: str, failure: Failure) -> None:
    fake.faults = [Fault(endpoint, failure, times=2)]
    assert pushed(fake, toy).sent == 2
    assert (len(fake.projects), len(fake.tasks), len(fake.views)) == (1, 2, 1)
    assert fake.waits == list(DELAYS[:2])


@pytest.mark.parametrize("endpoint", ["POST api/projects", "POST api/dm/views"])
def test_no_project_and_no_view_is_made_twice(fake: Fake, toy: Toy, endpoint: str) -> None:
    fake.faults = [Fault(endpoint, dropped, after=True)]
    assert pushed(fake, toy).sent == 2
    assert (len(fake.projects), len(fake.views)) == (1, 1)


def test_after_a_time_out_an_import_that_may_be_under_way_is_never_sent_again(fake: Fake, toy: Toy) -> None:
    fake.faults = [Fault("POST api/projects/import", silent, times=9)]
    with pytest.raises(ServerError, match=r"sending 2 task\(s\): no answer in time; .* run the command again, which looks first"):
        pushed(fake, toy)
    assert fake.calls.count("POST api/projects/import") == 1
    assert fake.waits == list(DELAYS)


def test_a_server_that_stays_down_is_given_up_on(fake: Fake, toy: Toy) -> None:
    fake.faults = [Fault("GET api/version", down, times=99)]
    with pytest.raises(ServerError, match=r"http://fake.test: no server answers there .*LABEL_STUDIO_URL"):
        pushed(fake, toy)
    assert fake.waits == list(DELAYS)


def test_the_server_may_ask_for_more_patience(fake: Fake, toy: Toy) -> None:
    fake.faults = [Fault("GET api/tasks", answer(429, **{"Retry-After": wait})) for wait in ("7", "100000")]
    pushed(fake, toy)
    pushed(fake, toy)
    assert fake.waits == [7.0, LONGEST_DELAY]


def test_a_page_that_changed_is_not_sent_beside_its_old_task(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    text = fake.tasks[0]["data"]["text"] + "More."
    fake.tasks[0]["data"] |= {"text": text, "text_sha256": hashlib.sha256(text.encode()).hexdigest()}
    del fake.tasks[1]
    with pytest.raises(ServerError, match=r"\(toy-a\): was sent over another text .* push to another project"):
        pushed(fake, toy)
    assert len(fake.tasks) == 1  # the other document, which could have been sent, waits too


def test_a_text_that_was_changed_on_the_server_is_told_by_both(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    fake.tasks[0]["data"]["text"] += "x"
    with pytest.raises(ServerError, match=r"\(toy-a\): its text was changed after it was sent"):
        pushed(fake, toy)
    with pytest.raises(TaskError, match=r"http://fake.test, project 1: task \d+ \(toy-a\): its text was changed"):
        pull(fake.server(), "toys", toy.repository)


def test_other_layers_need_another_project(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    with pytest.raises(ServerError, match="was sent for the layers regions, quotes, nonquotes, entities, not quotes"):
        push(fake.server(), "toys", toy.repository, ["quotes"])
    assert fake.projects[0]["label_config"] == label_config()


def test_a_project_of_other_data_is_left_alone(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    fake.tasks[0]["data"] = {"image": "cat.png"}
    fake.projects[0]["label_config"] = "<View/>"
    with pytest.raises(ServerError, match="none of drumbeat's"):
        pushed(fake, toy)
    assert fake.projects[0]["label_config"] == "<View/>"


def test_a_document_with_two_tasks_is_told(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    fake.tasks.append(fake.tasks[0] | {"id": 99})
    with pytest.raises(ServerError, match=r"task 99 \(toy-a\): task \d+ is of the same document"):
        pushed(fake, toy)
    with pytest.raises(TaskError, match=r"and 99 are both of toy-a"):
        pull(fake.server(), "toys", toy.repository)


@pytest.mark.parametrize(("control", "label"), [("regions", "aside"), ("type", "whispered"), ("relation", "echoes")])
def test_a_label_in_use_is_not_taken_away(fake: Fake, toy: Toy, control: str, label: str) -> None:
    pushed(fake, toy)
    old = label_config()
    holder = {"regions": 'name="regions"', "type": 'name="type"', "relation": "<Relations"}[control]
    element = {"regions": "Label", "type": "Choice", "relation": "Relation"}[control]
    head, _, rest = old.partition(holder)
    inner, _, tail = rest.partition(">")
    fake.projects[0]["label_config"] = kept = f'{head}{holder}{inner}><{element} value="{label}"/>{tail}'
    item = {"id": "r1", "from_name": control, "type": "labels", "value": {"labels": [label]}}
    if control == "type":
        item = {"id": "r1", "from_name": control, "type": "choices", "value": {"choices": [label]}}
    if control == "relation":
        item = {"type": "relation", "labels": [label]}
    fake.tasks[0]["drafts"] = [{"result": [item]}]
    with pytest.raises(ServerError, match=rf"lacks labels that annotations use: {control}/{label} \(1 times\); run `drumbeat migrate`"):
        pushed(fake, toy)
    assert fake.projects[0]["label_config"] == kept
    fake.tasks[0]["drafts"] = []
    pushed(fake, toy)  # nobody uses it any more
    assert fake.projects[0]["label_config"] == old


def predicted(toy: Toy, version: str, role: str = "navigation") -> list[dict[str, Any]]:
    found = list(tasks(toy.repository, LAYERS, "gold", ()))
    for task in found:
        result = json.loads(json.dumps(task["annotations"][0]["result"]))
        result[0]["value"]["labels"] = [role]
        task["predictions"] = [{"model_version": version, "score": 1, "result": result}]
        task["annotations"], task["data"]["sets"] = [], []
    return found


def test_predictions_are_renewed_only_where_they_differ(fake: Fake, toy: Toy) -> None:
    assert push_tasks(fake.server(), "toys", predicted(toy, "rules 1")).refreshed == 0
    assert fake.projects[0]["model_version"] == "rules 1"  # annotators are offered these
    before = [task["predictions"] for task in fake.tasks]
    assert push_tasks(fake.server(), "toys", predicted(toy, "rules 1")).refreshed == 0
    assert [task["predictions"] for task in fake.tasks] == before
    assert push_tasks(fake.server(), "toys", predicted(toy, "rules 1", "byline")).refreshed == 2
    for task in fake.tasks:
        (prediction,) = task["predictions"]
        assert prediction["result"][0]["value"]["labels"] == ["byline"]
    assert push_tasks(fake.server(), "toys", predicted(toy, "rules 2", "byline")).refreshed == 2
    assert [[p["model_version"] for p in task["predictions"]] for task in fake.tasks] == [["rules 1", "rules 2"]] * 2
    assert fake.projects[0]["model_version"] == "rules 2"


def test_no_prediction_is_made_twice(fake: Fake, toy: Toy) -> None:
    push_tasks(fake.server(), "toys", predicted(toy, "rules 1"))
    fake.faults = [Fault("POST api/predictions", dropped, after=True), Fault("DELETE api/predictions", dropped, after=True)]
    assert push_tasks(fake.server(), "toys", predicted(toy, "rules 1", "byline")).refreshed == 2
    assert [len(task["predictions"]) for task in fake.tasks] == [1, 1]


def test_a_document_that_stands_twice_is_not_sent_at_all(fake: Fake, toy: Toy) -> None:
    with pytest.raises(TaskError, match="toy-b: stands twice"):
        push_tasks(fake.server(), "toys", [*predicted(toy, "rules 1"), predicted(toy, "rules 1")[1]])
    assert fake.projects == []


def test_a_span_outside_the_text_is_not_sent_at_all(fake: Fake, toy: Toy) -> None:
    broken = predicted(toy, "rules 1")
    broken[1]["predictions"][0]["result"][0]["value"]["end"] = 10**6
    with pytest.raises(TaskError, match="toy-b"):
        push_tasks(fake.server(), "toys", broken)
    assert fake.projects == []


# -- pull -----------------------------------------------------------------------------------------


def test_what_a_person_did_is_pulled_once(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    worked(fake.tasks[0])
    before = toy.repository.annotation("toy-a").read_bytes()
    trial = pull(fake.server(), "toys", toy.repository, dry_run=True)
    assert toy.repository.annotation("toy-a").read_bytes() == before
    first = pull(fake.server(), "toys", toy.repository)
    assert first == trial
    assert next((c.document_id, c.person, c.kind) for c in first.changes) == ("toy-a", "ann@example.org", "new")
    after = toy.repository.annotation("toy-a").read_bytes()
    again = pull(fake.server(), "toys", toy.repository)
    assert {change.kind for change in again.changes} == {"unchanged"}
    assert toy.repository.annotation("toy-a").read_bytes() == after != before
    assert fake.snapshots == {}  # none stays behind on the server


@pytest.mark.parametrize("failure", [down, dropped, answer(429), answer(500), silent])
@pytest.mark.parametrize("endpoint", ["GET api/projects/exports/download", "GET api/projects", "GET api/users"])
def test_reading_is_repeated(fake: Fake, toy: Toy, endpoint: str, failure: Failure) -> None:
    pushed(fake, toy)
    worked(fake.tasks[0])
    fake.faults = [Fault(endpoint, failure, times=len(DELAYS))]
    assert [change.kind for change in pull(fake.server(), "toys", toy.repository).changes] == ["new", "unchanged"]


@pytest.mark.parametrize("lost", [dropped, silent, answer(504)])
def test_a_snapshot_whose_answer_is_lost_is_found(fake: Fake, toy: Toy, lost: Failure) -> None:
    pushed(fake, toy)
    fake.faults = [Fault("POST api/projects/exports", lost, after=True)]
    assert len(pull(fake.server(), "toys", toy.repository).changes) == 2
    assert fake.calls.count("POST api/projects/exports") == 1


def test_on_an_error_nothing_is_imported(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    worked(fake.tasks[0])
    worked(fake.tasks[1])
    fake.tasks[1]["annotations"][0]["result"][0]["value"]["end"] = 10**6
    before = toy.repository.annotation("toy-a").read_bytes()
    with pytest.raises(TaskError, match="toy-b"):
        pull(fake.server(), "toys", toy.repository)
    assert toy.repository.annotation("toy-a").read_bytes() == before
    assert not list(toy.root.glob(".import-*"))
    assert fake.snapshots == {}


def test_a_task_that_was_deleted_there_is_told_and_stays_here(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    worked(fake.tasks[0])
    pull(fake.server(), "toys", toy.repository)
    before = toy.repository.annotation("toy-a").read_bytes()
    del fake.tasks[0]
    assert pull(fake.server(), "toys", toy.repository).absent == ("toy-a",)
    assert toy.repository.annotation("toy-a").read_bytes() == before


def test_a_snapshot_that_lacks_tasks_is_refused(fake: Fake, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    pushed(fake, toy)
    whole = fake.handle

    def short(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/download"):
            return httpx.Response(200, content=json.dumps(fake.tasks[:1]).encode())
        return whole(request)

    monkeypatch.setattr(fake, "handle", short)
    with pytest.raises(ServerError, match="gave 1 of 2 tasks"):
        pull(fake.server(), "toys", toy.repository)


def test_a_project_is_named_by_title_or_number(fake: Fake, toy: Toy) -> None:
    pushed(fake, toy)
    assert pull(fake.server(), "1", toy.repository).project.title == "toys"
    with pytest.raises(ServerError, match="no project is titled 'toy'; push makes one"):  # the server's own search finds parts
        pull(fake.server(), "toy", toy.repository)
    with pytest.raises(ServerError, match="reading project 9: HTTP 404: No Project"):
        pull(fake.server(), "9", toy.repository)
    fake.projects.append(fake.projects[0] | {"id": 8})
    with pytest.raises(ServerError, match="2 projects are titled 'toys'; give a number: 1, 8"):
        pushed(fake, toy)


# -- who may, and with what -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (LEGACY, "looks like a legacy token: switch legacy tokens on"),
        (PERSONAL, "looks like a personal access token: it may be revoked"),
        (ACCESS, "looks like an access token, which lives five minutes"),
        ("hunter2-hunter2", "looks like neither"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_is_explained_and_never_shown(fake: Fake, toy: Toy, key: str, said: str, status: int) -> None:
    refusal = answer(status, {"detail": f"Invalid token {key}\n."})
    fake.faults = [Fault(endpoint, refusal, times=9) for endpoint in ("GET api/projects", "POST api/token/refresh")]
    with pytest.raises(ServerError, match=said) as caught:
        push(fake.server(key), "toys", toy.repository)
    assert key not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert fake.waits == []  # asking again would be refused again


@pytest.mark.parametrize("release", ["1.19.9", "0.9", "1.2"])
def test_a_server_that_is_too_old_is_refused(fake: Fake, release: str) -> None:
    fake.release = release
    with pytest.raises(ServerError, match=f"Label Studio {release} is too old; 1.20 or newer"):
        fake.server()


@pytest.mark.parametrize("release", ["1.20.0", "1.23.2", "2.0"])
def test_a_server_that_is_new_enough_is_taken(fake: Fake, release: str) -> None:
    fake.release = release
    fake.server()


@pytest.mark.parametrize(
    "other",
    [
        lambda _: httpx.Response(200, text="<html>It works!</html>"),
        lambda _: httpx.Response(200, json={"status": "fine"}),
        lambda _: httpx.Response(404, text="<html>Not found</html>"),
    ],
)
def test_what_is_no_label_studio_is_told(fake: Fake, other: Failure) -> None:
    fake.faults = [Fault("GET api/version", other)]
    with pytest.raises(ServerError, match="what answers there is no Label Studio"):
        fake.server()


def test_a_redirect_names_the_right_address(fake: Fake) -> None:
    fake.faults = [Fault("GET api/version", answer(301, Location="https://fake.test/api/version"))]
    with pytest.raises(ServerError, match=r"redirected to https://fake\.test/api/version; set LABEL_STUDIO_URL"):
        fake.server()


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("", LEGACY, "LABEL_STUDIO_URL is not set"),
        ("http://fake.test", " ", "LABEL_STUDIO_API_KEY is not set"),
        ("localhost:8080", LEGACY, "LABEL_STUDIO_URL is no address"),
        ("http://fake.test", "to ken", "LABEL_STUDIO_API_KEY holds characters that no token has"),
        ("http://fake.test", "tökén", "LABEL_STUDIO_API_KEY holds characters that no token has"),
    ],
)
def test_the_environment_is_checked(url: str, key: str, said: str) -> None:
    with pytest.raises(ServerError, match=said):
        from_environment({"LABEL_STUDIO_URL": url, "LABEL_STUDIO_API_KEY": key})


def test_a_password_in_the_address_is_not_shown(fake: Fake) -> None:
    server = Server("http://u:secret@fake.test/ls/", LEGACY, httpx.MockTransport(fake_under("/ls", fake)), fake.waits.append)
    assert server.url == "http://fake.test/ls"


def fake_under(prefix: str, fake: Fake) -> Failure:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path.startswith(prefix + "/api/")
        return fake.handle(httpx.Request(request.method, request.url.copy_with(path=request.url.path.removeprefix(prefix))))

    return handle


def test_a_missing_sdk_is_told_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch, toy: Toy) -> None:
    monkeypatch.setitem(sys.modules, "label_studio_sdk.client", None)
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", LEGACY)
    for command in ("push", "pull"):
        result = CliRunner().invoke(app, [command, "toys", "--root", str(toy.root)])
        assert result.exit_code == 2
        assert "pip install 'drumbeat[labelstudio]'" in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_no_other_command_pays_for_the_sdk() -> None:
    code = "import sys, drumbeat.cli; sys.exit('label_studio_sdk' in sys.modules or 'httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# -- the SDK's own opinion ------------------------------------------------------------------------


@pytest.mark.parametrize("layers", [LAYERS, *((layer,) for layer in LAYERS)], ids=["all", *LAYERS])
def test_the_sdk_accepts_configuration_and_tasks(checkout: Repository, layers: tuple[str, ...]) -> None:
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(label_config(layers))
    interface.validate()
    for task in tasks(checkout, layers, "gold", ()):
        result = task["annotations"][0]["result"]
        assert interface.validate_annotation({"result": result})
        assert interface.validate_prediction({"model_version": "v", "score": 0.5, "result": result}, return_errors=True) == []
        if result:  # not every page has a nonquote
            broken = json.loads(json.dumps(result))
            broken[0]["value"]["labels"] = ["no such label"]
            assert interface.validate_prediction({"model_version": "v", "result": broken}, return_errors=True)
