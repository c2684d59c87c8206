"""Measure what error trackers and tracers add to a request: `make bench-watched`."""
