"""A small Hugging Face Hub on loopback: bare git repositories behind the routes that `datasets` and `huggingface_hub` use.

It holds what it is sent as the Hub does (Parquet as LFS objects behind pointers, served from another host), can be told to fail,
and keeps every request, so that a test can look for words in what was sent.
"""

import base64
import hashlib
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow.parquet as pq

from drumbeat.build import build
from drumbeat.jsonl import write_text
from drumbeat.repository import Repository

Json = dict[str, Any]

TOKEN, READ_TOKEN = "hf_writerwriterwriter", "hf_readerreaderreader"
NAMESPACE = "org"  # the only one that the writer may write in
_WHO = {
    "GIT_AUTHOR_NAME": "hub",
    "GIT_AUTHOR_EMAIL": "hub@example.org",
    "GIT_COMMITTER_NAME": "hub",
    "GIT_COMMITTER_EMAIL": "hub@example.org",
}
_POINTER = re.compile(rb"version https://git-lfs.github.com/spec/v1\noid sha256:([0-9a-f]{64})\nsize (\d+)\n")


def git(folder: Path, *arguments: str, data: bytes | None = None) -> bytes:
    """What git prints, in a folder, whatever this machine's settings are."""
    settings = os.environ | _WHO | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(["git", "-C", str(folder), *arguments], input=data, capture_output=True, env=settings)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def release(root: Path, version: str) -> Repository:
    """Build a corpus repository under a version and commit and tag all of it, as a release does."""
    repository = Repository(root)
    if not (root / ".git").exists():
        git(root, "init", "--quiet", "--initial-branch=main")
    write_text(root / "pyproject.toml", f'[project]\nname = "toy"\nversion = "{version}"\n')
    build(repository)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", f"Release {version}")
    git(root, "tag", f"v{version}")
    return repository


@dataclass(frozen=True)
class Entry:
    """A file or folder of a commit; an LFS file's `size` is its object's, not its pointer's."""

    path: str
    kind: str
    oid: str
    size: int
    lfs: str | None = None

    @property
    def etag(self) -> str:
        return self.lfs or self.oid

    def listed(self) -> Json:
        found: Json = {"type": "directory" if self.kind == "tree" else "file", "oid": self.oid, "size": self.size, "path": self.path}
        return found | ({"lfs": {"oid": self.lfs, "size": self.size, "pointerSize": 130}} if self.lfs else {})


