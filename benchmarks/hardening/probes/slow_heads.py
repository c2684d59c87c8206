"""Clients that send the head of a request field by field."""

from __future__ import annotations

from benchmarks.hardening.holding import Holding

PROBE = Holding(
    "200 slow senders of headers: held over 30 s", b"GET / HTTP/1.1\r\nHost: a\r\n", b"X: y\r\n"
)
