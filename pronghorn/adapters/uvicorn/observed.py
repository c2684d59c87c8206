"""A request on the short way from uvicorn's parser, while requests are observed.

A connection uses this class in place of `WireExchange` if an observer is attached when it opens
(`pronghorn.hooks.observe`). Nothing on the short way asks whether there is one.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from starlette.types import Scope

from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.strictness import StrictProtocol
from pronghorn.compile.dispatch import Answerer
from pronghorn.hooks import OBSERVERS
from pronghorn.run.exchange import EXCHANGES, OBSERVED, Exchange, RawHeaders, same_exchange
from pronghorn.run.observed import Observed
from pronghorn.run.route_template import route_template


class ObservedOnWire(Observed):
    """A request as observers see it, without its scope unless they ask for it.

    Args:
        exchange: The request.
        begun: The clock reading when its head had arrived.
    """

    def __init__(self, exchange: WireExchange, begun: float) -> None:
        super().__init__(OBSERVERS, begun)
        self.exchange = exchange
        self.app = exchange.protocol.scope_template["app"]
        self.method = exchange.method
        self.path = exchange.protocol.scope_template["root_path"] + exchange.path
        self.headers = exchange.headers
        self._scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        """Return the scope, which is made on first use."""
        return self.exchange.scope if self._scope is None else self._scope

    @scope.setter
    def scope(self, value: Scope) -> None:
        self._scope = value

    def route(self) -> str | None:
        exchange = self.exchange
        if exchange.is_bare and exchange.routed is not None:
            entry = exchange.routed[1]
            if entry is None:
                return None
            if entry.pattern is not None:
                return str(entry.route.path_format)
        return route_template(self.scope, exchange.protocol.scope_template["root_path"], 0)

    def client(self) -> str | None:
        if self.exchange.forwarded:
            return super().client()
        client = self.exchange.protocol.scope_template["client"]
        return None if client is None else str(client[0])

    def query_string(self) -> bytes:
        return self.exchange.query_string


class ObservedExchange(WireExchange):
    """A request whose response is noted."""

    observed: ObservedOnWire
    _failure: BaseException | None = None

    def __init__(self, protocol: StrictProtocol, method: str) -> None:
        super().__init__(protocol, method)
        self._begun = perf_counter()

    def _make_scope(self) -> Scope:
        scope = super()._make_scope()
        scope[OBSERVED] = self.observed
        if self.observed.id is not None:
            scope["state"]["request_id"] = self.observed.id
        return scope

    def write_json(self, body: bytes, status: int) -> bool:
        """Write a complete JSON response at once, with the headers of observers, and note it."""
        protocol, observed = self.protocol, self.observed
        head = protocol.heads.of_json(status, len(body), protocol.server_state.default_headers)
        if head is None or self.must_wait():
            return False
        added = observed.take_headers(())
        if added:
            lines = b"".join([b"%b: %b\r\n" % header for header in added])
            head = b"%b%b\r\n" % (head[:-2], lines)
        self._write(status, head, body)
        observed.status = status
        observed.note_part(0 if self.method == "HEAD" else len(body), is_last=True)
        return True

    write_last_json = write_json

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        observed = self.observed
        added = observed.take_headers(headers or ()) if observed.response_headers else None
        if added:
            headers = [*(headers or ()), *added]
        if not self.has_left:
            observed.status = status
        await super().send_json(body, status, headers)
        if not self.disconnected and not observed.is_over:
            observed.note_part(0 if self.method == "HEAD" else len(body), is_last=True)

    async def send(self, message: Any) -> None:
        observed = self.observed
        is_start = message["type"] == "http.response.start"
        if is_start and not self.has_left:
            own = list(message.get("headers", ()))
            message = {**message, "headers": own + observed.take_headers(own)}
        await super().send(message)
        if self.disconnected:
            return
        if is_start:
            observed.status = message["status"]
        else:
            length = 0 if self.method == "HEAD" else len(message.get("body", b""))
            observed.note_part(length, is_last=not message.get("more_body", False))

    track_and_send = send
    send_whole = Exchange.send_whole  # Each message is noted.

    async def run(self, answerer: Answerer) -> None:
        observed = self.observed = ObservedOnWire(self, self._begun)
        observed.start()
        try:
            await super().run(answerer)
        finally:
            observed.end(self._failure, client_left=self.disconnected or self.input_ended)
            del observed.exchange  # Each refers to the other.

    async def _give_up(self, error: BaseException | None = None) -> None:
        self._failure = error
        await super()._give_up(error)


EXCHANGES[ObservedExchange] = same_exchange
