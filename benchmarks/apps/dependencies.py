"""Dependencies, security and background tasks."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, Header, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer


class Page:
    """A class as a dependency."""

    def __init__(self, skip: int = 0, limit: int = 100) -> None:
        self.skip = skip
        self.limit = limit


class Session:
    """A resource that a `yield` dependency opens and closes."""

    def __init__(self) -> None:
        self.is_open = True

    def close(self) -> None:
        """Close the session."""
        self.is_open = False


def graph() -> FastAPI:
    """Make an application with five dependencies that share one another."""
    app = FastAPI()

    async def get_settings():
        return {"realm": "shop"}

    async def get_session(settings: Annotated[dict, Depends(get_settings)]):
        return {"realm": settings["realm"], "open": True}

    async def get_user(
        session: Annotated[dict, Depends(get_session)], x_user: Annotated[str, Header()]
    ):
        return {"name": x_user, "realm": session["realm"]}

    async def get_page(skip: int = 0, limit: int = 100):
        return {"skip": skip, "limit": limit}

    async def get_rights(
        user: Annotated[dict, Depends(get_user)],
        settings: Annotated[dict, Depends(get_settings)],
    ):
        return [f"{settings['realm']}:{user['name']}"]

    @app.get("/orders")
    async def read_orders(
        user: Annotated[dict, Depends(get_user)],
        rights: Annotated[list, Depends(get_rights)],
        page: Annotated[dict, Depends(get_page)],
        session: Annotated[dict, Depends(get_session)],
    ):
        return {"user": user, "rights": rights, "page": page, "open": session["open"]}

    return app


def yield_dependency() -> FastAPI:
    """Make an application whose dependency opens and closes something."""
    app = FastAPI()

    async def get_session() -> AsyncIterator[Session]:
        session = Session()
        try:
            yield session
        finally:
            session.close()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, session: Annotated[Session, Depends(get_session)]):
        return {"item_id": item_id, "open": session.is_open}

    return app


def thread_class() -> FastAPI:
    """Make an application with a plain function and a class as its dependency."""
    app = FastAPI()

    @app.get("/items")
    def read_items(page: Annotated[Page, Depends()]):
        return {"skip": page.skip, "limit": page.limit}

    return app


def bearer() -> FastAPI:
    """Make an application with a bearer token, a background task and a response header."""
    app = FastAPI()
    scheme = HTTPBearer()

    async def write_log(text: str) -> None:
        len(text)

    @app.get("/me")
    async def read_me(
        credentials: Annotated[HTTPAuthorizationCredentials, Depends(scheme)],
        background: BackgroundTasks,
        response: Response,
    ):
        background.add_task(write_log, "seen")
        response.headers["x-scheme"] = credentials.scheme
        return {"token": credentials.credentials}

    return app
