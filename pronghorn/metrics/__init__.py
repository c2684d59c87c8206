"""Metrics of requests for Prometheus. It needs the extra `metrics`."""
