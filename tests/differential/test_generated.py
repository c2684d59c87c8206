"""Generated programs and requests, on FastAPI and on pronghorn.

As part of the tests it is bounded, and always has the same examples. `make differential` runs for
long, with new examples each time. A difference that it finds becomes a test in `test_found.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from tests.differential.compare import differences, document_differences
from tests.differential.engines import CANDIDATES, REFERENCE, Program
from tests.differential.exchanges import Client, Request, build
from tests.differential.programs import Generated, programs, readers
from tests.differential.requests import requests

#: Programs to invent; 0 means those of the bounded run.
EXAMPLES = int(os.environ.get("PRONGHORN_DIFFERENTIAL", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    # Looking for a smaller example takes minutes: for whoever runs it long.
    phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    client = Client()
    yield client
    client.close()


LONG = pytest.mark.timeout(0 if EXAMPLES else 300)


@LONG
@PROFILE
@given(program=programs(), data=st.data())
def test_both_engines_answer_the_same(
    client: Client, program: Generated, data: st.DataObject
) -> None:
    reference, candidates = build_all(program)
    for route in program.routes:
        for request in data.draw(st.lists(requests(route), min_size=3, max_size=6)):
            ask_all(client, request, reference, candidates)


@LONG
@settings(PROFILE, max_examples=EXAMPLES or 20)
@pytest.mark.parametrize("locations", [["body"], ["form", "file"], ["query", "header", "cookie"]])
@given(data=st.data())
def test_hostile_values_are_read_the_same(
    client: Client, locations: list[str], data: st.DataObject
) -> None:
    program = data.draw(readers(locations))
    reference, candidates = build_all(program)
    hostile = requests(program.routes[0], moods=(0, 15, 40, 80))
    for request in data.draw(st.lists(hostile, min_size=8, max_size=16)):
        ask_all(client, request, reference, candidates)


def build_all(program: Generated) -> tuple[Program, list[Program]]:
    """The program on FastAPI and on each way of pronghorn; both must read and document it."""
    reference = build(program.source, REFERENCE)
    event("refused" if isinstance(reference, Exception) else "accepted")
    assume(isinstance(reference, Program))
    candidates = []
    for engine in CANDIDATES:
        candidate = build(program.source, engine)
        assert isinstance(candidate, Program), f"only pronghorn refuses: {candidate}"
        assert document_differences(reference, candidate) == []
        candidates.append(candidate)
    return reference, candidates


def ask_all(
    client: Client, request: Request, reference: Program, candidates: list[Program]
) -> None:
    """Send one request to all of them; they must answer alike."""
    answer = client.ask(reference, request)
    event(f"status {answer.status}")
    for candidate in candidates:
        assert differences(request, answer, client.ask(candidate, request)) == []
