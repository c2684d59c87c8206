"""Compare what a contestant answers, and what its glue does, before anything is timed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from benchmarks.processes import StartError
from benchmarks.service.data import ORIGIN
from benchmarks.service.requests import LIST, Answer, Request, log_in, make_probes, normalise, send
from benchmarks.service.serving import Running

Answers = Mapping[str, tuple[int, Any]]


def sign_in(running: Running, users: int) -> list[str]:
    """Return the tokens of some users, which the contestant itself has issued."""
    answers = [send(running.url, log_in(number)) for number in range(1, users + 1)]
    return [answer.content["access_token"] for answer in answers]


def collect(running: Running) -> Answers:
    """Return what a contestant answers to each probe.

    Raises:
        StartError: A part of what production needs is missing.
    """
    [token] = sign_in(running, 1)
    found = {}
    for name, request in make_probes(token):
        answer = send(running.url, request)
        found[name] = normalise(name, answer)
        check_headers(running.contestant.name, name, answer)
    _check_glue(running, token)
    return found


def compare(name: str, found: Answers, expected: Answers) -> None:
    """Refuse a contestant that answers otherwise than the base.

    Raises:
        StartError: The first difference.
    """
    for probe, answer in expected.items():
        if found[probe] != answer:
            raise StartError(f"{name} answers {probe!r} with {found[probe]}, not with {answer}")


def check_headers(name: str, probe: str, answer: Answer) -> None:
    """Refuse an answer without the headers of CORS, request id and compression.

    Raises:
        StartError: One is missing.
    """
    if answer.status >= 400:
        return
    if answer.headers.get("access-control-allow-origin") != ORIGIN:
        raise StartError(f"{name} answers {probe!r} without CORS")
    if not answer.headers.get("x-request-id"):
        raise StartError(f"{name} answers {probe!r} without a request id")
    compressed = answer.headers.get("content-encoding") == "gzip"
    if compressed != probe.startswith(LIST):
        raise StartError(f"{name} answers {probe!r} {'' if compressed else 'not '}compressed")


def _check_glue(running: Running, token: str) -> None:
    name = running.contestant.name
    number = str(uuid.uuid4())
    mine = {"X-Request-ID": number}
    answer = send(running.url, Request("GET", "/items/77", token=token), **mine)
    if answer.headers.get("x-request-id", "").replace("-", "") != number.replace("-", ""):
        raise StartError(f"{name} does not keep the id of a request")
    metrics = send(running.url, Request("GET", "/metrics"))
    if metrics.status != 200 or "_count{" not in str(metrics.content):
        raise StartError(f"{name} has no metrics of its requests")
    if "/items/77" not in running.read_output():
        raise StartError(f"{name} has no access log")
