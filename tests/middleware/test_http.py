"""HTTP middleware has the same effects as Starlette's, in the same order."""

from __future__ import annotations

from typing import Any

import fastapi
import pytest

import pronghorn
from tests.middleware.endpoints import ENDPOINTS
from tests.middleware.layers import PROGRAMS
from tests.middleware.programs import answered

STREAMS = ("/held-stream", "/lines", "/streaming", "/late-error")
#: What Starlette's two tasks race for: how far a stream is while the middleware waits or has
#: already answered something else, and whether the end of the outer response is noticed by a
#: stream before the inner middleware goes on.
RACES = {
    "other_response": ("item", "chunk"),
    "waits_after": ("item", "chunk"),
    "with_fail_after": ("item", "chunk"),
    "stacked": ("background of",),
    "mixed": ("background of",),
}
#: The head of a stream waits for these here; there it does not (`docs/explain/differences.md`).
FIRST_PARTS = (("item", 0), ("chunk", 0))
#: A generator that runs in a thread: its chunks race with whatever the event loop does.
THREADED = "/streaming"
#: A stream that fails is broken off here and sent as complete there: `test_failed_streams.py`.
#: Compared where the middleware sends nothing of it, unless the error races with the news that the
#: middleware has answered in its place ("other_response").
FAILED_STREAM = "/late-error"
SENDS_NOTHING_OF_IT = ("no_call", "fails_before", "fails_after")
#: A task group of AnyIO that takes the cancellation of a middleware that has failed for its own.
LEFT_OUT = ("fails_after", "/held-stream")

CASES = [
    pytest.param(name, method, path, id=f"{name}-{path[1:]}")
    for name in PROGRAMS
    for method, path in ENDPOINTS
    if (path != FAILED_STREAM or name in SENDS_NOTHING_OF_IT) and (name, path) != LEFT_OUT
]


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "method", "path"), CASES)
async def test_order_is_that_of_the_reference(name: str, method: str, path: str) -> None:
    expected = vars(await answered(fastapi, PROGRAMS[name], method, path))
    found = vars(await answered(pronghorn, PROGRAMS[name], method, path))
    if path in STREAMS:
        for answer in (expected, found):
            events = [event for event in answer["events"] if event not in FIRST_PARTS]
            answer["events"] = without(RACES.get(name, ()), events)
    if path == THREADED:
        for answer in (expected, found):
            answer["chunks"] = [event for event in answer["events"] if event[0] == "chunk"]
            answer["events"] = without(("chunk",), answer["events"])
    if expected["status"] == 500:  # Ours has CORS headers, see `test_error_headers.py`.
        missing = found["headers"].keys() - expected["headers"].keys()
        assert missing <= {b"access-control-allow-origin", b"vary"}
        found["headers"] = {name: found["headers"][name] for name in expected["headers"]}
    assert found == expected


def without(kinds: Any, events: list[Any]) -> list[Any]:
    return [event for event in events if event[0] not in kinds]
