"""Kept responses in two processes that are told of changes by their database."""

from __future__ import annotations

import pytest

from tests.durable import l8


@pytest.mark.timeout(200)
def test_l8(sqlite_url: str) -> None:
    counts = l8.run(sqlite_url, "mem://", 2)
    assert counts["hits"] + counts["misses"] > 0
