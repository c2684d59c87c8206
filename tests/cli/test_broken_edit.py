"""While a broken edit stands, `pronghorn dev` answers with the error; real servers, real edits."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from tests.cli.processes import Server, served

Write = Callable[..., Path]
pytestmark = pytest.mark.timeout(120)

WORKS = """
from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
async def read():
    return "works"
"""

BROKEN = {
    "syntax": ("app = (\n", "SyntaxError: '(' was never closed"),
    "import": ("import absent_module\n", "No module named 'absent_module'"),
    "exception": ("1 / 0\n", "ZeroDivisionError: division by zero"),
    "setup": (
        """
        from pronghorn import FastAPI
        app = FastAPI()
        @app.websocket
        def chat(websocket): ...
        """,
        'write:    @app.websocket("/chat")',
    ),
    "exit": ("import sys\nsys.exit(7)\n", "ended the program with code 7"),
    "no app": ("nothing = 1\n", "Could not find"),
    "lifespan": (
        """
        from pronghorn import FastAPI
        async def lifespan(app):
            raise LookupError("no disk")
            yield
        app = FastAPI(lifespan=lifespan)
        """,
        "LookupError: no disk",
    ),
    "lifespan that exits": (
        """
        import sys
        from pronghorn import FastAPI
        async def lifespan(app):
            sys.exit("no disk")
            yield
        app = FastAPI(lifespan=lifespan)
        """,
        "SystemExit: no disk",
    ),
    "group": (
        "raise ExceptionGroup('both', [ValueError('one'), KeyError('two')])\n",
        "| ValueError: one",
    ),
    "recursion": ("def f(): f()\nf()\n", "RecursionError"),
    "not UTF-8": (b"name = '\xff'\n", "SyntaxError"),
}
SERVERS = {"uvicorn": [], "granian": ["--server", "granian"]}
STARTED = {"uvicorn": "Application startup complete.", "granian": "Started worker"}
STANDS = "Browsers get this error as a page until the next edit"


def edit(file: Path, text: str | bytes) -> None:
    """Save a file as editors do: in one step, with a new modification time."""
    new = file.with_name("~new")
    new.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    new.replace(file)


def until(server: Server, found: Callable[[tuple[int, str]], bool], **headers: str) -> str:
    """Ask until an answer is the one that is waited for; the test's own timeout ends it."""
    while True:
        assert server.process.poll() is None, server.output
        try:
            answer = server.ask("/", **headers)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        if found(answer):
            return answer[1]
        time.sleep(0.05)


def works(answer: tuple[int, str]) -> bool:
    return answer == (200, '"works"')


ON_GRANIAN = ("syntax", "exit", "lifespan", "lifespan that exits")


@pytest.mark.parametrize(
    ("name", "kinds"), [("uvicorn", tuple(BROKEN)), ("granian", ON_GRANIAN)], ids=list(SERVERS)
)
def test_every_kind_of_broken_edit_is_shown_and_mended(
    write: Write, name: str, kinds: tuple[str, ...]
) -> None:
    file = write("main.py", WORKS)
    with served("dev", *SERVERS[name], started=STARTED[name]) as server:
        until(server, works)
        server.wait_until_watching(file.parent)
        for source, expected in (BROKEN[kind] for kind in kinds):
            edit(file, source)
            text = until(server, lambda answer, text=expected: text in answer[1])
            assert "This page" not in text
            page = until(server, lambda answer: answer[0] == 500, Accept="text/html")
            assert "<!doctype html>" in page
            edit(file, WORKS)
            until(server, works)
        assert server.stop() in {0, -15}
    assert server.output.count(STANDS) >= len(kinds)
    assert "_pronghorn/state" not in server.output


