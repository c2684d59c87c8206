"""A request on the short way from uvicorn's parser, whose response passes compiled middleware."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from starlette.types import Scope, Send

from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.observed import ObservedExchange
from pronghorn.adapters.uvicorn.outbox import CONNECTION_HEADERS, header_lines
from pronghorn.run.exchange import EXCHANGES, JSON_CONTENT_TYPE, RawHeaders, same_exchange
from pronghorn.run.layered import Edit, HeldStart, PassesEdits

#: Headers whose values are few, so that the lines of each can be kept.
REPEATED = frozenset(
    [
        b"access-control-allow-credentials",
        b"access-control-allow-origin",
        b"access-control-expose-headers",
        b"content-encoding",
        b"content-type",
        b"vary",
    ]
)
MOST_LINES = 1024


class LayeredWireExchange(PassesEdits, WireExchange):
    """A request whose complete responses are edited and written at once."""

    started = False  # an attribute: `has_left` says what was sent
    is_inside = False
    most_bytes: float = inf
    edits: list[Edit] | tuple[()] = ()
    chain: Send | None = None
    held_start: HeldStart | None = None
    #: What layers add to the scope when it is made.
    _additions: dict[str, Callable[[], Any]] | None = None

    @property
    def scheme(self) -> str:
        """Return the scheme of the request."""
        if self.forwarded:
            self.use_scope()
            return str(self.scope["scheme"])
        return str(self.protocol.scope_template["scheme"])

    @property
    def made_scope(self) -> Scope | None:
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
        """Edit a complete JSON response and write it at once, if nothing else must be checked.

        Returns:
            True if it was written; otherwise the caller must await `send_json`.
        """
        protocol = self.protocol
        defaults = protocol.server_state.default_headers
        first = protocol.heads.first_lines(status, defaults)
        if (
            first is None
            or self.response_started
            or self.disconnected
            or not self.keep_alive
            or self.held is not None
            or self.chain is not None
            or self.held_start is not None
            or len(body) >= self.most_bytes
            or protocol.access_log
            or protocol.flow.write_paused
            or self.method == "HEAD"
        ):
            return False
        headers = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        self.started = True
        for edit in reversed(self.edits):
            body = edit.complete(self, status, headers, body)
        self._write_edited(status, first, headers, body)
        return True

    write_last_json = write_json

    def _write_edited(self, status: int, first: bytes, headers: RawHeaders, body: bytes) -> None:
        """Write a complete response that has passed all edits."""
        protocol = self.protocol
        head = b"%b%b\r\n" % (first, b"".join([line_of(header) for header in headers]))
        self.response_started = self.response_complete = True
        protocol.outbox.write(protocol.transport, head, body)
        if self.event is not None:
            self.event.set()
        protocol.on_response_complete()


class LayeredObservedExchange(LayeredWireExchange, ObservedExchange):
    """A request whose complete responses are edited, written at once and noted."""

    def _write_edited(self, status: int, first: bytes, headers: RawHeaders, body: bytes) -> None:
        observed = self.observed
        headers += observed.take_headers(headers)
        super()._write_edited(status, first, headers, body)
        observed.status = status
        observed.note_part(len(body), is_last=True)


def line_of(header: tuple[bytes, bytes]) -> bytes:
    """Return a header as it is written; it must not be one of those that frame a response.

    Raises:
        RuntimeError: Its name or its value contains a character that headers must not contain.
    """
    line = _kept.get(header)
    if line is None:
        line = header_lines([header], CONNECTION_HEADERS) or b""
        if header[0] in REPEATED:
            if len(_kept) >= MOST_LINES:
                _kept.clear()
            _kept[header] = line
    return line


#: The lines of headers that are repeated.
_kept: dict[tuple[bytes, bytes], bytes] = {}
EXCHANGES[LayeredWireExchange] = EXCHANGES[LayeredObservedExchange] = same_exchange
