"""The protocol class for `uvicorn --http pronghorn.adapters.uvicorn_protocol:PronghornProtocol`.

Without httptools, which `uvicorn[standard]` brings, it is uvicorn's own class on h11: slower by so
much that a shorter way to the application would not be noticed. Where this uvicorn lacks a name
that our class needs, it is uvicorn's own class, too.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from pronghorn.adapters.uvicorn.names import has_all_names

PronghornProtocol: type[asyncio.Protocol]
if find_spec("httptools") is not None and has_all_names():
    from pronghorn.adapters.uvicorn.protocol import DirectProtocol

    PronghornProtocol = DirectProtocol
else:
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    PronghornProtocol = AutoHTTPProtocol

__all__ = ["PronghornProtocol"]
