"""A lifespan of the application and of a router, with state."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypedDict

from pronghorn import APIRouter, FastAPI, Request


class State(TypedDict):
    numbers: list[int]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[State, None]:
    app.state.started = True
    yield {"numbers": [1]}


@asynccontextmanager
async def router_lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    async with lifespan(app):
        yield


app = FastAPI(lifespan=lifespan)
router = APIRouter(lifespan=router_lifespan)


@app.get("/numbers")
def read_numbers(request: Request) -> list[int]:
    numbers: list[int] = request.state.numbers
    return numbers
