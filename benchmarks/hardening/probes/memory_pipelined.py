"""The memory for requests that wait behind others."""

from __future__ import annotations

from benchmarks.hardening.holding import Pipelining

PROBE = Pipelining()
