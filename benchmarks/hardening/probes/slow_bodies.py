"""Clients that send the body of a request byte by byte."""

from __future__ import annotations

from benchmarks.hardening.holding import Holding

PROBE = Holding(
    "200 slow senders of bodies: held over 30 s",
    b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
    b"x",
)
