"""Fixtures of the tests about prepared statements."""

from __future__ import annotations

import pytest

from tests.sql.prepared.in_loop import QUICK


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no read take too long, however busy the machine is."""
    monkeypatch.setattr(f"{QUICK}.BUDGET_SECONDS", 60)
    monkeypatch.setattr("pronghorn.sql.prepared.in_loop.TURN_SECONDS", 60)
