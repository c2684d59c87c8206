"""Install the alias `fastapi` for the programs of this folder, and allow warnings of libraries."""

from __future__ import annotations

import sys

import pytest

import pronghorn


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let warnings pass: libraries warn about each other, which this project cannot change."""
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(autouse=True)
def fastapi_is_pronghorn() -> None:
    """Every program here would pass on FastAPI too, so make sure that it does not run there."""
    assert sys.modules["fastapi"] is pronghorn


@pytest.fixture
def anyio_backend() -> str:
    """These libraries run on asyncio."""
    return "asyncio"
