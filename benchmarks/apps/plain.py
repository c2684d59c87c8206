"""Parameters, bodies and responses."""

from typing import Annotated

from fastapi import Cookie, FastAPI, Form, Header, HTTPException, Query
from pydantic import BaseModel, Field


class Item(BaseModel):
    """The model of most requests."""

    name: str = Field(min_length=1, max_length=100)
    price: float = Field(gt=0)
    quantity: int = 1
    tags: list[str] = []
    description: str | None = None


class Found(BaseModel):
    """The parameters of a search, sent back."""

    item_id: int
    q: str | None
    limit: int


class Address(BaseModel):
    """A part of a customer."""

    street: str
    city: str
    country: str


class Customer(BaseModel):
    """A part of an order."""

    name: str
    email: str
    address: Address


class Line(BaseModel):
    """A part of an order."""

    item: str
    price: float
    quantity: int


class Order(BaseModel):
    """Three levels of models."""

    id: int
    customer: Customer
    lines: list[Line]


def make_order(number: int) -> Order:
    """Return an order that differs from the others."""
    address = Address(street=f"{number} High Street", city="Windhoek", country="NA")
    customer = Customer(name=f"Ada {number}", email=f"ada{number}@example.com", address=address)
    lines = [Line(item=f"item {i}", price=9.5 + i, quantity=i + 1) for i in range(3)]
    return Order(id=number, customer=customer, lines=lines)


def constant() -> FastAPI:
    """Make an application whose endpoint returns a constant."""
    app = FastAPI()

    @app.get("/")
    async def read_root():
        return {"message": "hello", "ready": True}

    return app


def path_and_query() -> FastAPI:
    """Make an application with a path and two query parameters and a model as response."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(
        item_id: int,
        q: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Found:
        return Found(item_id=item_id, q=q, limit=limit)

    return app


def body_model() -> FastAPI:
    """Make an application that receives and returns a model."""
    app = FastAPI()

    @app.post("/items", status_code=201)
    async def create_item(item: Item) -> Item:
        return item

    return app


def many_models() -> FastAPI:
    """Make an application that returns 50 models of three levels."""
    app = FastAPI()
    orders = [make_order(number) for number in range(50)]

    @app.get("/orders")
    async def read_orders() -> list[Order]:
        return orders

    return app


def thread_endpoint() -> FastAPI:
    """Make an application whose endpoint is a plain function, so it runs in a thread."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    def read_item(item_id: int, q: str | None = None):
        return {"item_id": item_id, "q": q}

    return app


def header_cookie_list() -> FastAPI:
    """Make an application with a header, a cookie and a list of query values."""
    app = FastAPI()

    @app.get("/items")
    async def read_items(
        x_trace: Annotated[str, Header()],
        session: Annotated[str, Cookie()],
        tag: Annotated[list[int], Query()],
    ):
        return {"trace": x_trace, "session": session, "tags": tag}

    return app


def form() -> FastAPI:
    """Make an application that receives a form."""
    app = FastAPI()

    @app.post("/login")
    async def log_in(
        username: Annotated[str, Form()],
        password: Annotated[str, Form()],
        remember: Annotated[bool, Form()] = False,
    ):
        return {"username": username, "length": len(password), "remember": remember}

    return app


def http_exception() -> FastAPI:
    """Make an application whose endpoint raises."""
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int):
        raise HTTPException(404, f"No item {item_id}", headers={"x-reason": "absent"})

    return app
