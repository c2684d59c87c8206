"""The least that an ASGI application can do: without reading the body, and reading it."""

from typing import Any

BODY = b'{"item_id":42,"q":"hello","limit":10}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"37"), (b"content-type", b"application/json")],
}
END = {"type": "http.response.body", "body": BODY}


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send(START)
        await send(END)


async def reading(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        while (await receive()).get("more_body", False):
            pass
        await send(START)
        await send(END)
