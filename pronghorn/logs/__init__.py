"""Structured logs: a line for each request, and its id in every other line.

`pronghorn run --log-format json` does all of it. A program that configures logging itself uses the
parts: a formatter, a filter that puts the id into records, and `log_requests`.

    context       the id of the current request, from its headers or made
    clean         escape, mask and shorten values, whatever they are
    formatters    one line per record, as JSON or for people
    access        the line for each request
    setup         what the command configures in each process
    watchdog      names the line that blocks the event loop
"""

from __future__ import annotations

from pronghorn.logs.access import hide_success, log_requests
from pronghorn.logs.context import RequestIDFilter, current_request_id
from pronghorn.logs.formatters import ConsoleFormatter, JSONFormatter

__all__ = [
    "ConsoleFormatter",
    "JSONFormatter",
    "RequestIDFilter",
    "current_request_id",
    "hide_success",
    "log_requests",
]
