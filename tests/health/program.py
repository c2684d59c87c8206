"""A program with probes, for the tests on servers."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from starlette.middleware.trustedhost import TrustedHostMiddleware

from pronghorn import Depends, FastAPI, HTTPException


class Database:
    is_up = True

    async def check(self) -> None:
        if not self.is_up:
            raise ConnectionError("postgresql://shop:hunter2@db/shop")


def refuse() -> None:
    raise HTTPException(401)


def make(*, drain: float = 0.0, middleware: bool = False, **options: Any) -> FastAPI:
    app = FastAPI(**options)
    database = Database()
    app.health(ready=[database.check], drain=drain)
    if middleware:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])

    @app.post("/break")
    async def break_database() -> None:
        database.is_up = False

    @app.get("/text")
    async def text() -> str:
        return "text"

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(float(os.environ.get("SLOW", "1")))
        return "slow"

    return app


app = make()
guarded = make(middleware=True, dependencies=[Depends(refuse)])
draining = make(drain=2.0)
taken = make()


@taken.get("/ready")
async def read_ready() -> None: ...
