"""Requests of every kind, and clients that vanish, leave nothing behind.

`make harden ARGS="--only memory"` is the long form.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import Server

from pronghorn.adapters.uvicorn import known_lines
from pronghorn.adapters.uvicorn_protocol import PronghornProtocol
from tests.hardening.mixed_load import BATCH, open_websockets, send_batches, vanish

#: Before the first, caches of 256 content types are full.
WARM_UP, REQUESTS, CLIENTS, ROUNDS = 5_400, 1_800, 100, 3
#: As many more in each of the rounds are chance. A request of one kind is one of 18, so an object
#: for each of them would be 100.
MOST = 50
CONTAINERS = (dict, list, set, deque)


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[int]:
    """Serve an application in this event loop; yield the port."""
    config = Config(app, port=0, http=PronghornProtocol, log_config=None, lifespan="off")
    server = Server(config)
    task = asyncio.create_task(server._serve(None))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


def count_objects() -> Counter[type]:
    """Return how many objects of each type there are; `object` counts what containers contain."""
    for _ in range(3):
        gc.collect()
    objects = gc.get_objects()
    found = Counter(map(type, objects))
    found[object] = sum(len(each) for each in objects if type(each) in CONTAINERS)
    return found


@pytest.fixture
def steady(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep pytest from collecting lines of the log, and let a cache be full early."""
    monkeypatch.setattr(known_lines, "MOST_LINES", 64)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.usefixtures("steady")
def test_requests_and_vanished_clients_leave_nothing() -> None:
    app = importlib.import_module("tests.hardening.memory_program").app

    async def main() -> list[dict[type, int]]:
        async with served(app) as port:
            await load(port, 0, WARM_UP)
            starts = range(WARM_UP, WARM_UP + ROUNDS * REQUESTS, REQUESTS)
            loads = await growth([partial(load, port, start, REQUESTS) for start in starts])
            await vanish(port, CLIENTS, 0)
            return [loads, await growth([partial(leave, port, seed) for seed in range(ROUNDS)])]

    assert asyncio.run(main()) == [{}, {}]


async def load(port: int, first: int, count: int) -> None:
    batches = count // BATCH
    assert await send_batches(port, first, batches) == batches * BATCH
    await open_websockets(port, count // 100)
    await asyncio.sleep(0.1)


async def leave(port: int, seed: int) -> None:
    await vanish(port, CLIENTS, seed)
    await asyncio.sleep(0.2)


async def growth(rounds: Sequence[Callable[[], Awaitable[None]]]) -> dict[type, int]:
    """Return what there is more of after every one of some rounds but the first.

    In that one, some of what came before is still collected.
    """
    counts = [count_objects()]
    for go in rounds:
        await go()
        counts.append(count_objects())
    more = [after - before for before, after in pairwise(counts[1:])]
    return {kind: least for kind in more[0] if (least := min(one[kind] for one in more)) > MOST}
