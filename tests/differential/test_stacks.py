"""Generated stacks of middleware: FastAPI, both ways of pronghorn, and both ways to uvicorn.

`make differential` runs it for long; a difference that it finds becomes a test of its own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Iterator
from typing import Any

import fastapi
import itsdangerous
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import pronghorn
from tests.differential.engines import in_mode
from tests.differential.stack_drivers import Answer, Wire, call, is_speakable, talk
from tests.differential.stack_program import build
from tests.differential.stacks import (
    KINDS,
    PATHS,
    Ask,
    Layer,
    StackOfLayers,
    asks,
    layers,
    stacks,
)

EXAMPLES = int(os.environ.get("PRONGHORN_DIFFERENTIAL", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
)
LONG = pytest.mark.timeout(0 if EXAMPLES else 300)
FEW_OPTIONS = st.builds(
    StackOfLayers,
    st.lists(layers([*KINDS[:10], "own gzip"]), min_size=1, max_size=4),
    st.just([]),
    st.just({}),
)


@pytest.fixture(autouse=True)
def same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all cookies be signed in the same second."""
    monkeypatch.setattr(itsdangerous.TimestampSigner, "get_timestamp", lambda signer: 1_000_000)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("stacks") / "lamps.txt"
    path.write_text("lamp " * 300)
    os.utime(path, (1_000_000, 1_000_000))
    return str(path)


class Side:
    """A program on one engine; it remembers the cookies that it has set."""

    def __init__(self, engine: Any, stack: StackOfLayers, file: str, *, general: bool) -> None:
        self.noted: list[Any] = []
        # A response that fails behind a function is reported otherwise; see `differences.md`.
        is_reference = engine is fastapi and stack.has_functions()
        self.left_out = {"/late", "/begun"} if is_reference else set()
        self.general = general
        self.app = build(engine, stack, self.noted, file)

    def ask(self, loop: asyncio.AbstractEventLoop, ask: Ask, cookies: list[Any]) -> Answer:
        """Send a request through ASGI."""
        self.noted.clear()
        with in_mode(general=self.general):
            return loop.run_until_complete(call(self.app, ask, cookies, self.noted))

    def talk(self, loop: asyncio.AbstractEventLoop, ask: Ask) -> list[Any]:
        """Open a WebSocket connection through ASGI."""
        self.noted.clear()
        with in_mode(general=self.general):
            return loop.run_until_complete(talk(self.app, ask, [], self.noted))


def compare(
    loop: asyncio.AbstractEventLoop, ask: Ask, cookies: list[Any], sides: list[Side]
) -> list[Any]:
    """Send a request to all programs, which must answer alike; return the cookies they set."""
    answers = [side.ask(loop, ask, cookies) for side in sides if ask.path not in side.left_out]
    for answer in answers[1:]:
        assert answer == answers[0]
    return answers[0].cookies() or cookies


USUAL = [
    [Layer("gzip")],
    [Layer("session", {"secret_key": "a"})],
    [Layer("cors", {"allow_origins": ["https://a.example"], "allow_credentials": True})],
    [Layer("cors", {"allow_origins": ["*"]}), Layer("gzip", {"minimum_size": 0})],
    [Layer("gzip", {"thread_minimum_size": 600}), Layer("session", {"secret_key": "a"})],
    [Layer("session", {"secret_key": "a"}), Layer("http", {"function": "reading"})],
]


@pytest.mark.parametrize("added", USUAL)
@pytest.mark.parametrize("accepts", [b"gzip", b"br"])
def test_all_paths_behind_usual_stacks(
    loop: asyncio.AbstractEventLoop, file: str, added: list[Layer], accepts: bytes
) -> None:
    stack = StackOfLayers(added, [], {})
    sides = [
        Side(pronghorn, stack, file, general=True),
        Side(pronghorn, stack, file, general=False),
        Side(fastapi, stack, file, general=False),
    ]
    headers = [(b"host", b"a"), (b"accept-encoding", accepts), (b"origin", b"https://a.example")]
    cookies: list[Any] = []
    for path in ["/session/write", *PATHS]:
        cookies = compare(loop, Ask("GET", path, headers, b""), cookies, sides)


@LONG
@PROFILE
@given(stack=stacks(), sent=st.lists(asks(), min_size=4, max_size=8))
def test_all_engines_answer_the_same(
    loop: asyncio.AbstractEventLoop, file: str, stack: StackOfLayers, sent: list[Ask]
) -> None:
    general = Side(pronghorn, stack, file, general=True)
    sides = [general, Side(pronghorn, stack, file, general=False)]
    if stack.answers_as_fastapi():
        sides.append(Side(fastapi, stack, file, general=False))
    cookies: list[Any] = []
    for ask in sent:
        cookies = compare(loop, ask, cookies, sides)


@LONG
@settings(PROFILE, max_examples=EXAMPLES or 15)
@given(stack=stacks(), sent=st.lists(asks(), min_size=2, max_size=4))
def test_all_engines_talk_the_same(
    loop: asyncio.AbstractEventLoop, file: str, stack: StackOfLayers, sent: list[Ask]
) -> None:
    sides = [Side(pronghorn, stack, file, general=general) for general in (True, False)]
    if not stack.options:
        sides.append(Side(fastapi, stack, file, general=False))
    for ask in sent:
        for path in ("/talk", "/mounted/talk", "/nowhere"):
            at = dataclasses.replace(ask, path=path)
            first, *others = [side.talk(loop, at) for side in sides]
            assert all(other == first for other in others)


@LONG
@settings(PROFILE, max_examples=EXAMPLES or 15)
@given(stack=FEW_OPTIONS, sent=st.lists(asks(), min_size=4, max_size=8))
def test_the_own_class_for_gzip_answers_the_same_in_both_ways(
    loop: asyncio.AbstractEventLoop, file: str, stack: StackOfLayers, sent: list[Ask]
) -> None:
    sides = [Side(pronghorn, stack, file, general=general) for general in (True, False)]
    cookies: list[Any] = []
    for ask in sent:
        cookies = compare(loop, ask, cookies, sides)


@LONG
@settings(PROFILE, max_examples=EXAMPLES or 30)
@given(stack=stacks(), sent=st.lists(asks(), min_size=4, max_size=8), is_observed=st.booleans())
def test_the_direct_way_from_uvicorn_answers_the_same(
    loop: asyncio.AbstractEventLoop,
    file: str,
    stack: StackOfLayers,
    sent: list[Ask],
    is_observed: bool,
) -> None:
    plain = Side(fastapi if stack.answers_as_fastapi() else pronghorn, stack, file, general=True)
    direct = Side(pronghorn, stack, file, general=False)

    async def run() -> None:
        with (
            Wire(plain.app, is_direct=False) as reference,
            Wire(direct.app, is_direct=True, is_observed=is_observed) as wire,
        ):
            for ask in sent:
                if is_speakable(ask) and ask.path not in plain.left_out:
                    assert await wire.ask(ask) == await reference.ask(ask)

    with in_mode(general=False):
        loop.run_until_complete(run())
