"""Answer scrapes: in a thread of their own, and several at once with one text."""

from __future__ import annotations

import gc
import gzip
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import choose_encoder, gzip_accepted

from pronghorn.metrics.directory import find_directory
from pronghorn.metrics.reading import SharedMetrics
from pronghorn.requests import Request
from pronghorn.responses import PlainTextResponse, Response

__all__ = ["Exposition"]

_one_at_a_time = Lock()
_limiter: RunVar[CapacityLimiter] = RunVar("pronghorn.metrics")


class Exposition:
    """The text of a registry, or of the registries of all processes of the program.

    Args:
        registry: The registry of this process.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        directory = find_directory()
        self.registry = registry
        if directory is not None:
            self.registry = CollectorRegistry()
            self.registry.register(SharedMetrics(directory))
        #: The last text, its format, and when the numbers began to be read.
        self._last: tuple[str, float, bytes] = ("", -1.0, b"")

    async def answer(self, request: Request) -> Response:
        """Return the response to a scrape."""
        limiter = _limiter.get(None)
        if limiter is None:
            limiter = CapacityLimiter(1)
            _limiter.set(limiter)
        accept = request.headers.get("accept", "")
        try:
            content_type, body = await run_sync(
                self._text, accept, time.monotonic(), limiter=limiter
            )
        except TimeoutError as error:
            return PlainTextResponse(f"{error}\n", 503, {"Retry-After": "5"})
        headers = {"Content-Type": content_type, "Cache-Control": "no-store", "Vary": "Accept"}
        if gzip_accepted(request.headers.get("accept-encoding", "")):
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept, Accept-Encoding"}
            body = await run_sync(gzip.compress, body, 6, limiter=limiter)
        return Response(body, headers=headers)

    def _text(self, accept: str, asked_at: float) -> tuple[str, bytes]:
        """Return the format and the text, not older than the question.

        Scrapes wait for each other. Those who have waited for one that began after they asked
        share its text.
        """
        try:
            encode, content_type = choose_encoder(accept)
        except (TypeError, ValueError):  # a version that is no number
            encode, content_type = choose_encoder("")
        known_type, began, body = self._last
        if known_type != content_type or began < asked_at:
            began = time.monotonic()
            with delay_collections():
                body = encode(self.registry)
            self._last = content_type, began, body
        return content_type, body


@contextmanager
def delay_collections() -> Iterator[None]:
    """Let no garbage be collected in a block that makes many objects and no cycles.

    So many new objects are a reason for a full collection, which would stop the event loop for as
    long as it takes to look at all objects of the program.
    """
    with _one_at_a_time:
        is_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            if is_enabled:
                gc.enable()


@contextmanager
def serving(registry: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Serve metrics on a port of their own until the end of the block; yield the port.

    All workers of a program may listen on the same port, since each answers for all.
    """
    answer = make_wsgi_app(registry)

    def answer_at_once(environ: Any, start_response: Any) -> Any:
        with delay_collections():
            return answer(environ, start_response)

    server = make_server(host, port, answer_at_once, _Server, _Quiet)
    thread = Thread(target=server.serve_forever, name="pronghorn-metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    allow_reuse_port = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing: a scrape every few seconds is no news."""
