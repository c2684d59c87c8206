"""The body of a request over RSGI, where the server says less than expected."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from starlette.types import Message

from pronghorn.adapters.rsgi_http import RsgiExchange, asgi_scope


class Chunks:
    """A protocol of RSGI that has no more to give than `parts`, and says so as Granian does."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = list(parts)

    def __aiter__(self) -> Chunks:
        return self

    def __anext__(self) -> Any:
        if not self._parts:
            raise StopAsyncIteration  # at once, not by what is returned
        return asyncio.sleep(0, self._parts.pop(0))

    async def client_disconnect(self) -> None:
        """It has left."""


def received(protocol: Chunks, length: int, times: int) -> list[Message]:
    """What so many calls of `receive` give, for a body that was announced with a length."""
    request = SimpleNamespace(
        method="POST", path="/", http_version="1.1", headers={"content-length": str(length)}
    )

    async def main() -> list[Message]:
        exchange = RsgiExchange(lambda request: asgi_scope(request, ""), request, protocol)
        return [await exchange.receive() for _ in range(times)]

    return asyncio.run(main())


def test_a_body_that_ends_before_its_length() -> None:
    """`anext` with a default would end the process here (CPython issue 131670)."""
    assert received(Chunks(b"12345"), 10, 3) == [
        {"type": "http.request", "body": b"12345", "more_body": True},
        {"type": "http.disconnect"},
        {"type": "http.disconnect"},
    ]


def test_a_body_that_breaks_off_with_an_empty_part() -> None:
    assert received(Chunks(b"12345", b""), 10, 3)[1:] == [{"type": "http.disconnect"}] * 2


def test_a_body_that_is_complete() -> None:
    assert received(Chunks(b"12345", b"67890"), 10, 2)[1] == {
        "type": "http.request",
        "body": b"67890",
        "more_body": False,
    }
