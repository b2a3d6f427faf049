"""The round trip through the real thing: a Label Studio server on loopback, and a real browser."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drumbeat.labelstudio.config import label_config
from drumbeat.labelstudio.exchange import import_annotations, tasks
from drumbeat.labelstudio.files import read_tasks
from drumbeat.labelstudio.tasks import from_task
from drumbeat.model import LAYERS
from drumbeat.repository import Repository, read_annotation, read_document, read_seeds
from tests.conftest import ROOT, missing_part

pytestmark = pytest.mark.xdist_group("labelstudio")
USER, PASSWORD, TOKEN = "u@example.org", "pw-12345678", "0123456789abcdef0123456789abcdef01234567"
ARTEFACTS = ROOT / "tests" / "artefacts"


class Server:
    """The little of Label Studio's API that the tests need."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, data: Any = None) -> Any:
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, method=method, headers=headers, data=body)
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.loads(response.read() or b"null")

    def project(self, title: str) -> int:
        number: int = self.call("POST", "/api/projects/", {"title": title, "label_config": label_config()})["id"]
        self.call("POST", "/api/dm/views/", {"project": number, "data": {}})  # without a view a task may open blank
        return number

    def send(self, project: int, found: list[Any]) -> list[int]:
        ids: list[int] = self.call("POST", f"/api/projects/{project}/import?return_task_ids=true", found)["task_ids"]
        return ids

    def export(self, project: int, path: Path) -> Path:
        path.write_text(json.dumps(self.call("GET", f"/api/projects/{project}/export?exportType=JSON")), encoding="utf-8")
        return path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
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
            yield Server(f"http://127.0.0.1:{port}")
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
        task["predictions"] = [{"model_version": "fabricated 1", "score": 0.5, "result": task["annotations"][0]["result"]}]
        task["annotations"], task["data"]["sets"] = [], []
    return found


def test_the_gold_of_all_pages_comes_back_from_the_server_twice(server: Server, checkout: Repository, tmp_path: Path) -> None:
    project = server.project("gold")
    assert len(server.send(project, list(tasks(checkout, LAYERS, "gold", ())))) == 5
    path = server.export(project, tmp_path / "export.json")
    changes = import_annotations(checkout, path, dry_run=True)
    assert [change.kind for change in changes] == ["unchanged"] * 5, [str(change) for change in changes]
    again = server.project("gold again")  # what the server gave is sent to another project, and exported from there
    for task in (exported := list(read_tasks(path))):
        task["predictions"] = []
        for annotation in task["annotations"]:
            annotation["id"] = annotation["import_id"]
    server.send(again, exported)
    changes = import_annotations(checkout, server.export(again, tmp_path / "again.json"), dry_run=True)
    assert [change.kind for change in changes] == ["unchanged"] * 5, [str(change) for change in changes]


def test_the_server_takes_no_configuration_that_is_broken(server: Server) -> None:
    with pytest.raises(urllib.error.HTTPError, match="400"):
        server.call(
            "POST", "/api/projects/", {"title": "broken", "label_config": label_config().replace('toName="text"', 'toName="nowhere"')}
        )


HIGHLIGHTS = """window.Htx.annotationStore.selected.regions.filter(r => r._spans)
  .map(r => [r.text, r._spans.map(s => s.textContent).join('')])"""


def test_a_person_sees_the_suggestions_over_their_words_and_submits_them(server: Server, checkout: Repository, tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        missing_part("no chromium; `make test` installs it as root where apt is")
    from playwright.sync_api import sync_playwright

    project = server.project("browser")
    sent = [task for task in suggested(checkout) if task["data"]["document_id"].startswith(("001", "002"))]
    numbers = server.send(project, sent)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync"]
    ARTEFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=browser, headless=True, args=flags, viewport={"width": 1500, "height": 1100}
        )
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.route(
            "**/*", lambda route: route.continue_() if route.request.url.startswith((server.url, "data:", "blob:")) else route.abort()
        )
        page.goto(server.url + "/user/login/")
        page.fill("input[name=email]", USER)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state()
        for number, task in zip(numbers, sent, strict=True):
            regions = len({item["id"] for item in task["predictions"][0]["result"] if item["type"] == "labels"})
            page.goto(f"{server.url}/projects/{project}/data?task={number}")
            page.wait_for_function(
                f"window.Htx && window.Htx.annotationStore.selected && window.Htx.annotationStore.selected.regions.length >= {regions}"
                " && window.Htx.annotationStore.selected.regions.every(r => r._spans && r._spans.length)"
            )
            page.screenshot(path=ARTEFACTS / f"task-{task['data']['document_id'][:3]}.png")
            seen = page.evaluate(HIGHLIGHTS)
            assert len(seen) == regions
            for said, shown in seen:
                assert said.replace("\\n", "").replace("\n", "") == shown.replace("\n", "")
            with page.expect_response(lambda answer: "/annotations" in answer.url and answer.request.method == "POST") as saved:
                page.click('button:has-text("Submit")')
            assert saved.value.status == 201
        context.close()
    arrivals = [from_task(task) for task in read_tasks(server.export(project, tmp_path / "export.json"))]
    assert len(arrivals) == len(sent)
    seeds = {seed.document_id: seed for seed in read_seeds(checkout)}
    for incoming in arrivals:
        gold = read_annotation(checkout, read_document(checkout, seeds[incoming.document_id])).gold
        (arrival,) = incoming.arrivals
        assert (arrival.notes, arrival.annotations.foreign, arrival.sent) == ((), (), False)
        for layer in LAYERS:
            assert getattr(arrival.annotations, layer) == getattr(gold, layer), layer