@pytest.mark.parametrize("name", SERVERS)
def test_all_requests_get_the_error(write: Write, name: str) -> None:
    file = write("main.py", WORKS)
    options = [*SERVERS[name], "--root-path", "/api"]
    with served("dev", *options, started=STARTED[name]) as server:
        until(server, works)
        server.wait_until_watching(file.parent)
        edit(file, "raise LookupError('<b>broken</b>')\n")
        until(server, lambda answer: answer[0] == 500)
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            status, text = server.ask("/any/path", method)
            assert (status, "LookupError: <b>broken</b>" in text) == (500, True)
        status, text = server.ask("/", Accept="text/html")
        assert "&lt;b&gt;broken&lt;/b&gt;" in text
        assert "<b>" not in text
        assert json.loads(server.ask("/", Accept="application/json")[1])["error"]
        status, text = server.ask("/_pronghorn/state")
        assert (status, json.loads(text)["state"]) == (200, "broken")
        handshake = {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
        status, text = server.ask("/chat", Connection="Upgrade", Upgrade="websocket", **handshake)
        assert status in {403, 500}
        for headers in ({"Host": "evil.example"}, {"X-Forwarded-For": "203.0.113.9"}):
            status, text = server.ask("/", **headers, Accept="text/html")
            assert status == 500
            assert "LookupError" not in text
        edit(file, WORKS)
        until(server, works)
        assert json.loads(server.ask("/_pronghorn/state")[1]) == {"state": "running"}


def test_a_new_error_takes_the_place_of_the_old_one(write: Write) -> None:
    file = write("main.py", WORKS)
    with served("dev") as server:
        until(server, works)
        server.wait_until_watching(file.parent)
        marks = set()
        for word in ("first", "second", "third"):
            edit(file, f"raise LookupError('{word}')\n")
            until(server, lambda answer, text=word: text in answer[1])
            marks.add(json.loads(server.ask("/_pronghorn/state")[1])["id"])
        assert len(marks) == 3


def test_ten_edits_a_second(write: Write) -> None:
    file = write("main.py", WORKS)
    with served("dev") as server:
        until(server, works)
        server.wait_until_watching(file.parent)
        for number in range(30):
            edit(file, WORKS if number % 2 else f"raise LookupError('number {number}')\n")
            time.sleep(0.1)
        edit(file, "raise LookupError('the last one')\n")
        until(server, lambda answer: "the last one" in answer[1])
        edit(file, WORKS)
        until(server, works)


def test_a_program_that_is_broken_from_the_start_ends_the_command(write: Write) -> None:
    write("main.py", "app = (\n")
    with pytest.raises(AssertionError, match="SyntaxError"), served("dev"):
        pass


@pytest.mark.parametrize(
    "arguments", [["dev", "--no-page"], ["run", "--reload", "--host", "127.0.0.1"]]
)
def test_without_the_page_a_broken_edit_is_on_the_terminal_only(
    write: Write, arguments: list[str]
) -> None:
    file = write("main.py", WORKS)
    with served(*arguments, PRONGHORN_DEV_RELOADS="1") as server:
        until(server, works)
        server.wait_until_watching(file.parent)
        edit(file, "raise LookupError('broken')\n")
        server.wait_for("Error: Importing")
        edit(file, WORKS)
        until(server, works)
        server.stop()
    assert "LookupError: broken" in server.output
    assert STANDS not in server.output


def test_without_a_reloader_a_lifespan_that_fails_ends_the_process(write: Write) -> None:
    write("main.py", BROKEN["lifespan"][0])
    with served("dev", "--no-reload", started="LookupError: no disk") as server:
        assert server.process.wait() == 3


@pytest.mark.parametrize("name", SERVERS)
def test_files_that_are_not_python_do_not_restart_the_program(write: Write, name: str) -> None:
    """A program that writes into its own folder would restart itself without end."""
    number = "@app.get('/number')\nasync def number(): return os.getpid()\n"
    file = write("main.py", f"import os\n{WORKS}\n\n{number}")
    with served("dev", *SERVERS[name], started=STARTED[name]) as server:
        first = server.get("/number")
        server.wait_until_watching(file.parent)
        for other in ("shop.db", "shop.log", "data.json"):
            write(other, "content")
        time.sleep(2)  # The reloaders collect the changes of up to 1.6 seconds.
        assert server.get("/number") == first
        edit(file, WORKS)
        until(server, works)
        server.stop()
    assert "shop.db" not in server.output
