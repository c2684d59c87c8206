"""The number of functions that a request calls in the protocol class of `pronghorn run`."""

from __future__ import annotations

import sys

import pytest
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pronghorn import hooks
from tests.docs.following import follow, program

#: Functions of ours, of the program, and the compiled handler; lower it when one is saved.
MOST_CALLS = 19
#: What compiled layers may add, beside two functions for each of them.
MOST_OF_LAYERS = 10


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
