"""Read small URL-encoded forms in one piece.

Most forms have a few hundred bytes. Reading such a body whole and splitting it once is faster than
the streaming parser and makes the same form. The streaming parser still reads forms that are
larger or may exceed a limit, so nothing large is held in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from pronghorn.core.monkeypatches import original
from pronghorn.core.private_names import has_names
from pronghorn.run.exchange import Exchange
from pronghorn.run.input.query import parse_query

#: In bytes; a larger body is streamed.
LARGEST = 64 * 1024
#: Starlette's default limits.
MAX_FIELDS = 1000
MAX_PART_SIZE = 1024 * 1024
#: True if nothing but two methods of a request reads its form.
KNOWS_METHODS = has_names(
    "starlette.requests",
    ("Request._get_form",),
    "Forms are read in the way of Starlette, which is slower.",
)
#: Starlette's own methods, which a program or a library may have replaced.
STARLETTE_FORM = original(Request, "form")
STARLETTE_GET_FORM = original(Request, "_get_form") if KNOWS_METHODS else None


async def read_small_form(exchange: Exchange, limits: Mapping[str, int]) -> FormData | None:
    """Return the form of a request, or None if the streaming parser must read it.

    Args:
        exchange: The request.
        limits: `max_fields` and `max_part_size`, as for `read_form`.
    """
    content_type, length = exchange.header(b"content-type"), exchange.header(b"content-length")
    if exchange.has_connection or not is_small_form(content_type, length):
        return None
    if not KNOWS_METHODS or (
        Request.form is not STARLETTE_FORM or Request._get_form is not STARLETTE_GET_FORM
    ):
        return None
    body = await exchange.read_body()
    too_many = body.count(b"&") >= limits.get("max_fields", MAX_FIELDS)
    if too_many or len(body) > limits.get("max_part_size", MAX_PART_SIZE):
        return None
    pairs: list[Any] = parse_query(body)
    exchange.form = form = FormData(pairs)
    return form


def is_small_form(content_type: str | None, length: str | None) -> bool:
    """Return True if the headers announce a URL-encoded form small enough for memory."""
    if content_type is None or length is None:
        return False
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return False
    return length.isdecimal() and len(length) < 10 and int(length) <= LARGEST


def plain_fields(form: Any) -> dict[str, str]:
    """Return the texts of a form, the last one of each name.

    Raises:
        LookupError: The form contains files, which only the exact way can read.
    """
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str):
            raise LookupError(name)
        fields[name] = value
    return fields
