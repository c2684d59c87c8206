"""The document as bytes: written once, and sent only to clients that do not have it."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pronghorn.fields.json_writer import json_bytes_without_nan

#: The number of forms of a document that are kept. Each root path has one, and a proxy may choose
#: it freely.
FORMS = 8
#: The maximum length of a server's URL that is kept. The prefix of a mount may have parameters,
#: which clients choose.
MAX_KEPT_SERVER = 200


class ServedDocument:
    """The bytes of one application's document, by the path under which it is mounted.

    They belong to one `dict`. They are written again when the application creates another one, as
    it does after a change of its routes.
    """

    def __init__(self) -> None:
        #: The document and its forms; one tuple, so that no thread reads those of another document.
        self._kept: tuple[dict[str, Any] | None, dict[str, tuple[bytes, str]]] = (None, {})

    def response(
        self, request: Request, document: dict[str, Any], server: str, *, keep: bool
    ) -> Response:
        """Return the response to a request for the document: 200, or 304 if the client has it
        already.

        Args:
            request: Its `If-None-Match` (RFC 9110, section 13.1.2) names the version that the
                client has.
            document: The document to send.
            server: A URL to name as the first server, or an empty string.
            keep: Whether the same `dict` has the same content next time.
        """
        content, tag = (
            self._write_once(document, server) if keep else write_document(document, server)
        )
        headers = {"etag": tag}
        if is_known(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="application/json", headers=headers)

    def _write_once(self, document: dict[str, Any], server: str) -> tuple[bytes, str]:
        if len(server) > MAX_KEPT_SERVER:
            return write_document(document, server)
        known, forms = self._kept
        if document is not known:
            forms = {}
            self._kept = document, forms
        found = forms.get(server)
        if found is None:
            if len(forms) >= FORMS:
                forms.clear()
            found = forms[server] = write_document(document, server)
        return found


def write_document(document: dict[str, Any], server: str) -> tuple[bytes, str]:
    """Return a document as JSON, and its entity tag.

    The tag is a weak one, because middleware may compress the response.
    """
    servers = document.get("servers", [])
    if server and all(known.get("url") != server for known in servers):
        document = {**document, "servers": [{"url": server}, *servers]}
    content = json_bytes_without_nan(document)
    return content, f'W/"{sha256(content).hexdigest()[:32]}"'


def is_known(if_none_match: str, tag: str) -> bool:
    """Return True if a client has the version of a tag, by weak comparison."""
    names = {name.strip().removeprefix("W/") for name in if_none_match.split(",")}
    return "*" in names or tag.removeprefix("W/") in names
