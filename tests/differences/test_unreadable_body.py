"""A body that cannot be read gets a 400, and the log has the reason without the content."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from pronghorn import Body, FastAPI, Form, HTTPException, Request
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

JSON = {"content-type": "application/json"}
SECRET = b"the-secret-in-the-body"


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()

    @app.post("/json")
    async def take(item: Annotated[Any, Body()]) -> None: ...

    @app.post("/form")
    async def take_form(name: Annotated[str, Form()]) -> None: ...

    return TestClient(app)


def causes(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "could not be read" in record.msg]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b'{"a": "' + SECRET + b'\xff"}', "UnicodeDecodeError: 'utf-8' codec can't decode byte"),
        (b"[" * 100_000 + SECRET, "RecursionError"),
        (b"9" * 5000, "ValueError: Exceeds the limit (4300 digits)"),
    ],
)
def test_the_log_says_why_json_could_not_be_read(
    client: TestClient, caplog: pytest.LogCaptureFixture, body: bytes, cause: str
) -> None:
    answer = client.post("/json", content=body, headers=JSON)

    assert answer.status_code == 400
    assert answer.json() == {"detail": "There was an error parsing the body"}
    (said,) = causes(caplog)
    assert said.startswith(f"The body of a request could not be read: {cause}")
    assert SECRET.decode() not in caplog.text
    assert "99999" not in caplog.text


def test_a_form_that_cannot_be_read_quotes_nothing(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}

    answer = client.post("/form", content=b"--y\r\n" + SECRET, headers=headers)

    assert answer.status_code == 400
    assert SECRET.decode() not in caplog.text


def test_the_message_of_a_program_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    class Unpacked(Request):
        async def body(self) -> bytes:
            raise ValueError(f"cannot unpack {SECRET!r}")

    class UnpackingRoute(APIRoute):
        def get_route_handler(self) -> Any:
            handler = super().get_route_handler()

            async def unpacking(request: Request) -> Any:
                return await handler(Unpacked(request.scope, request.receive))

            return unpacking

    app = FastAPI()
    app.router.route_class = UnpackingRoute

    @app.post("/")
    async def take(item: Annotated[Any, Body()]) -> None: ...

    assert TestClient(app).post("/", content=SECRET).status_code == 400
    (said,) = causes(caplog)
    assert "ValueError (" in said
    assert __file__ in said
    assert SECRET.decode() not in caplog.text


def test_what_is_answered_in_detail_is_not_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.post("/json", content=b"{", headers=JSON).status_code == 422
    assert client.post("/json", content=b"[1]", headers=JSON).status_code == 200
    assert causes(caplog) == []


def test_an_error_that_the_program_answers_is_its_own(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()

    @app.post("/")
    async def take(request: Request) -> None:
        raise HTTPException(418)

    assert TestClient(app).post("/").status_code == 418
    assert causes(caplog) == []
