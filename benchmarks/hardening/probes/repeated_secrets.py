"""Passwords and tokens in requests that are not valid: does an answer or a log repeat them?"""

from __future__ import annotations

import asyncio
import time

from benchmarks.hardening.probe import Figure
from benchmarks.hardening.servers import Server
from tests.hardening.hostile.client import ask_bodies
from tests.hardening.hostile.secret_requests import SECRET, secret_requests

PATIENCE = 60.0


class RepeatedSecrets:
    """Requests with secrets."""

    name = "requests with a password or a token: answers and lines of the log that repeat it"
    goal = "0"
    program = "tests.hardening.hostile.secrets_program:app"
    options: tuple[str, ...] = ()

    def run(self, server: Server) -> Figure:
        """Send the requests, and look for the secret in the answers and in the server's log."""
        requests = list(secret_requests())
        bodies = asyncio.run(ask_bodies(server.port, requests, PATIENCE))
        time.sleep(1)  # A server writes its log after it has answered.
        wanted = SECRET.encode()
        told = [
            f"answer: {request.name}"
            for request, body in zip(requests, bodies, strict=True)
            if wanted in body
        ]
        logged = [line[:200] for line in server.read_output().splitlines() if SECRET in line]
        found = [*told, *(f"log: {line}" for line in logged)]
        text = f"{len(told)} and {len(logged)} of {len(requests)}"
        return Figure(text, not found, found[:50])


PROBE = RepeatedSecrets()
