"""The memory for clients that take nothing of an endless stream."""

from __future__ import annotations

from benchmarks.hardening.holding import Reading

PROBE = Reading("memory for 200 readers that take nothing of an endless stream", "/endless")
