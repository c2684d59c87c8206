"""Metrics of requests for Prometheus. It needs the extra `metrics`."""

from pronghorn.metrics.application import Metrics

__all__ = ["Metrics"]
