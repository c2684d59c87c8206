"""Server-sent events and JSON Lines."""

from collections.abc import AsyncIterable, Iterable

from pydantic import BaseModel

from pronghorn import FastAPI
from pronghorn.sse import EventSourceResponse, ServerSentEvent

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/events", response_class=EventSourceResponse)
async def read_events() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(data={"a": 1}, event="item", id="1", retry=1000)


@app.get("/lines")
def read_lines() -> Iterable[Item]:
    yield Item(name="a")
