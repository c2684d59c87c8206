"""A cache for each test, and the databases of the tests of `sql`."""

from __future__ import annotations

import pytest

from pronghorn.cache import Cache
from tests.cache.stores import Shared
from tests.sql.conftest import (  # noqa: F401 - fixtures
    database,
    database_url,
    postgresql_url,
    sqlite_url,
)


@pytest.fixture
def cache() -> Cache:
    """A cache in the memory of this process."""
    return Cache("mem://")


@pytest.fixture
def shared() -> Shared:
    """A store that several caches share, as processes share a server; it can go away."""
    return Shared()
