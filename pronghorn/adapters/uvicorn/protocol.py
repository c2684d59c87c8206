"""A protocol class for uvicorn that hands a parsed request straight to the compiled application.

    uvicorn --http pronghorn.adapters.uvicorn_protocol:PronghornProtocol shop.main:app

Which `pronghorn run` does by itself. Parsing, limits, flow control, keep-alive, pipelining,
upgrades and shutdown are uvicorn's. Middleware of the application is called as ASGI, over the
same exchange. Where anything else stands between server and application (another framework, a
wrapper, message logging), requests take uvicorn's own way.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextvars import Context, copy_context
from typing import Any
from weakref import WeakKeyDictionary

import httptools
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.server import ServerState

from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.heads import Heads
from pronghorn.adapters.uvicorn.order import OrderlyProtocol
from pronghorn.adapters.uvicorn.outbox import OrderedTransport, Outbox
from pronghorn.compile.dispatch import Answerer, Find, find_nothing
from pronghorn.run.errors import HANDLERS_KEY
from pronghorn.run.exchange import Exchange

FORWARDED = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])
#: Headers that are looked at while a request is parsed. Most clients send `Connection: keep-alive`,
#: which says nothing new since HTTP/1.1: it is enough to know the version.
VERSION, VALUES = 1, 2
NOTED = {b"connection": VERSION, b"expect": VALUES} | dict.fromkeys(FORWARDED, VALUES)
#: Takes the trailers of a chunked body, and forgets them: they must not become headers (RFC 9110,
#: section 6.5.1).
TRAILERS: Any = deque(maxlen=0)
#: Requests behind one that waits for its client to leave, until nothing more is read.
MAX_WAITING = 1000


class ThroughAsgi:
    """Calls an application with all that stands around it, over the same exchange."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.find: Find = find_nothing

    async def search(self, exchange: Exchange) -> None:
        """Answer an exchange."""
        await self._app(exchange.scope, exchange.receive, exchange.send)

    async def recover(self, exchange: Exchange, raised: Exception) -> None:
        """The application has recovered from all that it recovers from."""
        raise raised


