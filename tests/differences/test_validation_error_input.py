"""Errors do not repeat secrets, and repeat all else as FastAPI does."""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

import fastapi
import pytest
from pydantic import AliasChoices, BaseModel, Field, Json, SecretBytes, SecretStr, model_validator
from typing_extensions import TypedDict

import pronghorn
from pronghorn import FastAPI, Header, Query, Request, WebSocket
from pronghorn.exceptions import (
    RequestValidationError,
    ResponseValidationError,
    SetupError,
    WebSocketRequestValidationError,
)
from pronghorn.responses import JSONResponse
from pronghorn.testclient import TestClient

SECRET = "correct-horse-battery"
MASK = "**********"


class Login(BaseModel):
    username: str
    password: str
    pin: SecretStr | None = None
    code: SecretBytes | None = Field(None, validation_alias=AliasChoices("code", "otp"))
    age: int = 0


class Words(TypedDict):
    first: SecretStr


@dataclass
class Pair:
    left: SecretStr
    right: int


class Nested(BaseModel):
    login: Login
    words: list[Words] = []
    pair: Pair | None = None
    phrases: dict[str, list[SecretStr]] = {}
    child: "Nested | None" = None
    page: int = 1


class Checked(BaseModel):
    password: str
    repeated: str

    @model_validator(mode="before")
    @classmethod
    def refuse(cls, data: Any) -> Any:
        raise ValueError(f"{data['password']} is not {data['repeated']}")


def declare(app: Any, module: Any) -> None:
    async def login(body: Login) -> None: ...
    async def nested(body: Nested) -> None: ...
    async def checked(body: Checked) -> None: ...
    async def secrets(body: list[SecretStr]) -> None: ...
    async def embedded(
        token: Annotated[int, module.Body()], body: Annotated[Login, module.Body()]
    ) -> None: ...
    async def form(body: Annotated[Login, module.Form()]) -> None: ...
    async def fields(
        client_secret: Annotated[int, module.Form()], page: Annotated[int, module.Form()]
    ) -> None: ...
    async def as_json(data: Annotated[Json[dict[str, int]], module.Form()]) -> None: ...
    async def query(
        access_token: int,
        page: int,
        x_api_key: Annotated[int, module.Header()],
        authorization: Annotated[int, module.Header()],
        session_id: Annotated[int, module.Cookie()],
    ) -> None: ...

    bodies = (login, nested, checked, secrets, embedded, form, fields, as_json)
    for endpoint in bodies:
        app.post(f"/{endpoint.__name__}")(endpoint)
    app.get("/query")(query)


def make(**options: Any) -> FastAPI:
    app = FastAPI(**options)
    declare(app, pronghorn)
    return app


@cache
def client_of(mode: str, shown: str) -> TestClient:
    """A client of the program; a route keeps the mode of its first request."""
    return TestClient(make(validation_error_input=shown))


@cache
def reference() -> TestClient:
    app = fastapi.FastAPI()
    declare(app, fastapi)
    return TestClient(app)


