"""Programs and requests that nobody wrote, on FastAPI and on pronghorn.

Bounded as part of the tests, always with the same examples; `make differential` runs for long and
with new ones each time. What it finds becomes a test in `test_found.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from tests.differential.compare import differences, document_differences
from tests.differential.engines import CANDIDATES, REFERENCE
from tests.differential.exchanges import Client, build
from tests.differential.programs import Generated, programs
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


@pytest.mark.timeout(0 if EXAMPLES else 300)
@PROFILE
@given(program=programs(), data=st.data())
def test_both_engines_answer_the_same(
    client: Client, program: Generated, data: st.DataObject
) -> None:
    reference = build(program.source, REFERENCE)
    event("refused" if isinstance(reference, Exception) else "accepted")
    assume(not isinstance(reference, Exception))
    engines = [build(program.source, engine) for engine in CANDIDATES]
    for candidate in engines:
        assert not isinstance(candidate, Exception), f"only pronghorn refuses: {candidate}"
        assert document_differences(reference, candidate) == []
    for route in program.routes:
        for request in data.draw(st.lists(requests(route), min_size=3, max_size=6)):
            answer = client.ask(reference, request)
            event(f"status {answer.status}")
            for candidate in engines:
                assert differences(request, answer, client.ask(candidate, request)) == []
