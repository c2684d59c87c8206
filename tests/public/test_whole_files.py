"""Small files are read at once: the same responses and calls as Starlette's, in one hop."""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
import starlette.responses
import starlette.staticfiles
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from pronghorn import FastAPI
from pronghorn.core import small_files
from pronghorn.responses import FileResponse
from pronghorn.staticfiles import StaticFiles
from pronghorn.testclient import TestClient

SIZES = {"empty": 0, "one": 1, "part": 65536, "page": 100_000, "last": 262_144, "long": 262_145}
DATE = "Tue, 01 Dec 2020 10:00:00 GMT"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with files of many lengths, links, and pages."""
    folder, outside = tmp_path / "served", tmp_path / "outside.txt"
    folder.mkdir()
    outside.write_text("secret")
    for name, size in SIZES.items():
        (folder / name).write_bytes(bytes(number % 251 for number in range(size)))
    (folder / "sub").mkdir()
    (folder / "sub" / "index.html").write_text("<h1>index</h1>")
    (folder / "404.html").write_text("<h1>nothing here</h1>")
    (folder / "inside").symlink_to(folder / "page")
    (folder / "escape").symlink_to(outside)
    (folder / "broken").symlink_to(folder / "nowhere")
    for path in folder.rglob("*"):
        os.utime(path, (1606816800, 1606816800), follow_symlinks=path.exists())
    return folder


PATHS = [*SIZES, "sub", "sub/", "sub/index.html", "inside", "escape", "broken", "nowhere", ""]
PATHS += ["page/below", "x" * 300, "a%00b", "..%2foutside.txt", "%2fetc%2fhostname", "sub/../one"]
HEADERS: list[dict[str, str]] = [
    {},
    {"range": "bytes=0-9"},
    {"range": "bytes=-5"},
    {"range": "bytes=0-1,5-9,70000-"},
    {"range": "bytes=9-1"},
    {"range": "bytes=999999-"},
    {"range": "bytes=0-9", "if-range": DATE},
    {"range": "bytes=0-9", "if-range": '"another"'},
    {"if-none-match": "*"},
    {"if-none-match": '"another"'},
    {"if-modified-since": DATE},
    {"if-modified-since": "Mon, 30 Nov 2020 10:00:00 GMT"},
]
OPTIONS = [
    {"html": html, "follow_symlink": link} for html, link in product([False, True], repeat=2)
]


def application(files: Any) -> Starlette:
    return Starlette(routes=[Mount("/static", files)])


def ask(app: Any, method: str, path: str, headers: dict[str, str]) -> Any:
    """Status, headers and body; the boundary of several ranges is random."""
    client = app if isinstance(app, TestClient) else TestClient(app)
    answer = client.request(method, path, headers=headers, follow_redirects=False)
    boundary = re.search("boundary=(.*)", answer.headers.get("content-type", ""))
    body = answer.content
    if boundary is None:
        return answer.status_code, list(answer.headers.items()), body
    found = boundary[1].encode()
    kept = [(name, value) for name, value in answer.headers.items() if name != "content-type"]
    return answer.status_code, kept, body.replace(found, b"boundary")


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_response_is_that_of_starlette(
    folder: Path, method: str, options: dict[str, bool]
) -> None:
    ours = StaticFiles(directory=folder, **options)
    theirs = starlette.staticfiles.StaticFiles(directory=folder, **options)
    clients = [TestClient(application(files)) for files in (ours, theirs)]
    for client in clients:
        assert client.post("/static/page").status_code == 405
    conditions = HEADERS if method == "GET" else HEADERS[-4:]
    asked = [*product(PATHS, HEADERS[:1]), *product(("empty", "page", "long", "sub/"), conditions)]
    for path, headers in asked:
        found = [ask(client, method, f"/static/{path}", headers) for client in clients]
        assert found[0] == found[1], (path, headers)


def test_an_entity_tag_that_is_known(folder: Path) -> None:
    ours = application(StaticFiles(directory=folder))
    theirs = application(starlette.staticfiles.StaticFiles(directory=folder))
    tag = TestClient(ours).get("/static/page").headers["etag"]
    for headers in ({"if-none-match": f'"x", W/{tag}'}, {"range": "bytes=1-2", "if-range": tag}):
        found = [ask(app, "GET", "/static/page", headers) for app in (ours, theirs)]
        assert found[0] == found[1]
        assert found[0][0] in (304, 206)


def test_files_of_a_package() -> None:
    packages: Any = [("pytest", "."), ("starlette", ".")]
    app = application(StaticFiles(packages=packages))
    answer = TestClient(app).get("/static/responses.py")
    assert answer.text == Path(starlette.responses.__file__).read_text("utf-8")


# --- what a program overrides ---------------------------------------------------------------------


def recording(base: type[Any], calls: list[Any]) -> type[Any]:
    """A class whose methods note their calls, and add a header as programs do."""

    class Recording(base):  # type: ignore[misc]  # one of two classes
        def get_directories(self, *arguments: Any) -> Any:
            calls.append(("get_directories", *arguments))
            return super().get_directories(*arguments)

        async def get_response(self, path: str, scope: Any) -> Response:
            calls.append(("get_response", path))
            response: Response = await super().get_response(path, scope)
            response.headers["cache-control"] = "public"
            return response

        def lookup_path(self, path: str) -> Any:
            calls.append(("lookup_path", path))
            return super().lookup_path(path)

        def file_response(self, full_path: Any, stat_result: Any, scope: Any) -> Response:
            calls.append(("file_response", full_path, stat_result.st_size, scope["path"]))
            response: Response = super().file_response(full_path, stat_result, scope)
            return response

        def is_not_modified(self, response_headers: Any, request_headers: Any) -> Any:
            calls.append(("is_not_modified", dict(response_headers)))
            return super().is_not_modified(response_headers, request_headers)

    return Recording


def test_a_subclass_receives_the_calls_of_starlette(folder: Path) -> None:
    seen = []
    for base in (StaticFiles, starlette.staticfiles.StaticFiles):
        calls: list[Any] = []
        app = application(recording(base, calls)(directory=folder, html=True))
        answers = [
            ask(app, method, f"/static/{path}", headers)
            for method, path, headers in product(["GET", "HEAD"], ["page", "sub/"], HEADERS[:1])
        ]
        seen.append((calls, answers))
    assert seen[0] == seen[1]
    assert dict(seen[0][1][0][1])["cache-control"] == "public"


@pytest.mark.parametrize("base", [StaticFiles, starlette.staticfiles.StaticFiles])
def test_a_subclass_may_return_another_file(folder: Path, base: type[Any]) -> None:
    class Other(base):  # type: ignore[misc]  # one of two classes
        def file_response(self, full_path: Any, stat_result: Any, scope: Any) -> Response:
            return FileResponse(folder / "one")

    answer = TestClient(application(Other(directory=folder))).get("/static/page")
    assert (answer.headers["content-length"], answer.content) == ("1", b"\0")


@pytest.mark.parametrize("base", [FileResponse, starlette.responses.FileResponse])
def test_a_subclass_of_the_response_chooses_the_parts(folder: Path, base: type[Any]) -> None:
    class InSmallParts(base):  # type: ignore[misc]  # one of two classes
        chunk_size = 40_000

    app = FastAPI()
    app.get("/")(lambda: InSmallParts(folder / "page"))
    messages = messages_of(app, "/")
    assert [len(message["body"]) for message in messages[1:]] == [40_000, 40_000, 20_000]


@pytest.mark.parametrize("where", ["class", "base", "instance"])
def test_parts_of_the_usual_length_may_be_chosen_too(folder: Path, where: str) -> None:
    class Base(FileResponse):
        if where == "base":
            chunk_size = 64 * 1024

    class InParts(Base):
        if where == "class":
            chunk_size = 64 * 1024

    app = FastAPI()

    @app.get("/{name}")
    def send(name: str) -> Response:
        response = InParts(folder / name)
        if where == "instance":
            response.chunk_size = 64 * 1024
        return response

    bodies = [len(message["body"]) for message in messages_of(app, "/page")[1:]]
    assert bodies == [65536, 100_000 - 65536]
    assert len(messages_of(app, "/long")[1]["body"]) == 65536


def test_a_response_that_is_sent_again(folder: Path) -> None:
    """An object may be the application of a route; its parts are of one length every time."""
    long, small = FileResponse(folder / "long"), FileResponse(folder / "page")
    app = Starlette(routes=[Route("/long", long), Route("/small", small)])
    for _ in range(2):
        assert len(messages_of(app, "/long")[1]["body"]) == 128 * 1024
        assert len(messages_of(app, "/small")[1]["body"]) == 100_000


def test_the_length_of_starlettes_parts_may_be_set(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starlette.responses.FileResponse, "chunk_size", 50_000)
    app = Starlette(routes=[Route("/", FileResponse(folder / "page"))])
    bodies = [len(message["body"]) for message in messages_of(app, "/")[1:]]
    assert bodies[:2] == [50_000, 50_000]


@pytest.mark.parametrize("method", ["__call__", "_handle_simple", "_open_file"])
@pytest.mark.parametrize("served", ["static", "endpoint"])
def test_a_method_of_starlette_that_is_replaced_is_called(
    folder: Path, monkeypatch: pytest.MonkeyPatch, method: str, served: str
) -> None:
    base, calls = starlette.responses.FileResponse, list[str]()
    original = getattr(base, method)

    def replacement(self: Any, *arguments: Any) -> Any:
        calls.append(method)
        return original(self, *arguments)

    app: Any = application(StaticFiles(directory=folder))
    if served == "endpoint":
        app = FastAPI()
        app.get("/static/page")(lambda: FileResponse(folder / "page"))
    assert len(messages_of(app, "/static/page")) == 2  # with the original first
    monkeypatch.setattr(base, method, replacement)
    assert len(messages_of(app, "/static/page")) > 2
    assert calls == [method]


@pytest.mark.parametrize("method", ["_handle_simple", "_open_file"])
def test_a_method_that_a_program_overrides_is_called(folder: Path, method: str) -> None:
    calls = []

    def noting(self: Any, *arguments: Any) -> Any:
        calls.append(method)
        return getattr(FileResponse, method)(self, *arguments)

    by_class: Any = type("Noting", (FileResponse,), {method: noting})(folder / "page")
    by_instance = FileResponse(folder / "page")
    vars(by_instance)[method] = noting.__get__(by_instance)
    for response in (by_class, by_instance):
        messages_of(Starlette(routes=[Route("/", response)]), "/")
    assert calls == [method, method]


def test_a_replaced_function_of_anyio_reads_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    async def replacement(function: Any, *arguments: Any, **options: Any) -> Any:
        called.append(options)
        return function(*arguments)

    app = Starlette(routes=[Route("/", FileResponse(folder / "page"))])
    monkeypatch.setattr(anyio.to_thread, "run_sync", replacement)
    assert len(messages_of(app, "/")[1]["body"]) == 100_000
    assert called == [{}]


# --- files that change meanwhile ------------------------------------------------------------------


@contextmanager
def after_lookup(files: StaticFiles, change: Callable[[], None]) -> Iterator[None]:
    """Change a file once, between its lookup and its reading."""
    original, done = files.lookup_path, []

    def lookup_path(path: str) -> Any:
        found = original(path)
        if not done:
            done.append(path)
            change()
        return found

    files.lookup_path = lookup_path  # type: ignore[method-assign]  # as a thread of a deployment
    yield
    assert done


def test_a_file_that_is_replaced_between_lookup_and_reading(folder: Path) -> None:
    for content in (b"new", b"n" * 70_000, b"o" * 300_000):
        (folder / "page").write_bytes(b"old and longer")

        def replace(content: bytes = content) -> None:
            (folder / "new").write_bytes(content)
            (folder / "new").replace(folder / "page")

        files = StaticFiles(directory=folder)
        with after_lookup(files, replace):
            answer = TestClient(application(files)).get("/static/page")
        assert answer.headers["content-length"] == str(len(content))
        assert answer.content == content


def test_a_file_that_vanishes_between_lookup_and_reading(folder: Path) -> None:
    files = StaticFiles(directory=folder)
    with after_lookup(files, (folder / "page").unlink):
        assert TestClient(application(files)).get("/static/page").status_code == 404


def test_a_status_that_is_not_that_of_the_file_is_left_to_starlette(folder: Path) -> None:
    status = (folder / "page").stat()
    sent = []
    for kind in (FileResponse, starlette.responses.FileResponse):
        response = kind(folder / "one", stat_result=status)
        sent.append(messages_of(Starlette(routes=[Route("/", response)]), "/"))
    assert sent[0] == sent[1]


# --- responses of endpoints -----------------------------------------------------------------------


def test_files_of_endpoints(folder: Path) -> None:
    done: list[str] = []
    for path, headers in product(["one", "page", "long", "nowhere", "sub"], HEADERS[:4]):
        found = []
        for kind in (FileResponse, starlette.responses.FileResponse):

            async def send(request: Request, kind: Any = kind, path: str = path) -> Response:
                after = BackgroundTask(done.append, path)
                response: Response = kind(folder / path, filename="ä.bin", background=after)
                return response

            try:
                found.append(ask(Starlette(routes=[Route("/", send)]), "GET", "/", headers))
            except RuntimeError as error:
                found.append(str(error))
        assert found[0] == found[1], (path, headers)
    assert done.count("page") == 2 * len(HEADERS[:4])


def test_a_pipe_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    app = FastAPI()
    app.get("/")(lambda: FileResponse(folder / "pipe"))
    with pytest.raises(RuntimeError, match="is not a file"):
        TestClient(app).get("/")


def test_a_file_is_opened_as_bytes_where_systems_distinguish(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags, open_file, binary = [], os.open, 0x8000
    monkeypatch.setattr(os, "O_BINARY", binary, raising=False)

    def noting(path: Any, given: int) -> int:
        flags.append(given)
        return open_file(path, given & ~binary)

    monkeypatch.setattr(os, "open", noting)
    found = runpy.run_path(small_files.__file__)["look_and_read"](folder / "one")
    assert found[1] == b"\0"
    assert flags == [os.O_RDONLY | binary]


# --- its cost -------------------------------------------------------------------------------------


def messages_of(app: Any, path: str, **scope: Any) -> list[Any]:
    """The messages that an application sends."""
    sent: list[Any] = []

    async def call() -> None:
        async def receive() -> Any:
            await anyio.sleep_forever()

        async def send(message: Any) -> None:
            sent.append(message)

        about = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode()}
        await app(
            {**about, "query_string": b"", "headers": [], "root_path": "", **scope}, receive, send
        )

    anyio.run(call)
    return sent


#: What makes a call in a worker thread: AnyIO's function, and the method of our pool.
HOPS = {"run_sync_in_worker_thread", "submit"}


def hops(call: Callable[[], Any]) -> int:
    """How often the functions of a call go to a worker thread."""
    counted: list[str] = []

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name in HOPS:
            if frame not in seen:
                counted.append(frame.f_code.co_name)
            seen[frame] = None

    seen: dict[Any, None] = {}
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return len(counted)


@pytest.mark.parametrize("name", ["empty", "page", "last"])
def test_a_small_file_is_one_hop_and_one_message(folder: Path, name: str) -> None:
    static = application(StaticFiles(directory=folder))
    app = FastAPI()

    @app.get("/file")
    async def send_file() -> FileResponse:
        return FileResponse(folder / name)

    for served, path in ((static, f"/static/{name}"), (app, "/file")):
        messages_of(served, path)
        sent: list[Any] = []
        assert hops(lambda s=served, p=path, to=sent: to.extend(messages_of(s, p))) == 1  # type: ignore[misc]  # bound now
        assert len(sent) == 2
        assert len(sent[1]["body"]) == SIZES[name]
        assert not sent[1]["more_body"]


def test_a_server_that_sends_files_itself_is_given_the_path(folder: Path) -> None:
    static = application(StaticFiles(directory=folder))
    messages = messages_of(static, "/static/page", extensions={"http.response.pathsend": {}})
    assert messages[1] == {"type": "http.response.pathsend", "path": str(folder / "page")}