PART = f'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--x--\r\n'
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
PLAIN = {"content-type": "text/plain"}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "missing beside it": ("/login", {"json": {"password": SECRET}}),
    "wrong type": ("/login", {"json": {"username": "a", "password": [SECRET]}}),
    "secret types": ("/login", {"json": {"password": "x", "pin": [SECRET], "code": {"a": SECRET}}}),
    "another alias": ("/login", {"json": {"password": "x", "otp": SECRET}}),
    "number": ("/login", {"json": {"password": 3_141_592_653}}),
    "body in a list": ("/login", {"json": [{"password": SECRET}]}),
    "body as text": ("/login", {"content": f'{{"password": "{SECRET}"}}', "headers": PLAIN}),
    "body as a form": ("/login", {"data": {"password": SECRET}}),
    "body as multipart": ("/login", {"content": PART, "headers": MULTIPART}),
    "body as a JSON string": ("/login", {"json": f"password={SECRET}"}),
    "deep": ("/nested", {"json": {"login": {"password": SECRET, "pin": SECRET}, "page": "x"}}),
    "typed dictionary": ("/nested", {"json": {"words": [{"first": SECRET, "x": 1}, 1]}}),
    "dataclass": ("/nested", {"json": {"pair": {"left": SECRET}, "phrases": {"a": [SECRET]}}}),
    "itself": ("/nested", {"json": {"child": {"child": {"login": {"pin": SECRET}}}}}),
    "message": ("/checked", {"json": {"password": SECRET, "repeated": "other"}}),
    "list of secrets": ("/secrets", {"json": ["a", [SECRET]]}),
    "members": ("/embedded", {"json": {"token": SECRET, "body": {"pin": SECRET}}}),
    "form": ("/form", {"data": {"password": SECRET, "age": "x"}}),
    "form fields": ("/fields", {"data": {"client_secret": SECRET, "page": "x"}}),
    "broken JSON in a form": ("/as_json", {"data": {"data": f'{{"password": "{SECRET}'}}),
    "JSON in a form": ("/as_json", {"data": {"data": f'{{"password": "{SECRET}"}}'}}),
}
SENT_BESIDE = {
    "params": {"access_token": SECRET, "page": "x"},
    "headers": {"x-api-key": SECRET, "authorization": SECRET, "cookie": f"session_id={SECRET}"},
}


@pytest.mark.parametrize("name", REQUESTS)
def test_no_error_repeats_a_secret(name: str, mode: str) -> None:
    path, sent = REQUESTS[name]
    answer = client_of(mode, "mask").post(path, **sent)
    assert answer.status_code == 422
    assert SECRET not in answer.text
    assert "3141592653" not in answer.text
    assert MASK in answer.text


@pytest.mark.parametrize("name", REQUESTS)
def test_all_else_is_repeated_as_on_fastapi(name: str, mode: str) -> None:
    path, sent = REQUESTS[name]
    expected = reference().post(path, **sent).json()["detail"]
    everything = client_of(mode, "all").post(path, **sent).json()["detail"]
    assert everything == expected
    masked = client_of(mode, "mask").post(path, **sent).json()["detail"]
    assert [(each["type"], each["loc"]) for each in masked] == [
        (each["type"], each["loc"]) for each in expected
    ]


def test_parameters_are_masked_by_their_names(mode: str) -> None:
    answer = client_of(mode, "mask").get("/query", **SENT_BESIDE)
    assert {each["loc"][-1]: each["input"] for each in answer.json()["detail"]} == {
        "access_token": MASK,
        "page": "x",
        "x-api-key": MASK,
        "authorization": MASK,
        "session_id": MASK,
    }


@pytest.mark.parametrize("value", [None, "", [], {}, True])
def test_what_is_no_secret_stays(value: Any) -> None:
    answer = TestClient(make()).post("/login", json={"password": value, "page": [1, {"a": "b"}]})
    (first, *_) = answer.json()["detail"]
    assert first["input"] == {"password": value, "page": [1, {"a": "b"}]}


def test_a_model_of_headers_shows_no_credentials() -> None:
    class Wanted(BaseModel):
        x_page: int

    app = FastAPI(validation_error_input="mask")

    @app.get("/")
    async def read(headers: Annotated[Wanted, Header()]) -> None: ...

    headers = {"authorization": f"Bearer {SECRET}", "cookie": f"a={SECRET}", "x-other": "seen"}
    answer = TestClient(app).get("/", headers=headers)
    assert SECRET not in answer.text
    assert "seen" in answer.text


def test_none_repeats_nothing(mode: str) -> None:
    client = client_of(mode, "none")
    for path, sent in REQUESTS.values():
        answer = client.post(path, **sent)
        assert SECRET not in answer.text
        assert all("input" not in each for each in answer.json()["detail"])


def test_a_mounted_application_has_its_own() -> None:
    app = FastAPI(validation_error_input="none")
    app.mount("/inside", make(validation_error_input="all"))
    app.post("/login")(login_of_root)
    client = TestClient(app)
    sent = {"json": {"password": SECRET}}
    assert "input" not in client.post("/login", **sent).json()["detail"][0]
    assert SECRET in client.post("/inside/login", **sent).text


