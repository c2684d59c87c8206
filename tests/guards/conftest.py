"""Fixtures for the tests that collect garbage after each few requests."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def without_older_objects() -> Iterator[None]:
    """Let the collector pass over what is there before a test.

    Otherwise each of many collections goes through all that pytest and the other tests keep. It is
    not for the whole run: Hypothesis asks the collector who refers to its random numbers.
    """
    gc.freeze()
    yield
    gc.unfreeze()