class HttpToolsDirectProtocol(OrderlyProtocol):
    """uvicorn's protocol on httptools, with a short way to applications of this framework."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._proxy, self.direct_app = unwrapped(self.app)
        self.direct_root_path: str = getattr(self.direct_app, "root_path", "")
        self._has_root_path = bool(self.direct_root_path or self.root_path)
        #: Which headers in `NOTED` the request has that is being parsed.
        self._noted = 0
        self._resets_context = bool(getattr(self.config, "reset_contextvars", False))
        shared = _shared.get(self.server_state)
        if shared is None:
            shared = _shared[self.server_state] = Heads(), Outbox(self.loop)
        self.heads, self.outbox = shared
        #: Answers the requests of this connection.
        self._answerer: Answerer = ThroughAsgi(self.direct_app)
        self._stack: ASGIApp | None = None
        # Whether telemetry is on is asked once per connection: asking is slow, and providers are
        # set when a program starts.
        self._is_watched: bool = self.direct_app is not None and self.direct_app.is_watched()
        self._idle_since: float | None = None

        #: What is the same in the scopes of all requests of a connection.
        self.scope_template: dict[str, Any] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.context = Context() if self._resets_context else copy_context()
        self.flow = FlowControl(OrderedTransport(transport, self.outbox, self.context))
        self.scope_template = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": self.server,
            "client": self.client,
            "scheme": self.scheme,
            "root_path": self.direct_root_path or self.root_path,
            "app": self.direct_app,
        }

    # --- choosing the way -------------------------------------------------------------------

    def _choose_answerer(self) -> None:
        """Decide what answers, as things stand: programs may add middleware late."""
        app = self.direct_app
        direct: Answerer | None = None if self._is_watched else app.direct_answerer()
        self._answerer = direct or ThroughAsgi(app)
        if direct is not None:
            self.scope_template[HANDLERS_KEY] = app.middleware_stack.registered
        self._stack = app.middleware_stack

    def believe_proxy(self, scope: Scope) -> None:
        """Take client and scheme from the headers of a trusted proxy (`--proxy-headers`)."""
        if self._proxy is not None:
            _run_at_once(self._proxy(scope, _nothing, _nothing))  # type: ignore[arg-type]  # not called

    # --- parsing ----------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self.direct_app is None:
            super().on_message_begin()
            return
        self.url = b""
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in NOTED:
            self._noted |= NOTED[name]
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        parser, earlier = self.parser, self.cycle
        if parser.should_upgrade():
            self._complete_headers_of_upgrade()
            return
        if self.direct_app is None:
            self.expect_100_continue = bool(self._noted) and self._expects_100_continue()
            self._noted = 0
            self._queue_in_uvicorns_way()
            return
        if self.limit_concurrency is not None and self._has_too_many():
            self._complete_headers_for_asgi()
            return
        stack = self.direct_app.middleware_stack
        if stack is not self._stack or stack is None:
            self._choose_answerer()
        exchange = WireExchange(self, parser.get_method().decode("ascii"))
        if self._has_root_path:
            exchange.use_scope()
        if self._noted or not parser.should_keep_alive():
            self._look_closer(exchange)
        self.cycle: Any = exchange  # stands in for uvicorn's own
        self.headers = TRAILERS
        if earlier is None or earlier.response_complete:
            self._parsed = exchange
        else:
            self._let_wait(exchange, earlier)

    def _let_wait(self, exchange: WireExchange, earlier: Any) -> None:
        """Answer a pipelined request in its turn; read on only for one that watches its client."""
        if not self.pipeline:
            self.running = earlier
        if not getattr(self.running, "is_receiving", False) or len(self.pipeline) >= MAX_WAITING:
            self.flow.pause_reading()
        self.pipeline.appendleft((exchange, self._answerer))  # type: ignore[arg-type]  # see _start_asgi_task

    def _look_closer(self, exchange: WireExchange) -> None:
        """What few requests say: by headers, or by not being of HTTP/1.1."""
        parser, noted = self.parser, self._noted
        self._noted = 0
        version = parser.get_http_version()
        if version != "1.1" or not parser.should_keep_alive():
            exchange.http_version = version
            exchange.keep_alive = parser.should_keep_alive() and version != "1.0"
        if noted & VALUES:
            for name, value in self.headers:
                if name in FORWARDED:
                    exchange.forwarded = True
                elif name == b"expect" and value.lower() == b"100-continue":
                    exchange.waiting_for_100_continue = True

    def _expects_100_continue(self) -> bool:
        return (b"expect", b"100-continue") in [
            (name, value.lower()) for name, value in self.headers
        ]

    def _has_too_many(self) -> bool:
        """Whether `--limit-concurrency` is reached; uvicorn's own way answers then."""
        limit = self.limit_concurrency
        return limit is not None and (len(self.connections) >= limit or len(self.tasks) >= limit)

    def _complete_headers_of_upgrade(self) -> None:
        if not self._should_upgrade():
            self._ignores_upgrade = True
        elif self.direct_app is None:
            super().on_headers_complete()
        else:
            self._complete_headers_for_asgi()

    def _queue_in_uvicorns_way(self) -> None:
        """Start a request through ASGI, or let it wait behind the one that is being answered."""
        earlier = self.cycle
        super().on_headers_complete()
        if self.cycle is not earlier:
            self.headers = TRAILERS
        if len(self.pipeline) == 1:
            self.running = earlier

    def _complete_headers_for_asgi(self) -> None:
        url, headers, self._noted = self.url, self.headers, 0
        super().on_message_begin()  # makes the scope, and forgets what was parsed
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        self._queue_in_uvicorns_way()

    def on_body(self, body: bytes) -> None:
        exchange = self.cycle
        if type(exchange) is not WireExchange:
            super().on_body(body)
        elif exchange.more_body and not exchange.response_complete:
            if exchange.body:
                exchange.add_body(body)
            else:
                exchange.body = body
            if exchange.event is not None:
                exchange.event.set()
            if len(exchange.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()

    def on_message_complete(self) -> None:
        exchange = self.cycle
        if type(exchange) is not WireExchange:
            if not self._ignores_upgrade:
                super().on_message_complete()
        elif exchange.more_body:
            exchange.more_body = False
            if exchange.event is not None:
                exchange.event.set()

    # --- answering --------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._idle_since = None
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._parse_rest(error, data)
        exchange = self._parsed
        if exchange is None:
            return
        self._parsed = None
        if exchange.more_body:  # it will have to wait
            self._start_asgi_task(exchange, self._answerer)
        else:
            self._start(exchange)

    if sys.version_info >= (3, 12):

        def _start(self, exchange: WireExchange) -> None:
            """Begin to answer without waiting for the event loop's next turn."""
            loop = self.loop
            if loop.get_task_factory() is not None:
                self._start_asgi_task(exchange, self._answerer)
                return
            work, context = exchange.run(self._answerer), self.context.copy()
            task = asyncio.Task(work, loop=loop, eager_start=True, context=context)
            if not task.done():
                task.add_done_callback(self.tasks.discard)
                self.tasks.add(task)

    else:

        def _start(self, exchange: WireExchange) -> None:
            """Begin to answer in the event loop's next turn."""
            self._start_asgi_task(exchange, self._answerer)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Start to answer; for a `WireExchange`, `app` is the compiled application's answer."""
        if type(cycle) is not WireExchange:
            self.context.copy().run(super()._start_asgi_task, cycle, app)
            return
        task = self.loop.create_task(cycle.run(app), context=self.context.copy())
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.pipeline or self.flow.read_paused or self.timeout_keep_alive_task is None:
            self._go_on()
        else:
            self._idle_since = self.loop.time()

    def _go_on(self) -> None:
        """Read on, begin with a request that waits, or begin to watch how long none comes."""
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            if cycle is None:  # not a request, see `_in_turn`
                app()  # type: ignore[unreachable]  # uvicorn's own pipeline has requests only
                return
            self.running = cycle
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._watch_idleness(self.timeout_keep_alive)

    # --- what happens to the transport itself comes after the responses that wait -------------

    def shutdown(self) -> None:
        self.outbox.flush()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        self.outbox.flush()
        super().send_400_response(msg)

    def handle_websocket_upgrade(self) -> None:
        self.outbox.flush()
        super().handle_websocket_upgrade()

    # --- keep-alive: one timer that looks at the clock, instead of a new one per request -------

    def _watch_idleness(self, delay: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(delay, self.timeout_keep_alive_handler)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def timeout_keep_alive_handler(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # busy; the end of the response starts the next timer
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._watch_idleness(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None


def unwrapped(app: Any) -> tuple[ProxyHeadersMiddleware | None, Any]:
    """The application below uvicorn's own wrapper, if it can be called without ASGI.

    Returns:
        What reads the headers of proxies, which calls nothing after it; and the application, or
        None when something else stands around it.
    """
    proxy = None
    if type(app) is ProxyHeadersMiddleware:
        proxy = ProxyHeadersMiddleware(_no_app)  # type: ignore[arg-type]  # an application that does nothing
        proxy.trusted_hosts = app.trusted_hosts
        app = app.app
    return proxy, app if hasattr(app, "direct_answer") else None


#: What all connections of a server share.
_shared: WeakKeyDictionary[ServerState, tuple[Heads, Outbox]] = WeakKeyDictionary()


async def _no_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Where the headers of proxies have been read, nothing is left to do."""


async def _nothing(*_: Any) -> None:
    """Neither received from nor sent to."""


def _run_at_once(coroutine: Any) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
