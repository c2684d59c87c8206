"""The application that answers in place of a program that does not start.

The process that would serve the program serves this: it has the sockets, the certificates and the
addresses of the server. The next edit ends the process, as it would end the program's.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pronghorn.core.path_patterns import path_below_root
from pronghorn.devtools.access import Access
from pronghorn.devtools.answers import answer_html, answer_json, answer_text, write_document
from pronghorn.devtools.failure_views import failure_data, failure_text, show_failure
from pronghorn.devtools.failures import Failure
from pronghorn.devtools.markup import Markup, tag
from pronghorn.devtools.scripts import RELOAD_SCRIPT

__all__ = ["BROKEN_HEADER", "STATE", "BrokenProgram", "Trouble"]

STATE = "/_pronghorn/state"
"""The path at which a page asks whether the program has changed."""

BROKEN_HEADER = "x-pronghorn-broken"
"""The header of every answer in place of the program; its value is different in each process."""

_RETRY = "1"
_WAITING = "This page reloads itself when the program works again."
_REFUSED = "The program does not start. The terminal of `pronghorn dev` says why.\n"


@dataclass(frozen=True)
class Trouble:
    """The reason why a program does not start.

    Attributes:
        headline: What failed, in one line.
        hint: What to do about it; may have several lines.
        failure: The exception; None if the headline says everything.
    """

    headline: str
    hint: str = ""
    failure: Failure | None = None


class BrokenProgram:
    """An ASGI application that answers every request with the reason.

    Args:
        trouble: The reason.
        access: The rules for who may read it. Others only learn that the program does not start.
    """

    def __init__(self, trouble: Trouble, access: Access) -> None:
        self._trouble = trouble
        self._access = access
        self._id = token_hex(8)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._answer(Request(scope))(scope, receive, send)
        elif "websocket.http.response" in scope.get("extensions", {}):
            refusal = self._access.refusal(scope)
            response = self._response(_REFUSED if refusal else self._as_text())
            await response(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1011})

    def _answer(self, request: Request) -> Response:
        if self._access.refusal(request.scope) is not None:
            return self._response(_REFUSED)
        if path_below_root(request.scope) == STATE:
            mark = {BROKEN_HEADER: self._id}
            return answer_json({"state": "broken", "id": self._id}, 200, **mark)
        accepted = request.headers.get("accept", "")
        if "text/html" in accepted:
            return answer_html(self._as_page(request), 500, **self._headers())
        if "json" in accepted:
            return answer_json(self._as_data(), 500, **self._headers())
        return self._response(self._as_text())

    def _response(self, text: str) -> Response:
        return answer_text(text, 500, **self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Retry-After": _RETRY, "Vary": "Accept", BROKEN_HEADER: self._id}

    def _as_text(self) -> str:
        trouble = self._trouble
        parts = [trouble.headline, trouble.hint]
        if trouble.failure is not None:
            parts.append(failure_text(trouble.failure).rstrip("\n"))
        return "\n\n".join(part for part in parts if part) + "\n"

    def _as_data(self) -> dict[str, object]:
        trouble = self._trouble
        error = None if trouble.failure is None else failure_data(trouble.failure)
        return {"detail": trouble.headline, "hint": trouble.hint or None, "error": error}

    def _as_page(self, request: Request) -> Markup:
        trouble = self._trouble
        # A form that was sent must not be sent again without a question.
        is_safe = request.method in {"GET", "HEAD"}
        waiting = _WAITING if is_safe else "The program has not changed yet."
        title = trouble.failure.headline if trouble.failure else trouble.headline
        header = tag(
            "header",
            tag("h1", trouble.headline),
            tag("p", waiting, id="state", data_text=waiting, role="status"),
            *([] if is_safe else [tag("p", tag("a", "Open this address", href=""))]),
        )
        hint = [tag("pre", trouble.hint, class_="message")] if trouble.hint else []
        failure = [] if trouble.failure is None else [show_failure(trouble.failure)]
        plain = tag("noscript", tag("meta", http_equiv="refresh", content="2"))
        return write_document(
            title[:200],
            header,
            *hint,
            *failure,
            script=RELOAD_SCRIPT,
            refresh=plain if is_safe else None,
            address=_address_of_state(request),
            id=self._id,
            again="1" if is_safe else "",
        )


async def _live(receive: Receive, send: Send) -> None:
    """Go through a lifespan in which nothing happens."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


def _address_of_state(request: Request) -> str:
    """Return the address relative to that of the request, whatever a proxy puts before the path."""
    scope = request.scope
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw else scope["path"]
    # Servers differ: the undecoded path has the prefix of `--root-path`, or has it not.
    below = path_below_root({"path": path, "root_path": scope.get("root_path", "")})
    return "../" * (below.count("/") - 1) + STATE.removeprefix("/")
