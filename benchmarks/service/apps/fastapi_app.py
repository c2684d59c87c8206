"""The shop for FastAPI, with the usual glue. pronghorn runs this very file as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from asgi_correlation_id import CorrelationIdMiddleware
from common import (
    DATABASE,
    GZIP_FROM,
    GZIP_LEVEL,
    LIFETIME,
    ORIGIN,
    POOL,
    issue_token,
    matches,
    read_token,
)
from fastapi import Depends, FastAPI, HTTPException, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from prometheus_fastapi_instrumentator import Instrumentator
from schemas import ItemCreate, ItemPublic, Token, UserPublic
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from tables import Item, User

DRIVERS = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
scheme, _, address = DATABASE.partition(":")
engine = create_async_engine(f"{DRIVERS[scheme]}:{address}", pool_size=POOL, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)

if scheme == "sqlite":

    @event.listens_for(engine.sync_engine, "connect")
    def set_up_connection(connection: Any, _: object) -> None:
        """Choose the journal that lets others read while one writes."""
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await engine.dispose()


app = FastAPI(title="Shop", lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=GZIP_LEVEL)
app.add_middleware(CORSMiddleware, allow_origins=[ORIGIN], allow_methods=["*"])
app.add_middleware(CorrelationIdMiddleware)
Instrumentator().instrument(app).expose(app)


async def open_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session)]
read_bearer = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_user(token: Annotated[str, Depends(read_bearer)], session: Session) -> User:
    try:
        user = await session.get(User, read_token(token))
    except ValueError:
        user = None
    if user is None:
        raise HTTPException(401, "The token is invalid or has expired")
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]


@app.post("/token")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()], session: Session) -> Token:
    user = await session.scalar(select(User).where(User.email == form.username.lower()))
    if user is None or not await run_in_threadpool(matches, form.password, user.password_hash):
        raise HTTPException(401, "Incorrect e-mail address or password")
    return Token(access_token=issue_token(user.id), expires_in=LIFETIME)


@app.get("/me", response_model=UserPublic)
async def read_own_account(user: CurrentUser) -> User:
    return user


@app.get("/items", response_model=list[ItemPublic])
async def list_items(
    user: CurrentUser, session: Session, after: Annotated[int, Query(ge=0)] = 0
) -> Any:
    statement = select(Item).where(Item.id > after).order_by(Item.id).limit(20)
    return (await session.scalars(statement)).all()


@app.get("/items/{item_id}", response_model=ItemPublic)
async def read_item(
    item_id: Annotated[int, Path(ge=1)], user: CurrentUser, session: Session
) -> Item:
    item = await session.get(Item, item_id)
    if item is None:
        raise HTTPException(404, "There is no such item")
    return item


@app.post("/items", response_model=ItemPublic, status_code=201)
async def create_item(form: ItemCreate, user: CurrentUser, session: Session) -> Item:
    item = Item(owner_id=user.id, **form.model_dump())
    session.add(item)
    await session.commit()
    return item


@app.get("/health")
async def check_health(session: Session) -> dict[str, str]:
    await session.execute(text("SELECT 1"))
    return {"status": "ok"}
