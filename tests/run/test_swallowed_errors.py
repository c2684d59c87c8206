"""An error that a dependency swallows leaves no response: the dependencies around it are told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import fastapi
import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

import pronghorn

BOTH = pytest.mark.parametrize("package", [fastapi, pronghorn], ids=["fastapi", "pronghorn"])


def answer(package: Any, outer: Any, inner: Any) -> int:
    """Answer a request whose endpoint refuses it, with one dependency of each lifetime."""
    app = package.FastAPI()
    around = [
        package.Depends(outer, scope="request"),
        package.Depends(inner, scope="function"),
    ]

    @app.get("/", dependencies=around)
    async def refuse() -> None:
        raise package.HTTPException(404)

    status: int = TestClient(app, raise_server_exceptions=False).get("/").status_code
    return status


async def swallow() -> AsyncIterator[None]:
    try:
        yield
    except (HTTPException, ValueError):
        return


def swallow_in_thread() -> Iterator[None]:
    try:
        yield
    except HTTPException:
        return


async def replace() -> AsyncIterator[None]:
    try:
        yield
    except HTTPException:
        raise ValueError from None


@BOTH
@pytest.mark.parametrize("inner", [swallow, swallow_in_thread])
def test_a_transaction_is_rolled_back_if_an_inner_dependency_swallows(
    package: ModuleType, inner: Any
) -> None:
    ends: list[str] = []

    async def transaction() -> AsyncIterator[None]:
        try:
            yield
        except Exception:
            ends.append("rolled back")
            raise
        ends.append("committed")

    assert answer(package, transaction, inner) == 500
    assert ends == ["rolled back"]


@BOTH
def test_an_error_that_an_inner_dependency_replaces_and_an_outer_one_swallows(
    package: ModuleType,
) -> None:
    assert answer(package, swallow, replace) == 500
