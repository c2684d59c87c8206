"""Reading a request's body: when it is JSON, and what a body that cannot be read answers."""

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
from pronghorn.logger import logger
from pronghorn.run.exchange import Exchange
from pronghorn.run.input.json import (
    HUGE_DIGITS,
    PAUSE_FROM,
    body_decode_error,
    has_huge_integer,
    may_nest_deeply,
    parse_json,
    refuse_deep_nesting,
    standard_loads,
    without_pauses,
)

#: Packages that read bodies, and whose error messages do not quote them.
PARSERS = frozenset({"anyio", "json", "pronghorn", "python_multipart", "starlette"})


#: Characters of a content type up to which the answer about it is kept: clients choose its length.
MAX_KEPT_CONTENT_TYPE = 128


def is_json(content_type: str | None, strict: bool) -> bool:
    """Whether a body with this `Content-Type` is to be parsed as JSON (RFC 6839, section 3.1).

    - `strict`: a body without any content type is not JSON, so that a browser cannot be made
      to send it across sites without asking.
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
    """The parsed body; bytes when it is not JSON; `PydanticUndefined` when there is none.

    - `whole`: it becomes one value; it comes as `Held` if it is long.
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
    return Held(value=value) if whole and len(body) >= PAUSE_FROM else value


async def read_json_text(exchange: Exchange, strict: bool) -> Any:
    """The bytes of a short JSON text; `Held` for any other body, `PydanticUndefined` for none."""
    try:
        body = exchange.whole_body() or await exchange.read_body()
        if not body:
            return PydanticUndefined
        content_type = exchange.header(b"content-type")
        if content_type != "application/json" and not is_json(content_type, strict):
            return Held(value=body)
        if json.loads is not standard_loads:
            return Held(value=parse_json(body))
    except Exception as error:
        raise unreadable_body(error) from error
    return body if len(body) < HUGE_DIGITS and type(body) is bytes else Held(text=body)


class Held:
    """A body that is not validated just as it is.

    - `text`: JSON that is long; None if it was parsed or is no JSON.
    - `value`: otherwise.
    """

    __slots__ = ("text", "value")

    def __init__(self, text: bytes | None = None, value: Any = None) -> None:
        self.text = text
        self.value = value


class WholeBody:
    """Makes the one value that a whole body is, of a body that was held.

    Args:
        check: Validates what was parsed; runs no code of the program, as `validate_json`.
        validate_json: Makes the value of the text; None if that is no gain.
        huge_floats: It would make infinite floats of integers that `check` refuses.
    """

    def __init__(
        self,
        check: Callable[[Any], Any],
        validate_json: Callable[[Any], Any] | None,
        huge_floats: bool,
    ) -> None:
        self._check = check
        self._validate_json = validate_json
        self._huge_floats = huge_floats

    def value(self, body: Held) -> Any:
        """The value; raises something where only the exact way knows what to say."""
        text, validate_json = body.text, self._validate_json
        if text is None:
            return without_pauses(self._check, body.value)
        if validate_json is None or (self._huge_floats and has_huge_integer(text)):
            return without_pauses(self._check, parse_json(text))
        return (
            validate_json(text) if len(text) < PAUSE_FROM else without_pauses(validate_json, text)
        )


def unwrapped(body: Any) -> Any:
    """What `read_json` has read, for the exact way."""
    return body.value if type(body) is Held else body


def parsed(body: Any) -> Any:
    """What `read_json_text` has read, for the exact way; raises what that would have raised."""
    text = body.text if type(body) is Held else body
    if text is None or text is PydanticUndefined:
        return unwrapped(body)
    try:
        return parse_json(text)
    except Exception as error:
        raise unreadable_body(error) from error


async def read_request_json(request: Request, strict: bool) -> Any:
    """The same from a request object, whose methods a program may have overridden."""
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
    """What to raise for a body that could not be read."""
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
    """What went wrong, and where, in words that repeat nothing of the body.

    The messages of these parsers say positions and single characters. A program's own messages
    may say anything, so theirs are left out.
    """
    cause = type(error).__name__
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return cause
    frame, line = frames[-1]
    if frame.f_globals.get("__name__", "").partition(".")[0] in PARSERS:
        cause += f": {error}"
    return f"{cause} ({frame.f_code.co_filename}:{line})"
