"""`pronghorn explain` as a user calls it."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pronghorn.cli.app import commands

PROGRAM = """
from pronghorn import FastAPI, WebSocket
from pronghorn.responses import HTMLResponse

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int, q: str = ""):
    return {"id": item_id, "q": q}


@app.get("/label", response_class=HTMLResponse)
async def label():
    return "a label"


@app.websocket("/chat")
async def chat(websocket: WebSocket):
    await websocket.accept()


@app.put("/both")
@app.delete("/both")
async def change(): ...


@app.get("/wide")
async def read_wide(
    first_parameter_with_a_long_name: int = 1, second_parameter_with_a_long_name: int = 2
): ...


admin = FastAPI()


@admin.get("/users/{name}")
async def read_user(name: str):
    return name


app.mount("/admin", admin)
"""


MOUNTS = """
from starlette.staticfiles import StaticFiles

app.mount("/files", StaticFiles(directory="."))
admin.mount("/files", StaticFiles(directory="."))
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # What is told of the ways is told also when all tests are run without the short ones.
    monkeypatch.delenv("PRONGHORN_GENERAL", raising=False)
    path = tmp_path / "explained_program.py"
    path.write_text(PROGRAM)
    monkeypatch.syspath_prepend(tmp_path)
    return path


def test_it_prints_the_plan_and_the_handler(program: Path) -> None:
    result = CliRunner().invoke(commands, ["explain", "GET", "/items/42", str(program)])
    assert result.exit_code == 0, result.output
    assert "GET /items/{item_id}" in result.output
    assert "await read_item_(" in result.output
    assert "Thread hops: 0" in result.output


def test_json_holds_the_same(program: Path) -> None:
    arguments = ["explain", "get", "/items/{item_id}", str(program), "--json"]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    explained = json.loads(result.stdout)
    assert explained["label"] == "GET /items/{item_id}"
    assert explained["hops"] == []
    assert explained["detours"] == []


def test_what_keeps_it_from_a_fast_way(program: Path) -> None:
    result = CliRunner().invoke(commands, ["explain", "GET", "/label", str(program), "--json"])
    assert result.exit_code == 0, result.output
    explained = json.loads(result.stdout)
    (detour,) = explained["detours"]
    assert detour.startswith("explicit response_class HTMLResponse")
    assert detour in explained["notes"]


@pytest.mark.parametrize(
    ("method", "path", "label", "call"),
    [
        ("ws", "/chat", "WS /chat", "await chat_("),
        ("GET", "/admin/users/{name}", "GET /admin/users/{name}", "await read_user_("),
        ("GET", "/admin/users/ann", "GET /admin/users/{name}", "await read_user_("),
    ],
)
def test_websockets_and_routes_of_mounted_applications(
    program: Path, method: str, path: str, label: str, call: str
) -> None:
    result = CliRunner().invoke(commands, ["explain", method, path, str(program)])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(label + "\n")
    assert call in result.output


def test_an_operation_that_does_not_exist_names_the_nearest(program: Path) -> None:
    result = CliRunner().invoke(commands, ["explain", "POST", "/items/{item_id}", str(program)])
    assert result.exit_code == 1
    assert "Did you mean 'GET /items/{item_id}'?" in result.output


@pytest.mark.parametrize(
    ("method", "path", "methods"),
    [
        ("PUT", "/items/42", "GET"),
        ("POST", "/both", "DELETE, PUT"),
        ("GET", "/chat", "WS"),
        ("PUT", "/admin/users/ann", "GET"),
    ],
)
def test_an_operation_that_does_not_exist_names_the_methods_of_its_path(
    program: Path, method: str, path: str, methods: str
) -> None:
    result = CliRunner().invoke(commands, ["explain", method, path, str(program)])
    assert result.exit_code == 1
    assert f"There is no operation {method} {path}; this path has: {methods}\n" in result.output


