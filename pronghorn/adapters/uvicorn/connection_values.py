"""The attributes of a request that belong to its connection; uvicorn's request cycle reads them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pronghorn.adapters.uvicorn.strictness import StrictProtocol


def flush_and_get_transport(request: OfConnection) -> asyncio.Transport:
    """Return the transport, after flushing the complete responses that wait."""
    request.protocol.outbox.flush()
    return request.protocol.transport


class OfConnection:
    """Looks the attributes up when they are read, which most requests do not."""

    __slots__ = ()
    protocol: StrictProtocol

    transport = property(flush_and_get_transport)
    flow = property(lambda self: self.protocol.flow)
    logger = property(lambda self: self.protocol.logger)
    access_logger = property(lambda self: self.protocol.access_logger)
    access_log = property(lambda self: self.protocol.access_log)
    default_headers = property(lambda self: self.protocol.server_state.default_headers)

    def on_response(self) -> None:
        """Continue with the connection after the cycle has sent the end of a response."""
        self.protocol.on_response_complete()
