"""A shop that uses all batteries in one program, as a service in production would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import BaseModel
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    FastAPI,
    Header,
    HTTPException,
    Query,
    WebSocket,
)
from pronghorn.cache import Cache, Cached
from pronghorn.channels import START, Channel, Channels, Event, Feed, Subscribe
from pronghorn.channels.streams import Followed, StreamRef, Streams
from pronghorn.idempotency import Idempotent
from pronghorn.jobs import Jobs
from pronghorn.limits import Limits, RateLimit
from pronghorn.middleware.cors import CORSMiddleware
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.responses import EventSourceResponse
from pronghorn.sql import Database
from pronghorn.sse import ServerSentEvent


class Base(DeclarativeBase):
    """The tables of the shop."""


class Customer(Base):
    """Somebody who orders."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)


class Order(Base):
    """An order; that its customer exists is checked at the commit."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]
    customer: Mapped[int | None] = mapped_column(
        ForeignKey("customers.id", deferrable=True, initially="DEFERRED")
    )


class OrderIn(BaseModel):
    """An order of a client.

    Attributes:
        item: What is ordered.
        way: What the endpoint does at its end.
    """

    item: str
    way: str = "return"


class Placed(BaseModel):
    """The message that an order was placed."""

    item: str


#: What tasks and jobs have done in this process.
DONE: list[str] = []


async def send_receipt(item: str) -> None:
    """Send a receipt: a background task."""
    DONE.append(f"receipt {item}")


async def pack(item: str) -> None:
    """Pack an order: a job."""
    DONE.append(f"packed {item}")


async def write_story(words: int) -> AsyncIterator[str]:
    """Write a story: a stream."""
    for number in range(words):
        await asyncio.sleep(0)
        yield f"word {number} " * 100


async def user_id(x_user: Annotated[str, Header()] = "ann") -> str:
    """Return who sends a request."""
    return x_user


placed = Channel("placed:{shop}", Placed)


class Program:
    """A shop with all batteries.

    Args:
        url: The URL of its database.
        limit: How many orders a client may place.
        **options: Options of the database.
    """

    def __init__(self, url: str, limit: str = "1000/minute", **options: Any) -> None:
        self.db = Database(url, **options)
        self.jobs = Jobs(self.db, retries=0)
        self.channels = Channels(self.db)
        self.streams = Streams(self.channels, self.jobs, url="/shop/stories/{id}")
        self.cache = Cache("mem://", broadcast=self.db, every="1h")
        self.limits = Limits(self.db, patience="20s")
        self.limit = RateLimit(limit, limits=self.limits)
        self.once = Idempotent(self.db, by=user_id)
        self.lists = 0
        self.jobs.task(queue="packing")(pack)

    async def create_tables(self) -> None:
        """Create the tables of the shop and of all batteries."""
        async with self.db.transaction() as session:
            await session.run_sync(lambda inner: Base.metadata.create_all(inner.connection()))
        await self.jobs.prepare()
        await self.db.dispose()

    def make_router(self) -> APIRouter:
        """Return the routes of the shop."""
        router = APIRouter(prefix="/shop")
        db = self.db

        @router.post("/orders", dependencies=[self.limit, self.once], status_code=201)
        async def create(order: OrderIn, session: db.Session, tasks: BackgroundTasks) -> int:
            row = Order(item=order.item, customer=99 if order.way == "fail to commit" else None)
            session.add(row)
            await session.flush()
            tasks.add_task(send_receipt, order.item)
            await self.jobs.enqueue(pack, order.item, session=session)
            await self.channels.publish(placed("main"), Placed(item=order.item), session=session)
            await self.cache.invalidate("orders", session=session)
            if order.way == "refuse":
                raise HTTPException(418)
            if order.way == "fail":
                raise ValueError("no")
            if order.way == "wrong result":
                return "no number"  # type: ignore[return-value]  # answered with 500
            return row.id

        @router.get("/orders", cache=Cached("1h", tags=["orders"], store=self.cache, max_age=0))
        async def show(session: db.ReadSession) -> list[str]:
            self.lists += 1
            return list(await session.scalars(select(Order.item).order_by(Order.id)))

        @router.get("/events", response_class=EventSourceResponse)
        async def events(
            feed: Annotated[Feed[Placed], Subscribe(self.channels, lambda: placed("main"))],
            count: Annotated[int, Query()] = 1,
        ) -> AsyncIterator[Placed]:
            async for message in feed:
                yield message
                count -= 1
                if not count:
                    return

        @router.post("/stories", status_code=202)
        async def tell(words: int, session: db.Session) -> StreamRef:
            return await self.streams.start(write_story, words, owner="ann", session=session)

        @router.get("/stories/{stream_id}", response_class=EventSourceResponse)
        async def follow(
            found: Annotated[Followed, self.streams.follow(owner=user_id)],
        ) -> AsyncIterator[ServerSentEvent]:
            async for event in found:
                yield event

        @router.websocket("/chat")
        async def chat(socket: WebSocket) -> None:
            async with self.channels.join(socket, placed("main"), presence={"a": 1}) as here:
                async for message in here.receive():
                    await here.publish(message)

        return router

    def make_app(self, **options: Any) -> FastAPI:
        """Return an application with the routes of the shop behind middleware."""
        given = {"lifespan": self.db.lifespan, "jobs": self.jobs, "background_tasks": "durable"}
        app = FastAPI(**{**given, **options})
        app.add_middleware(CORSMiddleware, allow_origins=["*"])
        app.add_middleware(GZipMiddleware, minimum_size=50)

        @app.middleware("http")
        async def pass_on(request: Any, call_next: Any) -> Any:
            response = await call_next(request)
            response.headers["x-passed"] = "yes"
            return response

        app.include_router(self.make_router())
        return app

    def make_parent(self) -> FastAPI:
        """Return an application in which the shop is mounted at `/mounted`."""
        inner = self.make_app()

        @asynccontextmanager
        async def lifespan(app: FastAPI) -> AsyncIterator[None]:
            async with self.db.lifespan(app):
                yield

        parent = FastAPI(lifespan=lifespan, jobs=self.jobs)
        parent.mount("/mounted", inner)
        return parent

    async def read(self) -> dict[str, list[str]]:
        """Return what all batteries have kept."""
        async with self.db.transaction(read_only=True) as session:
            orders = list(await session.scalars(select(Order.item).order_by(Order.id)))
        jobs = await self.jobs.list()
        events = []
        if (newest := await self.channels.newest(placed("main"))) not in (None, START):
            async for event in self.channels.read(placed("main"), after=START):
                events.append(event.data.item if isinstance(event, Event) else "reset")
                if event.id == newest:
                    break
        return {
            "orders": orders,
            "receipts": _items(jobs, "send_receipt"),
            "packed": _items(jobs, "pack"),
            "events": events,
        }


def _items(jobs: list[Any], name: str) -> list[str]:
    """Return the items of the jobs of one function."""
    return sorted(job.arguments["item"] for job in jobs if job.task.endswith(f":{name}"))
