"""Answer HEAD for a route that declares GET: the same response without its content.

RFC 9110, section 9.3.2: the headers are those that GET would send, including the content-length.
So the route runs as for GET, and only the content that it sends is left out.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pronghorn.core.monkeypatches import is_defined_by
from pronghorn.run.exchange import JSON_CONTENT_TYPE, Exchange, RawHeaders
from pronghorn.run.streaming.closing import close_generator

#: The key in the scope of a request whose router answers HEAD for routes that declare GET.
AUTO_HEAD_KEY = "pronghorn.auto_head"
END = {"type": "http.response.body", "body": b""}


class HeadExchange(Exchange):
    """An exchange whose response has headers only."""

    __slots__ = ()

    async def track_and_send(self, message: Message) -> None:
        """Send the status line and the end; drop the content in between."""
        if message["type"] == "http.response.start":
            await super().track_and_send(message)
        elif not message.get("more_body", False):
            await self.send(END)

    async def send_json(
        self, body: bytes, status: int = 200, headers: RawHeaders | None = None
    ) -> None:
        """Send the headers of a JSON response."""
        length = (b"content-length", b"%d" % len(body))
        raw = [length, JSON_CONTENT_TYPE, *(headers or ())]
        await self.track_and_send({"type": "http.response.start", "status": status, "headers": raw})
        await self.track_and_send(END)

    async def send_response(self, response: Response) -> None:
        """Send the headers of any response, without producing the items of a stream.

        A stream may be endless, and its content would be dropped.
        """
        if not isinstance(response, StreamingResponse) or not _only_streams(response):
            await super().send_response(response)
            return
        headers = response.raw_headers
        start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
        await self.track_and_send(start)
        await self.track_and_send(END)
        await close_generator(response.body_iterator)
        close_source = getattr(response, "close_source", None)
        if close_source is not None:
            await close_source()
        if response.background is not None:
            await response.background()


def exchange_of(scope: Scope, receive: Receive, send: Send) -> Exchange:
    """Return an exchange for a request whose route was already found."""
    is_head = AUTO_HEAD_KEY in scope and scope["method"] == "HEAD"
    return (HeadExchange if is_head else Exchange)(scope, receive, send)


def _only_streams(response: StreamingResponse) -> bool:
    """Return True if a response only sends its iterator, with methods that are not overridden."""
    kind = type(response)
    known = (StreamingResponse.__module__, "pronghorn.run.streaming.send")
    return is_defined_by(kind.__call__, *known) and is_defined_by(kind.stream_response, *known)


def add_auto_head(methods: Collection[str], scope: Scope) -> Collection[str]:
    """Return the methods that a route answers: HEAD joins GET unless that is switched off."""
    if AUTO_HEAD_KEY in scope and "GET" in methods and "HEAD" not in methods:
        return (*methods, "HEAD")
    return methods


async def refuse_method(
    methods: Collection[str], scope: Scope, receive: Receive, send: Send
) -> None:
    """Answer 405 with the methods that the path has (RFC 9110, section 15.5.6)."""
    headers = {"Allow": ", ".join(sorted(methods))}
    if "app" in scope:
        raise HTTPException(status_code=405, headers=headers)
    response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
    await response(scope, receive, send)
