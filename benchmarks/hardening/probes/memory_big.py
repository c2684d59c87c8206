"""The memory for clients that take nothing of a large response."""

from __future__ import annotations

from benchmarks.hardening.holding import Reading

PROBE = Reading("memory for 200 readers that take nothing of 4 MiB", "/big")
