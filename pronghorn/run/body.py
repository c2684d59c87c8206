"""Reading a request's body: when it is JSON, and what a body that cannot be read answers."""

from __future__ import annotations

import json
import traceback
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
from pronghorn.run.json import body_decode_error, parse_json

#: Packages that read bodies, and whose error messages do not quote them.
PARSERS = frozenset({"anyio", "json", "pronghorn", "python_multipart", "starlette"})


@lru_cache(maxsize=256)
def is_json(content_type: str | None, strict: bool) -> bool:
    """Whether a body with this `Content-Type` is to be parsed as JSON (RFC 6839, section 3.1).

    - `strict`: a body without any content type is not JSON, so that a browser cannot be made
      to send it across sites without asking.
    """
    if not content_type:
        return not strict
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    is_application = message.get_content_maintype() == "application"
    return is_application and (subtype == "json" or subtype.endswith("+json"))


async def read_json(exchange: Exchange, strict: bool) -> Any:
    """The parsed body; bytes when it is not JSON; `PydanticUndefined` when there is none."""
    try:
        body = await exchange.read_body()
        if not body:
            return PydanticUndefined
        content_type = exchange.header(b"content-type")
        if content_type != "application/json" and not is_json(content_type, strict):
            return body
        return parse_json(body)
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
        return await request.json()
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
