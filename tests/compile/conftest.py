"""Compiled and general: what holds for one way holds for the other."""

import pytest


@pytest.fixture(params=["compiled", "general"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way in which routes are answered."""
    monkeypatch.setenv("PRONGHORN_GENERAL", str(int(request.param == "general")))
    return str(request.param)
