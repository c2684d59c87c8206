"""Applications with more and more middleware, and bodies of any size. They import `fastapi`."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from pydantic import BaseModel

#: Classes of Starlette, in turn; none of them changes the answer.
STANDARD = (
    (CORSMiddleware, {"allow_origins": ["https://shop.example"]}),
    (GZipMiddleware, {"minimum_size": 1_000_000}),
    (TrustedHostMiddleware, {"allowed_hosts": ["*.example", "127.0.0.1"]}),
)
#: Bytes of one line of a body.
LINE = 100


class Line(BaseModel):
    """One line of an order."""

    number: int
    name: str
    price: float


def lines(size: int) -> list[dict]:
    """Return lines that take about a number of bytes as JSON."""
    one = {"name": "n" * 60, "price": 9.5}
    return [{"number": 1000 + index % 1000, **one} for index in range(max(1, size // LINE))]


class Pure:
    """An ASGI middleware that only calls the next application."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Call the next application."""
        await self.app(scope, receive, send)


def build(kind: str, number: int) -> FastAPI:
    """Make an application with a number of middlewares of one kind."""
    app = FastAPI()
    for index in range(number):
        if kind == "pure":
            app.add_middleware(Pure)
        elif kind == "standard":
            middleware, options = STANDARD[index % len(STANDARD)]
            app.add_middleware(middleware, **options)
        else:
            app.middleware("http")(_pass_on)

    @app.get("/items/{item_id}")
    async def read_item(item_id: int):
        return {"item_id": item_id}

    return app


async def _pass_on(request, call_next):
    return await call_next(request)


def bodies(size: int) -> FastAPI:
    """Make an application that reads a body, and one that sends a body, of a size."""
    app = FastAPI()
    order = [Line(**line) for line in lines(size)]

    @app.post("/orders")
    async def create_order(order: list[Line]) -> int:
        return len(order)

    @app.get("/orders")
    async def read_order() -> list[Line]:
        return order

    return app
