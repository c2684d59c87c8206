"""A proxy before a server of PostgreSQL that cuts, delays and swallows what passes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from sqlalchemy.engine import make_url

Decide = Callable[[bytes], str]


class FaultProxy:
    """Forwards connections to a server, and breaks them as the test says.

    It runs on an event loop in a thread of its own, so it works while the test's loop does not.

    Attributes:
        decide: Gets each part that a client sends, and returns "forward", "cut" to end the
            connection instead, or "answer" to end it in place of the answer.
        delay: The seconds that each part waits.
        refuses: Whether new connections are ended at once.
        says: An error of PostgreSQL with which new connections are ended; the client may not ask
            for TLS.
        opened: How many connections there were.
    """

    def __init__(self, url: str) -> None:
        target = make_url(url)
        self._target = (target.host, target.port)
        self.decide: Decide = lambda _: "forward"
        self.delay = 0.0
        self.refuses = False
        self.says = ""
        self.opened = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._passes: asyncio.Event
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait()
        self.url = target.set(port=self._port).render_as_string(hide_password=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def cut(self) -> None:
        """End all connections at once, without a word."""
        self._call(self._cut_all)

    def swallow(self) -> None:
        """Let nothing through, and keep it, until `release`."""
        self._call(self._passes.clear)

    def release(self) -> None:
        """Let everything through again."""
        self._call(self._passes.set)

    def _call(self, function: Callable[[], Any]) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (function(), done.set()))
        done.wait()

    def _cut_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        self._passes = asyncio.Event()
        self._passes.set()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        self._cut_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._cut_all()
        await asyncio.sleep(0.01)  # The sockets are closed in later turns.

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self._writers.add(writer)
        with suppress(OSError, asyncio.CancelledError):
            await self._passes.wait()
            if self.says:
                await reader.read(1024)
                writer.write(_make_error(self.says))
                await writer.drain()
                writer.close()
                return
            if not self.refuses:
                await self._join(reader, writer)
        writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        self._writers.add(server_writer)
        answers = asyncio.ensure_future(self._pass_answers(server_reader, writer))
        await self._pass_requests(reader, server_writer, answers)
        await asyncio.wait([answers])
        server_writer.transport.abort()

    async def _pass_requests(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answers: asyncio.Future[None],
    ) -> None:
        with suppress(OSError):
            while part := await reader.read(65536):
                await self._hold()
                decision = self.decide(part)
                if decision != "forward":
                    answers.cancel()
                if decision != "cut":
                    writer.write(part)
                if decision == "answer":
                    # The server has done its work when this one is there.
                    await asyncio.sleep(0.1)
                if decision != "forward":
                    return
        answers.cancel()

    async def _pass_answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while part := await reader.read(65536):
                await self._hold()
                writer.write(part)
        writer.transport.abort()

    async def _hold(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        await self._passes.wait()


def _make_error(text: str) -> bytes:
    """Return the message of PgBouncer that ends a connection."""
    fields = f"SFATAL\0C08P01\0M{text}\0\0".encode()
    return b"E" + (len(fields) + 4).to_bytes(4, "big") + fields
