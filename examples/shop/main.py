"""The application: its parts put together.

Start it with `pronghorn run examples/shop/main.py`, and open http://127.0.0.1:8000/docs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypedDict

from pronghorn import FastAPI
from pronghorn.middleware.cors import CORSMiddleware
from shop.core.config import Settings
from shop.core.database import Database
from shop.core.security import Passwords, Tokens
from shop.routers import items, tokens, users
from shop.routers.errors import add_error_handlers


class Resources(TypedDict):
    """The objects that live as long as the application. Requests find them in `request.state`."""

    database: Database
    passwords: Passwords
    tokens: Tokens


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[Resources]:
    """Open what the requests share, and close it at shutdown."""
    settings: Settings = app.state.settings
    database = Database(settings.database_file)
    passwords = Passwords(
        rounds=settings.password_rounds,
        memory_kib=settings.password_memory_kib,
        workers=settings.password_workers,
    )
    tokens = Tokens(settings.load_secret_key(), lifetime=timedelta(minutes=settings.token_minutes))
    try:
        await database.create_tables()
        yield {"database": database, "passwords": passwords, "tokens": tokens}
    finally:
        await database.dispose()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return an application; a test passes settings of its own."""
    settings = settings or Settings()
    app = FastAPI(title="Shop", version="1.0.0", lifespan=lifespan)
    app.state.settings = settings
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
    )
    add_error_handlers(app)
    for module in (users, tokens, items):
        app.include_router(module.router)
    return app


app = create_app()
