"""The shop on Litestar: advanced-alchemy, msgspec types, and its own plugins for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import anyio.to_thread
import msgspec
from advanced_alchemy.exceptions import NotFoundError
from advanced_alchemy.extensions.litestar import (
    AsyncSessionConfig,
    EngineConfig,
    SQLAlchemyAsyncConfig,
    SQLAlchemyInitPlugin,
)
from advanced_alchemy.filters import LimitOffset
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from asgi_correlation_id import CorrelationIdMiddleware
from common import (
    AUDIENCE,
    DATABASE,
    GZIP_FROM,
    GZIP_LEVEL,
    LIFETIME,
    ORIGIN,
    POOL,
    SECRET,
    matches,
)
from litestar import Litestar, Request, get, post
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.params import Body, Parameter
from litestar.plugins.prometheus import PrometheusConfig, PrometheusController
from litestar.security.jwt import JWTAuth, Token
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession
from tables import Item, User

DRIVERS = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
scheme, _, address = DATABASE.partition(":")
database = SQLAlchemyAsyncConfig(
    connection_string=f"{DRIVERS[scheme]}:{address}",
    engine_config=EngineConfig(pool_size=POOL, max_overflow=0),
    session_config=AsyncSessionConfig(expire_on_commit=False),
)
if scheme == "sqlite":

    @event.listens_for(database.get_engine().sync_engine, "connect")
    def set_up_connection(connection: Any, _: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")


class Users(SQLAlchemyAsyncRepository[User]):
    model_type = User


class Items(SQLAlchemyAsyncRepository[Item]):
    model_type = Item


@dataclass
class Credentials:
    username: str
    password: str


class TokenOut(msgspec.Struct):
    access_token: str
    expires_in: int
    token_type: str = "bearer"


class UserPublic(msgspec.Struct):
    id: int
    email: str
    name: str
    created_at: datetime


class ItemCreate(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    price_cents: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]
    description: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class ItemPublic(msgspec.Struct):
    id: int
    owner_id: int
    name: str
    description: str | None
    price_cents: int
    created_at: datetime


async def retrieve_user(
    token: Token, connection: ASGIConnection[Any, Any, Any, Any]
) -> User | None:
    session = database.provide_session(connection.app.state, connection.scope)
    return await Users(session=session).get_one_or_none(User.id == int(token.sub))


auth = JWTAuth[User](
    retrieve_user_handler=retrieve_user,
    token_secret=SECRET,
    accepted_audiences=[AUDIENCE],
    exclude=["^/token$", "^/health$", "^/metrics$"],
)


@post("/token", status_code=200)
async def login(
    data: Annotated[Credentials, Body(media_type=RequestEncodingType.URL_ENCODED)],
    db_session: AsyncSession,
) -> TokenOut:
    user = await Users(session=db_session).get_one_or_none(User.email == data.username.lower())
    if user is None or not await anyio.to_thread.run_sync(
        matches, data.password, user.password_hash
    ):
        raise NotAuthorizedException("Incorrect e-mail address or password")
    token = auth.create_token(
        identifier=str(user.id),
        token_expiration=timedelta(seconds=LIFETIME),
        token_audience=AUDIENCE,
    )
    return TokenOut(token, LIFETIME)


@get("/me")
async def read_own_account(request: Request[User, Token, Any]) -> UserPublic:
    return msgspec.convert(request.user, UserPublic, from_attributes=True)


@get("/items")
async def list_items(
    db_session: AsyncSession, after: Annotated[int, Parameter(ge=0)] = 0
) -> list[ItemPublic]:
    items = await Items(session=db_session).list(
        Item.id > after, LimitOffset(20, 0), order_by=(Item.id, False)
    )
    return msgspec.convert(items, list[ItemPublic], from_attributes=True)


@get("/items/{item_id:int}")
async def read_item(
    db_session: AsyncSession, item_id: Annotated[int, Parameter(ge=1)]
) -> ItemPublic:
    try:
        item = await Items(session=db_session).get(item_id)
    except NotFoundError as error:
        raise NotFoundException("There is no such item") from error
    return msgspec.convert(item, ItemPublic, from_attributes=True)


@post("/items")
async def create_item(
    data: ItemCreate, request: Request[User, Token, Any], db_session: AsyncSession
) -> ItemPublic:
    item = Item(owner_id=request.user.id, **msgspec.structs.asdict(data))
    item = await Items(session=db_session, auto_refresh=False).add(item, auto_commit=True)
    return msgspec.convert(item, ItemPublic, from_attributes=True)


@get("/health")
async def check_health(db_session: AsyncSession) -> dict[str, str]:
    await db_session.execute(text("SELECT 1"))
    return {"status": "ok"}


app = Litestar(
    [
        login,
        read_own_account,
        list_items,
        read_item,
        create_item,
        check_health,
        PrometheusController,
    ],
    plugins=[SQLAlchemyInitPlugin(database)],
    on_app_init=[auth.on_app_init],
    middleware=[CorrelationIdMiddleware, PrometheusConfig(group_path=True).middleware],
    cors_config=CORSConfig(allow_origins=[ORIGIN]),
    compression_config=CompressionConfig(
        backend="gzip", minimum_size=GZIP_FROM, gzip_compress_level=GZIP_LEVEL
    ),
    logging_config=None,
)
