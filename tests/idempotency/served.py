"""A program for real servers: payments that take a while, or end their process."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Annotated

from pronghorn import Body, FastAPI
from pronghorn.idempotency import Idempotent
from pronghorn.sql import Database, after_commit
from tests.idempotency.payments import TABLES, pay, user

database = Database(os.environ["DATABASE_URL"])
database.add_own_tables(TABLES)
app = FastAPI(lifespan=database.lifespan)
Session = database.Session
once = Idempotent(database, by=user, required=True)


@app.get("/text")
async def text() -> str:
    return "ready"


@app.post("/payments", dependencies=[once], status_code=201)
async def create(session: Session, name: Annotated[str, Body(embed=True)]) -> dict[str, int]:
    await pay(session, f"{name} {os.urandom(8).hex()}")
    await asyncio.sleep(0.2)
    return {"process": os.getpid()}


async def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@app.post("/killed", dependencies=[once], status_code=201)
async def killed(session: Session, name: Annotated[str, Body(embed=True)]) -> dict[str, str]:
    await pay(session, f"{name} {os.urandom(8).hex()}")
    if "DIES" in os.environ:
        after_commit(session, die)
    return {"name": name}
