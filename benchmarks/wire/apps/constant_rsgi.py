"""The least that an RSGI application can do."""

from typing import Any

BODY = b'{"item_id":42,"q":"hello","limit":10}'
HEADERS = [("content-type", "application/json")]


async def app(scope: Any, protocol: Any) -> None:
    protocol.response_bytes(200, HEADERS, BODY)
