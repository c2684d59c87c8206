"""A protocol class for uvicorn that passes parsed requests directly to the compiled application.

    uvicorn --http pronghorn.adapters.uvicorn_protocol:PronghornProtocol shop.main:app

`adapters/uvicorn_protocol.py` publishes `DirectProtocol` as `PronghornProtocol`, or uvicorn's own
class if httptools or a name of uvicorn is missing. `pronghorn run` uses it by default.

uvicorn implements parsing, limits, flow control, keep-alive, pipelining, upgrades and shutdown.
Middleware that is not compiled is called through ASGI, with the same exchange. If there is other
code between server and application (another framework, a wrapper, message logging), requests go
through uvicorn's own code.

A request begins in `data_received`; `docs/explain/follow-a-request.md` continues from there.
"""

from __future__ import annotations

import asyncio
import sys
from contextvars import Context, copy_context
from typing import Any
from weakref import WeakKeyDictionary

import httptools
from starlette.types import ASGIApp
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.server import ServerState

from pronghorn.adapters.server_limits import read_limits
from pronghorn.adapters.uvicorn.backpressure import (
    ConnectionFlow,
    PatientCycle,
    SlicingTransport,
    limit_buffer,
)
from pronghorn.adapters.uvicorn.deadlines import Sweeper
from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.layered import LayeredObservedExchange, LayeredWireExchange
from pronghorn.adapters.uvicorn.observed import ObservedExchange
from pronghorn.adapters.uvicorn.order import TRAILERS
from pronghorn.adapters.uvicorn.ordered_transport import OrderedTransport
from pronghorn.adapters.uvicorn.outbox import Heads, Outbox
from pronghorn.adapters.uvicorn.proxy_headers import unwrap_app
from pronghorn.adapters.uvicorn.sizes import WireSizes, wire_sizes
from pronghorn.adapters.uvicorn.strictness import ONE_HOST, TWO_HOSTS
from pronghorn.adapters.uvicorn.until_close import send_to_old_client
from pronghorn.adapters.uvicorn.unusual import NOTED, UnusualRequests
from pronghorn.compile.dispatch import Answerer, ThroughAsgi
from pronghorn.hooks import OBSERVERS, observe_app
from pronghorn.run.exchange import HANDLERS_KEY

