"""Stream the answer of a language model, token by token, and stop when the client leaves.

    pronghorn run examples/tokens.py
    curl -N http://127.0.0.1:8000/chat --json '{"message": "What is a pronghorn?"}'

`/chat` sends server-sent events, which browsers and most client libraries read. `/chat/lines` sends
the same tokens as JSON Lines. `Model` stands for a real model: replace the body of `generate`.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Literal

import anyio
from pydantic import BaseModel, Field

from pronghorn import Depends, FastAPI, HTTPException
from pronghorn.sse import EventSourceResponse, ServerSentEvent


class Prompt(BaseModel, extra="forbid"):
    """A question to the model."""

    message: Annotated[str, Field(min_length=1, max_length=10_000)]
    max_tokens: Annotated[int, Field(ge=1, le=1000)] = 100


class Token(BaseModel):
    """A piece of the answer."""

    text: str


class Summary(BaseModel):
    """The last event of a stream."""

    tokens: int
    reason: Literal["stop", "length"]


class Model:
    """A model that repeats the question for as long as it is allowed to.

    Args:
        capacity: How many answers it generates at the same time.
        seconds_per_token: The time that it takes for a token.
    """

    def __init__(self, capacity: int = 4, seconds_per_token: float = 0.05) -> None:
        self._slots = anyio.CapacityLimiter(capacity)
        self._seconds_per_token = seconds_per_token

    @property
    def running(self) -> int:
        """The number of answers that are being generated."""
        return self._slots.borrowed_tokens

    def take_slot(self) -> object:
        """Return a slot for one answer, which `free_slot` gives back.

        Raises:
            anyio.WouldBlock: Every slot is taken.
        """
        slot = object()
        self._slots.acquire_on_behalf_of_nowait(slot)
        return slot

    def free_slot(self, slot: object) -> None:
        """Give back a slot that `take_slot` has returned."""
        self._slots.release_on_behalf_of(slot)

    async def generate(self, prompt: Prompt) -> AsyncGenerator[Token, None]:
        """Yield the tokens of an answer. The caller holds a slot."""
        words = ["You", "asked:", *prompt.message.split()]
        for word in words[: prompt.max_tokens]:
            await anyio.sleep(self._seconds_per_token)
            yield Token(text=f"{word} ")


model = Model()


def get_model() -> Model:
    """Return the model of this process; tests put another one in its place."""
    return model


async def reserve_model(model: Annotated[Model, Depends(get_model)]) -> AsyncIterator[Model]:
    """Yield the model with a slot of it taken, or answer 503 if every slot is taken.

    The slot is taken here and not in the stream, whose status cannot change any more. It is
    free again when the stream has ended: a `yield` dependency stays open until then.
    """
    try:
        slot = model.take_slot()
    except anyio.WouldBlock:
        headers = {"Retry-After": "1"}
        raise HTTPException(503, "The model is busy", headers=headers) from None
    try:
        yield model
    finally:
        model.free_slot(slot)


ReservedModel = Annotated[Model, Depends(reserve_model)]

app = FastAPI(title="Tokens")


@app.post("/chat", response_class=EventSourceResponse)
async def stream_events(prompt: Prompt, model: ReservedModel) -> AsyncIterator[ServerSentEvent]:
    """Send an event `token` for each token, and an event `done` at the end."""
    count = 0
    # When the client leaves, the endpoint is stopped at its `yield` or its `await`. `aclosing`
    # stops the model at the same moment; without it, the model might run on without its slot.
    async with aclosing(model.generate(prompt)) as tokens:
        async for token in tokens:
            count += 1
            yield ServerSentEvent(event="token", id=str(count), data=token)
    reason: Literal["stop", "length"] = "length" if count == prompt.max_tokens else "stop"
    yield ServerSentEvent(event="done", data=Summary(tokens=count, reason=reason))


@app.post("/chat/lines")
async def stream_lines(prompt: Prompt, model: ReservedModel) -> AsyncIterator[Token]:
    """Send a line of JSON for each token."""
    async with aclosing(model.generate(prompt)) as tokens:
        async for token in tokens:
            yield token


@app.get("/health")
async def read_health(model: Annotated[Model, Depends(get_model)]) -> dict[str, int]:
    """Return the number of answers that are being generated."""
    return {"running": model.running}
