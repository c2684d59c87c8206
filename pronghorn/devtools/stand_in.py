"""Serve a program in development, and the reason in its place if its lifespan fails."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.devtools.access import Access
from pronghorn.devtools.broken import STATE, BrokenProgram, Trouble
from pronghorn.devtools.failures import describe_error, describe_text

__all__ = ["StandIn", "serve_trouble"]

ANNOUNCEMENT = "Browsers get this error as a page until the next edit"
_STARTED = {"Waiting for application startup.", "Application startup complete."}


class StandIn:
    """An ASGI application: the program, or an answer in its place once its lifespan has failed.

    Args:
        app: The program.
        access: The rules for who may read the reason.
        print_error: Prints the exception on the terminal.
    """

    def __init__(
        self, app: ASGIApp, access: Access, print_error: Callable[[BaseException], None]
    ) -> None:
        self._app = app
        self._print_error = print_error
        self._access = access
        self._serves = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self._serves(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespan of the program; if its startup fails, tell the server that it did not.

        An exception before any message means that the program does not know of lifespans, which a
        server finds out itself.
        """
        last: Message = {"type": ""}

        async def keep_failure(message: Message) -> None:
            nonlocal last
            last = message
            if message["type"] != "lifespan.startup.failed":
                await send(message)

        try:
            await self._app(scope, receive, keep_failure)
        except BaseException as error:
            if last["type"] != "lifespan.startup.failed" or _ends_process(error):
                raise
            self._print_error(error)
            trouble = Trouble("The lifespan of the program failed", "", describe_error(error))
        else:
            if last["type"] != "lifespan.startup.failed":
                return
            reason = describe_text("The reason", last.get("message", ""))
            sys.stderr.write(f"{reason.message}\n")
            trouble = Trouble("The lifespan of the program failed", reason.message)
        self._serves = serve_trouble(trouble, self._access)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


def serve_trouble(trouble: Trouble, access: Access) -> ASGIApp:
    """Return the application that answers with the reason, and say so on standard error.

    The loggers of the server no longer report that the program has started, nor each time that a
    page asks for a change.
    """
    sys.stderr.write(f"\n{ANNOUNCEMENT}\n")
    sys.stderr.flush()
    uvicorn, granian = logging.getLogger("uvicorn"), logging.getLogger("granian")
    _hide(uvicorn.getChild("error"), lambda text: text in _STARTED)
    for server in (uvicorn, granian):
        _hide(server.getChild("access"), lambda text: STATE in text)
    return BrokenProgram(trouble, access)


def _ends_process(error: BaseException) -> bool:
    return isinstance(error, (KeyboardInterrupt, asyncio.CancelledError))


def _hide(logger: logging.Logger, is_hidden: Callable[[str], bool]) -> None:
    """Keep records with such a text out of a logger."""
    logger.addFilter(lambda record: not is_hidden(record.getMessage()))
