"""HEAD for a route that declares GET: the same answer without its content.

RFC 9110, section 9.3.2: the headers are those that GET would send, the content-length among them.
So the route runs as for GET, and only what it sends as content is left out.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pronghorn.core.monkeypatches import is_defined_by
from pronghorn.run.exchange import JSON_CONTENT_TYPE, Exchange, RawHeaders
from pronghorn.run.streaming.closing import close_generator
from pronghorn.run.streaming.send import StreamDelivery

#: In the scope of a request whose router answers HEAD for the routes that declare GET.
AUTO_HEAD_KEY = "pronghorn.auto_head"
END = {"type": "http.response.body", "body": b""}


class HeadExchange(Exchange):
    """An exchange whose answer has headers only."""

    __slots__ = ()

    async def tracked_send(self, message: Message) -> None:
        """Send the status line and the end; the content in between goes nowhere."""
        if message["type"] == "http.response.start":
            await super().tracked_send(message)
        elif not message.get("more_body", False):
            await self.send(END)

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send the headers of a JSON response."""
        length = (b"content-length", b"%d" % len(body))
        raw = [length, JSON_CONTENT_TYPE, *(headers or ())]
        await self.tracked_send({"type": "http.response.start", "status": status, "headers": raw})
        await self.tracked_send(END)

    async def send_response(self, response: Response) -> None:
        """Send the headers of any response; the items of a stream are not even made.

        A stream may have no end, and its content would go nowhere.
        """
        if not isinstance(response, StreamingResponse) or not _only_streams(response):
            await super().send_response(response)
            return
        headers = response.raw_headers
        start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        await self.tracked_send(start)
        await self.tracked_send(END)
        await close_generator(response.body_iterator)
        close_source = getattr(response, "close_source", None)
        if close_source is not None:
            await close_source()
        if response.background is not None:
            await response.background()


def exchange_of(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """An exchange for a request that a router has found a route for already."""
    is_head = AUTO_HEAD_KEY in scope and scope["method"] == "HEAD"
    return (HeadExchange if is_head else Exchange)(scope, receive, send)


def _only_streams(response: StreamingResponse) -> bool:
    """Whether a response sends what its iterator gives, in no way of a program's own."""
    kind = type(response)
    known = (StreamingResponse.__module__, StreamDelivery.__module__)
    return is_defined_by(kind.__call__, *known) and is_defined_by(kind.stream_response, *known)


def answered_methods(methods: Collection[str], scope: Scope) -> Collection[str]:
    """The methods that a route answers: with GET also HEAD, unless that is switched off."""
    if AUTO_HEAD_KEY in scope and "GET" in methods and "HEAD" not in methods:
        return (*methods, "HEAD")
    return methods


async def refuse_method(
    methods: Collection[str], scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer 405 with the methods that there are (RFC 9110, section 15.5.6)."""
    headers = {"Allow": ", ".join(sorted(methods))}
    if "app" in scope:
        raise HTTPException(status_code=405, headers=headers)
    response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
    await response(scope, receive, send)
