"""Both ways of answering a request, for every test of the folder."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def both_ways(mode: str) -> str:
    """Run each test with compiled handlers and in the general way."""
    return mode
