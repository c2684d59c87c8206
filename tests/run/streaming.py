"""Helpers for tests of streams: routes without an application, clients without a network."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

import anyio
from pydantic.fields import FieldInfo
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Scope

from pronghorn.exceptions import EndpointContext
from pronghorn.fields.field import Field
from pronghorn.run.streaming.response import Streamer

LINES = "json lines"
EVENTS = "server-sent events"
RAW = "raw"
DEFAULTS = {
    "include": None,
    "exclude": None,
    "by_alias": True,
    "exclude_unset": False,
    "exclude_defaults": False,
    "exclude_none": False,
}
WHERE: EndpointContext = {"function": "items", "path": "GET /items"}


def streamer(
    kind: str,
    annotation: Any = None,
    response_class: type[Response] = StreamingResponse,
    status_code: int | None = None,
    **options: Any,
) -> Streamer:
    field = None
    if annotation is not None:
        field = Field("item", FieldInfo(annotation=annotation), mode="serialization")
    return Streamer(
        kind, field, response_class, status_code, {**DEFAULTS, **options}, lambda: WHERE
    )


class Client:
    """One side of an exchange: keeps what was sent, and leaves when it is told to."""

    def __init__(self, spec_version: str = "2.3") -> None:
        self.scope: Scope = {"type": "http", "asgi": {"spec_version": spec_version}}
        self.sent: list[Message] = []
        self.gone = anyio.Event()
        self.on_chunk: Callable[[bytes], None] = lambda _: None

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.gone.is_set() and self.scope["asgi"]["spec_version"] >= "2.4":
            raise OSError("the connection is closed")
        self.sent.append(message)
        if message.get("body"):
            self.on_chunk(message["body"])

    async def get(self, response: Response) -> Client:
        await response(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name.decode(), value.decode()) for name, value in self.sent[0]["headers"]]

    @property
    def chunks(self) -> list[bytes]:
        return [bytes(message["body"]) for message in self.sent[1:] if message["body"]]

    @property
    def text(self) -> str:
        return b"".join(self.chunks).decode()


async def many(*items: Any) -> AsyncGenerator[Any, None]:
    for item in items:
        yield item


def many_blocking(*items: Any) -> Generator[Any, None, None]:
    yield from items


async def text_of_one(made: Streamer, generator: Any) -> str:
    """The body of one stream."""
    return (await Client().get(made.response(generator, None, None))).text
