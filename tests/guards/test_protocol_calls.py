"""The number of functions that a request calls in the protocol class of `pronghorn run`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from uvicorn.config import Config
from uvicorn.server import ServerState

from pronghorn import hooks
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol
from tests.docs.following import Socket, follow, program

#: Functions of ours, of the program, and the compiled handler; lower it when one is saved.
MOST_CALLS = 19
#: What compiled layers may add, beside two functions for each of them.
MOST_OF_LAYERS = 10
#: CPython keeps up to so many attributes of an object without a dictionary of its own.
MOST_ATTRIBUTES = 30


@pytest.mark.usefixtures("short_ways")
def test_functions_per_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, hooks.API_MODULE, raising=False)
    monkeypatch.setattr(hooks, "_mounted", [])
    trace, _ = follow(program(), "/items/42?limit=5")
    assert len(trace.calls) <= MOST_CALLS, "\n".join(map(str, trace.calls))


@pytest.mark.usefixtures("short_ways")
def test_functions_of_compiled_middleware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, hooks.API_MODULE, raising=False)
    monkeypatch.setattr(hooks, "_mounted", [])
    app = program()
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
    app.add_middleware(GZipMiddleware)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*"])
    app.add_middleware(SessionMiddleware, secret_key="a")
    trace, _ = follow(app, "/items/42?limit=5")
    assert len(trace.calls) <= MOST_CALLS + MOST_OF_LAYERS + 2 * 4, "\n".join(map(str, trace.calls))


def test_attributes_of_a_connection() -> None:
    """Those that a request needs have slots, and the others fit the compact form."""

    async def attributes() -> set[str]:
        config = Config(program(), log_config=None)
        config.load()
        make: Any = PronghornProtocol
        protocol = make(config=config, server_state=ServerState(), app_state={})
        protocol.connection_made(Socket())
        for _ in range(2):
            protocol.data_received(b"GET /items/42 HTTP/1.1\r\nHost: test\r\n\r\n")
            await asyncio.sleep(0.01)
        assert protocol.transport.written.count(b"200 OK") == 2
        protocol.connection_lost(None)
        return set(vars(protocol))

    found = asyncio.run(attributes())
    assert len(found) <= MOST_ATTRIBUTES, found
    assert not found & {"cycle", "flow", "headers", "loop", "parser", "transport", "url"}
