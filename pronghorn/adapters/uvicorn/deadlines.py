"""Close connections whose clients are too slow: one timer looks at all connections of a server.

Once a second, the sweep asks each connection what it waits for, and adds the time if it is the same
as before. Requests start no timers and note no times. If the event loop was blocked, the clients
are not to blame: that second does not count.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import httptools

from pronghorn.adapters.request_heads import SLOW_BODY, SLOW_HEAD, Refusal
from pronghorn.adapters.server_limits import ServerLimits
from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.hidden_departure import RESET, ask_peer, find_events
from pronghorn.adapters.uvicorn.order import TRAILERS, OrderlyProtocol
from pronghorn.adapters.uvicorn.taken import mark_taken
from pronghorn.core.refused import advise

#: Seconds between two sweeps.
INTERVAL = 1.0
#: Seconds that a client has to answer the end of an encrypted connection.
CLOSING = 5.0
#: The most seconds for which what a client has sent ahead excuses that it sends nothing.
AHEAD = 30.0
#: Seconds for a first request if connections are not kept alive and its head has no deadline.
FIRST = 10.0
#: What a connection waits for from its client.
NOTHING, HEAD, BODY, IDLE = range(4)

logger = logging.getLogger("uvicorn.error")


class DeadlineProtocol(OrderlyProtocol):
    """A connection that can be asked what it waits for.

    Attributes:
        sweeper: Looks at all connections of the server.
        uncounted: Bytes of bodies that no exchange of ours keeps: ignored ones, and those for
            applications of other frameworks.
    """

    sweeper: Sweeper
    uncounted: int

    def find_wait(self) -> tuple[int, Any]:
        """Return what the connection waits for, and an object that is another one next time."""
        cycle = self.cycle
        if self._stopped:
            return NOTHING, None
        if self.headers is not TRAILERS:
            return HEAD, self.headers
        if cycle is not None and cycle.more_body:
            return BODY, cycle
        if cycle is not None and not cycle.response_complete:
            return NOTHING, None
        if self._idle_since is not None:
            return IDLE, self._idle_since
        # A method that is not complete. Behind the rest of a body that was not read, this can only
        # be told apart from an idle connection when the head goes on.
        return (HEAD, self.url) if cycle is None else (IDLE, cycle)

    def count_body(self) -> int:
        """Return how many bytes of the current body have arrived, or more."""
        cycle = self.cycle
        if not isinstance(cycle, WireExchange):
            return self.uncounted
        return self.uncounted + cycle.taken + len(cycle.body)

    def is_sending_paused(self) -> bool:
        """Return True if the client cannot send its body, because it is not asked for it."""
        return bool(self.flow.read_paused or self.cycle.waiting_for_100_continue)

    def tell_departure(self) -> None:
        """Tell the request that is answered that its client sends no more than what waits unread.

        What waits is read behind it as always: it may be a whole request.
        """
        running = self.running if self.pipeline else self.cycle
        if not isinstance(running, WireExchange) or running.response_complete:
            return
        if running.more_body:
            running.note_departure()  # The rest of its body may be among what waits.
        elif not running.input_ended:
            running.end_input()

    def refuse_slow(self, refusal: Refusal) -> None:
        """Answer 408 if that is possible, and read nothing more as a request."""
        self.refusal = refusal
        stopped: Any = StoppedParser()
        self.parser = stopped
        self._refuse()


class StoppedParser:
    """Stands for the parser of a connection that was refused."""

    def feed_data(self, data: Any) -> None:
        """Accept nothing.

        Raises:
            HttpParserError: Always.
        """
        raise httptools.HttpParserError("The request was refused.")


class Watch:
    """Remembers what was seen of one connection.

    Args:
        connection: The connection.
        limits: The limits of the server.
    """

    __slots__ = (
        "acked",
        "connection",
        "credit",
        "is_asked",
        "key",
        "kind",
        "limits",
        "received",
        "resumed",
        "size",
        "spent",
        "stuck",
    )

    def __init__(self, connection: DeadlineProtocol, limits: ServerLimits) -> None:
        self.connection = connection
        self.limits = limits
        self.kind, self.key = NOTHING, None
        self.spent = self.stuck = self.credit = 0.0
        self.received = self.size = self.resumed = 0
        self.acked = -1
        #: True once the system asks the client whether it is still there.
        self.is_asked = False

    def look(self, passed: float) -> None:
        """Look at the connection, and close it if its client is too slow.

        Args:
            passed: The seconds that count since the last time.
        """
        connection = self.connection
        transport = connection.transport
        size = transport.get_write_buffer_size()
        if size or transport.is_closing():
            self._look_at_output(passed, size)
            if transport.is_closing():
                return
        elif self.stuck:
            self.stuck = 0.0
        if connection.flow.read_paused and self._has_been_reset():
            return
        kind, key = connection.find_wait()
        if kind == IDLE and size:
            kind, key = NOTHING, None  # The client still reads the response.
        if kind != self.kind or key is not self.key:
            self.kind, self.key, self.spent = kind, key, 0.0
            if kind == BODY:
                self.credit, self.received = self.limits.body_grace, connection.count_body()
            return
        if kind == BODY:
            self._look_at_body(passed)
        elif kind:
            self.spent += passed
            self._look_at_wait()

    def _has_been_reset(self) -> bool:
        """Look whether the client has left behind unread data; return True after a reset."""
        connection = self.connection
        peer = connection.transport.get_extra_info("socket")
        events = find_events(peer)
        if events & RESET:  # What waits is lost, too.
            connection.transport.abort()
            return True
        if events:
            connection.tell_departure()
        elif not self.is_asked:
            self.is_asked = True
            ask_peer(peer)
        return False

    def _look_at_output(self, passed: float, size: int) -> None:
        flow, transport = self.connection.flow, self.connection.transport
        acked = mark_taken(transport)
        if (size, flow.resumed, acked) != (self.size, self.resumed, self.acked):
            self.size, self.resumed, self.acked = size, flow.resumed, acked
            self.stuck = 0.0
            return
        self.stuck += passed
        limit = self.limits.send_timeout if size else CLOSING
        if 0 < limit <= self.stuck:
            if size:
                logger.info(
                    "%sThe client takes nothing of a response, and is cut off. %s",
                    self.connection.client_prefix(),
                    advise("send_timeout", limit),
                )
            transport.abort()

    def _look_at_body(self, passed: float) -> None:
        connection, limits = self.connection, self.limits
        if not limits.body_rate:
            return
        received = connection.count_body()
        if not connection.is_sending_paused():
            earned = max(0, received - self.received) / limits.body_rate
            most = max(limits.body_grace, AHEAD)
            self.credit = min(most, self.credit + earned) - passed
            if self.credit <= 0:
                connection.refuse_slow(SLOW_BODY)
        self.received = received

    def _look_at_wait(self) -> None:
        connection, head = self.connection, self.limits.head_timeout
        if self.kind == HEAD:
            if 0 < head <= self.spent:
                connection.refuse_slow(SLOW_HEAD)
        elif self.spent >= (connection.timeout_keep_alive or head or FIRST):
            connection.transport.close()


class Sweeper:
    """Looks at the connections of a server once a second, while there are any.

    Args:
        loop: The event loop.
        connections: The server's own set of connections, WebSockets included.
        limits: The limits of the server.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connections: Iterable[Any],
        limits: ServerLimits,
    ) -> None:
        self.timer: asyncio.TimerHandle | None = None
        self._loop = loop
        self._connections = connections
        self._limits = limits
        self._watches: dict[DeadlineProtocol, Watch] = {}
        self._last = 0.0

    def start(self) -> None:
        """Start the timer; it stops when there is no connection."""
        self._last = self._loop.time()
        self.timer = self._loop.call_later(INTERVAL, self.sweep)

    def sweep(self) -> None:
        """Look at all connections."""
        elapsed = self._loop.time() - self._last
        passed = 0.0 if elapsed > 2 * INTERVAL else elapsed
        earlier, self._watches = self._watches, {}
        for connection in list(self._connections):
            if isinstance(connection, DeadlineProtocol):
                watch = earlier.get(connection) or Watch(connection, self._limits)
                self._watches[connection] = watch
                try:
                    watch.look(passed)
                except Exception:
                    logger.exception("A connection could not be checked for its deadlines")
        self.timer = None
        if self._watches:
            self.start()
