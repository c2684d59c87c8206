"""Clients that connect and send nothing."""

from __future__ import annotations

from benchmarks.hardening.holding import Holding

PROBE = Holding("200 idle connections: held over 30 s", b"")
