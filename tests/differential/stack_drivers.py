"""Send requests to generated stacks, through ASGI and through the protocol classes of uvicorn."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from pronghorn.adapters.request_heads import is_valid_host
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol
from pronghorn.hooks import Observed, observe, stop_observing
from tests.differential.stacks import Ask

SECONDS = 20
Headers = list[tuple[bytes, bytes]]


@dataclass
class Answer:
    """A response, the exception that left the application, and what was noticed inside of it."""

    status: int | None = None
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    is_complete: bool = False
    error: str | None = None
    noted: list[Any] = field(default_factory=list)

    def cookies(self) -> Headers:
        """Return the cookies that were set, as the header of the next request."""
        values = [value for name, value in self.headers if name == b"set-cookie"]
        return [(b"cookie", value.partition(b";")[0]) for value in values]


async def call(app: Any, ask: Ask, cookies: Headers, noted: list[Any]) -> Answer:
    """Send one request through ASGI."""
    answer = Answer()
    waiting = [{"type": "http.request", "body": ask.body, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        assert not answer.is_complete
        if message["type"] == "http.response.start":
            assert answer.status is None
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            assert answer.status is not None
            answer.body += message.get("body", b"")
            answer.is_complete = not message.get("more_body", False)

    try:
        async with asyncio.timeout(SECONDS):
            await app(scope_of(ask, cookies), receive, send)
    except TimeoutError:
        raise
    except Exception as error:  # noqa: BLE001 - compared
        answer.error = type(error).__name__
    answer.noted = joined(noted)
    return answer


async def talk(app: Any, ask: Ask, cookies: Headers, noted: list[Any]) -> list[Any]:
    """Open a WebSocket connection, send a text, and return all that comes back."""
    found: list[Any] = []
    waiting: list[Any] = [{"type": "websocket.connect"}]
    waiting += [{"type": "websocket.receive", "text": "a"}, {"type": "websocket.disconnect"}]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        found.append({**message, "headers": list(message.get("headers", ()))})

    scope = {**scope_of(ask, cookies), "type": "websocket", "subprotocols": []}
    scope["scheme"] = {"http": "ws", "https": "wss"}[scope["scheme"]]
    del scope["method"]
    try:
        async with asyncio.timeout(SECONDS):
            await app(scope, receive, send)
    except TimeoutError:
        raise
    except Exception as error:  # noqa: BLE001 - compared
        found.append(type(error).__name__)
    return [*found, *noted]


def scope_of(ask: Ask, cookies: Headers) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 5000),
        "scheme": "http" if b"x-plain" in dict(ask.headers) else "https",
        "method": ask.method,
        "root_path": "",
        "path": ask.path,
        "raw_path": ask.path.encode(),
        "query_string": b"q=1",
        "headers": [*ask.headers, *cookies],
        "state": {},
    }


def joined(noted: list[Any]) -> list[Any]:
    """Return what was noted, with the parts of each body joined."""
    found: list[Any] = []
    for item in noted:
        is_body = isinstance(item, dict) and item.get("type") == "http.response.body"
        if not is_body:
            found.append(item)
        elif found and isinstance(found[-1], bytes):
            found[-1] += item.get("body", b"")
        else:
            found.append(item.get("body", b""))
    return found


# --- uvicorn ----------------------------------------------------------------------------------


class Socket(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""
        self.is_closed = False

    def write(self, data: Any) -> None:
        assert not self.is_closed
        self.data += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 80) if name in {"peername", "sockname"} else default


@dataclass
class Parsed:
    """A response as a client reads it."""

    headers: Headers = field(default_factory=list)
    body: bytes = b""
    is_complete: bool = False
    status: int | None = None
    is_closed: bool = False

    @classmethod
    def of(cls, socket: Socket) -> Parsed:
        """Parse what was written to a socket."""
        parsed = cls(is_closed=socket.is_closed)
        parser = httptools.HttpResponseParser(parsed)
        parser.feed_data(socket.data)
        parsed.status = parser.get_status_code() if socket.data else None
        return parsed

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = True


class Noting:
    """An observer that notes how each request ended."""

    def __init__(self) -> None:
        self.ended: list[tuple[int, int]] = []

    def start(self, request: Observed) -> None:
        """Do nothing."""

    def finish(self, request: Observed) -> None:
        """Note the status and the bytes of the body."""
        self.ended.append((request.status, request.sent))


class Wire:
    """One server of uvicorn without a socket.

    Args:
        app: The application.
        is_direct: Use the protocol class of `pronghorn run`.
        is_observed: Attach an observer.
    """

    def __init__(self, app: Any, *, is_direct: bool, is_observed: bool = False) -> None:
        self._config = Config(app, log_config=None, access_log=False, lifespan="off")
        self._config.load()
        self._kind: Any = PronghornProtocol if is_direct else HttpToolsProtocol
        self._state = ServerState()
        self._state.default_headers = [(b"server", b"test")]
        self._observer = Noting() if is_observed else None
        self._logged = logging.getLogger("uvicorn.error")

    def __enter__(self) -> Wire:
        if self._observer is not None:
            observe(self._observer)
        self._logged.disabled = True
        return self

    def __exit__(self, *_: object) -> None:
        if self._observer is not None:
            stop_observing(self._observer)
        self._logged.disabled = False

    async def ask(self, ask: Ask, parts: int = 1) -> Parsed:
        """Send a request over a connection of its own, and return the response.

        Args:
            ask: The request.
            parts: The number of segments; the second one is the last byte.
        """
        protocol = self._kind(config=self._config, server_state=self._state, app_state={})
        socket = Socket()
        protocol.access_log = False
        protocol.connection_made(socket)
        lines = [b"%s %s?q=1 HTTP/1.1" % (ask.method.encode(), ask.path.encode())]
        lines += [b"%b: %b" % header for header in ask.headers]
        data = b"\r\n".join([*lines, b"", ask.body])
        end = len(data) - parts + 1
        protocol.data_received(data[:end])
        if data[end:]:
            await asyncio.sleep(0)
            protocol.data_received(data[end:])
        async with asyncio.timeout(SECONDS):
            await asyncio.sleep(0)
            while protocol.tasks:
                await asyncio.wait(list(protocol.tasks))
                await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)
        parsed = Parsed.of(socket)
        if self._observer is not None and parsed.status is not None:
            assert self._observer.ended.pop()[0] == parsed.status
        protocol.connection_lost(None)
        return parsed


def is_speakable(ask: Ask) -> bool:
    """Return whether both servers answer a request, and its response can be parsed apart.

    Only uvicorn's own class lets requests without a valid Host pass (`tests/hardening`).
    """
    hosts = [value for name, value in ask.headers if name == b"host"]
    return ask.method != "HEAD" and len(hosts) == 1 and is_valid_host(hosts[0])
