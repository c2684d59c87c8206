"""A program that streams answers: the generators, and the endpoints that start and follow them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import Depends, FastAPI, Header, HTTPException
from pronghorn.channels import Channels
from pronghorn.channels.streams import Followed, StreamRef, Streams
from pronghorn.jobs import Attempt, Job, Jobs
from pronghorn.sql import Database
from pronghorn.sse import EventSourceResponse, ServerSentEvent

#: What generators have done in this process.
told: list[str] = []
#: Lets a generator go on that waits for a test.
gates: dict[str, asyncio.Event] = {}


class Question(BaseModel):
    text: str
    count: int = 3
    pause: float = 0.0
    #: The answer waits in the middle and near its end until these files are there.
    gates: list[str] = []


class Token(BaseModel):
    number: int
    text: str


class Model:
    def __init__(self) -> None:
        told.append("model")

    def say(self, number: int, text: str) -> Token:
        return Token(number=number, text=text)


async def open_model() -> AsyncIterator[Model]:
    yield Model()
    told.append("closed")


async def answer(
    question: Question, model: Annotated[Model, Depends(open_model)]
) -> AsyncIterator[Token]:
    try:
        for number in range(1, question.count + 1):
            yield model.say(number, question.text)
            if question.pause:
                await asyncio.sleep(question.pause)
            if question.gates and number in (question.count // 2, question.count - 5):
                await wait_for_file(question.gates[number > question.count // 2])
        told.append("complete")
    finally:
        told.append("over")


async def wait_for_file(path: str) -> None:
    while not await asyncio.to_thread(Path(path).exists):  # noqa: ASYNC110 - of another process
        await asyncio.sleep(0.02)


async def count_to(last: int, *, first: int = 1) -> AsyncIterator[int]:
    for number in range(first, last + 1):
        yield number


async def wait_for(gate: str) -> AsyncIterator[str]:
    yield "before"
    try:
        await gates[gate].wait()
    finally:
        told.append("left")
    yield "behind"


async def fail(secret: str) -> AsyncIterator[str]:
    yield "begun"
    raise RuntimeError(f"the key is {secret}")


async def fail_until(gate: str) -> AsyncIterator[str]:
    yield "begun"
    if not gates[gate].is_set():
        raise RuntimeError("not yet")


async def fail_openly(detail: str) -> AsyncIterator[str]:
    yield "begun"
    raise HTTPException(502, detail)


async def fail_once(attempt: Attempt) -> AsyncIterator[int]:
    yield attempt.number
    if attempt.number == 1:
        await gates["fail"].wait()
        raise RuntimeError("not yet")


async def name_events(job: Job) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(event="token", data={"job": bool(job.id)})
    yield ServerSentEvent(raw_data="two\nlines")


async def name_an_end() -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(event="end")


async def say_wrong() -> AsyncIterator[Token]:
    yield Token(number=1, text="right")
    yield {"number": "many"}  # type: ignore[misc]  # the mistake


async def say_anything():  # type: ignore[no-untyped-def]  # a program without types
    yield {"a": [1, None]}
    yield Token(number=1, text="x")


async def say_nothing() -> AsyncIterator[int]:
    for number in ():
        yield number


async def return_at_once() -> int:
    return 1


def get_user(x_user: Annotated[str | None, Header()] = None) -> str | None:
    return x_user


User = Annotated[str | None, Depends(get_user)]


def make_app(database: Database, **options: Any) -> tuple[FastAPI, Jobs, Streams]:
    """Return a program on a database, its jobs and its streams.

    Args:
        database: The database.
        **options: Options of `Streams`, and `channels`.
    """
    jobs = Jobs(database)
    channels = options.pop("channels", None) or Channels(database)
    streams = Streams(channels, jobs, url="/answers/{id}", **{"look": "0.2s", **options})
    app = FastAPI(lifespan=database.lifespan)

    @app.post("/answers", status_code=202)
    async def ask(question: Question, user: User) -> StreamRef:
        return await streams.start(answer, question, owner=user)

    @app.get("/answers/{stream_id}", response_class=EventSourceResponse)
    async def follow(
        events: Annotated[Followed, streams.follow(owner=get_user)],
    ) -> AsyncIterator[ServerSentEvent]:
        async for event in events:
            yield event

    @app.delete("/answers/{stream_id}", status_code=204)
    async def stop(stream_id: str, user: User) -> None:
        if not await streams.cancel(stream_id, owner=user):
            raise HTTPException(404)

    return app, jobs, streams