async def login_of_root(body: Login) -> None: ...


@pytest.mark.parametrize(
    ("options", "by_command", "repeats"),
    [({}, False, True), ({}, True, False), ({"hardened": True}, False, False)],
)
def test_the_default_masks_where_a_command_serves_and_where_hardened(
    options: Any, by_command: bool, repeats: bool, request: pytest.FixtureRequest
) -> None:
    if by_command:
        request.getfixturevalue("served")
    answer = TestClient(make(**options)).post("/login", json={"password": SECRET})
    assert (SECRET in answer.text) is repeats


def test_another_value_is_refused() -> None:
    with pytest.raises(SetupError, match="must be 'mask', 'all' or 'none'"):
        FastAPI(validation_error_input="some")  # type: ignore[arg-type]  # that is the point


def test_handlers_receive_masked_errors_and_the_body_as_it_was_sent() -> None:
    app = make(validation_error_input="mask")
    seen: list[RequestValidationError] = []

    @app.exception_handler(RequestValidationError)
    async def keep(request: Request, error: RequestValidationError) -> JSONResponse:
        seen.append(error)
        return JSONResponse({}, 422)

    TestClient(app).post("/login", json={"password": SECRET})
    (error,) = seen
    assert SECRET not in str(error)
    assert SECRET not in repr(error.errors())
    assert error.body == {"password": SECRET}


def test_a_handler_that_fails_writes_no_secret_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = make(validation_error_input="mask")

    @app.exception_handler(RequestValidationError)
    async def fail(request: Request, error: RequestValidationError) -> None:
        logging.getLogger(__name__).error("It was wrong.", exc_info=error)
        raise error

    with pytest.raises(RequestValidationError):
        TestClient(app).post("/login", json={"username": "a", "password": [SECRET]})
    assert "It was wrong." in caplog.text
    assert SECRET not in caplog.text


def test_a_websocket_has_masked_errors() -> None:
    app = FastAPI(validation_error_input="mask")
    seen: list[WebSocketRequestValidationError] = []

    @app.websocket("/")
    async def talk(websocket: WebSocket, token: Annotated[int, Query()]) -> None: ...

    @app.exception_handler(WebSocketRequestValidationError)
    async def keep(websocket: WebSocket, error: WebSocketRequestValidationError) -> None:
        seen.append(error)
        await websocket.close()

    with pytest.raises(Exception), TestClient(app).websocket_connect(f"/?token={SECRET}"):  # noqa: B017, PT011 - closed
        """The connection is refused."""
    assert seen[0].errors()[0]["input"] == MASK


@pytest.mark.parametrize("streamed", [False, True])
def test_the_error_of_a_response_shows_no_secret(
    streamed: bool, mode: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = FastAPI(validation_error_input="mask")
    if streamed:

        @app.get("/")
        async def stream() -> AsyncIterator[Login]:
            yield {"password": SECRET}  # type: ignore[misc]  # that is the point
    else:

        @app.get("/")
        async def answer() -> Login:
            return {"password": SECRET, "pin": [SECRET]}  # type: ignore[return-value]

    with pytest.raises(ResponseValidationError) as raised:
        TestClient(app).get("/")
    logging.getLogger(__name__).error("It failed.", exc_info=raised.value)
    assert "It failed." in caplog.text
    assert SECRET not in caplog.text
    assert "username" in caplog.text


def test_an_input_that_contains_itself_is_masked() -> None:
    app = FastAPI(validation_error_input="mask")

    class Round(BaseModel):
        other: Any = None

    @app.get("/", response_model=Login)
    async def answer() -> Any:
        found = Round()
        found.other = found
        return found

    with pytest.raises(ResponseValidationError) as raised:
        TestClient(app).get("/")
    assert raised.value.errors()[0]["input"] == MASK


def test_an_input_of_very_many_values_is_not_searched_to_its_end() -> None:
    answer = TestClient(make(validation_error_input="mask")).post(
        "/login", json={"name": [[]] * 30_000, "password": SECRET}
    )
    assert SECRET not in answer.text
    assert MASK in answer.text
    assert len(answer.content) < 1_000_000
