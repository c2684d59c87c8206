"""`--log-format` on real servers: one line per request, and nothing but our lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.cli.processes import STARTED, Server, command, served

UP = {"uvicorn": STARTED, "granian": "Started worker"}

APP = """
import logging
import logging.config
{configuration}
from pronghorn import FastAPI
from pronghorn.logs import current_request_id

logging.getLogger("shop").info("at import")
app = FastAPI()


@app.get("/")
def read(name: str = "none") -> str | None:
    logging.getLogger("shop").info("read %s", name, extra={{"password": "hunter2"}})
    return current_request_id()


@app.get("/fails")
async def fail() -> None:
    raise LookupError("no such thing")
"""
DICT_CONFIG = """
logging.config.dictConfig({
    "version": 1,
    "formatters": {"line": {"format": "own %(name)s %(message)s %(request_id)s"}},
    "filters": {"ids": {"()": "pronghorn.logs.RequestIDFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["ids"]}
    },
    "root": {"level": "INFO", "handlers": ["console"]},
})
"""
BASIC_CONFIG = """
logging.basicConfig(level="INFO", format="own %(name)s %(message)s")
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    monkeypatch.chdir(tmp_path)

    def write_program(configuration: str = "") -> None:
        text = dedent(APP).format(configuration=configuration)
        (tmp_path / "main.py").write_text(text, encoding="utf-8")

    return write_program


def run(server: str, *options: str, **variables: str) -> Server:
    """Ask a server for some answers, and end it."""
    arguments = ["--host", "127.0.0.1", "--server", server, *options]
    with served("run", *arguments, started=UP[server], **variables) as running:
        running.get("/?name=a%0AINFO%20forged")
        running.ask("/?name=b", **{"X-Request-ID": "abc-1"})
        running.ask("/fails?token=x", **{"X-Request-ID": "abc-2"})
        running.ask("/none", **{"X-Request-ID": "abc-3"})
        running.stop()
    return running


def parse(server: Server) -> list[Any]:
    """The lines, all of which are JSON."""
    return [json.loads(line) for line in server.lines]


@pytest.mark.parametrize(
    ("server", "options"),
    [("uvicorn", []), ("uvicorn", ["--workers", "2"]), ("uvicorn", ["--protocol", "asgi"]),
     ("granian", [])],
)  # fmt: skip
def test_each_request_has_one_line(
    write: Callable[[str], None], server: str, options: list[str]
) -> None:
    write("")
    found = parse(run(server, "--log-format", "json", *options))
    requests = {
        line["request_id"]: (line["path"], line["route"], line["status"])
        for line in found
        if line["logger"] == "pronghorn.access"
    }
    assert (
        len([line for line in found if line["logger"] == "pronghorn.access"]) == len(requests) == 4
    )
    assert requests["abc-1"] == ("/", "/", 200)
    assert requests["abc-2"] == ("/fails", "/fails", 500)
    assert requests["abc-3"] == ("/none", None, 404)
    # Workers write in any order.
    assert {line["message"] for line in found if line["logger"] == "shop"} == {
        *("at import", "read a\nINFO forged", "read b"),
    }
    (of_endpoint,) = [line for line in found if line["message"] == "read b"]
    assert (of_endpoint["request_id"], of_endpoint["password"]) == ("abc-1", "***")
    (failure,) = [
        line for line in found if "LookupError: no such thing" in str(line.get("exception"))
    ]
    assert failure["request_id"] == "abc-2"
    assert not any("HTTP/1.1" in line["message"] for line in found)
    first = next(line for line in found if line["message"] == "pronghorn run")
    assert first["app"] == "main:app"


def test_the_format_for_people(write: Callable[[str], None]) -> None:
    write("")
    output = run("uvicorn", PRONGHORN_LOG_FORMAT="console").output
    assert output.count("INFO     pronghorn.access: GET / 200 in ") == 2
    assert "shop: read a\\nINFO forged request_id=" in output
    assert "  | LookupError: no such thing\n" in output
    assert "\x1b" not in output


def test_without_lines_for_requests(write: Callable[[str], None]) -> None:
    write("")
    found = parse(run("uvicorn", "--log-format", "json", "--no-access-log"))
    assert not any(line["logger"] == "pronghorn.access" for line in found)
    assert any(line.get("request_id") == "abc-1" for line in found)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [(DICT_CONFIG, "own shop read b abc-1\n"), (BASIC_CONFIG, "own shop read b\n")],
    ids=["dictConfig", "basicConfig"],
)
def test_a_program_that_configures_logging_itself(
    write: Callable[[str], None], configuration: str, expected: str
) -> None:
    write(configuration)
    running = run("uvicorn", "--log-format", "json")
    assert running.lines.count(expected) == 1
    assert "read b" not in "".join(line for line in running.lines if line.startswith("{"))
    assert running.output.count('"path": "/none"') == 1


def test_without_the_option_nothing_changes(write: Callable[[str], None]) -> None:
    write("")
    output = run("uvicorn").output
    assert output.count('"GET /?name=b HTTP/1.1" 200') == 1
    assert "pronghorn.access" not in output
    assert "request_id" not in output


def test_the_option_and_a_file_contradict_each_other(
    write: Callable[[str], None], tmp_path: Path
) -> None:
    write("")
    (tmp_path / "logging.json").write_text('{"version": 1}')
    done = command("run", "--log-format", "json", "--log-config", "logging.json")
    assert done.returncode == 2
    assert " ".join(done.stderr.split()) == (
        "Error: Cannot use --log-format together with --log-config Leave one of the two options "
        "out. The file may name the class of a formatter: pronghorn.logs.JSONFormatter"
    )


def test_an_application_of_another_framework(write: Callable[[str], None], tmp_path: Path) -> None:
    text = """
        from starlette.applications import Starlette
        from starlette.responses import JSONResponse
        from starlette.routing import Route

        app = Starlette(routes=[Route("/", lambda request: JSONResponse(1))])
        """
    (tmp_path / "main.py").write_text(dedent(text))
    found = parse(run("uvicorn", "--log-format", "json", "--app", "app"))
    requests = [line["status"] for line in found if line["logger"] == "pronghorn.access"]
    assert requests == [200, 200, 404, 404]
