"""Probes, with checks of every kind."""

from typing import Annotated

from pronghorn import Depends, FastAPI
from pronghorn.health import Check


class Database:
    async def check(self) -> None: ...


def ping() -> bool:
    return True


def get_queue() -> list[str]:
    return []


async def check_queue(queue: Annotated[list[str], Depends(get_queue)]) -> bool:
    return len(queue) < 10


app = FastAPI()
app.health(
    ready=[Database().check, ping, Check(check_queue, timeout=0.5, cache=0, name="queue")],
    live_path=None,
    ready_path="/health",
    drain=5,
)
