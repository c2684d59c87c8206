"""Send one ordinary request over a connection of its own."""

from __future__ import annotations

import asyncio
from contextlib import suppress

NO_ANSWER = "no answer"


async def ask(port: int, path: str, patience: float) -> str:
    """Return the status code of the answer to a GET request.

    Args:
        port: The port of the server on this machine.
        path: The path, with the query.
        patience: Seconds to wait for the whole answer.

    Returns:
        The status, or `NO_ANSWER` if the answer is not complete in time.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    writer = None
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            return _status_of(await reader.read(-1))
    except (OSError, TimeoutError):
        return NO_ANSWER
    finally:
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _status_of(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    is_chunked = b"transfer-encoding: chunked" in head.lower()
    if not head.startswith(b"HTTP/1.") or (is_chunked and not body.endswith(b"0\r\n\r\n")):
        return NO_ANSWER
    return head[9:12].decode()
