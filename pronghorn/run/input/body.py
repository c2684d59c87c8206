"""Read a request's body: decide whether it is JSON, and raise the errors of unreadable bodies."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from email.message import Message
from functools import lru_cache
from typing import Any

from pydantic_core import PydanticUndefined
from starlette.requests import Request

from pronghorn._body_limit import body_limit_error
from pronghorn.exceptions import (
    HTTPException,
    RequestValidationError,
    StarletteHTTPException,
)
from pronghorn.fields.field import Field
from pronghorn.logger import logger
from pronghorn.run.exchange import Exchange
from pronghorn.run.input.json import (
    HUGE_DIGITS,
    MANY_FROM,
    PAUSE_FROM,
    body_decode_error,
    has_huge_integer,
    has_many,
    may_nest_deeply,
    parse_json,
    refuse_deep_nesting,
    standard_loads,
    without_pauses,
)

#: Packages that read bodies and do not quote them in their error messages.
PARSERS = frozenset({"anyio", "json", "pronghorn", "python_multipart", "starlette"})


#: The results for longer content types are not cached, because clients choose the length.
MAX_KEPT_CONTENT_TYPE = 128


def is_json(content_type: str | None, strict: bool) -> bool:
    """Return True if a body of this content type must be parsed as JSON (RFC 6839, section 3.1).

    Args:
        content_type: The value of the header; None or empty if there is none.
        strict: Do not treat a body without a content type as JSON: a website can make a browser
            send such a body to another site without a preflight request.
    """
    if not content_type:
        return not strict
    if len(content_type) > MAX_KEPT_CONTENT_TYPE:
        return _names_json(content_type)
    return _names_json_kept(content_type)


def _names_json(content_type: str) -> bool:
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    is_application = message.get_content_maintype() == "application"
    return is_application and (subtype == "json" or subtype.endswith("+json"))


_names_json_kept = lru_cache(maxsize=256)(_names_json)


async def read_json(exchange: Exchange, strict: bool, whole: bool = False) -> Any:
    """Return the parsed body; bytes if it is not JSON; `PydanticUndefined` if it is empty.

    Args:
        exchange: The request.
        strict: Do not treat a body without a content type as JSON.
        whole: The body is validated as one value.

    A long body is returned as `UncheckedBody`: at least `PAUSE_FROM` bytes for one value, and
    `MANY_FROM` for several, which the exact way then validates.
    """
    try:
        body = exchange.whole_body() or await exchange.read_body()
        if not body:
            return PydanticUndefined
        content_type = exchange.header(b"content-type")
        if content_type != "application/json" and not is_json(content_type, strict):
            return body
        value = parse_json(body)
    except Exception as error:
        raise unreadable_body(error) from error
    is_long = len(body) >= (PAUSE_FROM if whole else MANY_FROM)
    return UncheckedBody(value=value) if is_long else value


async def read_json_text(exchange: Exchange, strict: bool) -> Any:
    """Return the body; it is parsed later, unless the program has replaced `json.loads`.

    Returns:
        A short JSON body as bytes, an empty one as `PydanticUndefined`, others as `UncheckedBody`.
    """
    try:
        body = exchange.whole_body() or await exchange.read_body()
        if not body:
            return PydanticUndefined
        content_type = exchange.header(b"content-type")
        if content_type != "application/json" and not is_json(content_type, strict):
            return UncheckedBody(value=body)
        if json.loads is not standard_loads:
            return UncheckedBody(value=parse_json(body))
    except Exception as error:
        raise unreadable_body(error) from error
    return body if len(body) < HUGE_DIGITS and type(body) is bytes else UncheckedBody(text=body)


class UncheckedBody:
    """A body that needs parsing or checking before validation.

    Args:
        text: A long JSON text; None if the body was already parsed or is not JSON.
        value: The parsed body, or its bytes if it is not JSON; used if `text` is None.
    """

    __slots__ = ("text", "value")

    def __init__(self, text: bytes | None = None, value: Any = None) -> None:
        self.text = text
        self.value = value


class WholeBody:
    """Validates an `UncheckedBody` as a single value.

    Args:
        check: Validates a parsed body. Like `validate_json`, it runs no code of the program.
        validate_json: Validates a JSON text; None if that is not faster.
        huge_floats: `validate_json` would turn integers that `check` refuses into infinite floats.
        field: The field.
    """

    def __init__(
        self,
        check: Callable[[Any], Any],
        validate_json: Callable[[Any], Any] | None,
        huge_floats: bool,
        field: Field,
    ) -> None:
        self._check = check
        self._validate_json = validate_json
        self._huge_floats = huge_floats
        self._field = field

    def value(self, body: UncheckedBody) -> Any:
        """Return the value; raise any exception if the exact way must report the errors."""
        text, validate_json = body.text, self._validate_json
        if text is None:
            return without_pauses(self._check_of(body.value), body.value)
        if validate_json is None or (self._huge_floats and has_huge_integer(text)):
            value = parse_json(text)
            return without_pauses(self._check_of(value), value)
        if len(text) < PAUSE_FROM:
            return validate_json(text)
        if len(text) >= MANY_FROM:
            validate_json = self._stop_early("validate_json", validate_json)
        return without_pauses(validate_json, text)

    def _check_of(self, value: Any) -> Callable[[Any], Any]:
        """Return the function that validates a parsed body."""
        if not has_many(value):
            return self._check
        return self._stop_early("validate_python", self._check)

    def _stop_early(self, name: str, otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
        from pronghorn.fields.many_values import many_values_of  # Few programs need it.

        return many_values_of(self._field).checker(name, otherwise)


def unwrap_body(body: Any) -> Any:
    """Return the result of `read_json` in the form that the exact way expects."""
    return body.value if type(body) is UncheckedBody else body


def parse_body(body: Any) -> Any:
    """Parse the result of `read_json_text` for the exact way; raise the errors of a wrong body."""
    text = body.text if type(body) is UncheckedBody else body
    if text is None or text is PydanticUndefined:
        return unwrap_body(body)
    try:
        return parse_json(text)
    except Exception as error:
        raise unreadable_body(error) from error


async def read_request_json(request: Request, strict: bool) -> Any:
    """Read a body as `read_json` does, through the methods of a request object.

    A program may have overridden these methods.
    """
    try:
        body = await request.body()
        if not body:
            return PydanticUndefined
        if not is_json(request.headers.get("content-type"), strict):
            return body
        value = await request.json()
        return refuse_deep_nesting(value) if may_nest_deeply(body) else value
    except Exception as error:
        raise unreadable_body(error) from error


def unreadable_body(error: Exception) -> Exception:
    """Return the exception to raise for a body that could not be read."""
    if isinstance(error, json.JSONDecodeError):
        return RequestValidationError([body_decode_error(error)], body=error.doc)
    if isinstance(error, StarletteHTTPException):
        return error
    refusal = body_limit_error(error)
    if refusal is not None:
        return refusal
    logger.warning("The body of a request could not be read: %s", _cause(error))
    return HTTPException(status_code=400, detail="There was an error parsing the body")


def _cause(error: Exception) -> str:
    """Describe an error and its place without quoting the body.

    The messages of the packages in `PARSERS` contain only positions and single characters. The
    messages of a program may contain anything, so they are left out.
    """
    cause = type(error).__name__
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return cause
    frame, line = frames[-1]
    if frame.f_globals.get("__name__", "").partition(".")[0] in PARSERS:
        cause += f": {error}"
    return f"{cause} ({frame.f_code.co_filename}:{line})"
