"""Requests to send to both engines, and requests from a HAR file."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from pronghorn.cli.errors import USAGE, CommandError

__all__ = ["SAFE_METHODS", "Request", "parse_header", "read_har"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that only read (RFC 9110, section 9.2.1)."""

# They belong to the recorded connection, or follow from the body.
_NOT_REPLAYED = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te"}
)


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    Attributes:
        method: In upper case.
        target: Path and query as on the wire, percent-encoded.
        headers: Names in lower case, and values; text of the characters up to U+00FF.
        body: The bytes of the body, as such text.
    """

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: str = ""

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]

    def to_json(self) -> dict[str, Any]:
        """Return the request as data for `json.dumps`."""
        return asdict(self)

    def with_headers(self, headers: Sequence[tuple[str, str]]) -> Request:
        """Return a copy of the request in which these headers replace those of the same names.

        Cookies are replaced one by one, so that a recorded request keeps its other cookies.
        """
        names = {name for name, _ in headers} - {"cookie"}
        kept = [header for header in self.headers if header[0] not in names]
        cookies = _join_cookies([*kept, *headers])
        others = [header for header in (*kept, *headers) if header[0] != "cookie"]
        return Request(self.method, self.target, (*others, *cookies), self.body)


def _join_cookies(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return one header with all cookies, the last value of each name; nothing without cookies."""
    pairs = [
        pair.strip().partition("=")
        for name, value in headers
        if name == "cookie"
        for pair in value.split(";")
    ]
    values = {name: value for name, _, value in pairs}
    text = "; ".join(f"{name}={value}" for name, value in values.items())
    return [("cookie", text)] if values else []


def parse_header(text: str) -> tuple[str, str]:
    """Split `NAME: VALUE`.

    Raises:
        CommandError: The text has another form.
    """
    name, separator, value = text.partition(":")
    if not separator or not name.strip() or not text.isascii():
        raise CommandError(
            f"--header {text!r} is not a header",
            "Write a name, a colon and a value: --header 'Authorization: Bearer abc'",
            exit_code=USAGE,
        )
    return name.strip().lower(), value.strip()


def read_har(file: Path) -> list[Request]:
    """Return the requests of a HAR file (HTTP Archive 1.2), in the order of recording.

    Host names are dropped: every request goes to the app.

    Raises:
        CommandError: The file cannot be read or is not a HAR file.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CommandError(f"Cannot read {file}: {error.strerror}", exit_code=USAGE) from error
    except ValueError as error:
        raise CommandError(f"{file} is not a HAR file: {error}", exit_code=USAGE) from error
    try:
        return [_request(entry["request"]) for entry in content["log"]["entries"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(
            f"{file} is not a HAR file: it has no requests under log.entries",
            "Save one with the network tools of a browser: 'Save all as HAR with content'",
            exit_code=USAGE,
        ) from error


def _request(recorded: Mapping[str, Any]) -> Request:
    url = urlsplit(recorded["url"])
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = [
        (item["name"].lower(), item["value"])
        for item in recorded.get("headers", ())
        if not item["name"].startswith(":") and item["name"].lower() not in _NOT_REPLAYED
    ]
    body = _body(recorded.get("postData") or {})
    content_type = (recorded.get("postData") or {}).get("mimeType")
    if body and content_type and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", content_type))
    target = target.encode().decode("latin-1")
    return Request(recorded["method"].upper(), target, headers, body.decode("latin-1"))


def _body(data: Mapping[str, Any]) -> bytes:
    text = data.get("text")
    if text is None:
        pairs = [(item["name"], item.get("value", "")) for item in data.get("params", ())]
        return urlencode(pairs).encode()
    if data.get("encoding") == "base64":
        return base64.b64decode(text)
    return str(text).encode("utf-8", "surrogatepass")
