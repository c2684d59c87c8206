"""Clients that take nothing of a large response."""

from __future__ import annotations

from benchmarks.hardening.holding import Holding

PROBE = Holding(
    "200 readers that take nothing: held over 30 s", b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n"
)
