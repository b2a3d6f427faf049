"""The round trip through the real thing: a Label Studio server on loopback, and a real browser."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from drumbeat.cli import app
from drumbeat.errors import ServerError
from drumbeat.labelstudio.config import config_labels, label_config
from drumbeat.labelstudio.exchange import tasks
from drumbeat.labelstudio.files import read_tasks
from drumbeat.labelstudio.server import Server
from drumbeat.labelstudio.tasks import from_task
from drumbeat.labelstudio.transfer import Pulled, pull, push, push_tasks
from drumbeat.model import LAYERS, AnnotationSet
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from tests.conftest import ROOT, missing_part
from tests.faults import append
from tests.test_labelstudio_transfer import predicted
from tests.test_migration import drumbeat, files
from tests.toy import Toy

pytestmark = pytest.mark.xdist_group("labelstudio")
USER, ANN, PASSWORD, TOKEN = "u@example.org", "ann@example.org", "pw-12345678", "0123456789abcdef0123456789abcdef01234567"
ARTEFACTS = ROOT / "tests" / "artefacts"


@dataclass
class Running:
    """A server, and what people do there that is no business of push and pull."""

    url: str
    open: ExitStack

    @cached_property
    def _server(self) -> Server:
        return self.open.enter_context(Server(self.url, TOKEN))

    def server(self) -> Server:
        self._server.unsure = False
        return self._server

    def call(self, method: str, path: str, data: Any = None, client: httpx.Client | None = None) -> Any:
        headers = {"Authorization": f"Token {TOKEN}"} if client is None else {"X-CSRFToken": client.cookies["csrftoken"]}
        answer = (client or httpx).request(method, self.url + path, json=data, headers=headers, timeout=120)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def signed_in(self, path: str, user: str) -> httpx.Client:
        """A browser's session, after the form of `path`."""
        client = self.open.enter_context(httpx.Client(follow_redirects=True, timeout=120))
        client.get(self.url + path)
        form = {"email": user, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"], "allow_newsletters": "false"}
        assert client.post(self.url + path, data=form, headers={"Referer": self.url + path}).is_success
        return client

    def tasks(self, name: str) -> dict[str, Any]:
        """The tasks of a project by document."""
        server = self.server()
        project = server.find_project(name)
        assert project is not None
        found = list(server.tasks(project))
        assert len({task["data"]["document_id"] for task in found}) == len(found)
        return {task["data"]["document_id"]: task for task in found}

    def download(self, name: str, path: Path) -> list[Any]:
        server = self.server()
        project = server.find_project(name)
        assert project is not None
        server.download(project, path)
        return list(read_tasks(path))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    command = os.environ.get("LABELSTUDIO") or str(ROOT / ".venv-labelstudio" / "bin" / "label-studio")
    if not (ROOT / command).exists():
        missing_part("no Label Studio server; `make test` installs one")
    folder = tmp_path_factory.mktemp("labelstudio")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "DJANGO_DB": "sqlite",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LOG_LEVEL": "WARNING",
    }
    arguments = ["start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), "--username", USER]
    arguments += ["--password", PASSWORD, "--user-token", TOKEN, "--enable-legacy-api-token"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(ROOT / command), *arguments], env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}", folder / "log")
            with ExitStack() as stack:
                yield Running(f"http://127.0.0.1:{port}", stack)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"Label Studio did not start: {log.read_text(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(url + "/health", timeout=5) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(1)
    pytest.fail("Label Studio did not answer within 300 tries")


def suggested(repository: Repository) -> list[Any]:
    """The gold as if a suggester had made it: tasks with a prediction and no annotation."""
    found = list(tasks(repository, LAYERS, "gold", ()))
    for task in found:
        sure = [item | {"score": 0.5} if item["type"] == "labels" else item for item in task["annotations"][0]["result"]]
        task["predictions"] = [{"model_version": "fabricated 1", "score": 0.5, "result": sure}]
        task["annotations"], task["data"]["sets"] = [], []
    return found


@pytest.fixture
def copy(checkout: Repository, tmp_path: Path) -> Repository:
    """This repository's pages and annotations, to be written to."""
    for name in ("seeds", "annotations"):
        shutil.copytree(checkout.root / name, tmp_path / "copy" / name)
    return Repository(tmp_path / "copy")


def contents(repository: Repository) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (repository.root / "annotations").glob("*.json*")}


