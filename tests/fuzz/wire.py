"""Targets that pass bytes to the protocol class of `pronghorn run`, and scopes as Granian makes."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from pronghorn import FastAPI, Header, Request, WebSocket
from pronghorn.adapters.granian import GranianRequests
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol
from pronghorn.responses import StreamingResponse
from tests.bad_input.asking import ask
from tests.bad_input.attacks import Attack
from tests.bad_input.program import build
from tests.fuzz.requests import FORBIDDEN, Difference
from tests.hardening.raw.table import CASES

STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
#: What differs between two answers to the same bytes.
CHANGES = re.compile(rb"date: [^\r]*\r\n")
#: Turns of the event loop after which nothing more may be written.
TURNS = 400


def make_app() -> FastAPI:
    """Return a program that needs no threads and no time, so its answers come in some turns."""
    app = FastAPI()

    @app.api_route("/echo", methods=["GET", "POST", "PUT"], include_in_schema=False)
    async def echo(request: Request) -> dict[str, str]:
        return {"body": (await request.body()).decode("latin-1"), "url": str(request.url)}

    @app.get("/items/{number}")
    async def read(number: int, q: str = "", x: Annotated[str, Header()] = "") -> list[object]:
        return [number, q, x]

    @app.post("/items")
    async def add(item: dict[str, int]) -> dict[str, int]:
        return item

    @app.post("/early")
    async def early() -> str:
        return "early"

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"one"
            yield b"two"

        return StreamingResponse(parts())

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    return app


class Pipe(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False
        self.is_paused = False

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def write(self, data: Any) -> None:
        if not self.is_closed:
            self.written += bytes(data)

    def writelines(self, parts: Any) -> None:
        self.write(b"".join(parts))

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True

    abort = close

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def is_reading(self) -> bool:
        return not self.is_paused

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name in ("peername", "sockname") else default


class Wire:
    """Connections of the program without a socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.config = Config(make_app(), log_config=None, access_log=False, lifespan="off")
        self.config.load()

    def compare(self, data: bytes) -> None:
        """Pass bytes to two connections: at once, and in parts whose sizes the bytes decide.

        Raises:
            Difference: An answer is a 500, the answers differ, or reading has failed.
        """
        sizes, _, stream = data.partition(b"\n")
        at_once = self.loop.run_until_complete(self._answer([stream]))
        in_parts = self.loop.run_until_complete(self._answer(list(split(stream, sizes))))
        for answer in (at_once, in_parts):
            if any(status >= b"500" for status in STATUS.findall(answer) if status not in FINE):
                raise Difference(f"{stream!r}: {answer!r}")
        if not may_both_be(statuses(at_once), statuses(in_parts)):
            raise Difference(f"{stream!r}:\n{at_once!r}\n{in_parts!r}")

    async def _answer(self, parts: list[bytes]) -> bytes:
        make: Any = PronghornProtocol
        protocol = make(config=self.config, server_state=ServerState(), app_state={})
        problems: list[Any] = []
        self.loop.set_exception_handler(lambda _, context: problems.append(context))
        pipe = Pipe()
        pipe.set_protocol(protocol)
        protocol.connection_made(pipe)
        for part in parts:
            if pipe.is_closed:
                break
            pipe.get_protocol().data_received(part)  # A WebSocket has another one.
            await asyncio.sleep(0)
        before, quiet = b"", 0
        for _ in range(TURNS):
            quiet = quiet + 1 if pipe.written == before else 0
            before = pipe.written
            if quiet > 20:
                break
            await asyncio.sleep(0)
        pipe.get_protocol().connection_lost(None)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            _, hanging = await asyncio.wait(others, timeout=5)
            if hanging:
                problems.append(hanging)
        if problems:
            raise Difference(f"{parts!r}: {problems}")
        return CHANGES.sub(b"", pipe.written)


#: Statuses that a client causes.
FINE = (b"501", b"505")


def statuses(answer: bytes) -> list[bytes]:
    """Return the statuses of the answers, without 100, which a body may be too fast for."""
    return [status for status in STATUS.findall(answer) if status != b"100"]


def may_both_be(some: list[bytes], others: list[bytes]) -> bool:
    """Return True if these may be the statuses for the same bytes.

    A request may be answered before its body turns out to be invalid, which 400 says otherwise.
    """
    kept = [each[:-1] if each[-1:] == [b"400"] else each for each in (some, others)]
    shorter, longer = sorted(kept, key=len)
    return longer[: len(shorter)] == shorter and (kept[0] == kept[1] or b"400" in some + others)


def split(stream: bytes, sizes: bytes) -> Iterator[bytes]:
    """Yield a stream in parts."""
    at = 0
    for size in sizes[:64]:
        yield stream[at : at + size % 61 + 1]
        at += size % 61 + 1
    yield stream[at:]


def wire_seeds() -> Iterator[bytes]:
    """Yield the raw requests of `tests/hardening`, in parts of several sizes."""
    for number, case in enumerate(CASES):
        stream = b"".join(case.data)
        if len(stream) < 2048:
            yield bytes([number % 7 + 1]) * 8 + b"\n" + stream


class Granian:
    """The corrections for Granian, which get scopes that another HTTP server never makes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.inside = build("pronghorn")
        self.app = GranianRequests(self.inside)

    def compare(self, data: bytes) -> None:
        """Answer a request whose parts are lines: method, path, query, body, then headers.

        Raises:
            Difference: The answer is a 500.
        """
        request = make_request(data)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            more: dict[str, Any] = {"server": ("127.0.0.1", "80"), "client": ("127.0.0.1", "5000")}
            more["extensions"] = {"http.response.pathsend": {}}
            await self.app({**scope, **more}, receive, send)

        answer = self.loop.run_until_complete(ask(app, request))
        if (answer.status >= 500 and str(answer.status).encode() not in FINE) or answer.error:
            raise Difference(f"{request}: {answer}")


def make_request(data: bytes) -> Attack:
    """Return the request that lines describe."""
    method, path, query, body, *rest = [*data.split(b"\n"), b"", b"", b"", b""]
    headers = []
    for line in rest[:8]:
        name, _, value = line.translate(None, FORBIDDEN).partition(b":")
        name = name.strip().lower()
        if re.fullmatch(rb"[!#$%&'*+.^_`|~0-9a-z-]+", name):
            headers.append((name, value.strip(b" \t")))
    return Attack(
        "granian",
        path.decode("utf-8", "replace"),
        re.sub(r"[^A-Za-z]", "", method.decode("latin-1")) or "GET",
        re.sub(r"[\0-\x20#\x7f]", "", query.decode("utf-8", "ignore")).encode(),
        tuple(headers),
        body,
    )


def granian_seeds() -> Iterator[bytes]:
    """Yield requests of several kinds."""
    json = b"content-type: application/json"
    yield b"GET\n/query/single\nnumber=1&text=\xc3\xa9\n\nhost: a"
    yield b'POST\n/json/model\n\n{"name":"a"}\n' + json
    yield b"POST\n/form\n\nname=a\ncontent-type: application/x-www-form-urlencoded"
    yield b"GET\n/path/int/1\n\n\nhost: a\nhost: b"
    yield b"GET\nhttp://a/headers\n\n\nx-number: 1\ntransfer-encoding: gzip"
