"""A request on the short way from uvicorn's parser, whose response passes compiled middleware."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from starlette.types import Receive, Scope, Send

from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.known_lines import KEPT, line_of
from pronghorn.adapters.uvicorn.observed import ObservedExchange
from pronghorn.run.edits import Edit
from pronghorn.run.exchange import EXCHANGES, JSON_CONTENT_TYPE, Exchange, RawHeaders
from pronghorn.run.layered import HeldStart, PassesEdits

#: Of requests that have not reached the layers; those make a list of their own.
NO_EDITS: list[Edit] = []


class LayeredWireExchange(PassesEdits, WireExchange):
    """A request whose complete responses are edited and written at once."""

    started = False  # an attribute: `has_left` says what was sent
    is_inside = False
    most_bytes: float = inf
    edits = NO_EDITS
    chain: Send | None = None
    held_start: HeldStart | None = None
    #: What layers add to the scope when it is made.
    _additions: dict[str, Callable[[], Any]] | None = None

    @property
    def scheme(self) -> str:  # type: ignore[override]  # made when it is read
        """Return the scheme of the request."""
        if self.forwarded:
            self.use_scope()
            return str(self.scope["scheme"])
        return str(self.protocol.scope_template["scheme"])

    @property
    def made_scope(self) -> Scope | None:  # type: ignore[override]  # made when it is read
        """Return the scope; None if it is not made yet."""
        return self._scope

    def add_to_scope(self, key: str, make: Callable[[], Any]) -> None:
        """Put a new object into the scope, when it is made."""
        if self._scope is not None:
            self._scope[key] = make()
        elif self._additions is None:
            self._additions = {key: make}
        else:
            self._additions[key] = make

    def _make_scope(self) -> Scope:
        scope = super()._make_scope()
        for key, make in (self._additions or {}).items():
            scope[key] = make()
        return scope

    def write_json(self, body: bytes, status: int) -> bool:
        """Edit a complete JSON response and write it at once, if no wait is necessary.

        Returns:
            True if it was written; otherwise the caller must await `send_json`.
        """
        protocol = self.protocol
        heads, defaults = protocol.heads, protocol.server_state.default_headers
        first = heads.first_lines(status, defaults)
        if (
            first is None
            or self.response_started  # As `must_wait`, whose call is saved.
            or self.disconnected
            or self.held is not None
            or protocol.flow.write_paused
            or self.chain is not None
            or self.held_start is not None
            or len(body) >= self.most_bytes
        ):
            return False
        headers = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        self.started = True
        edited = body
        for edit in reversed(self.edits):
            edited = edit.complete(self, status, headers, edited)
        if edited is body:  # Then the first two headers are as they were.
            first, headers = (heads.of_json(status, len(body), defaults) or b"")[:-2], headers[2:]
        self._write_edited(status, first, headers, edited)
        return True

    write_last_json = write_json

    def _write_edited(self, status: int, first: bytes, headers: RawHeaders, body: bytes) -> None:
        """Write a complete response that has passed all edits.

        Args:
            status: The status code.
            first: The beginning of its head, as it is written.
            headers: The other headers.
            body: The body.
        """
        lines = [KEPT.get(header) or line_of(header) or b"" for header in headers]
        self._write(status, b"%b%b\r\n" % (first, b"".join(lines)), body)


class LayeredObservedExchange(LayeredWireExchange, ObservedExchange):
    """A request whose complete responses are edited, written at once and noted."""

    def _write_edited(self, status: int, first: bytes, headers: RawHeaders, body: bytes) -> None:
        observed = self.observed
        headers += observed.take_headers(headers)
        super()._write_edited(status, first, headers, body)
        observed.status = status
        observed.note_part(0 if self.method == "HEAD" else len(body), is_last=True)


class InsideExchange(Exchange):
    """A request that an application answers whose `send` passes the edits of outer layers."""

    __slots__ = ()

    def write_json(self, body: bytes, status: int) -> bool:
        """Let the exchange outside write a complete JSON response."""
        outside: LayeredWireExchange = self.send.__self__  # type: ignore[attr-defined]  # a method
        self.started = True  # Even if an edit of an outer layer fails.
        return outside.write_json(body, status)

    write_last_json = write_json


def inside_exchange(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """Return the exchange for an application that is called inside of compiled layers."""
    passes_edits = getattr(send, "__func__", None) is PassesEdits.track_and_send
    return (InsideExchange if passes_edits else Exchange)(scope, receive, send)


EXCHANGES[LayeredWireExchange] = EXCHANGES[LayeredObservedExchange] = inside_exchange
