"""Write uploaded files in large pieces.

Starlette goes to a worker thread for each piece that the server has received. Here the pieces of a
file are collected first. Its parser, its limits and its errors stay. This module is loaded with the
first multipart form of a process.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

import starlette.requests
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartParser
from starlette.requests import Request

from pronghorn.core.monkeypatches import is_overridden, is_replaced
from pronghorn.core.private_names import has_names
from pronghorn.run.exchange import KEEPS_BODY
from pronghorn.run.input.urlencoded import KNOWS_METHODS

#: In bytes. A file in memory may be as long before Starlette moves it to the disk.
PIECE = 1024 * 1024
#: The most parts of which a piece consists, because a client may send a byte at a time.
MOST_PARTS = 64
_HAS_NAMES = (
    KEEPS_BODY
    and KNOWS_METHODS
    and has_names(
        "starlette.formparsers",
        ("MultiPartParser._current_part", "MultiPartParser._file_parts_to_write"),
        "Long uploads are written in the pieces in which they arrive, which is slower.",
    )
)
#: The methods of a request that read its form.
_METHODS = ("form", "_get_form")


class UploadParser(MultiPartParser):
    """Starlette's parser of multipart forms, which writes a file once a large piece has arrived."""

    _parts: list[memoryview]
    _length: int

    def on_part_begin(self) -> None:
        """Start a field or a file."""
        super().on_part_begin()
        self._parts, self._length = [], 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Keep a part of a file until there is enough of it; leave that of a field to Starlette."""
        if self._current_part.file is None:
            super().on_part_data(data, start, end)
            return
        self._parts.append(memoryview(data)[start:end])
        self._length += end - start
        if self._length >= PIECE or len(self._parts) == MOST_PARTS:
            self._hand_over()

    def on_part_end(self) -> None:
        """End a field or a file."""
        if self._parts:
            self._hand_over()
        super().on_part_end()

    def _hand_over(self) -> None:
        """Let Starlette's loop write what has been collected."""
        self._file_parts_to_write.append((self._current_part, b"".join(self._parts)))
        self._parts, self._length = [], 0


def may_collect(request: Request) -> bool:
    """Return True if the pieces of a multipart form may be collected.

    False for a form that is shorter than one piece, where collecting saves nothing, and if a
    program or a library has replaced a part of Starlette's way, which then has to read the form.
    """
    length = request.headers.get("content-length", "")
    return (
        not (length.isdecimal() and len(length) < 10 and int(length) <= PIECE)
        and _HAS_NAMES
        and request._form is None
        and vars(starlette.requests).get("MultiPartParser") is MultiPartParser
        and not is_replaced(MultiPartParser)
        and not is_replaced(Request, *_METHODS)
        and not is_overridden(type(request), Request, *_METHODS)
    )


async def read_upload(request: Request, limits: Mapping[str, int]) -> FormData:
    """Return the multipart form of a request, which keeps it as `request.form()` would.

    Args:
        request: The request.
        limits: As for `read_form`.

    Raises:
        MultiPartException: The form is malformed or exceeds a limit.
    """
    async with aclosing(request.stream()) as stream:
        request._form = await UploadParser(request.headers, stream, **limits).parse()
    return request._form
