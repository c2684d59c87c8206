"""Jobs start when all else of the application is there, and stop before it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

import pytest

from pronghorn import APIRouter, Depends, FastAPI, Request
from pronghorn.exceptions import SetupError
from pronghorn.hooks import JobRunner, TaskStore
from pronghorn.testclient import TestClient
from tests.background.shop import Shop

LOG: list[str] = []


@pytest.fixture(autouse=True)
def empty_log() -> None:
    LOG.clear()


def logging(
    name: str, state: dict[str, str] | None = None
) -> Callable[[Any], AbstractAsyncContextManager[Any]]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[dict[str, str] | None]:
        LOG.append(f"{name} starts")
        yield state
        LOG.append(f"{name} stops")

    return lifespan


class Runner(JobRunner):
    """Jobs of a program that brings its own."""

    def __init__(self) -> None:
        self.lifespan = logging("jobs")  # type: ignore[method-assign]  # the same signature

    def task_store(self) -> TaskStore:
        raise NotImplementedError


async def get_pool() -> AsyncIterator[str]:
    LOG.append("pool starts")
    yield "pool"
    LOG.append("pool stops")


def test_the_order_of_lifespans() -> None:
    app = FastAPI(lifespan=logging("program", {"name": "program"}), jobs=Runner())
    router = APIRouter(lifespan=logging("router", {"more": "router"}))

    @router.get("/")
    async def read(
        request: Request, pool: Annotated[str, Depends(get_pool, scope="app")]
    ) -> list[str]:
        return [request.state.name, request.state.more, pool]

    app.include_router(router)
    with TestClient(app) as client:
        assert client.get("/").json() == ["program", "router", "pool"]
    names = ["pool", "program", "router", "jobs"]
    stops = [f"{name} stops" for name in reversed(names)]
    assert [f"{name} starts" for name in names] + stops == LOG


def test_handlers_of_startup() -> None:
    app = FastAPI(
        on_startup=[lambda: LOG.append("startup")],
        on_shutdown=[lambda: LOG.append("shutdown")],
        jobs=Runner(),
    )
    with TestClient(app):
        pass
    assert LOG == ["startup", "jobs starts", "jobs stops", "shutdown"]


def test_a_lifespan_that_is_replaced_later() -> None:
    app = FastAPI(jobs=Runner())
    app.router.lifespan_context = logging("program")
    with TestClient(app):
        pass
    assert LOG == ["program starts", "jobs starts", "jobs stops", "program stops"]


def test_a_startup_that_fails() -> None:
    class Broken(Runner):
        def __init__(self) -> None:
            @asynccontextmanager
            async def fail(app: Any) -> AsyncIterator[None]:
                raise SetupError("no table")
                yield

            self.lifespan = fail  # type: ignore[method-assign]  # the same signature

    app = FastAPI(lifespan=logging("program"), jobs=Broken())
    with pytest.raises(SetupError, match="no table"), TestClient(app):
        pass
    assert LOG[0] == "program starts"


def test_the_database_may_be_opened_in_a_lifespan_of_the_program(small_shop: Shop) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with small_shop.db.lifespan(app):
            yield

    for given in (lifespan, None):
        app = small_shop.make_app(lifespan=given)
        with TestClient(app) as client:
            assert client.get("/openapi.json").status_code == 200


def test_an_attribute_of_a_subclass_is_its_own() -> None:
    class Program(FastAPI):
        jobs = ("a", "b")
        background_tasks = 3

    app = Program()
    with TestClient(app) as client:
        assert client.get("/openapi.json").status_code == 200
    assert (app.jobs, app.background_tasks) == (("a", "b"), 3)
