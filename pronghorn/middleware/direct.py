"""The routes of an application right inside of a middleware, with no other layer between.

Everything that runs in the child task is known then. A complete answer that nothing follows is
handed over at once, and the task is through; and a handler that never waits needs no cancel scope.
"""

from __future__ import annotations

from typing import Protocol

from anyio import CancelScope
from starlette.responses import Response
from starlette.types import Message, Scope

from pronghorn.compile.app import Pipeline
from pronghorn.compile.endings import Ending, ending_of
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
    exchange = DirectExchange(scope, answers)
    try:
        found = pipeline.find(exchange)
        if found is not None and (ending := ending_of(found[0])) is not Ending.OPEN:
            exchange.is_last = True
            if ending is Ending.IMMEDIATE:
                await found[0](exchange, found[1])
                return
    except Exception as error:  # noqa: BLE001 - the handlers know what to do with which
        with answers.open_scope():
            await pipeline.recover(exchange, error)
        return
    exchange.is_in_scope = True
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

    - `is_last`: nothing follows a complete answer.
    - `is_in_scope`: whatever waits here can be cancelled.
    """

    __slots__ = ("_answers", "is_in_scope", "is_last")

    def __init__(self, scope: Scope, answers: Answers) -> None:
        super().__init__(scope, answers.receive, answers.send)
        self._answers = answers
        self.is_last = False
        self.is_in_scope = False

    def write_json(self, body: bytes, status: int) -> bool:
        """Send a complete JSON response at once, where nothing follows."""
        if not self.is_last:
            return False
        self.started = True
        headers = [(b"content-length", b"%d" % len(body)), JSON_CONTENT_TYPE]
        self._answers.put(
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": body},
        )
        return True

    async def send_response(self, response: Response) -> None:
        """Send any response object, which may wait, and may have background tasks."""
        if self.is_in_scope:
            await super().send_response(response)
            return
        with self._answers.open_scope():
            await super().send_response(response)
