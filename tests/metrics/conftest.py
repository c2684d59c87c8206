"""A registry of its own for each test, whose observers are detached afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from pronghorn.metrics import Metrics


@pytest.fixture
def make_metrics() -> Iterator[Callable[..., Metrics]]:
    """Make metrics that observe until the end of the test."""
    made: list[Metrics] = []

    def make(**options: Any) -> Metrics:
        metrics = Metrics(**{"registry": CollectorRegistry(), **options})
        made.append(metrics)
        return metrics

    yield make
    for metrics in made:
        metrics.detach()
