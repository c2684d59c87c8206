"""Values that a client may send are written as JSON in every way that an application uses."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Json

from pronghorn import Body, Cookie, FastAPI, File, Form, Header, HTTPException, Query, Request
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, ORJSONResponse, UJSONResponse
from pronghorn.sse import EventSourceResponse, ServerSentEvent
from tests.bad_input.asking import Answer, ask_all
from tests.bad_input.attacks import FORM, JSON, MULTIPART, Attack

AnyBody = Annotated[Any, Body()]


class Item(BaseModel):
    name: Any = None
    price: float = 0
    extra: dict[str, Any] = {}


@pytest.fixture(params=["compiled", "general"])
def app(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setenv("PRONGHORN_GENERAL", str(int(request.param == "general")))
    return build()


def build() -> FastAPI:
    app = FastAPI()
    for add in (_plain, _typed, _streams, _other):
        add(app)
    return app


def _plain(app: FastAPI) -> None:
    @app.post("/plain")
    async def plain(value: AnyBody):  # type: ignore[no-untyped-def]  # an endpoint without a type
        return value

    @app.post("/plain-def")
    def plain_def(value: AnyBody):  # type: ignore[no-untyped-def]
        return {"value": value}

    @app.post("/explicit-class", response_class=JSONResponse)
    async def explicit(value: AnyBody):  # type: ignore[no-untyped-def]
        return value

    @app.post("/orjson", response_class=ORJSONResponse)
    async def orjson(value: AnyBody):  # type: ignore[no-untyped-def]
        return value

    @app.post("/ujson", response_class=UJSONResponse)
    async def ujson(value: AnyBody):  # type: ignore[no-untyped-def]
        return value

    @app.post("/error")
    async def error(value: AnyBody) -> None:
        raise HTTPException(418, detail=value)


def _typed(app: FastAPI) -> None:
    @app.post("/any")
    async def typed(value: AnyBody) -> Any:
        return value

    @app.post("/any-def", response_model=Any)
    def typed_def(value: AnyBody) -> Any:
        return value

    @app.post("/item")
    async def item(value: AnyBody) -> Item:
        return Item(name=value)

    @app.post("/item-options", response_model_exclude_unset=True)
    async def item_options(value: AnyBody) -> Item:
        return Item(name=value)

    @app.post("/item-class", response_class=JSONResponse)
    async def item_class(value: AnyBody) -> Item:
        return Item(name=value)


def _streams(app: FastAPI) -> None:
    @app.post("/lines")
    async def lines(value: AnyBody) -> AsyncIterator[Any]:
        yield value

    @app.post("/lines-def")
    def lines_def(value: AnyBody) -> Iterator[Item]:
        yield Item(name=value)

    @app.post("/lines-untyped")
    async def lines_untyped(value: AnyBody):  # type: ignore[no-untyped-def]
        yield value

    @app.post("/events", response_class=EventSourceResponse)
    async def events(value: AnyBody) -> AsyncIterator[Item]:
        yield Item(name=value)

    @app.post("/events-data", response_class=EventSourceResponse)
    async def events_data(value: AnyBody):  # type: ignore[no-untyped-def]
        yield ServerSentEvent(data=value)

    @app.post("/events-item", response_class=EventSourceResponse)
    async def events_item(value: AnyBody):  # type: ignore[no-untyped-def]
        yield ServerSentEvent(data=Item(name=value))


def _other(app: FastAPI) -> None:
    @app.post("/number")
    async def number(value: Annotated[int, Body()]) -> int:
        return value

    @app.post("/numbers")
    async def numbers(value: list[int]) -> list[int]:
        return value

    @app.post("/keys")
    async def keys(value: dict[float, Any]):  # type: ignore[no-untyped-def]
        return value

    @app.post("/bytes")
    async def take_bytes(value: Annotated[bytes, Body(media_type="a/b")]):  # type: ignore[no-untyped-def]
        return value

    @app.post("/typed-bytes")
    async def take_typed_bytes(value: Annotated[bytes, Body(media_type="a/b")]) -> bytes:
        return value

    @app.post("/file")
    async def take_file(value: Annotated[bytes, File()]) -> dict[str, list[bytes]]:
        return {"value": [value]}

    @app.post("/form")
    async def take_form(value: Annotated[int, Form()]) -> int:
        return value

    @app.post("/form-json")
    async def take_json(value: Annotated[Json[Any], Form()]):  # type: ignore[no-untyped-def]
        return value

    @app.get("/path/{value}")
    async def path(value: float):  # type: ignore[no-untyped-def]
        return value

    @app.get("/decimal")
    async def decimal(value: Decimal):  # type: ignore[no-untyped-def]
        return value

    @app.get("/elsewhere")
    async def elsewhere(  # type: ignore[no-untyped-def]
        query: Annotated[float, Query()],
        head: Annotated[float, Header()],
        cookie: Annotated[float, Cookie()],
    ):
        return [query, head, cookie]


WAYS = (
    *("/plain", "/plain-def", "/explicit-class", "/orjson", "/error", "/any", "/any-def"),
    *("/item", "/item-options", "/item-class", "/lines", "/lines-def", "/lines-untyped"),
    *("/events", "/events-data", "/events-item"),
)
TOO_DEEP = b'{"a":' * 201 + b"[]" + b"}" * 201


def post(app: FastAPI, path: str, body: bytes, headers: Any = JSON) -> Answer:
    (answer,) = ask_all(app, [Attack("one", path, "POST", headers=headers, body=body)])
    assert answer.error is None
    return answer


def get(app: FastAPI, path: str, query: bytes = b"", headers: Any = ()) -> Answer:
    (answer,) = ask_all(app, [Attack("one", path, query=query, headers=headers)])
    assert answer.error is None
    return answer


def written(answer: Answer) -> Any:
    """What an answer says, with nothing around it; fails for what is not JSON."""
    length = answer.header(b"content-length")
    assert length in (None, b"%d" % len(answer.body))
    text = answer.body.removeprefix(b"data: ")
    value = json.loads(text, parse_constant=pytest.fail)
    for name in ("value", "name", "detail"):
        value = value[name] if isinstance(value, dict) and name in value else value
    return value


@pytest.mark.parametrize("path", WAYS)
@pytest.mark.filterwarnings("ignore::pronghorn.exceptions.FastAPIDeprecationWarning")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"NaN", None),
        (b"[1e999, -1e999, Infinity, 1.5]", [None, None, None, 1.5]),
        (b'{"a": {"b": [NaN]}}', {"a": {"b": [None]}}),
        (b'["\\ud800", "\\u00e9"]', ["\ud800", "\u00e9"]),
        (b'{"a": ["\\udfff", NaN]}', {"a": ["\udfff", None]}),
    ],
)
def test_what_is_accepted_is_written(app: FastAPI, path: str, body: bytes, expected: Any) -> None:
    answer = post(app, path, body)
    assert answer.status == (418 if path == "/error" else 200)
    assert written(answer) == expected


@pytest.mark.parametrize(
    "path", ["/plain", "/explicit-class", "/any", "/item", "/lines", "/events"]
)
def test_a_key_that_is_not_unicode_is_written(app: FastAPI, path: str) -> None:
    (key,) = written(post(app, path, b'{"\\ud800": 1}'))
    assert key in ("\ud800", "\ufffd")


def test_numbers_in_keys_and_elsewhere(app: FastAPI) -> None:
    answer = post(app, "/keys", b'{"nan": NaN, "inf": 1, "-inf": 2, "1.5": 3}')
    assert written(answer) == {"NaN": None, "Infinity": 1, "-Infinity": 2, "1.5": 3}
    for word in ("inf", "-1e999", "nan", "9" * 5000):
        assert written(get(app, f"/path/{word}")) is None
    headers = ((b"head", b"inf"), (b"cookie", b"cookie=nan"))
    assert written(get(app, "/elsewhere", b"query=-inf", headers)) == [None, None, None]
    assert written(post(app, "/form-json", b"value=[NaN,1]", FORM)) == [None, 1]


def test_a_decimal_with_too_many_digits_is_infinite(app: FastAPI) -> None:
    assert written(get(app, "/decimal", b"value=1e4299")) == 10**4299
    for word in (b"1e4300", b"1e999999999999", b"9" * 5000, b"-1e999999999999"):
        assert written(get(app, "/decimal", b"value=" + word)) is None
    assert jsonable_encoder(Decimal("sNaN")) != jsonable_encoder(Decimal("sNaN"))


@pytest.mark.parametrize("headers", [(), ((b"content-type", b"text/plain"),)])
@pytest.mark.parametrize("path", ["/number", "/numbers", "/keys"])
def test_a_body_that_is_no_text_is_repeated_in_the_error(
    app: FastAPI, path: str, headers: Any
) -> None:
    answer = post(app, path, b"\xff1", headers)
    assert answer.status == 422
    assert json.loads(answer.body)["detail"][0]["input"] == "\ufffd1"


def test_bytes_that_are_no_text_are_written(app: FastAPI) -> None:
    plain = ((b"content-type", b"text/plain"),)
    assert written(post(app, "/plain", b"\xffa", plain)) == "\ufffda"
    assert written(post(app, "/any", b"\xffa", plain)) == "\ufffda"
    assert written(post(app, "/item", b"\xffa", plain)) == "\ufffda"
    assert written(post(app, "/lines", b"\xffa", plain)) == "\ufffda"
    assert written(post(app, "/bytes", b"\xffa", plain)) == "\ufffda"
    assert written(post(app, "/typed-bytes", b"\xffa", plain)) == "\ufffda"
    part = b'--x\r\nContent-Disposition: form-data; name="value"%b\r\n\r\n\xff\r\n--x--'
    assert written(post(app, "/file", part % b'; filename="a"', MULTIPART)) == ["\ufffd"]
    assert post(app, "/form", part % b'; filename="a"', MULTIPART).status == 422
    assert post(app, "/form", part % b"", MULTIPART).status == 422


@pytest.mark.parametrize("path", [*WAYS, "/numbers", "/keys"])
@pytest.mark.filterwarnings("ignore::pronghorn.exceptions.FastAPIDeprecationWarning")
def test_levels_that_can_be_read_can_be_written(app: FastAPI, path: str) -> None:
    deep = b'{"a":' * 200 + b"[NaN]" + b"}" * 200
    assert post(app, path, deep).status in (200, 418, 422)
    assert post(app, path, deep.replace(b"NaN", b'"\\ud800"')).status in (200, 418, 422)
    answer = post(app, path, TOO_DEEP)
    assert answer.status == 400
    assert json.loads(answer.body) == {"detail": "There was an error parsing the body"}


def test_a_request_class_of_the_program_refuses_the_same_depth(app: FastAPI) -> None:
    class OwnRequest(Request):
        async def json(self) -> Any:
            return json.loads(await self.body())

    class OwnRoute(app.router.route_class):  # type: ignore[name-defined, misc]  # made at run time
        def get_route_handler(self) -> Any:
            handle = super().get_route_handler()

            async def with_request(request: Request) -> Any:
                return await handle(OwnRequest(request.scope, request.receive))

            return with_request

    app.router.add_api_route("/own", echo, methods=["POST"], route_class_override=OwnRoute)
    assert post(app, "/own", b"[[[NaN]]]").body == b"[[[null]]]"
    assert post(app, "/own", TOO_DEEP).status == 400
    assert post(app, "/own", b"[" + b"[]," * 300 + b"[]]").status == 200


async def echo(value: AnyBody) -> Any:
    return value


def test_the_handler_of_the_documentation_can_write_a_body_that_is_no_text(app: FastAPI) -> None:
    @app.exception_handler(RequestValidationError)
    async def show(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(jsonable_encoder({"detail": error.errors(), "body": error.body}), 422)

    answer = post(app, "/number", b"\xff", ())
    assert (answer.status, json.loads(answer.body)["body"]) == (422, "\ufffd")
