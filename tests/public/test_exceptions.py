"""The errors: their bases, their attributes, their text."""

import pytest
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.exceptions import WebSocketException as StarletteWebSocketException

from pronghorn.exceptions import (
    DependencyScopeError,
    EndpointContext,
    FastAPIDeprecationWarning,
    FastAPIError,
    HTTPException,
    PydanticV1NotSupportedError,
    RequestErrorModel,
    RequestValidationError,
    ResponseValidationError,
    SetupAssertionError,
    SetupError,
    SetupTypeError,
    SetupValueError,
    ValidationException,
    WebSocketErrorModel,
    WebSocketException,
    WebSocketRequestValidationError,
)

MISSING = {"type": "missing", "loc": ("body", "name"), "msg": "Field required"}
PLACE = EndpointContext(path="GET /items", function="read", file="/shop/items.py", line=12)


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (HTTPException, (StarletteHTTPException,)),
        (WebSocketException, (StarletteWebSocketException,)),
        (RequestValidationError, (ValidationException,)),
        (WebSocketRequestValidationError, (ValidationException,)),
        (ResponseValidationError, (ValidationException,)),
        (FastAPIError, (RuntimeError,)),
        (SetupError, (FastAPIError,)),
        (SetupAssertionError, (SetupError, AssertionError)),
        (SetupTypeError, (SetupError, TypeError)),
        (SetupValueError, (SetupError, ValueError)),
        (DependencyScopeError, (FastAPIError,)),
        (PydanticV1NotSupportedError, (FastAPIError,)),
        (FastAPIDeprecationWarning, (UserWarning,)),
    ],
)
def test_programs_can_catch_the_bases(
    error: type[Exception], bases: tuple[type[Exception], ...]
) -> None:
    assert all(issubclass(error, base) for base in bases)


def test_http_exception_defaults_to_the_reason_phrase() -> None:
    assert HTTPException(404).detail == "Not Found"
    assert HTTPException(404).headers is None


def test_http_exception_takes_any_detail_and_headers() -> None:
    error = HTTPException(401, detail={"code": 7}, headers={"WWW-Authenticate": "Bearer"})
    assert repr(error) == "HTTPException(status_code=401, detail={'code': 7})"
    assert str(error) == "401: {'code': 7}"
    assert error.headers == {"WWW-Authenticate": "Bearer"}


def test_websocket_exception_has_an_empty_reason_by_default() -> None:
    assert (WebSocketException(1008).code, WebSocketException(1008).reason) == (1008, "")


def test_validation_error_lists_its_errors() -> None:
    error = RequestValidationError([MISSING, MISSING], body={"a": 1})
    assert str(error) == f"2 validation errors:\n  {MISSING}\n  {MISSING}"
    assert repr(error) == f"RequestValidationError([{MISSING}, {MISSING}])"
    assert error.errors() == [MISSING, MISSING]
    assert error.body == {"a": 1}


def test_one_error_is_singular_and_none_is_plural() -> None:
    assert str(ValidationException([MISSING])).startswith("1 validation error:")
    assert str(ValidationException([])) == "0 validation errors:"


def test_validation_error_shows_the_endpoint_as_a_traceback_entry() -> None:
    error = ResponseValidationError([MISSING], endpoint_ctx=PLACE)
    assert str(error).endswith('\n\n  File "/shop/items.py", line 12, in read\n    GET /items')
    assert error.endpoint_function == "read"
    assert error.endpoint_path == "GET /items"
    assert error.endpoint_file == "/shop/items.py"
    assert error.endpoint_line == 12
    assert error.endpoint_ctx == PLACE


@pytest.mark.parametrize(
    ("context", "ending"),
    [
        ({"path": "GET /items"}, "\n\n  Endpoint: GET /items"),
        (
            {"function": "read", "file": "/shop/items.py", "line": 3},
            '\n\n  File "/shop/items.py", line 3, in read',
        ),
        ({"function": "read"}, f"\n  {MISSING}"),
        ({"function": "read", "file": "/shop/items.py"}, f"\n  {MISSING}"),
        ({}, f"\n  {MISSING}"),
        (None, f"\n  {MISSING}"),
    ],
)
def test_validation_error_shows_what_is_known_about_the_endpoint(
    context: EndpointContext | None, ending: str
) -> None:
    error = WebSocketRequestValidationError([MISSING], endpoint_ctx=context)
    assert str(error).endswith(ending)


def test_error_models_are_empty_models_with_the_known_names() -> None:
    assert issubclass(RequestErrorModel, BaseModel)
    assert RequestErrorModel.__name__ == "Request"
    assert WebSocketErrorModel.__name__ == "WebSocket"
