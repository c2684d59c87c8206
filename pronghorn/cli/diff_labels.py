"""Name the operation that a request asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pronghorn.cli.diff_engines import Answer
from pronghorn.cli.diff_report import NO_ROUTE
from pronghorn.cli.diff_requests import Request

__all__ = ["label_of", "matches"]


def label_of(request: Request, answer: Answer, documents: Sequence[Mapping[str, Any]]) -> str:
    """Return the operation that a request asks for: its method and its documented path.

    Returns:
        The request's own path if it is not documented but has a response, as hidden routes and
        mounted files have; `NO_ROUTE` if it does not have one.
    """
    path = request.path
    items = [pair for document in documents for pair in document.get("paths", {}).items()]
    matching = sorted(
        (pair for pair in items if matches(pair[0], path)), key=lambda pair: pair[0] != path
    )
    method = "get" if request.method == "HEAD" else request.method.lower()
    for template, item in matching:
        if method in item or request.method.lower() in item:
            return f"{request.method} {template}"
    if answer.status in (404, 405) or _moves_slash(path, answer):
        return NO_ROUTE
    return f"{request.method} {matching[0][0] if matching else path}"


def matches(template: str, path: str) -> bool:
    """Return True if a path is a template of the document, or the template with values."""
    pieces = [re.escape(piece) for piece in re.split(r"\{[^}]*\}", template)]
    return template == path or re.fullmatch("[^/]+".join(pieces), path) is not None


def _moves_slash(path: str, answer: Answer) -> bool:
    """Return True for the redirect to the same path with or without its last slash."""
    if answer.status != 307:
        return False
    targets = [value for name, value in answer.headers if name.lower() == "location"]
    return any(urlsplit(target).path.rstrip("/") == path.rstrip("/") for target in targets)