def run(running: Running, *arguments: str, key: str = TOKEN, url: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, env={"LABEL_STUDIO_URL": url or running.url, "LABEL_STUDIO_API_KEY": key})


def kinds(found: Pulled) -> set[tuple[str, str, str]]:
    return {(change.document_id, change.person, change.kind) for change in found.changes}


def test_the_gold_of_all_pages_comes_back_from_the_server_twice(running: Running, copy: Repository, tmp_path: Path) -> None:
    before = contents(copy)
    where = ("--root", str(copy.root))
    for sent, there in ((5, 0), (0, 5)):
        result = run(running, "push", "gold", "--sets", "gold", *where)
        assert result.exit_code == 0, result.stderr
        assert f"{sent} task(s) sent, {there} there already" in result.stderr
        assert len(running.tasks("gold")) == 5
    for _ in range(2):
        result = run(running, "pull", "gold", *where)
        assert result.exit_code == 0, result.stderr
        assert [line.split(": ")[1].split()[0] for line in result.stdout.splitlines()] == ["unchanged"] * 5
        assert contents(copy) == before
    exported = running.download("gold", tmp_path / "export.json")  # what the server gave is sent to another project, and pulled from there
    for task in exported:
        task["predictions"] = []
        for annotation in task["annotations"]:
            annotation["id"] = annotation["import_id"]
    assert push_tasks(running.server(), "gold again", exported).sent == 5
    assert {kind for _, _, kind in kinds(pull(running.server(), "gold again", copy))} == {"unchanged"}
    assert contents(copy) == before
    assert not running.call("GET", f"/api/projects/{running.server().find_project('gold').id}/exports")  # type: ignore[union-attr]


def test_what_several_people_do_comes_back_as_theirs(running: Running, toy: Toy) -> None:
    made = push_tasks(running.server(), "people", predicted(toy, "rules 1"))
    assert running.call("GET", f"/api/dm/views/?project={made.project.id}"), "a project without a view may open blank"
    tasks_there = running.tasks("people")
    invitation = running.call("GET", "/api/invite")["invite_url"]
    ann = running.signed_in("/user/signup/" + invitation[invitation.index("?") :], ANN)
    one, two = tasks_there["toy-a"], tasks_there["toy-b"]
    result = one["predictions"][0]["result"]
    mine = running.call("POST", f"/api/tasks/{one['id']}/annotations/", {"result": result})
    fewer = [item for item in result if item.get("from_name") != "entities" and item.get("from_name") != "entity"]
    running.call("POST", f"/api/tasks/{one['id']}/annotations/", {"result": fewer}, ann)
    running.call("POST", f"/api/tasks/{two['id']}/annotations/", {"result": two["predictions"][0]["result"], "was_cancelled": True})
    running.call("POST", f"/api/tasks/{two['id']}/drafts", {"result": two["predictions"][0]["result"], "lead_time": 1}, ann)

    expected = {("toy-a", USER, "new"), ("toy-a", ANN, "new"), ("toy-b", USER, "skipped"), ("toy-b", ANN, "skipped")}
    untouched = contents(toy.repository)
    assert kinds(pull(running.server(), "people", toy.repository, dry_run=True)) == expected
    assert contents(toy.repository) == untouched
    assert kinds(pull(running.server(), "people", toy.repository)) == expected
    assert contents(toy.repository)["toy-b.json"] == untouched["toy-b.json"]
    assert kinds(pull(running.server(), "people", toy.repository)) == {
        (document, person, "unchanged" if kind == "new" else kind) for document, person, kind in expected
    }
    sets = owned(toy.repository, "toy-a")
    assert len(sets[USER].entities) == 4
    assert sets[ANN].entities == ()
    assert sets[ANN].quotes == sets[USER].quotes != ()
    assert [quote.cue for quote in sets[USER].quotes if quote.id == "q001"] != [()]

    # a relation is deleted, and saved: the cue belongs to nothing, and is kept as foreign
    updated = [item for item in result if item.get("from_id") != "q001.cue1"]
    assert len(updated) == len(result) - 1
    running.call("PATCH", f"/api/annotations/{mine['id']}/", {"result": updated})
    assert ("toy-a", USER, "changed") in kinds(pull(running.server(), "people", toy.repository))
    changed = owned(toy.repository, "toy-a")[USER]
    assert [quote.cue for quote in changed.quotes if quote.id == "q001"] == [()]
    assert [item["id"] for item in changed.foreign] == ["q001.cue1"]

    before = contents(toy.repository)
    running.call("DELETE", f"/api/tasks/{two['id']}/")
    result = run(running, "pull", "people", "--root", str(toy.root))
    assert result.exit_code == 0
    assert f"1 document(s) have no task in project {made.project.id}, as they were never pushed" in result.stdout
    assert result.stdout.endswith("what is here stays: toy-b\n")
    assert contents(toy.repository) == before

    running.call("PATCH", f"/api/tasks/{one['id']}/", {"data": one["data"] | {"text": one["data"]["text"] + "!"}})
    for command in (("pull", "people"), ("push", "people")):
        result = run(running, *command, "--root", str(toy.root))
        assert result.exit_code == 2
        assert "its text was changed after it was sent" in result.stderr
        assert contents(toy.repository) == before


