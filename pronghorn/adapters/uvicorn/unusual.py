"""Handle requests that the short way does not cover: other versions, upgrades, applications."""

from __future__ import annotations

from typing import Any

from pronghorn.adapters.uvicorn.exchange import WireExchange
from pronghorn.adapters.uvicorn.order import TRAILERS
from pronghorn.adapters.uvicorn.sizes import MeasuredProtocol
from pronghorn.adapters.uvicorn.strictness import CODING, ONE_HOST, VALUES, VERSION
from pronghorn.adapters.uvicorn.until_close import send_to_old_client

FORWARDED = frozenset([b"x-forwarded-for", b"x-forwarded-proto"])
#: Headers that are noted while a request is parsed. Most clients send `Connection: keep-alive`,
#: the default since HTTP/1.1, so this header only leads to a check of the version.
NOTED = {b"host": ONE_HOST, b"connection": VERSION, b"expect": VALUES}
NOTED |= {b"transfer-encoding": CODING} | dict.fromkeys(FORWARDED, VALUES)


class UnusualRequests(MeasuredProtocol):
    """Handles requests that the short way does not cover.

    Attributes:
        direct_app: The application, if it is one of this framework and not wrapped; else None.
    """

    direct_app: Any
    #: The sum of `NOTED` for the headers of the current request.
    _noted: int

    def _look_closer(self, exchange: WireExchange, noted: int) -> None:
        """Handle rare cases: HTTP/1.0, `Connection: close`, `Expect`, forwarded headers.

        Args:
            exchange: The request.
            noted: The sum of `NOTED` for its headers.
        """
        parser = self.parser
        version = parser.get_http_version()
        if version != "1.1" or not parser.should_keep_alive():
            self.check_version(version)
            exchange.http_version = version
            exchange.keep_alive = parser.should_keep_alive() and version != "1.0"
            if version == "1.0":
                exchange.send_part = send_to_old_client(exchange)
        if noted % ONE_HOST >= VALUES:
            exchange.waiting_for_100_continue = self._expects_100_continue()
            exchange.forwarded = any(name in FORWARDED for name, _ in self.headers)

    def _expects_100_continue(self) -> bool:
        """Return True if the client waits for 100, which HTTP/1.0 lacks (RFC 9110, 10.1.1)."""
        expectations = [value.lower() for name, value in self.headers if name == b"expect"]
        return b"100-continue" in expectations and self.parser.get_http_version() == "1.1"

    def _has_too_many(self) -> bool:
        """Return True if `--limit-concurrency` is reached; then uvicorn's own code answers."""
        limit = self.limit_concurrency
        return limit is not None and (len(self.connections) >= limit or len(self.tasks) >= limit)

    def _complete_headers_of_upgrade(self) -> None:
        if not self._should_upgrade():
            self._ignores_upgrade = True
            return
        self._find_path()
        if self.direct_app is None:
            super().on_headers_complete()
        else:
            self._complete_headers_for_asgi()

    def _queue_in_uvicorns_way(self) -> None:
        """Start a request through ASGI, or queue it behind the one that is being answered."""
        self.check_version(self.parser.get_http_version())
        self._find_path()
        earlier = self.cycle
        super().on_headers_complete()
        if self.cycle is not earlier:
            self.headers = TRAILERS
        if len(self.pipeline) == 1:
            self.running = earlier

    def _complete_headers_for_asgi(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()  # Makes the scope, and discards the parsed values.
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        self._queue_in_uvicorns_way()

    def _find_path(self) -> None:
        """Take the path of an absolute target as the target, for uvicorn's own code."""
        if self.url[:1] != b"/" or b"#" in self.url:
            self.url = self.to_origin_form(self.url)
