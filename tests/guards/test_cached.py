"""The cost of a kept response, and that routes without the option do not pay for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pronghorn import FastAPI
from pronghorn.cache import Cache, Cached
from tests.guards.programs import ASKS, program
from tests.guards.test_calls import called, without_telemetry

__all__ = ["without_telemetry"]  # A fixture.

#: The greatest number of Python functions that a request for a kept response may call.
OF_HIT = 40


async def second_request(app: FastAPI) -> list[str]:
    """Return the functions that the second request for "constant" calls."""
    await ASKS["constant"].send_to(app)
    with called() as found:
        await ASKS["constant"].send_to(app)
    return found.names()


@pytest.mark.usefixtures("short_ways")
def test_functions_of_a_hit() -> None:
    app = FastAPI()

    @app.get("/constant", cache=Cached("1h", tags=["constant"], store=Cache("mem://")))
    async def read_constant() -> int:
        return 1

    names = asyncio.run(second_request(app))
    assert f"{__name__}.read_constant" not in names
    assert len(names) <= OF_HIT, "\n".join(names)


@pytest.mark.usefixtures("short_ways")
def test_a_route_without_the_option_calls_the_same_functions() -> None:
    def declare(**options: Any) -> FastAPI:
        app = program()

        @app.get("/kept", **options)
        async def read_kept() -> int:
            return 1

        return app

    with_cache = declare(cache=Cached("1h", store=Cache("mem://")))
    assert asyncio.run(second_request(with_cache)) == asyncio.run(second_request(declare()))
