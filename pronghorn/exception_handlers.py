"""The default handlers for the errors of `pronghorn.exceptions`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket

from pronghorn.core.reexports import find_elsewhere
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import (
    RequestValidationError,
    ValidationException,
    WebSocketRequestValidationError,
)
from pronghorn.fields.json_writer import (
    json_bytes,
    json_bytes_without_nan,
    plain_json_bytes,
    without_nan,
)
from pronghorn.logger import logger
from pronghorn.utils import is_body_allowed_for_status_code

__all__ = [
    "http_exception_handler",
    "request_validation_exception_handler",
    "websocket_request_validation_exception_handler",
]

#: A control frame holds 125 bytes, and the close code needs two of them.
MAX_REASON_BYTES = 123
#: The JSON of a longer detail is not cached. In characters.
MAX_KEPT_DETAIL = 200


async def http_exception_handler(request: Request, exc: HTTPException) -> Response:
    """Answer with the status code, the headers, and `{"detail": ...}` if a body is allowed.

    It is the handler of `HTTPException` unless the program has its own, which may call it.

    Args:
        request: The request that failed.
        exc: The exception; its `detail` may be anything that can be sent as JSON.

    Returns:
        A JSON response; one without a body for a status code that must not have one (RFC 9110,
        section 15).
    """
    headers = getattr(exc, "headers", None)
    if not is_body_allowed_for_status_code(exc.status_code):
        return Response(status_code=exc.status_code, headers=headers)
    return WrittenJSONResponse(error_body(exc), status_code=exc.status_code, headers=headers)


async def request_validation_exception_handler(
    request: Request, exc: RequestValidationError
) -> JSONResponse:
    """Answer with 422 and the list of errors.

    It is the handler of `RequestValidationError` unless the program has its own, which may call it.

    Args:
        request: The request that did not match its declaration.
        exc: The exception with the errors.

    Returns:
        A JSON response with `{"detail": [...]}`.
    """
    return WrittenJSONResponse(error_body(exc), status_code=422)


class WrittenJSONResponse(JSONResponse):
    """A JSON response whose content is JSON already."""

    def render(self, content: bytes) -> bytes:
        """Return the content unchanged."""
        return content


def error_body(exc: Exception) -> bytes:
    """Return the JSON body of the response to an error."""
    if isinstance(exc, HTTPException):
        detail = exc.detail
        if type(detail) is str and len(detail) < MAX_KEPT_DETAIL:
            return _detail_body(detail)
        return json_bytes_without_nan({"detail": detail})
    errors = exc.errors() if isinstance(exc, ValidationException) else None
    try:
        return json_bytes({"detail": errors})
    except RecursionError:
        return json_bytes({"detail": [_writable(error) for error in errors or ()]})


@lru_cache(maxsize=128)
def _detail_body(detail: str) -> bytes:
    """Return the JSON of a detail. It is cached, since programs use few different ones."""
    return plain_json_bytes({"detail": detail})


def _writable(error: dict[str, Any]) -> Any:
    """Return an error without the input, if that has more levels than Python can follow."""
    try:
        return without_nan(jsonable_encoder(error))
    except RecursionError:
        return {**{name: error[name] for name in ("type", "loc", "msg")}, "input": None}


async def websocket_request_validation_exception_handler(
    websocket: WebSocket, exc: WebSocketRequestValidationError
) -> None:
    """Close the websocket with code 1008 and a summary of the errors; the log contains all of them.

    Neither contains the values that the client sent. It is the handler of
    `WebSocketRequestValidationError` unless the program has its own, which may call it.

    Args:
        websocket: The connection, accepted or not.
        exc: The exception with the errors.
    """
    details = "; ".join(_in_short(error) for error in exc.errors())
    where = exc.endpoint_path or websocket.scope["path"]
    logger.warning("%s refused a connection: %r", where, details)
    await websocket.close(code=WS_1008_POLICY_VIOLATION, reason=close_reason(details))


def _in_short(error: Any) -> str:
    if not isinstance(error, Mapping):
        return str(error)
    place = ".".join(str(step) for step in error.get("loc", ()))
    return f"{place}: {error.get('msg', '')}"


def close_reason(text: str) -> str:
    """Return a text cut to what fits into a close frame: 123 bytes of UTF-8 (RFC 6455, section
    5.5).
    """
    written = text.encode(errors="replace")
    if len(written) <= MAX_REASON_BYTES:
        return written.decode()
    return written[: MAX_REASON_BYTES - 3].decode(errors="ignore") + "..."


find_elsewhere(__name__)
