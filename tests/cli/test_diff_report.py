"""What `pronghorn diff` says of its own comparison: gaps, successes, repetitions, logins."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.processes import environment
from tests.cli.test_diff import CHANGES, Result, recorded

Write = Callable[..., Path]
# Three processes per test, on machines that have other work.
pytestmark = pytest.mark.timeout(240)

PROGRAM = """
import secrets
from fastapi import Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

app = FastAPI()
secret = secrets.token_hex()
bearer = OAuth2PasswordBearer(tokenUrl="token")


@app.post("/token")
def log_in(form: OAuth2PasswordRequestForm = Depends()):
    if form.password != "a b":
        raise HTTPException(401, "wrong")
    return {"access_token": secret, "token_type": "bearer"}


@app.post("/session")
async def start_session(request: Request, response: Response):
    response.set_cookie("session", secret + (await request.json())["name"])
    response.set_cookie("theme", "dark")


def check_token(token: str = Depends(bearer)):
    if token != secret:
        raise HTTPException(401, "another token")


@app.get("/me", dependencies=[Depends(check_token)])
def read_me(): ...


@app.get("/session")
def read_session(request: Request):
    return [request.cookies.get("session") == secret + "ann", request.cookies.get("theme")]


@app.get("/hidden", include_in_schema=False)
def read_hidden(): ...


@app.websocket("/chat")
async def chat(websocket: WebSocket): ...


@app.trace("/traced")
def trace(): ...


app.mount("/files", FastAPI())
"""

SIX_ALIKE = """
import fastapi
from fastapi import FastAPI, Response

app = FastAPI()
ENGINE = fastapi.FastAPI.__module__


@app.middleware("http")
async def tell(request, call_next):
    response = await call_next(request)
    response.headers["x-engine"] = ENGINE
    return response


@app.get("/{name}")
def read(name: str):
    return name


@app.get("/a/{name}", tags=[ENGINE])
def read_a(name: str):
    return name


@app.get("/b/{name}", tags=[ENGINE])
def read_b(name: str):
    return name
