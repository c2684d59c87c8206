"""Bound the time of TLS handshakes, which happen before a connection has a protocol of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

#: Seconds that a client has to answer the end of an encrypted connection.
END = 5.0
SERVER = "uvicorn.server"


def limit_handshakes(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Give the clients of uvicorn less time for handshakes than the minute of the event loop.

    uvicorn has no option for it. Servers that the program itself opens keep what they ask for.

    Args:
        loop: The event loop that uvicorn will listen with.
        seconds: The time; 0 leaves it as it is.
    """
    create: Callable[..., Any] = loop.create_server

    async def create_server(protocol: Any, *args: Any, **options: Any) -> Any:
        if seconds and options.get("ssl") and getattr(protocol, "__module__", "") == SERVER:
            options.setdefault("ssl_handshake_timeout", seconds)
            options.setdefault("ssl_shutdown_timeout", END)
        return await create(protocol, *args, **options)

    bounded: Any = loop
    bounded.create_server = create_server
