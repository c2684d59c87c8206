"""A program with every kind of parameter and body, on the framework that is named.

`tests/bad_input/program.py` has the plain kinds; this one adds unions, models of forms, files
and queries, JSON inside of forms, and routes that send back what they received.
"""

import os
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, Json, SecretStr
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware

from tests.bad_input.program import Item, Node
from tests.bad_input.program import build as build_plain


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, ge=0, multiple_of=1)


class Dog(BaseModel):
    kind: Literal["dog"]
    weight: Decimal = Decimal(1)
    friends: "list[Pet]" = []


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]
Dog.model_rebuild()


class Order(BaseModel):
    model_config = {"extra": "forbid"}

    number: UUID
    lines: dict[str, tuple[int, float]] = {}
    on: date | None = None
    takes: timedelta = timedelta()
    tags: set[str] = set()
    password: SecretStr | None = None


class Search(BaseModel):
    words: list[str] = []
    page: int = Field(1, le=10**6)
    token: str | None = None


class Sent(BaseModel):
    title: str
    counts: list[int] = []
    more: float | None = None


def build(engine: str, *, around: bool = False) -> Any:
    """The application on one engine: "fastapi" or "pronghorn".

    Args:
        engine: The name of the package.
        around: Put middleware around it.
    """
    module: Any = __import__(engine)
    app = build_plain(engine)
    for add in (_bodies, _echoes, _parameters, _forms):
        add(app, module)
    if around:
        app.add_middleware(GZipMiddleware, minimum_size=100)
        app.add_middleware(CORSMiddleware, allow_origins=["*"])

        @app.middleware("http")
        async def pass_on(request: Any, call_next: Any) -> Any:
            return await call_next(request)

    return app


def _bodies(app: Any, module: Any) -> None:
    @app.post("/json/pet")
    async def take_pet(pet: Pet) -> Pet:
        return pet

    @app.post("/json/pets")
    def take_pets(pets: list[Pet]) -> list[Pet]:
        return pets

    @app.put("/json/order")
    async def take_order(order: Order) -> Order:
        return order

    @app.post("/json/union")
    async def take_union(value: int | list[float] | Item | None) -> Any:
        return value

    @app.patch("/json/many/{number}")
    async def take_many(
        number: int,
        search: Annotated[Search, module.Query()],
        order: Order,
        nodes: Annotated[list[Node] | None, module.Body()] = None,
    ) -> dict[str, Any]:
        return {"number": number, "search": search, "order": order, "nodes": nodes}


def _echoes(app: Any, module: Any) -> None:
    @app.post("/echo/any")
    async def send_back(value: Annotated[Any, module.Body()]) -> Any:
        return value

    @app.post("/echo/untyped")
    def send_back_untyped(value: Annotated[Any, module.Body()]):  # type: ignore[no-untyped-def]
        return {"value": value}

    @app.post("/echo/stream")
    async def send_back_in_parts(value: Annotated[Any, module.Body()]) -> AsyncIterator[Any]:
        yield value


def _parameters(app: Any, module: Any) -> None:
    @app.get("/number/{ratio}")
    async def take_ratio(ratio: float, amount: Decimal = Decimal(0), of: float = 0.0) -> Any:
        return [ratio, amount, of]

    @app.get("/search")
    def search(search: Annotated[Search, module.Query()]) -> Search:
        return search

    @app.get("/model/headers")
    async def take_headers(sent: Annotated[Search, module.Header()]) -> Search:
        return sent

    @app.get("/model/cookies")
    async def take_cookies(sent: Annotated[Search, module.Cookie()]) -> Search:
        return sent


def _forms(app: Any, module: Any) -> None:
    @app.post("/form/sent")
    async def take_sent(sent: Annotated[Sent, module.Form()]) -> Sent:
        return sent

    @app.post("/form/json")
    async def take_json(value: Annotated[Json[Any], module.Form()]) -> Any:
        return value

    @app.post("/form/files")
    async def take_files(
        files: Annotated[list[module.UploadFile], module.File()],
        title: Annotated[str, module.Form()] = "",
        ratio: Annotated[float | None, module.Form()] = None,
    ) -> Any:
        return [title, ratio, *(file.filename for file in files)]


_framework = os.environ.get("HARDENING_FRAMEWORK", "pronghorn")
app = build(_framework)
