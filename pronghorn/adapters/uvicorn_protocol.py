"""The protocol class for `uvicorn --http pronghorn.adapters.uvicorn_protocol:PronghornProtocol`.

Without httptools, which `uvicorn[standard]` brings, it is uvicorn's own class on h11: slower by so
much that a shorter way to the application would not be noticed.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

PronghornProtocol: type[asyncio.Protocol]
if find_spec("httptools") is not None:
    from pronghorn.adapters.uvicorn.protocol import DirectProtocol

    PronghornProtocol = DirectProtocol
else:
    from uvicorn.protocols.http.h11_impl import H11Protocol

    PronghornProtocol = H11Protocol

__all__ = ["PronghornProtocol"]
