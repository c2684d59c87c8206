"""The set of tasks for which the server waits when it stops, on the protocol class."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from pronghorn import FastAPI
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol

REQUEST = b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n"
#: Turns of the event loop after which the bytes of a client have arrived.
TURNS = 20


class Server:
    """A server of one program in this event loop.

    Attributes:
        state: The state of uvicorn, which has the tasks.
        release: Lets requests to `/wait` end.
        seen: Weak references to the tasks of requests.
    """

    def __init__(self) -> None:
        self.state = ServerState()
        self.release = asyncio.Event()
        self.seen: list[weakref.ref[Any]] = []
        app = FastAPI()

        @app.get("/quick")
        async def quick() -> int:
            task = asyncio.current_task()
            assert task is not None
            self.seen.append(weakref.ref(task))
            return len(asyncio.all_tasks())

        @app.get("/wait")
        async def wait() -> str:
            await self.release.wait()
            return await quick() and "over"

        @app.get("/fail")
        async def fail() -> None:
            await asyncio.sleep(0)
            raise RuntimeError

        self.config = Config(app, log_config=None, access_log=False)
        self.config.load()

    def protocol(self) -> Any:
        make: Any = PronghornProtocol  # which has the parameters of uvicorn's class
        return make(config=self.config, server_state=self.state, app_state={})

    async def has_tasks(self, count: int) -> bool:
        """Wait until the set has a number of tasks; return False if that does not happen."""
        for _ in range(TURNS):
            if len(self.state.tasks) == count:
                return True
            await asyncio.sleep(0.005)
        return False


@asynccontextmanager
async def connect(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, Any]]:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(server.protocol, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        for connection in list(server.state.connections):
            connection.transport.abort()
        writer.close()
        listening.close()
        await asyncio.sleep(0.01)  # Both sides learn that the connection is over.


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Return status line and body of the next response."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return head.split(b"\r\n")[0] + b" " + await reader.readexactly(length)


@pytest.mark.parametrize("pipelined", [False, True])
def test_a_task_is_in_the_set_until_it_is_over(pipelined: bool) -> None:
    async def main() -> None:
        server = Server()
        async with connect(server) as (reader, writer):
            writer.write(REQUEST % b"wait" + REQUEST % b"wait" * pipelined)
            assert await server.has_tasks(1)
            server.release.set()
            for _ in range(1 + pipelined):
                assert await answer(reader) == b'HTTP/1.1 200 OK "over"'
            assert await server.has_tasks(0)
            gc.collect()
            assert [task() for task in server.seen] == [None] * (1 + pipelined)

    asyncio.run(main())


def test_a_task_that_fails_leaves_the_set() -> None:
    async def main() -> None:
        server = Server()
        async with connect(server) as (reader, writer):
            writer.write(REQUEST % b"fail")
            assert (await answer(reader)).startswith(b"HTTP/1.1 500 ")
            assert await server.has_tasks(0)

    asyncio.run(main())


@pytest.mark.parametrize("end", ["reset", "shutdown"])
def test_a_task_that_is_cancelled_before_its_first_step(end: str) -> None:
    async def main() -> None:
        server = Server()
        loop = asyncio.get_running_loop()

        def cancelled(loop: Any, work: Coroutine[Any, Any, Any], **options: Any) -> Any:
            task = asyncio.Task(work, loop=loop, **options)
            if getattr(work, "__qualname__", "").startswith("WireExchange"):
                task.cancel()
            return task

        async with connect(server) as (_, writer):
            loop.set_task_factory(cancelled)
            writer.write(REQUEST % b"quick")
            assert await server.has_tasks(1)
            for connection in list(server.state.connections):
                connection.transport.abort() if end == "reset" else connection.shutdown()
            assert await server.has_tasks(0)
            loop.set_task_factory(None)

    asyncio.run(main())


if sys.version_info >= (3, 12):

    @pytest.mark.parametrize("pipelined", [False, True])
    def test_tasks_of_an_eager_factory_leave_the_set(pipelined: bool) -> None:
        async def main() -> None:
            server = Server()
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            server.release.set()
            async with connect(server) as (reader, writer):
                writer.write(REQUEST % b"quick" + REQUEST % b"wait" * pipelined)
                for _ in range(1 + pipelined):
                    assert (await answer(reader)).startswith(b"HTTP/1.1 200 ")
                assert await server.has_tasks(0)

        asyncio.run(main())


def test_a_request_that_arrives_byte_by_byte() -> None:
    async def main() -> None:
        server = Server()
        async with connect(server) as (reader, writer):
            writer.write(REQUEST % b"quick")
            await answer(reader)
            connection = next(iter(server.state.connections))
            for byte in REQUEST % b"quick" + REQUEST % b"none":
                connection.data_received(bytes([byte]))
            assert (await answer(reader)).startswith(b"HTTP/1.1 200 ")
            assert (await answer(reader)).startswith(b"HTTP/1.1 404 ")

    asyncio.run(main())
