"""The whole table of WebSocket cases."""

from __future__ import annotations

from tests.hardening.websocket import closing, contents, frames, handshakes
from tests.hardening.websocket.case import Case

CASES: list[Case] = [
    *handshakes.cases(),
    *frames.cases(),
    *contents.cases(),
    *closing.cases(),
]
