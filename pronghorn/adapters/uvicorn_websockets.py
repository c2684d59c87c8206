"""The class for `uvicorn --ws pronghorn.adapters.uvicorn_websockets:PronghornWebSocketProtocol`.

It needs websockets, which the extra `standard` installs. Where that or a name that it uses is
missing, it is the class that uvicorn would choose, which does not hold all limits; None where
there is no library for WebSockets, as for uvicorn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from pronghorn.adapters.uvicorn.websockets.names import has_all_names

PronghornWebSocketProtocol: Callable[..., asyncio.Protocol] | Any
if find_spec("websockets") is not None and has_all_names():
    from pronghorn.adapters.uvicorn.websockets.protocol import LimitedWebSocket

    PronghornWebSocketProtocol = LimitedWebSocket
else:
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    PronghornWebSocketProtocol = AutoWebSocketsProtocol

__all__ = ["PronghornWebSocketProtocol"]
