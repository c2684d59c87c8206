"""The shop with pronghorn's own parts: its database, prepared statements, probes and metrics."""

from __future__ import annotations

from typing import Annotated, Any

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
from pydantic import BaseModel
from schemas import ItemCreate, ItemPublic, Token, UserPublic
from sqlalchemy import bindparam, event, insert, select
from tables import Item, User

from pronghorn import Depends, FastAPI, HTTPException, Path, Query
from pronghorn.concurrency import run_in_threadpool
from pronghorn.metrics import Metrics
from pronghorn.middleware.cors import CORSMiddleware
from pronghorn.middleware.gzip import GZipMiddleware
from pronghorn.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pronghorn.sql import Database

db = Database(DATABASE, pool_size=POOL)
if DATABASE.startswith("sqlite"):

    @event.listens_for(db.engine.sync_engine, "connect")
    def keep_like_the_others(connection: Any, record: object) -> None:
        """Leave it to the system when a commit reaches the disk, as the other programs do."""
        connection.cursor().execute("PRAGMA synchronous = NORMAL")


app = FastAPI(title="Shop", lifespan=db.lifespan)
app.health(ready=[db.check])
Metrics().attach(app)
app.add_middleware(GZipMiddleware, minimum_size=GZIP_FROM, compresslevel=GZIP_LEVEL)
app.add_middleware(CORSMiddleware, allow_origins=[ORIGIN], allow_methods=["*"])


class Credentials(BaseModel):
    id: int
    password_hash: str


find_user = db.prepare(select(User).where(User.id == bindparam("user_id")), UserPublic)
find_credentials = db.prepare(select(User).where(User.email == bindparam("email")), Credentials)
find_item = db.prepare(select(Item).where(Item.id == bindparam("item_id")), ItemPublic)
find_items = db.prepare(
    select(Item).where(Item.id > bindparam("after")).order_by(Item.id).limit(20), ItemPublic
)
add_item = db.prepare(insert(Item).returning(Item), ItemPublic)
read_bearer = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_user(token: Annotated[str, Depends(read_bearer)]) -> UserPublic:
    try:
        user = await find_user.one_or_none(user_id=read_token(token))
    except ValueError:
        user = None
    if user is None:
        raise HTTPException(401, "The token is invalid or has expired")
    return user


CurrentUser = Annotated[UserPublic, Depends(get_current_user)]


@app.post("/token")
async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    found = await find_credentials.one_or_none(email=form.username.lower())
    if found is None or not await run_in_threadpool(matches, form.password, found.password_hash):
        raise HTTPException(401, "Incorrect e-mail address or password")
    return Token(access_token=issue_token(found.id), expires_in=LIFETIME)


@app.get("/me")
async def read_own_account(user: CurrentUser) -> UserPublic:
    return user


@app.get("/items")
async def list_items(user: CurrentUser, after: Annotated[int, Query(ge=0)] = 0) -> list[ItemPublic]:
    return await find_items(after=after)


@app.get("/items/{item_id}")
async def read_item(item_id: Annotated[int, Path(ge=1)], user: CurrentUser) -> ItemPublic:
    item = await find_item.one_or_none(item_id=item_id)
    if item is None:
        raise HTTPException(404, "There is no such item")
    return item


@app.post("/items", status_code=201)
async def create_item(form: ItemCreate, user: CurrentUser) -> ItemPublic:
    return await add_item.one(owner_id=user.id, **form.model_dump())
