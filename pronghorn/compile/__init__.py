"""Compiling: a plan becomes one specialised handler. The only place that knows `plan` and `run`."""
