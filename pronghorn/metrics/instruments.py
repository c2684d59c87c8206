"""The metrics of requests, by their names in the semantic conventions for HTTP servers.

https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from pronghorn.core.setup_errors import describe_value, setup_error, user_error
from pronghorn.hooks import Observed

__all__ = ["DURATIONS", "Instruments", "instruments_of"]

#: Seconds, as the conventions advise.
DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
#: Seconds of WebSocket connections, up to a day.
CONNECTIONS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0)
#: Bytes.
SIZES = (100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8)
METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
OTHER_METHOD = "_OTHER"
#: The route of all requests that no route has answered.
UNMATCHED = "unmatched"
LABELS = ("http_request_method", "http_route", "http_response_status_code")


class Instruments:
    """Counts the requests of this process; an observer, see `pronghorn.hooks.observe`.

    Args:
        registry: Where the metrics belong.
        buckets: Upper bounds of the durations in seconds.
        sizes: Also measure bodies.
    """

    def __init__(self, registry: CollectorRegistry, buckets: Sequence[float], sizes: bool) -> None:
        self.options = (tuple(buckets), sizes)
        #: The requests that read metrics, by their identity, until they end.
        self._hidden: set[int] = set()
        #: The functions that note a request, by method, route and status.
        self._notes: dict[tuple[str, str | None, int], Callable[[Observed], None]] = {}
        self._durations = Histogram(
            "http_server_request_duration_seconds",
            "Time from the head of a request to the last byte of its response.",
            LABELS,
            registry=registry,
            buckets=buckets,
        )
        self._connections = _make_connection_durations(registry)
        self._exceptions = Counter(
            "http_server_exceptions",
            "Exceptions that nothing in the program has handled.",
            (*LABELS[:2], "error_type"),
            registry=registry,
        )
        self._all_active = _make_gauge(
            "http_server_active_requests",
            "Requests that are not answered completely.",
            LABELS[:1],
            registry,
        )
        connections = _make_gauge(
            "websocket_server_active_connections",
            "WebSocket connections that are open.",
            (),
            registry,
        )
        #: The gauges of active requests, by method.
        self._active = {"WS": connections}
        self._sizes = [_make_sizes(side, registry) for side in ("request", "response") if sizes]

    def start(self, request: Observed) -> None:
        """Count a request as active."""
        (self._active.get(request.method) or self._find_active(request.method)).inc()

    def finish(self, request: Observed) -> None:
        """Note how a request has ended."""
        if self._hidden and id(request) in self._hidden:
            self._hidden.discard(id(request))
            return
        (self._active.get(request.method) or self._find_active(request.method)).dec()
        if request.is_probe:
            return
        key = request.method, request.route(), request.status
        note = self._notes.get(key)
        if note is None:
            note = self._find_note(*key)
        note(request)
        if request.error is not None:
            self._count_exception(request, request.error)

    def hide(self, request: Observed) -> None:
        """Leave out an active request, which asks for these numbers."""
        (self._active.get(request.method) or self._find_active(request.method)).dec()
        self._hidden.add(id(request))

    def _find_active(self, method: str) -> Gauge:
        gauge = self._all_active.labels(_group_method(method))
        if method in METHODS:  # A client may invent methods without end.
            self._active[method] = gauge
        return gauge

    def _find_note(self, method: str, route: str | None, status: int) -> Callable[[Observed], None]:
        labels = (_group_method(method), route or UNMATCHED, str(status))
        of_connection = method == "WS"
        if of_connection:
            observe = self._connections.labels(*labels[1:]).observe
        else:
            observe = self._durations.labels(*labels).observe
        sizes = [] if of_connection else [size.labels(*labels).observe for size in self._sizes]
        note = _note_with_sizes(observe, *sizes) if sizes else _note(observe)
        if method in self._active:  # Not for the methods that clients invent.
            self._notes[method, route, status] = note
        return note

    def _count_exception(self, request: Observed, error: BaseException) -> None:
        kind = type(error)
        name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
        route = request.route() or UNMATCHED
        self._exceptions.labels(_group_method(request.method), route, name).inc()


def _group_method(method: str) -> str:
    return method if method in METHODS or method == "WS" else OTHER_METHOD


def _note(observe: Callable[[float], None]) -> Callable[[Observed], None]:
    def note(request: Observed) -> None:
        observe(request.seconds)

    return note


def _note_with_sizes(
    observe: Callable[[float], None],
    observe_request: Callable[[float], None],
    observe_response: Callable[[float], None],
) -> Callable[[Observed], None]:
    def note(request: Observed) -> None:
        observe(request.seconds)
        observe_response(request.sent)
        for name, value in request.headers:
            if name == b"content-length" and value.isdigit():
                observe_request(int(value))
                break

    return note


def _make_gauge(
    name: str, documentation: str, labels: Sequence[str], registry: CollectorRegistry
) -> Gauge:
    return Gauge(name, documentation, labels, registry=registry, multiprocess_mode="livesum")


def _make_connection_durations(registry: CollectorRegistry) -> Histogram:
    return Histogram(
        "websocket_server_connection_duration_seconds",
        "Time from the handshake of a WebSocket connection to its end.",
        LABELS[1:],
        registry=registry,
        buckets=CONNECTIONS,
    )


def _make_sizes(side: str, registry: CollectorRegistry) -> Histogram:
    return Histogram(
        f"http_server_{side}_body_size_bytes",
        f"Size of the body of a {side}, as it is transferred.",
        LABELS,
        registry=registry,
        buckets=SIZES,
    )


def _are_bounds(buckets: Any) -> bool:
    """Return whether each bound is above the one before, so that no series is there twice."""
    try:
        bounds = [0.0, *(float(bound) for bound in buckets)]
    except (TypeError, ValueError):
        return False
    return len(bounds) > 1 and all(one < other for one, other in pairwise(bounds))


_known_instruments: WeakKeyDictionary[Any, Instruments] = WeakKeyDictionary()


def instruments_of(
    registry: CollectorRegistry, buckets: Sequence[float], sizes: bool
) -> Instruments:
    """Return the instruments of a registry; all applications of a process share them.

    Raises:
        SetupError: They were made with other options, or the options cannot work.
    """
    if not isinstance(registry, CollectorRegistry):
        raise user_error(
            f"Metrics(registry=...) is a CollectorRegistry, not {describe_value(registry)}",
            write="Metrics(registry=CollectorRegistry()), or Metrics()",
        )
    if not _are_bounds(buckets):
        raise user_error(
            f"Metrics(buckets={buckets!r}) are no upper bounds",
            "they are no numbers of seconds, do not rise, or one is there twice",
            "Metrics(buckets=[0.01, 0.1, 1])",
        )
    known = _known_instruments.get(registry)
    if known is None:
        known = _known_instruments[registry] = Instruments(registry, buckets, sizes)
    elif known.options != (tuple(buckets), sizes):
        raise setup_error(
            "This registry has metrics of requests already, with other buckets or sizes: make one "
            "Metrics for the process, or give each a registry=CollectorRegistry() of its own."
        )
    return known