"""


def data_of(*arguments: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(Result(*arguments, "--json").out)
    return report


def test_everything_that_is_left_out_is_named_with_its_reason(write: Write) -> None:
    write("main.py", PROGRAM)
    result = Result("--requests", "1")
    assert result.out.splitlines()[3:-3] == [
        f"left out 2 operations, {CHANGES}POST /token, POST /session",
        "         Add --unsafe to send them too, with data that may be lost.",
        "left out 1 operation, because only 1 request was wanted: GET /me",
        "         Add --requests 2 or more.",
        "left out 1 operation, because clients do not send TRACE: TRACE /traced",
        "left out 1 WebSocket route, because only HTTP is compared: /chat",
        "left out 1 mount, because the document ends there: /files",
        "         Name a mounted app with --app or --entrypoint, or replay requests with --har.",
        "left out 1 route, because it is not in the document: GET /hidden",
        "         Replay requests with --har.",
    ]


def test_of_a_har_file_the_operations_without_a_request_are_named(write: Write) -> None:
    write("main.py", PROGRAM)
    left_out = data_of("--har", recorded(write, "GET /hidden", "GET /me", "POST /token"))[
        "left_out"
    ]
    assert [(item["kind"], item["names"]) for item in left_out] == [
        ("request", ["POST /token"]),
        ("operation", ["GET /session", "POST /session"]),
        ("WebSocket route", ["/chat"]),
        ("mount", ["/files"]),
    ]


def test_a_comparison_of_errors_says_that_it_is_worth_little(write: Write) -> None:
    write("main.py", PROGRAM)
    result = Result("--requests", "4")
    assert result.code == 0
    assert "same     GET /me (2 answers: 2 with 401)\n" in result.out
    assert result.out.endswith(
        "No difference in 4 answers on 2 routes\n"
        "2 of 4 answers were 2xx\n"
        "Only errors on 1 route: GET /me\n"
        "  Log in with --login or --header, or replay recorded requests with --har.\n"
    )
    result = Result("--har", recorded(write, "GET /me", "GET /nowhere"))
    assert "\nNo answer was 2xx, so this result says little.\n  Log in with " in result.out


@pytest.mark.parametrize(
    ("login", "answers"),
    [
        ("POST /token username=ann password='a b'", {"GET /me": 2, "GET /session": 2}),
        ('post /session {"name": "ann"}', {"GET /me": 0, "GET /session": 2}),
    ],
)
def test_a_login_is_made_on_each_engine(
    write: Write, login: str, answers: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("main.py", PROGRAM)
    report = data_of("--requests", "4", "--login", login)
    assert not report["differs"]
    assert {route["route"]: route["successes"] for route in report["routes"]} == answers
    # From the environment, where other users of the machine do not see the password.
    monkeypatch.setenv("PRONGHORN_LOGIN", login)
    assert data_of("--requests", "4") == report


def test_a_session_of_a_login_reaches_the_program(write: Write) -> None:
    write("main.py", PROGRAM + "\n\n@app.get('/x/{name}')\ndef fail(name: str):\n    1 / 0\n")
    source = Path("main.py").read_text()
    write("main.py", source.replace('[request.cookies.get("session")', "[FastAPI.__module__, (0)"))
    report = data_of("--requests", "2", "--login", 'POST /session {"name": "ann"}')
    (difference,) = next(route for route in report["routes"] if route["differing"])["differences"]
    assert difference["places"] == [
        {"place": "body 0", "theirs": '"fastapi.applications"', "ours": '"pronghorn.applications"'}
    ]


@pytest.mark.parametrize(
    ("login", "message"),
    [
        (
            "POST /token username=ann password=wrong",
            '{"detail":"wrong"}\n\nError: The login failed: POST /token on fastapi answered 401',
        ),
        (
            "GET /session",
            "GET /session on fastapi answered 200 without an access_token and without a cookie",
        ),
        ("POST /token secret", "Error: --login 'POST /token' is not a request"),
        ("POST token a=b", "Error: --login 'POST token' is not a request"),
        ("POST /token {nonsense", "Error: --login 'POST /token' is not a request"),
        ("POST /token a='b", "Error: --login 'POST /token' is not a request"),
        ("nonsense", "Error: --login 'nonsense' is not a request"),
    ],
)
def test_a_login_that_fails(write: Write, login: str, message: str) -> None:
    write("main.py", PROGRAM)
    result = Result("--requests", "2", "--login", login)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert "--login 'POST /token username=ann password=secret'" in result.err


def test_a_login_that_only_fastapi_accepts(write: Write) -> None:
    write(
        "main.py",
        """
        import fastapi
        app = fastapi.FastAPI()

        @app.post("/token")
        def log_in():
            if fastapi.FastAPI.__module__ != "fastapi.applications":
                raise fastapi.HTTPException(403)
            return {"access_token": "x"}

        @app.get("/")
        def root(): ...
        """,
    )
    result = Result("--login", "POST /token")
    assert result.code == 1
    assert result.out.startswith("Runs on FastAPI, and not on pronghorn.\n")
    assert "The login failed: POST /token on pronghorn answered 403" in result.out


def test_a_header_replaces_the_recorded_one(write: Write) -> None:
    write(
        "main.py",
        """
        import fastapi
        app = fastapi.FastAPI()

        @app.get("/")
        def root(request: fastapi.Request):
            return fastapi.FastAPI.__module__
        """,
    )
    headers = [("Authorization", "old"), ("Cookie", "a=1; b=1"), ("X-Kept", "1")]
    named = [{"name": name, "value": value} for name, value in headers]
    request = {"method": "GET", "url": "http://x/", "headers": named}
    file = write("one.har", json.dumps({"log": {"entries": [{"request": request}]}}))
    options = ["--header", "Authorization: new", "--header", "Cookie: b=2; c=2"]
    (route,) = data_of("--har", str(file), *options)["routes"]
    assert route["differences"][0]["example"]["headers"] == [
        ["x-kept", "1"],
        ["authorization", "new"],
        ["cookie", "a=1; b=2; c=2"],
    ]


def test_equal_differences_are_shown_once(write: Write) -> None:
    write("main.py", SIX_ALIKE)
    result = Result("--requests", "9")
    assert result.code == 1
    tag = '    FastAPI   "fastapi.applications"\n    pronghorn "pronghorn.applications"\n'
    assert result.out.startswith(
        "differs  OpenAPI document (2 places)\n"
        f"   paths /a/{{name}} get tags 0\n{tag}    the same at 1 more place\n"
        "differs  GET /a/{name} (3 of 3 answers: 3 with 200)\n"
    )
    assert result.out.count("header x-engine") == 1
    assert result.out.count("    the same as at GET /a/{name}\n") == 2
    assert result.out.count("  2 more answers like it\n") == 3
    assert result.out.endswith("\n9 answers of 9 differ, on 3 routes\n9 of 9 answers were 2xx\n")


def test_the_report_as_json(write: Write) -> None:
    write("main.py", SIX_ALIKE)
    report = data_of("--requests", "6")
    assert (report["differs"], report["failure"]) == (True, None)
    assert (report["answers"], report["successes"], report["only_errors"]) == (6, 6, [])
    assert [item["place"] for item in report["document"]] == [
        " paths /a/{name} get tags 0",
        " paths /b/{name} get tags 0",
    ]
    route = report["routes"][2]
    assert (route["route"], route["answers"], route["differing"]) == ("GET /{name}", 2, 2)
    assert route["statuses"] == {"200": 2}
    (difference,) = route["differences"]
    assert difference["requests"] == 2
    assert difference["example"]["method"] == "GET"
    assert difference["places"][0]["place"] == "header x-engine"


def test_a_failure_as_json(write: Write) -> None:
    write(
        "main.py",
        """
        import fastapi
        app = fastapi.FastAPI()
        if fastapi.FastAPI.__module__ != "fastapi.applications":
            raise TypeError("not here")
        """,
    )
    result = Result("--json")
    assert result.code == 1
    report = json.loads(result.out)
    assert report["differs"] is True
    assert "TypeError: not here" in report["failure"]


def test_progress_is_shown_on_a_terminal_only(write: Write) -> None:
    write("main.py", SIX_ALIKE)
    assert Result("--requests", "60").err == ""
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pronghorn", "diff", "--requests", "60", "--json"],
        env=environment(TERM="xterm", COLUMNS="100"),
        stdout=subprocess.PIPE,
        stderr=inside,
    )
    os.close(inside)
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # Linux ends a terminal that nobody writes to with an error.
        pass
    assert process.stdout is not None
    with process.stdout:
        assert json.loads(process.stdout.read())["answers"] == 60
    assert process.wait() == 1
    os.close(terminal)
    assert b"fastapi" in shown
    assert b"60/60" in shown


FACTORY = """
import fastapi

def create_app():
    app = fastapi.FastAPI()

    @app.get("/")
    def root():
        return fastapi.FastAPI.__module__

    return app
"""


@pytest.mark.parametrize(
    "arguments",
    [["--factory"], ["--factory", "-e", "main:create_app"], ["main.py", "--app", "create_app"]],
)
def test_a_factory_is_called_on_each_engine(write: Write, arguments: list[str]) -> None:
    write("main.py", FACTORY)
    report = data_of("--requests", "1", "--factory", *arguments)
    (difference,) = report["routes"][0]["differences"]
    assert difference["places"][0]["ours"] == '"pronghorn.applications"'


def test_a_factory_without_the_option_is_told(write: Write) -> None:
    write("main.py", FACTORY)
    result = Result("-e", "main:create_app")
    assert result.code == 2
    assert "--factory" in result.err
    write("main.py", "def create_app():\n    return 3\n")
    result = Result("--factory")
    assert result.code == 2
    assert "The factory has no OpenAPI document to compare: it is an int" in result.err