@pytest.mark.parametrize(
    ("path", "mount", "kind"),
    [
        ("/files/site.css", "/files", "StaticFiles"),
        ("/files", "/files", "StaticFiles"),
        ("/admin/files/site.css", "/admin/files", "StaticFiles"),
    ],
)
def test_a_path_of_a_mount_without_routes_names_the_mount(
    program: Path, path: str, mount: str, kind: str
) -> None:
    program = program.with_name("program_with_mounts.py")
    program.write_text(PROGRAM + MOUNTS)
    result = CliRunner().invoke(commands, ["explain", "GET", path, str(program)])
    assert result.exit_code == 1
    assert f"There is no operation GET {path}: the mount {mount} answers it\n" in result.output
    assert f"Its application has no routes to explain: {kind}\n" in result.output


@pytest.mark.parametrize("path", ["/filesystem", "/admin/absent"])
def test_a_path_beside_a_mount_is_not_its(program: Path, path: str) -> None:
    program = program.with_name("program_with_mounts.py")
    program.write_text(PROGRAM + MOUNTS)
    result = CliRunner().invoke(commands, ["explain", "GET", path, str(program)])
    assert f"There is no operation GET {path}\n" in result.output


def test_a_path_that_does_not_exist_has_no_methods(program: Path) -> None:
    result = CliRunner().invoke(commands, ["explain", "GET", "/absent", str(program)])
    assert result.exit_code == 1
    assert "There is no operation GET /absent\n" in result.output


def test_the_handler_is_python_in_a_pipe(program: Path) -> None:
    result = CliRunner().invoke(commands, ["explain", "GET", "/wide", str(program)])
    assert result.exit_code == 0, result.output
    source = result.output.partition("\nHandler\n")[2].partition("\nThread hops")[0]
    assert max(map(len, source.splitlines())) > 80
    ast.parse(source)
    arguments = ["explain", "GET", "/wide", str(program), "--json"]
    assert (
        source.strip()
        == json.loads(CliRunner().invoke(commands, arguments).stdout)["source"].strip()
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_breaks_long_lines_itself(program: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "pronghorn", "explain", "GET", "/wide", str(program)],
        env={**os.environ, "COLUMNS": "80", "TERM": "dumb"},
        stdout=theirs,
    ):
        os.close(theirs)
        output = read_all(ours)
    handler = output.partition("Handler")[2].partition("Thread hops")[0]
    assert max(map(len, handler.splitlines())) > 80
    ast.parse(handler)


def read_all(terminal: int) -> str:
    """Return what a program writes to a terminal, without colours."""
    pieces = []
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # How Linux reports the end.
            piece = b""
        if not piece:
            os.close(terminal)
            return re.sub(r"\x1b\[[0-9;]*m", "", b"".join(pieces).decode()).replace("\r", "")
        pieces.append(piece)


def test_a_plain_route_has_no_plan(program: Path) -> None:
    result = CliRunner().invoke(commands, ["explain", "GET", "/docs", str(program)])
    assert result.exit_code == 1
    assert "no plan" in result.output


def test_it_says_which_middleware_is_compiled(program: Path) -> None:
    path = program.with_name("program_with_middleware.py")
    path.write_text(
        PROGRAM
        + """
from starlette.middleware.cors import CORSMiddleware

class OwnCORS(CORSMiddleware): ...

@app.middleware("http")
async def through(request, call_next):
    return await call_next(request)

app.add_middleware(CORSMiddleware)
app.add_middleware(OwnCORS)
"""
    )
    result = CliRunner().invoke(commands, ["explain", "GET", "/items/42", str(path), "--json"])
    assert result.exit_code == 0, result.output
    notes = [note for note in json.loads(result.stdout)["notes"] if note.startswith("middleware")]
    assert [note.removeprefix("middleware around it: ") for note in notes] == [
        "OwnCORS: not compiled: a subclass of CORSMiddleware",
        "CORSMiddleware: compiled into the pipeline",
        "BaseHTTPMiddleware with through: not compiled: it runs what is inside in another task",
    ]
