"""Vulnerabilities in what is sent: each named after the first report of its class."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from pronghorn import FastAPI, Request, Response
from pronghorn.logs import ConsoleFormatter, JSONFormatter
from pronghorn.responses import EventSourceResponse
from pronghorn.sse import ServerSentEvent
from pronghorn.templating import Jinja2Templates
from tests.cve.asking import ask

SCRIPT = "<script>alert('x')</script>"


@pytest.mark.parametrize("name", ["page.html", "page.htm", "page.xml", "PAGE.HTML"])
def test_starlette_1_0_templates_escape(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("<p>{{ value }}</p>")
    templates = Jinja2Templates(directory=tmp_path)
    app = FastAPI()

    @app.get("/")
    async def read(request: Request, value: str) -> Response:
        return templates.TemplateResponse(request, name, {"value": value})

    answer = ask(app, "/", query=f"value={SCRIPT}")
    assert answer.status == 200
    assert b"<script" not in answer.body
    assert b"&lt;script&gt;" in answer.body


@pytest.mark.parametrize("value", ["a\rdata: x", "a\ndata: x", "a\r\n\r\ndata: x", "a\n"])
@pytest.mark.parametrize("field", ["event", "id"])
def test_cve_2026_43968_an_event_has_one_name(field: str, value: str) -> None:
    """A line of its own in a name would be another event for the browser."""
    app = FastAPI()
    refused: list[str] = []

    @app.get("/", response_class=EventSourceResponse)
    async def read() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(data="first")
        fields: dict[str, Any] = {field: value}
        try:
            yield ServerSentEvent(data="second", **fields)
        except ValueError as error:
            refused.append(str(error))

    body = ask(app, "/").body
    assert b"data: x" not in body
    assert len(refused) == 1


@pytest.mark.parametrize("data", ["a\rdata: x", "a\nevent: x", "a\r\n\r\nid: x\n\n", "\r\r\r"])
def test_cve_2026_43968_every_line_of_the_data_is_marked(data: str) -> None:
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def read() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(raw_data=data, comment=data)

    body = ask(app, "/").body.decode()
    assert "\r" not in body
    assert all(line[:5] in {"data:", ""} or line[:1] == ":" for line in body.split("\n"))
    assert body.count("\n\n") == 1


EVIL = ["/\x1b[31mred", "/a\nFAKE 200 OK", "/a\r\n{}", "/\u202etxt.exe", "/\x00\x07\x9b"]


@pytest.mark.parametrize("path", EVIL)
def test_cve_2020_7694_a_path_adds_no_line_to_the_log(
    caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """A log of structured lines has one line, without characters that steer a terminal."""
    app = FastAPI()

    @app.middleware("http")
    async def log(request: Request, call_next: Callable[[Request], Any]) -> Response:
        logging.getLogger("program").warning("asked for %s", request.url.path)
        logging.getLogger("program").warning("asked", extra={"path": request.scope["path"]})
        passed: Response = await call_next(request)
        return passed

    assert ask(app, path).status == 404
    assert len(caplog.records) == 2
    for record in caplog.records:
        line = JSONFormatter().format(record)
        assert line.isprintable()
        assert json.loads(line)["level"] == "WARNING"
        assert ConsoleFormatter().format(record).isprintable()


def test_cve_2020_7694_a_header_adds_no_line_to_the_access_log() -> None:
    """The address of the client is that of the connection."""
    app = FastAPI()

    @app.get("/")
    async def read(request: Request) -> str:
        return "" if request.client is None else request.client.host

    sent = [(name, "6.6.6.6") for name in ("x-forwarded-for", "forwarded", "x-real-ip")]
    assert ask(app, "/", headers=sent).body == b'"203.0.113.9"'
