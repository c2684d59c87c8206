"""A shared dependency's parameters, and the signature of an override, are read once."""

import inspect
from typing import Annotated

import pytest
from pydantic import AfterValidator

from pronghorn import Depends, FastAPI, Query
from pronghorn.testclient import TestClient


def test_the_parameters_of_a_shared_dependency_are_read_once() -> None:
    app = FastAPI()
    validated: list[str] = []

    def noted(value: str) -> str:
        validated.append(value)
        return value

    def page(name: Annotated[str, AfterValidator(noted)]) -> str:
        return name

    def first(page: Annotated[str, Depends(page)]) -> str:
        return page

    def second(page: Annotated[str, Depends(page)]) -> str:
        return page

    @app.get("/")
    async def read(a: Annotated[str, Depends(first)], b: Annotated[str, Depends(second)]) -> str:
        return a + b

    assert TestClient(app).get("/", params={"name": "x"}).json() == "xx"
    assert validated == ["x"]


def test_an_error_in_a_shared_dependency_is_told_once() -> None:
    app = FastAPI()

    def page(number: int) -> int:
        return number

    def first(page: Annotated[int, Depends(page)]) -> int:
        return page

    @app.get("/")
    async def read(page: Annotated[int, Depends(page)], a: Annotated[int, Depends(first)]) -> int:
        return page + a

    errors = TestClient(app).get("/", params={"number": "x"}).json()["detail"]
    assert [error["loc"] for error in errors] == [["query", "number"]]


def test_without_the_cache_it_is_read_again() -> None:
    app = FastAPI()

    def page(number: int) -> int:
        return number

    @app.get("/")
    async def read(
        a: Annotated[int, Depends(page)], b: Annotated[int, Depends(page, use_cache=False)]
    ) -> int:
        return a + b

    errors = TestClient(app).get("/").json()["detail"]
    assert [error["loc"] for error in errors] == [["query", "number"]] * 2


class Replacement:
    """A callable that notes whenever its signature is asked for."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.asked = 0

    @property
    def __signature__(self) -> inspect.Signature:
        self.asked += 1
        parameter = inspect.Parameter(
            "limit", inspect.Parameter.KEYWORD_ONLY, annotation=int, default=Query(1)
        )
        return inspect.Signature([parameter])

    def __call__(self, limit: int) -> str:
        return self.value * limit


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()

    def original() -> str:
        return "original"

    app.state.original = original

    @app.get("/")
    async def read(value: Annotated[str, Depends(original)]) -> str:
        return value

    return app


def test_an_override_is_planned_once_while_the_overrides_stay(app: FastAPI) -> None:
    client = TestClient(app)
    replacement = app.dependency_overrides[app.state.original] = Replacement("a")

    assert client.get("/", params={"limit": 2}).json() == "aa"
    asked = replacement.asked
    assert asked > 0
    for _ in range(5):
        assert client.get("/", params={"limit": 3}).json() == "aaa"
    assert replacement.asked == asked


def test_a_change_of_the_overrides_counts_for_the_next_request(app: FastAPI) -> None:
    client = TestClient(app)

    assert client.get("/").json() == "original"
    app.dependency_overrides[app.state.original] = Replacement("a")
    assert client.get("/").json() == "a"
    app.dependency_overrides[app.state.original] = Replacement("b")
    assert client.get("/").json() == "b"
    app.dependency_overrides = {}
    assert client.get("/").json() == "original"