def owned(repository: Repository, document_id: str) -> dict[str, AnnotationSet]:
    seed = next(seed for seed in read_seeds(repository) if seed.document_id == document_id)
    return {item.annotator: item for item in read_annotation(repository, read_document(repository, seed)).sets}


def test_gold_is_made_in_a_project_of_its_own(running: Running, toy: Toy) -> None:
    """Both readings are there as predictions; the adjudicator submits bob's, who has one name less, and that becomes the gold."""
    toy.annotations["toy-a"]["sets"][1]["entities"].pop()
    toy.write()
    before = owned(toy.repository, "toy-a")
    sent = run(running, "adjudicate", "toy-a", "--push", "third reading", "--root", str(toy.root))
    assert sent.exit_code == 1, "the disagreement is open"
    assert "1 task(s) sent" in sent.stderr
    task = running.tasks("third reading")["toy-a"]
    assert {prediction["model_version"] for prediction in task["predictions"]} == {"alice", "bob", "agreed"}
    result = next(prediction["result"] for prediction in task["predictions"] if prediction["model_version"] == "bob")
    running.call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": result})
    taken = run(running, "adjudicate", "toy-a", "--pull", "third reading", "--root", str(toy.root))
    assert taken.exit_code == 0, taken.output
    document = next(read_document(toy.repository, seed) for seed in read_seeds(toy.repository) if seed.document_id == "toy-a")
    annotation = read_annotation(toy.repository, document)
    assert annotation.gold is not None
    assert [mention.id for mention in annotation.gold.entities] == ["m001", "m002", "m003"]
    assert annotation.decisions[-1].followed == ("bob",) and annotation.decisions[-1].by == USER
    assert owned(toy.repository, "toy-a") == before, "the sets stay as they were"


def test_predictions_are_renewed_on_the_server_only_where_they_differ(running: Running, toy: Toy) -> None:
    assert push_tasks(running.server(), "predictions", predicted(toy, "rules 1")).refreshed == 0
    before = {name: [p["id"] for p in task["predictions"]] for name, task in running.tasks("predictions").items()}
    assert push_tasks(running.server(), "predictions", predicted(toy, "rules 1")).refreshed == 0
    assert {name: [p["id"] for p in task["predictions"]] for name, task in running.tasks("predictions").items()} == before
    done = push_tasks(running.server(), "predictions", predicted(toy, "rules 1", "byline"))
    assert (done.sent, done.refreshed, done.project.model_version) == (0, 2, "rules 1")
    for task in running.tasks("predictions").values():
        (prediction,) = task["predictions"]
        assert prediction["result"][0]["value"]["labels"] == ["byline"]
        assert prediction["id"] not in before[task["data"]["document_id"]]
    assert push_tasks(running.server(), "predictions", predicted(toy, "rules 2", "byline")).refreshed == 2
    assert running.server().find_project("predictions").model_version == "rules 2"  # type: ignore[union-attr]


def test_the_server_keeps_a_configuration_whose_label_is_in_use(running: Running, toy: Toy) -> None:
    made = push(running.server(), "labels", toy.repository, sets="none")
    more = label_config().replace('<Label value="byline"', '<Label value="strapline"/><Label value="byline"', 1)
    running.call("PATCH", f"/api/projects/{made.project.id}/", {"label_config": more})
    task = running.tasks("labels")["toy-a"]
    value = {"start": 0, "end": 4, "text": "Skip", "labels": ["strapline"]}
    item = {"id": "x", "from_name": "regions", "to_name": "text", "type": "labels", "value": value}
    annotation = running.call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": [item]})
    result = run(running, "push", "labels", "--sets", "none", "--root", str(toy.root))
    assert result.exit_code == 2
    assert "lacks labels that annotations use: regions/strapline (1 times); run `drumbeat migrate`" in result.stderr
    assert "strapline" in running.server().find_project("labels").label_config  # type: ignore[union-attr]
    running.call("DELETE", f"/api/annotations/{annotation['id']}/")
    assert run(running, "push", "labels", "--sets", "none", "--root", str(toy.root)).exit_code == 0
    assert "strapline" not in running.server().find_project("labels").label_config  # type: ignore[union-attr]


