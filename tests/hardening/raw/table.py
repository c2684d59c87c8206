"""The whole table of raw requests."""

from __future__ import annotations

from tests.hardening.raw import chunks, connections, fields, framing, hosts, request_lines
from tests.hardening.raw.case import Case

CASES: list[Case] = [
    *request_lines.cases(),
    *hosts.cases(),
    *fields.cases(),
    *framing.cases(),
    *chunks.cases(),
    *connections.cases(),
]