class Store:
    """One dataset repository, bare."""

    def __init__(self, folder: Path, private: bool) -> None:
        folder.mkdir(parents=True)
        self.folder, self.private = folder, private
        self._trees: dict[str, dict[str, Entry]] = {}
        git(folder, "init", "--quiet", "--bare", "--initial-branch=main")
        self.commit("initial commit", {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"}, [])

    def resolve(self, revision: str) -> str | None:
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
            try:
                return git(self.folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
            except AssertionError:
                continue
        return None

    @property
    def head(self) -> str:
        return git(self.folder, "rev-parse", "main").decode().strip()

    def refs(self, kind: str) -> list[Json]:
        lines = git(self.folder, "for-each-ref", "--format=%(refname:short) %(refname) %(objectname)", f"refs/{kind}").decode().splitlines()
        return [dict(zip(("name", "ref", "targetCommit"), line.split(), strict=True)) for line in lines]

    def commits(self) -> int:
        return int(git(self.folder, "rev-list", "--count", "main"))

    def tree(self, sha: str) -> dict[str, Entry]:
        if sha not in self._trees:
            listed = git(self.folder, "ls-tree", "-r", "-t", "-l", "-z", sha).decode().split("\0")[:-1]
            self._trees[sha] = {entry.path: entry for entry in map(self._entry, listed)}
        return self._trees[sha]

    def _entry(self, line: str) -> Entry:
        head, _, path = line.partition("\t")
        _, kind, oid, size = head.split()
        if kind == "blob" and int(size) < 200 and (pointer := _POINTER.fullmatch(self.blob(oid))):
            return Entry(path, kind, oid, int(pointer[2]), pointer[1].decode())
        return Entry(path, kind, oid, 0 if kind == "tree" else int(size))

    def blob(self, oid: str) -> bytes:
        return git(self.folder, "cat-file", "blob", oid)

    def commit(self, message: str, files: dict[str, bytes], deleted: list[str]) -> str:
        lines = [b"commit refs/heads/main\ncommitter hub <hub@example.org> 0 +0000\n", _data(message.encode())]
        if files.keys() != {".gitattributes"}:
            lines.append(b"from refs/heads/main^0\n")
        lines += [b"D %s\n" % path.encode() for path in deleted]
        lines += [b"M 100644 inline %s\n%s" % (path.encode(), _data(data)) for path, data in files.items()]
        git(self.folder, "fast-import", "--quiet", data=b"".join(lines))
        return self.head

    def tag(self, name: str, sha: str) -> None:
        git(self.folder, "tag", name, sha)


def _data(data: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(data), data)


@dataclass
class Fault:
    """What goes wrong with the next requests of a route: an answer, or a connection that breaks."""

    route: str
    times: int
    status: int = 0
    retry_after: int | None = None
    drop: str = ""  # before it is carried out, after it was, or in the middle of the body
    act: Callable[[], object] = lambda: None  # what somebody else does meanwhile


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    token: str | None
    body: bytes


@dataclass
class Hub:
    """A running Hub; use as a context manager."""

    folder: Path
    stores: dict[str, Store] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __enter__(self) -> "Hub":
        self._server = _Server(("127.0.0.1", 0), type("Bound", (_Handler,), {"hub": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        assert not self._server.errors, self._server.errors

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def storage(self) -> str:
        """Where LFS objects lie: another host, which must never see a token."""
        return f"http://localhost:{self.port}"

    def create(self, repo_id: str, private: bool = True) -> Store:
        self.stores[repo_id] = Store(self.folder / f"{repo_id}.git", private)
        return self.stores[repo_id]

    def fail(self, route: str, times: int = 1, **how: Any) -> None:
        """Let the next requests whose "METHOD /path" matches fail."""
        self.faults.append(Fault(route, times, **how))

    def fault(self, route: str) -> Fault | None:
        for fault in self.faults:
            if fault.times and re.match(fault.route, route):
                fault.times -= 1
                fault.act()
                return fault
        return None

    def count(self, route: str) -> int:
        return sum(bool(re.match(route, f"{request.method} {request.path}")) for request in self.requests)

    def content(self, repo_id: str, revision: str) -> dict[str, bytes]:
        """Every file of a revision."""
        store = self.stores[repo_id]
        sha = store.resolve(revision)
        assert sha, f"no {revision}"
        entries = (entry for entry in store.tree(sha).values() if entry.kind == "blob")
        return {entry.path: self.objects[entry.lfs] if entry.lfs else store.blob(entry.oid) for entry in entries}

    def texts(self) -> Iterator[str]:
        """Everything that was sent, as readable as it can be made: addresses, bodies, encoded contents, rows of Parquet."""
        for request in self.requests:
            yield unquote(request.path)
            for data in (request.body, *_encoded(request.body)):
                yield data.decode("utf-8", "replace")
                if data[:4] == b"PAR1" == data[-4:]:
                    table = pq.read_table(io.BytesIO(data))
                    yield f"{table.schema.metadata}"
                    yield json.dumps(table.to_pylist(), ensure_ascii=False, default=str)


def _encoded(body: bytes) -> Iterator[bytes]:
    """Contents and samples of files in a body of JSON lines."""
    for found in re.finditer(rb'"(?:content|sample)": ?"([A-Za-z0-9+/=]+)"', body):
        yield base64.b64decode(found[1])


def words_sent(hub: Hub, text: str, run: int = 4) -> list[str]:
    """The runs of so many words of a text that stand in anything that a Hub was sent: all that a text-free form must not have."""
    words = re.findall(r"\w+", text)
    sent = [" ".join(re.findall(r"\w+", each)) for each in hub.texts()]
    runs = (" ".join(words[start : start + run]) for start in range(len(words) - run + 1))
    return [found for found in dict.fromkeys(runs) if any(found in each for each in sent)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.errors: list[str] = []

    def handle_error(self, *_: object) -> None:
        """Keep what went wrong in the Hub itself, for its end; that a client went away is no such thing."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            self.errors.append(traceback.format_exc())


class _DroppedError(Exception):
    """The connection is to break."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        path, self.query = unquote(parts.path), parse_qs(parts.query)
        fault = self.hub.fault(f"{self.command} {path}")
        length = int(self.headers.get("Content-Length") or 0)
        self.half = bool(fault and fault.drop == "middle" and self.command != "PUT")
        try:
            if fault and fault.drop == "middle" and self.command == "PUT":
                self.rfile.read(length // 2)
                raise _DroppedError
            body = self._chunked() if "chunked" in self.headers.get("Transfer-Encoding", "") else self.rfile.read(length)
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
            self.hub.requests.append(Request(self.command, path, token, body))
            if fault and fault.drop == "before":
                raise _DroppedError
            if fault and fault.status:
                self._error(
                    fault.status, message="as told", more={} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                )
                return
            self.silent = bool(fault and fault.drop == "after")
            self._route(path, token, body)
            if self.silent:
                raise _DroppedError
        except _DroppedError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815

    def _chunked(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def _route(self, path: str, token: str | None, body: bytes) -> None:
        if object_path := re.fullmatch(r"/lfs/(\w+)", path):
            assert token is None, "a token was sent to the storage"
            return self._object(object_path[1], body)
        if token not in (None, TOKEN, READ_TOKEN):
            return self._error(401, message="Invalid credentials in Authorization header")
        if path == "/api/whoami-v2":
            return self._json({"type": "user", "name": "writer"}) if token else self._error(401, message="Invalid username or password.")
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        if path == "/api/repos/create":
            return self._create(token, json.loads(body))
        for pattern, write, action in _ROUTES:
            if found := re.fullmatch(pattern, f"{'GET' if self.command == 'HEAD' else self.command} {path}"):
                repo_id, rest = found[1], found.groups()[1:]
                store = self.hub.stores.get(repo_id)
                if store is None or (store.private and token is None):
                    return self._error(404 if token else 401, "RepoNotFound", "Repository not found")
                if write and token != TOKEN:
                    return self._error(403 if token else 401, message="you must use a write token to upload to a repository.")
                self.body = body
                return action(self, store, *rest)
        return self._error(404, message="no such route")

    # -- answers ----------------------------------------------------------------------------------

    def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        if self.silent:
            return
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data[: len(data) // 2] if self.half else data)
            if self.half:
                self.wfile.flush()
                raise _DroppedError

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str | None = None, message: str = "", more: dict[str, str] | None = None) -> None:
        self.silent = False
        headers = {"X-Error-Message": message, "Content-Type": "application/json"} | ({"X-Error-Code": code} if code else {}) | (more or {})
        self._send(status, json.dumps({"error": message}).encode(), headers)

    def _bytes(self, data: bytes, headers: dict[str, str]) -> None:
        headers = headers | {"Accept-Ranges": "bytes"}
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "")
        if not asked:
            return self._send(200, data, headers)
        start = int(asked[1]) if asked[1] else max(0, len(data) - int(asked[2]))
        end = min(int(asked[2]) + 1, len(data)) if asked[1] and asked[2] else len(data)
        if start >= len(data):
            return self._error(416, message="range", more={"Content-Range": f"bytes */{len(data)}"})
        return self._send(206, data[start:end], headers | {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"})

    # -- routes -----------------------------------------------------------------------------------

    def _object(self, oid: str, body: bytes) -> None:
        if self.command != "PUT":
            return self._bytes(self.hub.objects[oid], {"ETag": f'"{oid}"'}) if oid in self.hub.objects else self._error(404)
        if hashlib.sha256(body).hexdigest() != oid:
            return self._error(400, message="these are other bytes")
        self.hub.objects[oid] = body
        return self._send(200, b"", {"ETag": f'"{oid}"'})

    def _create(self, token: str | None, asked: Json) -> None:
        repo_id = f"{asked['organization']}/{asked['name']}"
        if token != TOKEN or asked["organization"] != NAMESPACE:
            return self._error(403, message=f"you have no right to create {repo_id}")
        if repo_id in self.hub.stores:
            return self._error(409, message="You already created this dataset repo")
        assert asked["type"] == "dataset"
        self.hub.create(repo_id, private=asked["visibility"] == "private")
        return self._json({"url": f"{self.hub.url}/datasets/{repo_id}", "name": repo_id})

    def _at(self, store: Store, revision: str, act: Callable[[str], None]) -> None:
        sha = store.resolve(revision)
        if sha is None:
            return self._error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return act(sha)

    def _name(self, store: Store) -> str:
        return store.folder.relative_to(self.hub.folder).as_posix().removesuffix(".git")

    def _info(self, store: Store, revision: str | None) -> None:
        def answer(sha: str) -> None:
            siblings = [{"rfilename": entry.path} for entry in store.tree(sha).values() if entry.kind == "blob"]
            self._json({"id": self._name(store), "sha": sha, "private": store.private, "siblings": siblings, "tags": [], "downloads": 0})

        self._at(store, revision or "main", answer)

    def _tree(self, store: Store, revision: str, folder: str | None) -> None:
        def answer(sha: str) -> None:
            tree = store.tree(sha)
            below = f"{folder.strip('/')}/" if folder and folder.strip("/") else ""
            if below and below.rstrip("/") not in tree:
                return self._error(404, "EntryNotFound", f"{folder} does not exist")
            recursive = self.query.get("recursive") in (["true"], ["True"], ["1"])
            inside = [entry for path, entry in tree.items() if path.startswith(below) and (recursive or "/" not in path[len(below) :])]
            return self._json([entry.listed() for entry in inside])

        self._at(store, revision, answer)

    def _paths_info(self, store: Store, revision: str) -> None:
        def answer(sha: str) -> None:
            asked = parse_qs(self.body.decode()).get("paths", [])
            self._json([entry.listed() for path, entry in store.tree(sha).items() if path in asked])

        self._at(store, revision, answer)

    def _refs(self, store: Store) -> None:
        self._json({"branches": store.refs("heads"), "converts": [], "tags": store.refs("tags")})

    def _file(self, store: Store, revision: str, path: str) -> None:
        def answer(sha: str) -> None:
            entry = store.tree(sha).get(path)
            if entry is None or entry.kind != "blob":
                return self._error(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": sha})
            headers = {"X-Repo-Commit": sha, "ETag": f'"{entry.etag}"'}
            if entry.lfs is None:
                return self._bytes(store.blob(entry.oid), headers)
            linked = {"X-Linked-Etag": f'"{entry.lfs}"', "X-Linked-Size": str(entry.size)}
            return self._send(302, b"", headers | linked | {"Location": f"{self.hub.storage}/lfs/{entry.lfs}"})

        self._at(store, revision, answer)

    def _preupload(self, store: Store, revision: str) -> None:
        tree = store.tree(store.resolve(revision) or "")
        self._json(
            {
                "files": [
                    {"path": path, "uploadMode": "lfs" if path.endswith(".parquet") else "regular", "shouldIgnore": False}
                    | {"oid": tree[path].etag if path in tree else None}
                    for path in (file["path"] for file in json.loads(self.body)["files"])
                ]
            }
        )

    def _xet(self, store: Store, revision: str) -> None:
        """The client's own simulation of its storage; what it stores there is not looked at."""
        self._json({"casUrl": f"local://{self.hub.folder}/xet", "exp": 4_102_444_800, "accessToken": "xet"})

    def _batch(self, store: Store) -> None:
        objects = [
            {"oid": asked["oid"], "size": asked["size"]}
            | ({} if asked["oid"] in self.hub.objects else {"actions": {"upload": {"href": f"{self.hub.storage}/lfs/{asked['oid']}"}}})
            for asked in json.loads(self.body)["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def _commit(self, store: Store, revision: str) -> None:
        assert revision == "main"
        header, *lines = map(json.loads, self.body.splitlines())
        if header["value"].get("parentCommit", store.head) != store.head:
            return self._error(412, message="A commit has happened since. Please refresh and try again.")
        files: dict[str, bytes] = {}
        deleted = [line["value"]["path"] for line in lines if line["key"] == "deletedFile"]
        for value in (line["value"] for line in lines if line["key"] in ("file", "lfsFile")):
            if "content" in value:
                files[value["path"]] = base64.b64decode(value["content"])
            elif value["oid"] not in self.hub.objects:
                return self._error(400, message=f"{value['path']}: its object was not uploaded")
            else:
                pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{value['oid']}\nsize {value['size']}\n"
                files[value["path"]] = pointer.encode()
        sha = store.commit(header["value"]["summary"], files, deleted)
        return self._json({"success": True, "commitOid": sha, "commitUrl": f"{self.hub.url}/datasets/{self._name(store)}/commit/{sha}"})

    def _tag(self, store: Store, revision: str) -> None:
        name = json.loads(self.body)["tag"]
        if any(ref["name"] == name for ref in store.refs("tags")):
            return self._error(409, message=f"Tag {name} already exists")

        def answer(sha: str) -> None:
            store.tag(name, sha)
            self._send(201, b"", {})

        return self._at(store, revision, answer)


_REPO = r"/api/datasets/([\w.-]+/[\w.-]+)"
_ROUTES: list[tuple[str, bool, Callable[..., None]]] = [
    (rf"GET {_REPO}(?:/revision/(.+))?", False, _Handler._info),
    (rf"GET {_REPO}/tree/([^/]+)(/.*)?", False, _Handler._tree),
    (rf"POST {_REPO}/paths-info/(.+)", False, _Handler._paths_info),
    (rf"GET {_REPO}/refs", False, _Handler._refs),
    (rf"POST {_REPO}/preupload/(.+)", True, _Handler._preupload),
    (rf"GET {_REPO}/xet-write-token/(.+)", True, _Handler._xet),
    (rf"POST {_REPO}/commit/(.+)", True, _Handler._commit),
    (rf"POST {_REPO}/tag/(.+)", True, _Handler._tag),
    (r"POST /datasets/([\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch", True, _Handler._batch),
    (r"GET /datasets/([\w.-]+/[\w.-]+)/resolve/([^/]+)/(.+)", False, _Handler._file),
]