#: The names of the usual methods, so that they need not be decoded for each request.
METHOD_NAMES = {name.encode(): name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")}
#: Makes a task that starts at once instead of in the event loop's next turn. It is not used for a
#: request whose body has not arrived, nor if a task factory is set, which must make all tasks.
eager_task: Any = asyncio.Task if sys.version_info >= (3, 12) else None


class DirectProtocol(UnusualRequests):
    """One connection of uvicorn, with a short way to applications of this framework.

    This class handles most requests. The base classes handle the rare cases: `unusual` requests,
    the `order` of a client's data, the end of a `connection`.
    """

    # What a request reads and writes; most of it belongs to uvicorn's class. With all attributes in
    # one dictionary, each has more than Python stores compactly, and finds more slowly.
    __slots__ = (
        "_answerer",
        "_answerer_of_bodies",
        "_has_root_path",
        "_host",
        "_idle_since",
        "_most_headers",
        "_new_exchange",
        "_noted",
        "_ordinary_data",
        "_ordinary_target",
        "_parsed",
        "_stack",
        "access_log",
        "context",
        "cycle",
        "direct_app",
        "flow",
        "headers",
        "heads",
        "limit_concurrency",
        "loop",
        "outbox",
        "parser",
        "pipeline",
        "server_state",
        "tasks",
        "transport",
        "uncounted",
        "url",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._parsed = self._host = None
        self._noted = self.uncounted = 0
        self.url = b""
        self.headers = TRAILERS
        self._proxy, self.direct_app = unwrap_app(self.app)
        self.direct_root_path: str = getattr(self.direct_app, "root_path", "")
        self._has_root_path = bool(self.direct_root_path or self.root_path)
        self._resets_context = bool(getattr(self.config, "reset_contextvars", False))
        shared = _shared.get(self.server_state)
        if shared is None:
            limits = read_limits()
            sweeper = Sweeper(self.loop, self.connections, limits)
            shared = Heads(), Outbox(self.loop), sweeper, wire_sizes(limits)
            _shared[self.server_state] = shared
        self.heads, self.outbox, self.sweeper, self.sizes = shared
        self._most_headers = self.sizes.fields
        self._ordinary_target = self.sizes.ordinary_target
        self._ordinary_data = self.sizes.ordinary_data
        self._answerer: Answerer = ThroughAsgi(self.direct_app)
        self._answerer_of_bodies: Answerer = self._answerer
        self._stack: ASGIApp | None = None
        # Checked once per connection, because it is slow; programs set providers at startup.
        direct = self.direct_app
        self._has_telemetry: bool = direct is not None and direct._has_active_telemetry()
        self.scope_template: dict[str, Any] = {}
        self._exchanges: tuple[type[WireExchange], type[WireExchange]]
        self._exchanges = WireExchange, LayeredWireExchange
        if OBSERVERS:
            self._exchanges = ObservedExchange, LayeredObservedExchange
        self._new_exchange = self._exchanges[0]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start a connection."""
        transport = limit_buffer(transport)
        super().connection_made(transport)
        self.context = Context() if self._resets_context else copy_context()
        ordered = OrderedTransport(transport, self.outbox, self.context)
        self.flow = ConnectionFlow(ordered, self.pipeline)
        if isinstance(transport, SlicingTransport):
            self.flow.slices, transport.flow = transport, self.flow
        self._idle_since = self.loop.time()
        if self.sweeper.timer is None:
            self.sweeper.start()
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

    def _choose_answerer(self) -> None:
        """Choose the answerer for the current middleware, which programs may add late."""
        app = self.direct_app
        direct: Answerer | None = None if self._has_telemetry else app._direct_answerer()
        self._answerer = self._answerer_of_bodies = direct or ThroughAsgi(app)
        stack = self._stack = app.middleware_stack
        if direct is not None and stack.default_sizes is not None:
            self._answerer_of_bodies = counting = stack.default_sizes.answerer(direct)
            if not stack.default_sizes.is_usual(self.sizes.parameters):
                self._answerer = counting
        if direct is not None and stack.registered is not None:
            self.scope_template[HANDLERS_KEY] = stack.registered
        self._new_exchange = self._exchanges[direct is not None and stack.is_layered]

    # --- a request, from its first byte to its task -------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Parse data from the socket, and start the request that it completes.

        The parser calls the methods below, `on_url` to `on_message_complete`.
        """
        self._idle_since = None
        if len(data) > self._ordinary_data:
            self._parse_much(data)
        else:
            try:
                self.parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                self._parse_rest(error, data)
        exchange = self._parsed
        if exchange is None:
            self.count_bytes(len(data))
            return
        self._parsed = None
        loop, context = self.loop, self.context.copy()
        if exchange.more_body:
            work = exchange.run(self._answerer_of_bodies)
            task = loop.create_task(work, context=context)
        elif eager_task is None or loop.get_task_factory() is not None:
            task = loop.create_task(exchange.run(self._answerer), context=context)
        else:
            # The task starts here; most requests are already answered when the call returns.
            work = exchange.run(self._answerer)
            task = eager_task(work, loop=loop, eager_start=True, context=context)
        if not task.done():
            exchange.task = task  # `run` removes it from the set, which saves a callback.
            self.tasks.add(task)

    @property
    def on_message_begin(self) -> Any:
        """Return uvicorn's method for a subclass that extends it, otherwise None.

        The parser looks it up once, and need not call it: `on_url` finds that a request begins.
        """
        if type(self).on_message_begin is DirectProtocol.on_message_begin:
            return None
        return super().on_message_begin

    def on_url(self, url: bytes) -> None:
        """Start a request, and keep its target, which may come in parts.

        Raises:
            InvalidRequestError: The target is too long, or has too many parameters.
        """
        if self.headers is not TRAILERS:
            url = self.url + url
        elif self.direct_app is None:
            super().on_message_begin()
        else:
            self.headers = []
        self.url = url
        if len(url) > self._ordinary_target:
            self.check_target(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store one header."""
        name = name.lower()
        if name in NOTED:
            self._noted += NOTED[name]
        self.headers.append((name, value.rstrip()))  # The parser keeps spaces at the end.

    def on_headers_complete(self) -> None:
        """Make the exchange of a request; queue it if another one is being answered."""
        parser, earlier, noted = self.parser, self.cycle, self._noted
        self._noted = 0
        if len(self.headers) > self._most_headers:
            self.check_sizes()
        is_odd = noted != ONE_HOST
        if (is_odd and not ONE_HOST <= noted < TWO_HOSTS) or self._host not in self.headers:
            self.check_head()
        sent = parser.get_method()
        method = METHOD_NAMES.get(sent)
        # An upgrade needs a `Connection` header or the method CONNECT.
        if (is_odd or method is None) and parser.should_upgrade():
            self._complete_headers_of_upgrade()
            return
        if self.direct_app is None:
            self.expect_100_continue = is_odd and self._expects_100_continue()
            self._queue_in_uvicorns_way()
            return
        if self.limit_concurrency is not None and self._has_too_many():
            self._complete_headers_for_asgi()
            return
        stack = self.direct_app.middleware_stack
        if stack is not self._stack or stack is None:
            self._choose_answerer()
        exchange = self._new_exchange(self, method or sent.decode("ascii"))
        if self._has_root_path:
            exchange.use_scope()
        if is_odd or not parser.should_keep_alive():
            self._look_closer(exchange, noted)
        self.cycle: Any = exchange  # in place of uvicorn's own
        self.headers = TRAILERS
        if earlier is None or earlier.response_complete:
            self._parsed = exchange
        else:
            self._let_wait(exchange, earlier)

    def on_body(self, body: bytes) -> None:
        """Store a part of the body."""
        exchange = self.cycle
        if not isinstance(exchange, WireExchange):
            self.uncounted += len(body)
            super().on_body(body)
        elif exchange.response_complete:
            self.uncounted += len(body)
        elif exchange.more_body:
            if exchange.body:
                exchange.add_body(body)
            else:
                exchange.body = body
            if exchange.event is not None:
                exchange.event.set()
            if len(exchange.body) > HIGH_WATER_LIMIT:
                self.flow.pause_reading()

    def on_message_complete(self) -> None:
        """Note that the whole request has arrived."""
        exchange = self.cycle
        if not isinstance(exchange, WireExchange):
            if not self._ignores_upgrade:
                super().on_message_complete()
        elif exchange.more_body:
            exchange.more_body = False
            if exchange.event is not None:
                exchange.event.set()

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Start answering in the event loop's next turn.

        Args:
            cycle: A `WireExchange`, or uvicorn's own record of a request.
            app: The answerer for a `WireExchange`, otherwise the ASGI application.
        """
        if not isinstance(cycle, WireExchange):
            if OBSERVERS and app is not self.app:
                app = observe_app(app)  # It answers 503, because there are too many requests.
            if cycle.scope["http_version"] == "1.0":
                cycle.send = send_to_old_client(cycle)
            else:
                cycle.__class__ = PatientCycle
            self.context.copy().run(super()._start_asgi_task, cycle, app)
            return
        if cycle.more_body:
            app = self._answerer_of_bodies
        task = self.loop.create_task(cycle.run(app), context=self.context.copy())
        if not task.done():  # A task factory may have run it.
            cycle.task = task
            self.tasks.add(task)

    # --- after the response -------------------------------------------------------------------

    def on_response_complete(self) -> None:
        """Continue with the connection, whose response is in the outbox."""
        self.server_state.total_requests += 1
        if self.pipeline or self.flow.read_paused or not self.timeout_keep_alive:
            self._go_on()
        else:
            self._idle_since = self.loop.time()


Shared = tuple[Heads, Outbox, Sweeper, WireSizes]
#: The objects that all connections of a server share.
_shared: WeakKeyDictionary[ServerState, Shared] = WeakKeyDictionary()
