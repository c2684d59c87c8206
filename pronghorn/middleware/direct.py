"""The routes of an application right inside of a middleware, with no other layer between.

Everything that runs in the child task is known then. A handler that never waits needs no cancel
scope, and its complete answer is handed over at once: nothing of it is left for later.
"""

from __future__ import annotations

from typing import Protocol

from anyio import CancelScope
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from pronghorn.compile.app import Pipeline
from pronghorn.compile.immediate import is_immediate
from pronghorn.run.exchange import JSON_CONTENT_TYPE, Exchange


class Answers(Protocol):
    """Takes the answer of one request."""

    async def receive(self) -> Message:
        """ASGI's `receive`."""

    async def send(self, message: Message) -> None:
        """ASGI's `send`."""

    def put(self, *messages: Message) -> None:
        """Take messages that hold nobody."""

    def open_scope(self) -> CancelScope:
        """The scope by which whatever waits inside of it can be cancelled."""


async def answer_directly(pipeline: Pipeline, scope: Scope, answers: Answers) -> None:
    """Answer one HTTP request, as the pipeline itself does."""
    exchange = DirectExchange(scope, answers.receive, answers.send)
    try:
        found = pipeline.find(exchange)
        if found is not None and is_immediate(found[0]):
            exchange.answers = answers
            await found[0](exchange, found[1])
            return
    except Exception as error:  # noqa: BLE001 - the handlers know what to do with which
        with answers.open_scope():
            await pipeline.recover(exchange, error)
        return
    with answers.open_scope():
        try:
            if found is None:
                await pipeline.route(exchange)
            else:
                await found[0](exchange, found[1])
        except Exception as error:  # noqa: BLE001 - see above
            await pipeline.recover(exchange, error)


class DirectExchange(Exchange):
    """One HTTP request of a middleware.

    - `answers`: takes the answer of a handler that never waits; None for any other handler.
    """

    __slots__ = ("answers",)

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self.answers: Answers | None = None

    def write_json(self, body: bytes, status: int) -> bool:
        """Send a complete JSON response at once."""
        if self.answers is None:
            return False
        self.started = True
        headers = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        self.answers.put(
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        return True

    async def send_response(self, response: Response) -> None:
        """Send any response object, which may wait, and may have background tasks."""
        if self.answers is None:
            await super().send_response(response)
            return
        with self.answers.open_scope():
            await super().send_response(response)
