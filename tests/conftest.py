"""Fixtures for all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from pronghorn.adapters.server_limits import ServerLimits, remember_limits
from tools.postgresql import MissingPostgreSQLError, Server

#: Servers that tests end with SIGTERM need not drain: no load balancer sends to them.
os.environ.setdefault("PRONGHORN_DRAIN", "0")
# A shell starts what runs in the background with Ctrl+C ignored, and tests send it to themselves.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def anyio_backend() -> str:
    """Run `@pytest.mark.anyio` tests on asyncio; a test about Trio overrides this fixture."""
    return "asyncio"


@pytest.fixture
def short_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the short ways on for a test about them, even if `PRONGHORN_GENERAL=1` is set.

    All other tests hold with and without the short ways, and leave that to the environment.
    """
    monkeypatch.delenv("PRONGHORN_GENERAL", raising=False)


@pytest.fixture(params=["compiled", "general"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way in which routes are answered: a test that uses this runs in both."""
    monkeypatch.setenv("PRONGHORN_GENERAL", str(int(request.param == "general")))
    return str(request.param)


@pytest.fixture
def serve_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[ServerLimits], None]:
    """A function that remembers the limits of a server, as `pronghorn run` does for its program."""

    def remember(limits: ServerLimits) -> None:
        environment: dict[str, str] = {}
        remember_limits(limits, environment)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return remember


@pytest.fixture
def served(serve_with: Callable[[ServerLimits], None]) -> None:
    """Act as if `pronghorn run` served the program of a test: defaults depend on that."""
    serve_with(ServerLimits())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of PostgreSQL, started for the first test that needs one and stopped after all."""
    try:
        server = Server()
    except MissingPostgreSQLError as error:
        pytest.fail(str(error), pytrace=False)
    with server:
        yield server
