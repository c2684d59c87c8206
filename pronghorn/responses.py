"""The response classes: Starlette's, the event stream, and two that are deprecated."""

import sys
from collections.abc import Callable
from importlib import import_module
from stat import S_ISREG
from types import ModuleType
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse as StarletteFileResponse
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.types import Receive, Scope, Send
from typing_extensions import deprecated

from pronghorn.core.monkeypatches import is_overridden, is_replaced
from pronghorn.core.private_names import has_names
from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.setup_errors import setup_error
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.exceptions import FastAPIDeprecationWarning, SetupAssertionError
from pronghorn.fields.json_writer import json_bytes_without_nan
from pronghorn.sse import EventSourceResponse

__all__ = [
    "EventSourceResponse",
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "ORJSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
    "UJSONResponse",
]


class FileResponse(StarletteFileResponse):
    """A file, or the ranges of it that the client asks for (RFC 9110, section 14.2).

    A range in another unit than bytes is ignored, and so is the range of a request that is not a
    GET. Starlette answers 400 to the former, and sends the range for the latter. More ranges than
    `max_ranges` are ignored, too: the whole file costs less than many parts of it.

    A whole file of at most 256 KiB is read in one hop to a worker thread and sent in one message.
    A longer one is read in parts of 128 KiB. Where the program sets `chunk_size`, on a class or on
    the response, every file is read and sent in parts of that size.
    """

    max_ranges = 16
    #: The path and the content of a file that was read when it was looked up.
    _content: tuple[Any, bytes] | None = None
    #: True once the length of the parts was set here, and not by the program.
    _has_long_parts = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the parts that the request asks for."""
        if has_ignored_range(scope, self.max_ranges):
            headers = [header for header in scope["headers"] if header[0] != b"range"]
            scope = {**scope, "headers": headers}
        content = None
        if _is_sent_as_usual(self):
            self.chunk_size, self._has_long_parts = LONG_PART, True
            content = await self._read_whole() if asks_for_whole_file(scope) else None
        if content is None:
            await super().__call__(scope, receive, send)
            return
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        await send({"type": "http.response.body", "body": content, "more_body": False})
        if self.background is not None:
            await self.background()

    async def _read_whole(self) -> bytes | None:
        """Return the content of a small file; None if Starlette must send the file."""
        if self._content is not None and self._content[0] is self.path:
            return self._content[1]
        from pronghorn.core.small_files import is_small, look_and_read, read_small_file

        if self.stat_result is not None:
            if not is_small(self.stat_result):
                return None
            return await call_in_thread(read_small_file, self.path, self.stat_result)
        status, content = await call_in_thread(look_and_read, self.path)
        if status is not None and S_ISREG(status.st_mode):
            self.stat_result = status  # Starlette need not look again.
            self.set_stat_headers(status)
        return content


#: The bytes that Starlette reads at once, and those that are read of a long file here.
USUAL_PART = 64 * 1024
LONG_PART = 128 * 1024
#: Methods of Starlette's class that send a file. Where one of them is replaced, it is called.
WAYS = ("_handle_simple", "_open_file")
_HAS_WAYS = has_names(
    "starlette.responses",
    [f"FileResponse.{way}" for way in WAYS],
    "Files are sent in the way of Starlette, which is slower.",
)


def _is_sent_as_usual(response: FileResponse) -> bool:
    """Return True if neither a program nor a library has changed how a file is sent."""
    return (
        _HAS_WAYS
        and not _has_own_parts(response)
        and not is_replaced(StarletteFileResponse)
        and not is_overridden(response, StarletteFileResponse, *WAYS)
    )


def _has_own_parts(response: FileResponse) -> bool:
    """Return True if the program has set the length of the parts, be it to the usual length."""
    if response._has_long_parts:
        return response.chunk_size != LONG_PART
    kinds = type(response).__mro__
    above = kinds[: kinds.index(StarletteFileResponse)]
    return (
        response.chunk_size != USUAL_PART
        or "chunk_size" in vars(response)
        or any("chunk_size" in vars(kind) for kind in above)
    )


def asks_for_whole_file(scope: Scope) -> bool:
    """Return True if a file has to be read for a request, from its first to its last byte."""
    return (
        scope["type"] == "http"
        and scope["method"].upper() != "HEAD"
        and not any(name == b"range" for name, _ in scope["headers"])
        and "http.response.pathsend" not in scope.get("extensions", ())
    )


def has_ignored_range(scope: Scope, most: int) -> bool:
    """Return True if a request has a `Range` header that is ignored.

    Args:
        scope: The request.
        most: The most ranges that are sent.
    """
    for name, value in scope["headers"]:
        if name == b"range":
            unit, equals, ranges = value.partition(b"=")
            is_unknown = bool(equals and unit.strip().lower() != b"bytes")
            return scope["method"] != "GET" or is_unknown or ranges.count(b",") >= most
    return False


if not TYPE_CHECKING:  # A type checker that sees this function accepts every name.

    def __getattr__(name: str) -> ModuleType | None:
        """Import `ujson` and `orjson` at the first access (PEP 562); None if one is missing."""
        if name not in ("orjson", "ujson"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            module = import_module(name)
        except ImportError:
            module = None
        globals()[name] = module
        return module


_INSTEAD = (
    "is deprecated: with a return type or a response_model, pronghorn writes JSON in Rust, "
    "which is faster than converting the data for another JSON library."
)


def _require(name: str, response_class: str) -> Any:
    module = getattr(sys.modules[__name__], name)
    if module is None:
        raise setup_error(
            f"{name} must be installed to use {response_class}",
            "a return type or a response_model on the endpoint is faster without it",
            f"pip install {name}",
            kind=SetupAssertionError,
        )
    return module


def _write_or_repair(write: Callable[[], bytes], content: Any) -> bytes:
    """Return the JSON of a library, or pronghorn's if the library fails: a client may send NaN."""
    try:
        return write()
    except (TypeError, ValueError, OverflowError) as error:
        try:
            return json_bytes_without_nan(content)
        except (TypeError, ValueError):
            raise error from None


@deprecated(f"UJSONResponse {_INSTEAD}", category=FastAPIDeprecationWarning, stacklevel=2)
class UJSONResponse(JSONResponse):
    """JSON written by the `ujson` package.

    Raises:
        SetupAssertionError: The package is not installed.
    """

    def render(self, content: Any) -> bytes:
        """Write the content as JSON."""
        module = _require("ujson", "UJSONResponse")
        return _write_or_repair(
            lambda: module.dumps(content, ensure_ascii=False).encode("utf-8"), content
        )


@deprecated(f"ORJSONResponse {_INSTEAD}", category=FastAPIDeprecationWarning, stacklevel=2)
class ORJSONResponse(JSONResponse):
    """JSON written by the `orjson` package, which also accepts keys that are not strings.

    Raises:
        SetupAssertionError: The package is not installed.
    """

    def render(self, content: Any) -> bytes:
        """Write the content as JSON."""
        module = _require("orjson", "ORJSONResponse")
        options = module.OPT_NON_STR_KEYS | module.OPT_SERIALIZE_NUMPY
        return _write_or_repair(lambda: module.dumps(content, option=options), content)


find_elsewhere(__name__)
