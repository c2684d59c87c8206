"""A stream is followed from every kind of route."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import pytest
from starlette.testclient import WebSocketDenialResponse

from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.channels import Channels
from pronghorn.channels.streams import Followed, Streams
from pronghorn.jobs import Jobs
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.sql import Database
from pronghorn.sse import EventSourceResponse, ServerSentEvent
from pronghorn.testclient import TestClient
from tests.channels import answers
from tests.channels.answers import get_user
from tests.channels.events import read_events
from tests.channels.streaming import ANN, BOB, data_of


class Program:
    """An application with the endpoints of each form."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.jobs = Jobs(self.database)
        self.streams = Streams(Channels(self.database), self.jobs)
        self.app = FastAPI(lifespan=self.database.lifespan)
        self._add_routers()
        self._add_mounted()

    def _add_routers(self) -> None:
        streams = self.streams
        events = Annotated[Followed, streams.follow(owner=get_user)]
        router = APIRouter(prefix="/inner")

        @router.get("/annotated/{stream_id}", response_class=EventSourceResponse)
        async def annotated(found: events) -> AsyncIterator[ServerSentEvent]:  # type: ignore[valid-type]
            async for event in found:  # type: ignore[attr-defined]  # a variable is no type
                yield event

        @router.get("/default/{answer}", response_class=EventSourceResponse)
        async def default(
            found: Followed = streams.follow(owner=get_user, parameter="answer"),
        ) -> AsyncIterator[ServerSentEvent]:
            async for event in found:
                yield event

        async def pass_on(found: events) -> Any:  # type: ignore[valid-type]
            return found

        @router.get("/below/{stream_id}", response_class=EventSourceResponse)
        async def below(
            found: Annotated[Followed, Depends(pass_on)],
        ) -> AsyncIterator[ServerSentEvent]:
            async for event in found:
                yield event

        @router.get("/texts/{stream_id}")
        async def texts(found: events) -> list[str | None]:  # type: ignore[valid-type]
            return [event.raw_data async for event in found]  # type: ignore[attr-defined]

        @router.websocket("/socket/{stream_id}")
        async def socket(websocket: WebSocket, found: events) -> None:  # type: ignore[valid-type]
            await websocket.accept()
            async for event in found:  # type: ignore[attr-defined]
                await websocket.send_json([event.id, event.event, event.raw_data])
            await websocket.close()

        outer = APIRouter(prefix="/outer")
        outer.include_router(router)
        self.app.include_router(router)
        self.app.include_router(outer)

    def _add_mounted(self) -> None:
        streams = self.streams
        mounted = FastAPI()
        mounted.add_middleware(GZipMiddleware, minimum_size=1)

        @mounted.middleware("http")
        async def touch(request: Any, call_next: Any) -> Any:
            return await call_next(request)

        @mounted.get("/{stream_id}", response_class=EventSourceResponse)
        async def follow(
            found: Annotated[Followed, streams.follow(owner=get_user)],
        ) -> AsyncIterator[ServerSentEvent]:
            async for event in found:
                yield event

        self.app.mount("/mounted", mounted)

    async def start(self) -> str:
        stream = await self.streams.start(answers.count_to, 3, owner="ann")
        return stream.id


PATHS = ["/inner/annotated", "/inner/default", "/inner/below", "/outer/inner/annotated", "/mounted"]


@pytest.fixture
def program(sqlite_url: str) -> Program:
    return Program(sqlite_url)


def test_every_route_follows(program: Program) -> None:
    with TestClient(program.app) as client:
        assert client.portal is not None
        with client.portal.wrap_async_context_manager(program.jobs.worker(program.app)):
            stream = client.portal.call(program.start)
            for path in PATHS:
                events = read_events(client.get(f"{path}/{stream}", headers=ANN).text)
                assert data_of(events) == ["1", "2", "3"], path
                headers = {**ANN, "Last-Event-ID": events[0].id}
                rest = client.get(f"{path}/{stream}", headers=headers)
                assert data_of(read_events(rest.text)) == ["2", "3"], path
                assert client.get(f"{path}/{stream}", headers=BOB).status_code == 404
                done = {**ANN, "Last-Event-ID": events[-1].id}
                assert client.get(f"{path}/{stream}", headers=done).status_code == 204
            texts = client.get(f"/inner/texts/{stream}", headers=ANN).json()
            assert texts == ["1", "2", "3", '{"state":"done"}']


def test_a_websocket_follows(program: Program) -> None:
    with TestClient(program.app) as client:
        assert client.portal is not None
        with client.portal.wrap_async_context_manager(program.jobs.worker(program.app)):
            stream = client.portal.call(program.start)
            with client.websocket_connect(f"/inner/socket/{stream}", headers=ANN) as socket:
                found = [socket.receive_json() for _ in range(4)]
            assert [data for _, _, data in found] == ["1", "2", "3", '{"state":"done"}']
            again = f"/inner/socket/{stream}?after={found[1][0]}"
            with client.websocket_connect(again, headers=ANN) as socket:
                assert socket.receive_json()[2] == "3"
            with (
                pytest.raises(WebSocketDenialResponse) as denied,
                client.websocket_connect(f"/inner/socket/{stream}", headers=BOB),
            ):
                pass
            assert denied.value.status_code == 404


def test_the_document_names_the_parameters(program: Program) -> None:
    operation = program.app.openapi()["paths"]["/inner/default/{answer}"]["get"]
    found = {(each["in"], each["name"]): each["required"] for each in operation["parameters"]}
    assert found[("path", "answer")]
    assert not found[("query", "after")]
    assert not found[("header", "Last-Event-ID")]


def test_a_script_starts_and_reads(sqlite_url: str) -> None:
    async def script() -> list[str | None]:
        program = Program(sqlite_url)
        async with program.database.lifespan(), program.jobs.worker(program.app):
            stream = await program.start()
            return [event.raw_data async for event in program.streams.read(stream)]

    assert asyncio.run(script()) == ["1", "2", "3", '{"state":"done"}']
