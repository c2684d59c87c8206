"""The documents and the answers of all pages, with the policy that browsers enforce on them."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import HTMLResponse, PlainTextResponse, Response

from pronghorn.devtools.markup import Markup, tag
from pronghorn.devtools.scripts import SCRIPT_HASHES
from pronghorn.devtools.style import STYLE, STYLE_HASH

__all__ = ["HEADERS", "answer_html", "answer_json", "answer_text", "write_document"]

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; "
    f"script-src {' '.join(SCRIPT_HASHES)}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The policy: only the scripts of this package run, and nothing is loaded from anywhere else."""


def write_document(
    title: str, *body: Markup, script: str, refresh: Markup | None = None, **data: str
) -> Markup:
    """Return a document with the style and one script of this package.

    Args:
        title: Its title.
        body: The elements of its body.
        script: The source of the script.
        refresh: An element of the head that loads the document again.
        data: Attributes of the body that the script reads.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        *([refresh] if refresh is not None else []),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    attributes = {f"data_{name}": value for name, value in data.items()}
    inside = tag("body", *body, tag("script", Markup(script)), **attributes)
    return Markup("<!doctype html>\n" + tag("html", head, inside, lang="en"))


def answer_html(text: str, status: int = 200, **headers: str) -> Response:
    """Return an answer with a document."""
    return HTMLResponse(_encode(text), status, {**HEADERS, **headers})


def answer_json(data: dict[str, Any], status: int = 200, **headers: str) -> Response:
    """Return an answer with data."""
    text = json.dumps(data, indent=2) + "\n"
    return Response(text, status, {**HEADERS, **headers}, "application/json")


def answer_text(text: str, status: int = 200, **headers: str) -> Response:
    """Return an answer with plain text."""
    return PlainTextResponse(_encode(text), status, {**HEADERS, **headers})


def _encode(text: str) -> bytes:
    # A path may contain bytes that are not characters; clients get a question mark for them.
    return text.encode("utf-8", "replace")