def test_labels_change_in_a_live_project_and_come_back(
    running: Running, checkout: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gold of all pages, eve's work, her drafts, one of them on top of a submitted annotation, a skipped one, and predictions."""
    monkeypatch.setenv("LABEL_STUDIO_URL", running.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    root = tmp_path / "checkout"
    for name in ("src", "schema", "seeds", "annotations"):
        shutil.copytree(checkout.root / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "screenshots"))

    def done(*arguments: str) -> str:
        answer = drumbeat(root, *arguments)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout + answer.stderr

    done("push", "live", "--sets", "gold")
    invitation = running.call("GET", "/api/invite")["invite_url"]
    eve = running.signed_in("/user/signup/" + invitation[invitation.index("?") :], "eve@example.org")
    exported = running.download("live", tmp_path / "first.json")
    one, two = (next(task for task in exported if task["data"]["document_id"].startswith(page)) for page in ("000", "004"))
    result = one["annotations"][0]["result"]
    fewer = [item for item in result if item.get("from_name") != "regions" or item["value"]["labels"] != ["navigation"]]
    mine = running.call("POST", f"/api/tasks/{one['id']}/annotations/", {"result": fewer}, eve)
    running.call("POST", f"/api/tasks/{one['id']}/annotations/{mine['id']}/drafts", {"result": result, "lead_time": 1}, eve)
    running.call("POST", f"/api/tasks/{two['id']}/annotations/", {"result": two["annotations"][0]["result"], "was_cancelled": True}, eve)
    running.call("POST", f"/api/tasks/{two['id']}/drafts", {"result": two["annotations"][0]["result"], "lead_time": 1}, eve)
    predicted_again = {"task": two["id"], "model_version": "rules 1", "score": 0.5, "result": two["annotations"][0]["result"]}
    running.call("POST", "/api/predictions/", predicted_again)
    assert "new by eve@example.org" in done("pull", "live")
    project = running.server().find_project("live")
    assert project is not None
    before, files_before = _everything(running.download("live", tmp_path / "before.json")), files(root)

    options = ["--rename", "role:interface=widget", "--rename", "label:ORG=BODY", "--merge", "role:caption,credit=caption"]
    assert f"project {project.id} (live): drafts: label ORG -> BODY" in done("migrate", *options, "--project", "live", "--dry-run")
    assert (_everything(running.download("live", tmp_path / "dry.json")), files(root)) == (before, files_before)
    assert TOKEN not in done("migrate", *options, "--project", "live")

    during = _everything(running.download("live", tmp_path / "during.json"))
    assert [_who(work) for work in during] == [_who(work) for work in before]
    assert not any(old in str(during) for old in ("'interface'", "'ORG'", "'credit'"))
    config = running.server().get_project(project.id).label_config
    assert {("regions", "widget"), ("entities", "BODY")} <= config_labels(config)
    assert not {("regions", "interface"), ("regions", "credit"), ("entities", "ORG")} & config_labels(config)
    migrated = files(root)
    said = done("pull", "live")
    assert said.count(": unchanged by") == 6 and ": changed by" not in said and ": new by" not in said
    assert files(root) == migrated
    assert "0 task(s) sent, 5 there already" in done("push", "live", "--sets", "gold")
    assert running.server().get_project(project.id).label_config.strip() == done("label-config").strip()

    done("migrate", "--undo", "migration-undo.json", "--project", "live")
    (root / "migration-undo.json").unlink()
    assert (_everything(running.download("live", tmp_path / "after.json")), files(root)) == (before, files_before)
    assert running.server().get_project(project.id).label_config == project.label_config
    done("pull", "live")
    assert files(root) == files_before


def _everything(tasks: list[Any]) -> list[Any]:
    """All that people and suggesters said, and whose it is; not who changed it last, which is the one who migrates."""
    kept = ("id", "import_id", "completed_by", "user", "annotation", "ground_truth", "was_cancelled", "model_version", "score", "result")
    works = [work for task in tasks for kind in ("annotations", "drafts", "predictions") for work in task[kind]]
    return [{name: work.get(name) for name in kept} for work in works]


def _who(work: Any) -> Any:
    return {**work, "result": None}


def test_a_personal_access_token_works_and_a_wrong_token_is_explained(running: Running, toy: Toy) -> None:
    session = running.signed_in("/user/login/", USER)
    personal = running.call("POST", "/api/token/", client=session)["token"]
    where = ("--root", str(toy.root))
    assert run(running, "push", "tokens", *where, key=personal).exit_code == 0
    for key, said in (
        (TOKEN[::-1], "looks like a legacy token: switch legacy tokens on"),
        (personal[:-4] + "AAAA", "looks like a personal access token: it may be revoked"),
        ("nonsense", "looks like neither a personal access token"),
    ):
        result = run(running, "pull", "tokens", *where, key=key)
        assert result.exit_code == 2
        assert said in result.stderr
        assert key not in result.output
        assert len(result.stderr.splitlines()) == 1


def test_a_server_that_is_down_is_told_in_one_line(running: Running, toy: Toy) -> None:
    with socket.socket() as nobody:  # bound and not listening: nothing else can answer there
        nobody.bind(("127.0.0.1", 0))
        result = run(running, "push", "down", "--root", str(toy.root), url=f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert result.exit_code == 2
    assert "no server answers there" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_server_takes_no_configuration_that_is_broken(running: Running) -> None:
    with pytest.raises(ServerError, match="HTTP 400"):
        running.server().create_project("broken", label_config().replace('toName="text"', 'toName="nowhere"'))


HIGHLIGHTS = """window.Htx.annotationStore.selected.regions.filter(r => r._spans)
  .map(r => [r.text, r._spans.map(s => s.textContent).join('')])"""


@contextmanager
def browser_page(running: Running, profile: Path) -> Iterator[Any]:
    """A page of a real browser whose user is signed in; it may go nowhere but to the server."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        missing_part("no chromium; `make test` installs it as root where apt is")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync"]
    ARTEFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=browser, headless=True, args=flags, viewport={"width": 1500, "height": 1100}
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.route(
            "**/*", lambda route: route.continue_() if route.request.url.startswith((running.url, "data:", "blob:")) else route.abort()
        )
        page.goto(running.url + "/user/login/")
        page.fill("input[name=email]", USER)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        yield page
        context.close()


def submit(page: Any) -> None:
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as saved:
        page.click('button:has-text("Submit")')
    assert saved.value.status == 201


def test_a_person_sees_the_suggestions_over_their_words_and_submits_them(running: Running, checkout: Repository, tmp_path: Path) -> None:
    sent = [task for task in suggested(checkout) if task["data"]["document_id"].startswith(("001", "002"))]
    project = push_tasks(running.server(), "browser", sent).project.id
    numbers = [running.tasks("browser")[task["data"]["document_id"]]["id"] for task in sent]
    with browser_page(running, tmp_path / "profile") as page:
        page.goto(f"{running.url}/projects/{project}/data")
        page.wait_for_selector("text=Ukraine >> nth=0")
        page.screenshot(path=ARTEFACTS / "project.png")
        for number, task in zip(numbers, sent, strict=True):
            regions = len({item["id"] for item in task["predictions"][0]["result"] if item["type"] == "labels"})
            page.goto(f"{running.url}/projects/{project}/data?task={number}")
            page.wait_for_function(
                f"window.Htx && window.Htx.annotationStore.selected && window.Htx.annotationStore.selected.regions.length >= {regions}"
                " && window.Htx.annotationStore.selected.regions.every(r => r._spans && r._spans.length)"
            )
            page.screenshot(path=ARTEFACTS / f"task-{task['data']['document_id'][:3]}.png")
            seen = page.evaluate(HIGHLIGHTS)
            assert len(seen) == regions
            for said, shown in seen:
                assert said.replace("\\n", "").replace("\n", "") == shown.replace("\n", "")
            submit(page)
    arrivals = [from_task(task) for task in running.download("browser", tmp_path / "export.json")]
    assert len(arrivals) == len(sent)
    seeds = {seed.document_id: seed for seed in read_seeds(checkout)}
    for incoming in arrivals:
        gold = read_annotation(checkout, read_document(checkout, seeds[incoming.document_id])).gold
        (arrival,) = incoming.arrivals
        assert (arrival.notes, arrival.annotations.foreign, arrival.sent) == ((), (), False)
        for layer in LAYERS:
            assert getattr(arrival.annotations, layer) == getattr(gold, layer), layer


# The middle of a character on the screen, by its line and its number in it, in code points; every line is an element.
CHARACTER = """([line, column]) => {
  const walker = document.createTreeWalker(document.querySelectorAll('[class*=richtext__line]')[line], NodeFilter.SHOW_TEXT);
  for (let node, seen = 0; (node = walker.nextNode()); ) {
    const characters = Array.from(node.data), at = column - seen;
    if (at < characters.length) {
      const range = document.createRange(), start = characters.slice(0, at).join('').length;
      range.setStart(node, start);
      range.setEnd(node, start + characters[at].length);
      const box = range.getBoundingClientRect();
      return {left: box.left, right: box.right, middle: (box.top + box.bottom) / 2};
    }
    seen += characters.length;
  }
}"""


@dataclass
class Hand:
    """A hand on the mouse, over the words of a text."""

    page: Any
    text: str

    def _place(self, offset: int) -> dict[str, float]:
        place: dict[str, float] = self.page.evaluate(
            CHARACTER, [self.text.count("\n", 0, offset), offset - self.text.rfind("\n", 0, offset) - 1]
        )
        return place

    def select(self, words: str, key: str) -> dict[str, int]:
        """Press a label's key and drag over the last such words; the span that should be."""
        start = self.text.rindex(words)
        first, last = self._place(start), self._place(start + len(words) - 1)
        self.page.keyboard.press(key)
        self.page.mouse.move(first["left"] + 0.5, first["middle"])
        self.page.mouse.down()
        self.page.mouse.move((first["left"] + last["right"]) / 2, (first["middle"] + last["middle"]) / 2, steps=4)
        self.page.mouse.move(last["right"] - 0.5, last["middle"], steps=6)
        self.page.mouse.up()
        self.page.wait_for_timeout(300)
        self.page.keyboard.press("Escape")
        return {"start": start, "end": start + len(words)}

    def click(self, words: str) -> None:
        place = self._place(self.text.rindex(words) + 1)
        self.page.mouse.click((place["left"] + place["right"]) / 2, place["middle"])
        self.page.wait_for_timeout(300)

    def relate(self, source: str, target: str) -> None:
        """Draw a relation, which the editor leaves without a label."""
        self.click(source)
        self.page.keyboard.press("Alt+r")
        self.page.wait_for_timeout(300)
        self.click(target)


def test_what_a_person_draws_is_what_comes_back(running: Running, toy: Toy, tmp_path: Path) -> None:
    """After an emoji of three code points, over the end of a line; with relations; every edge to the character."""
    append(toy, "toy-b", " 😀👨\u200d🚒 Ebb falls today\n“The Flood rises,” it said at noon.")
    toy.write()
    assert run(running, "push", "drawn", "--root", str(toy.root)).exit_code == 0
    project, task = running.server().find_project("drawn"), running.tasks("drawn")["toy-b"]
    assert project is not None
    with browser_page(running, tmp_path / "profile") as page:
        page.goto(f"{running.url}/projects/{project.id}/data?task={task['id']}")
        page.wait_for_selector("[class*=richtext__line]")
        page.wait_for_timeout(1500)
        hand = Hand(page, task["data"]["text"])
        content = hand.select("Ebb falls today\n“The Flood rises,”", "1")
        cue, source = hand.select("said", "2"), hand.select("it", "3")
        hand.relate("said at", "Ebb falls")
        hand.relate("it said", "Ebb falls")
        name = hand.select("Flood", "o")
        page.screenshot(path=ARTEFACTS / "drawn.png")
        submit(page)
    pulled = run(running, "pull", "drawn", "--root", str(toy.root))
    assert pulled.exit_code == 0, pulled.output
    made = owned(toy.repository, "toy-b")[USER]
    (quote,) = made.quotes
    assert [{"start": span.start, "end": span.end} for span in (*quote.content, *quote.cue, *quote.source)] == [content, cue, source]
    (mention,) = made.entities
    assert ({"start": mention.start, "end": mention.end}, mention.label) == (name, "ORG")
    assert made.foreign == ()
