"""The close reason that a WebSocket client receives, and the details that only the log contains."""

from __future__ import annotations

from typing import Annotated

import pytest

from pronghorn import FastAPI, Header, Query, WebSocket, WebSocketException
from pronghorn.testclient import TestClient
from pronghorn.websockets import WebSocketDisconnect

LIMIT = 123


def refusal(app: FastAPI, url: str = "/") -> WebSocketDisconnect:
    client = TestClient(app)
    with pytest.raises(WebSocketDisconnect) as raised, client.websocket_connect(url):
        pass
    return raised.value


def failing_app() -> FastAPI:
    app = FastAPI()

    @app.websocket("/talk/{number}")
    async def talk(
        websocket: WebSocket,
        number: int,
        token: Annotated[str, Header(max_length=4)],
        colours: Annotated[list[int], Query()],
    ) -> None: ...

    return app


def test_the_reason_is_a_short_text() -> None:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, number: int) -> None: ...

    closed = refusal(app, "/?number=secret")

    assert closed.code == 1008
    assert closed.reason == (
        "query.number: Input should be a valid integer, unable to parse string as an integer"
    )


def test_a_long_reason_is_cut_and_the_log_has_all_of_it(caplog: pytest.LogCaptureFixture) -> None:
    closed = refusal(failing_app(), "/talk/secret?colours=hidden")

    assert len(closed.reason.encode()) <= LIMIT
    assert closed.reason.startswith("path.number: Input should be a valid integer")
    assert closed.reason.endswith("...")
    (record,) = (record for record in caplog.records if "refused" in record.msg)
    text = record.getMessage()
    assert text.startswith("WS /talk/{number} refused a connection")
    for place in ("path.number", "header.token", "query.colours.0"):
        assert place in text
    assert "secret" not in text
    assert "hidden" not in text


@pytest.mark.parametrize("character", ["a", "é", "€", "😀"])
def test_the_reason_of_a_program_is_cut_between_characters(
    character: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket) -> None:
        raise WebSocketException(code=1011, reason=character * 200)

    closed = refusal(app)

    assert closed.code == 1011
    assert LIMIT - 4 < len(closed.reason.encode()) <= LIMIT
    assert closed.reason.rstrip(".") == character * len(closed.reason.rstrip("."))
    assert character * 200 in caplog.text


def test_a_reason_that_fits_is_sent_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket) -> None:
        raise WebSocketException(code=1008, reason="é" * 61 + "!")

    assert refusal(app).reason == "é" * 61 + "!"
    assert "was cut" not in caplog.text
