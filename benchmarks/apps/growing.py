"""Applications of any size. They are written for FastAPI, as all in this folder."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, Field, create_model

ROUTES = 1000
MODELS = 300
PAIRS_IN_A_ROUTER = 10


class Address(BaseModel):
    """A part of every model."""

    street: str
    city: Annotated[str, Field(max_length=100)]


def with_routes(number: int) -> FastAPI:
    """Make an application with one route per resource."""
    app = FastAPI()
    for index in range(number):

        @app.get(f"/resource{index}/{{item_id}}")
        async def read_item(item_id: int):
            return {"item_id": item_id}

    return app


def with_dependencies(depth: int) -> FastAPI:
    """Make an application whose endpoint is at the end of a chain of dependencies."""
    app = FastAPI()

    async def first() -> int:
        return 0

    dependency = first
    for _ in range(depth - 1):
        dependency = following(dependency)

    @app.get("/depth")
    async def read_depth(value: Annotated[int, Depends(dependency)]):
        return {"depth": value}

    return app


def following(inner: Any) -> Any:
    """Make a dependency that depends on another one."""

    async def dependency(value: Annotated[int, Depends(inner)]) -> int:
        return value + 1

    return dependency


def models() -> list[type[BaseModel]]:
    """Make 300 models of five fields."""
    return [
        create_model(
            f"Model{index}",
            id=(int, ...),
            name=(Annotated[str, Field(min_length=1, max_length=100)], ...),
            price=(float, 0.0),
            tags=(list[str], []),
            address=(Address | None, None),
        )
        for index in range(MODELS)
    ]


async def get_session():
    """Stand for a database session."""
    return {"open": True}


async def get_user(session: Annotated[dict, Depends(get_session)]) -> str:
    """Stand for authentication."""
    return "ada"


def large() -> FastAPI:
    """Make a program of 1,000 routes and 300 models, in routers of 20 routes."""
    found = models()
    app = FastAPI()
    for group in range(ROUTES // (2 * PAIRS_IN_A_ROUTER)):
        router = APIRouter(prefix=f"/group{group}", tags=[f"group{group}"])
        for index in range(PAIRS_IN_A_ROUTER):
            add_pair(router, index, found[(group * PAIRS_IN_A_ROUTER + index) % MODELS])
        app.include_router(router)
    return app


def add_pair(router: APIRouter, index: int, model: type[BaseModel]) -> None:
    """Add a route that reads and one that writes."""

    @router.get(f"/things{index}/{{thing_id}}", response_model=model)
    async def read_thing(
        thing_id: int, user: Annotated[str, Depends(get_user)], q: str | None = None
    ):
        return {"id": thing_id, "name": user}

    @router.post(f"/things{index}", response_model=model, status_code=201)
    async def create_thing(thing: model, user: Annotated[str, Depends(get_user)]):
        return thing
