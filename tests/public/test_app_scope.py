"""Dependencies with `scope="app"` are made once for each start of an application."""

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Annotated, Any

import pytest
from anyio import create_task_group, sleep_forever
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, Header, Request, WebSocket
from pronghorn.exceptions import FastAPIError, SetupError, SetupTypeError
from pronghorn.params import Security
from pronghorn.responses import StreamingResponse
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.usefixtures("mode")


class Log(list[str]):
    """What happened, in order."""


@pytest.fixture
def log() -> Log:
    return Log()


class Program:
    """Two dependencies of which the second needs the first, and a session for each request."""

    def __init__(self, log: Log) -> None:
        async def get_settings() -> dict[str, Any]:
            log.append("settings")
            return {}

        async def get_pool(
            settings: Annotated[dict[str, Any], Depends(get_settings, scope="app")],
        ) -> AsyncIterator[list[Any]]:
            log.append("open pool")
            try:
                yield [settings]
            finally:
                log.append("close pool")

        def get_cache(
            pool: list[Any] = Depends(get_pool, scope="app"),
        ) -> Iterator[dict[str, Any]]:
            log.append("open cache")
            try:
                yield {"pool": pool}
            finally:
                log.append("close cache")

        self.get_settings, self.get_pool, self.get_cache = get_settings, get_pool, get_cache
        self.Pool = Annotated[list[Any], Depends(get_pool, scope="app")]
        self.Cache = Annotated[dict[str, Any], Depends(get_cache, scope="app")]


@pytest.fixture
def program(log: Log) -> Program:
    return Program(log)


def add_routes(router: Any, program: Program) -> None:
    """Add routes that return the identity of the values."""
    pool, cache = program.Pool, program.Cache

    def read(cache: Any, pool: Any) -> list[int]:
        assert cache["pool"] is pool
        return [id(cache), id(pool)]

    def plain(x: int, cache: Any, pool: Any) -> list[int]:
        return [x, *read(cache, pool)]

    async def coroutine(cache: Any, pool: Any) -> list[int]:
        return read(cache, pool)

    plain.__annotations__ |= {"cache": cache, "pool": pool, "x": int}
    coroutine.__annotations__ |= {"cache": cache, "pool": pool}
    router.get("/plain")(plain)
    router.get("/coroutine")(coroutine)


OPENED = ["settings", "open pool", "open cache"]
CLOSED = ["close cache", "close pool"]


def test_it_is_made_once_in_the_order_of_dependencies_and_closed_in_reverse(
    log: Log, program: Program
) -> None:
    app = FastAPI()
    add_routes(app, program)
    with TestClient(app) as client:
        assert log == OPENED
        first = client.get("/coroutine").json()
        assert client.get("/plain?x=1").json() == [1, *first]
        assert client.get("/plain?x=a").status_code == 422
        assert client.get("/coroutine").json() == first
        assert log == OPENED
    assert log == OPENED + CLOSED
    with TestClient(app):
        pass
    assert log == (OPENED + CLOSED) * 2


@pytest.mark.parametrize("prefix", ["", "/inner"])
def test_included_routers_share_the_values(log: Log, program: Program, prefix: str) -> None:
    app, outer, inner = FastAPI(), APIRouter(), APIRouter()
    add_routes(inner, program)
    outer.include_router(inner, prefix=prefix)
    app.include_router(outer)
    app.include_router(inner, prefix="/again")
    with TestClient(app) as client:
        assert client.get(f"{prefix}/coroutine").json() == client.get("/again/coroutine").json()
    assert log == OPENED + CLOSED


@pytest.mark.parametrize("behind", [(), (Middleware(GZipMiddleware),)])
def test_a_mounted_application_is_served_by_the_start_of_the_outer_one(
    log: Log, program: Program, behind: tuple[Any, ...]
) -> None:
    app, mounted = FastAPI(), FastAPI()
    add_routes(app, program)
    add_routes(mounted, program)
    app.router.routes.append(Mount("/mounted", mounted, middleware=list(behind)))
    with TestClient(app) as client:
        assert client.get("/mounted/coroutine").json() == client.get("/coroutine").json()
    assert log == OPENED + CLOSED


def test_a_mounted_application_has_its_own_overrides(log: Log, program: Program) -> None:
    app, mounted = FastAPI(), FastAPI()
    add_routes(app, program)
    app.mount("/mounted", mounted)

    @mounted.get("/")
    async def read(pool: Annotated[Any, Depends(program.get_pool, scope="app")]) -> str:
        return str(pool)

    mounted.dependency_overrides[program.get_pool] = lambda: "fake"
    with TestClient(app) as client:
        assert client.get("/mounted/").json() == "fake"
        assert client.get("/coroutine").status_code == 200


def test_a_router_that_belongs_to_no_application_is_named(program: Program) -> None:
    app, router = FastAPI(), APIRouter()
    add_routes(router, program)
    app.mount("/router", router)
    with pytest.raises(SetupError, match=r"app.include_router\(router"), TestClient(app):
        pass


def test_a_websocket_a_stream_and_a_background_task_use_it(log: Log, program: Program) -> None:
    app = FastAPI()

    async def chat(websocket: WebSocket, pool: Any) -> None:
        await websocket.accept()
        await websocket.send_json(len(pool))
        await websocket.close()

    async def stream(pool: Any) -> StreamingResponse:
        async def items() -> AsyncIterator[str]:
            yield str(len(pool))

        return StreamingResponse(items())

    async def task(tasks: BackgroundTasks, pool: Any) -> None:
        tasks.add_task(lambda: log.append(f"task {len(pool)}"))

    for function in (chat, stream, task):
        function.__annotations__["pool"] = program.Pool
    app.websocket("/chat")(chat)
    app.get("/stream")(stream)
    app.get("/task")(task)
    with TestClient(app) as client:
        with client.websocket_connect("/chat") as socket:
            assert socket.receive_json() == 1
        assert client.get("/stream").text == "1"
        client.get("/task")
    assert log == ["settings", "open pool", "task 1", "close pool"]


def test_the_lifespan_of_the_program_runs_inside(log: Log, program: Program) -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        async with app.resolve(program.get_pool) as pool:
            log.append(f"start with {len(pool)}")
        yield {"key": "value"}
        log.append("stop")

    app = FastAPI(lifespan=lifespan)
    add_routes(app, program)

    @app.get("/state")
    async def read_state(request: Request) -> str:
        return str(request.state.key)

    with TestClient(app) as client:
        assert client.get("/state").json() == "value"
    assert log == [*OPENED, "start with 1", "stop", *CLOSED]


def test_a_start_that_fails_closes_what_is_open(log: Log, program: Program) -> None:
    async def fail(cache: Any) -> None:
        raise ValueError("no")

    fail.__annotations__["cache"] = program.Cache
    app = FastAPI(dependencies=[Depends(fail, scope="app")])
    app.get("/")(lambda: None)
    with pytest.raises(ValueError, match="no") as caught, TestClient(app):
        pass
    assert log == OPENED + CLOSED
    assert "fail" in caught.value.__notes__[0]
    assert __file__ in caught.value.__notes__[0]


def test_a_lifespan_that_fails_closes_what_is_open(log: Log, program: Program) -> None:
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise ValueError("no")
        yield

    app = FastAPI(lifespan=lifespan)  # type: ignore[arg-type]  # FastAPI accepts generators
    add_routes(app, program)
    with pytest.raises(ValueError, match="no"), TestClient(app):
        pass
    assert log == OPENED + CLOSED


def test_without_the_lifespan_the_request_says_what_to_write(program: Program) -> None:
    app = FastAPI()
    add_routes(app, program)
    with pytest.raises(SetupError, match=r"with TestClient\(app\) as client"):
        TestClient(app).get("/coroutine")


def test_a_route_that_is_added_later_says_so(program: Program) -> None:
    app = FastAPI()
    with TestClient(app) as client:
        add_routes(app, program)
        with pytest.raises(SetupError, match="nothing used it when the application started"):
            client.get("/coroutine")


@pytest.mark.parametrize("name", ["get_pool", "get_settings"])
def test_an_override_counts_if_it_comes_before_the_start(
    log: Log, program: Program, name: str
) -> None:
    app = FastAPI()
    add_routes(app, program)
    with TestClient(app) as client:
        client.get("/coroutine")
    log.clear()
    app.dependency_overrides[getattr(program, name)] = lambda: log.append("fake") or [1]
    with TestClient(app) as client:
        assert client.get("/coroutine").status_code == 200
    assert (
        log
        == {
            "get_pool": ["fake", "open cache", "close cache"],
            "get_settings": ["fake", "open pool", "open cache", *CLOSED],
        }[name]
    )


@pytest.mark.parametrize("name", ["get_pool", "get_settings"])
def test_an_override_that_comes_too_late_is_an_error(program: Program, name: str) -> None:
    app = FastAPI()
    add_routes(app, program)
    with TestClient(app) as client:
        client.get("/coroutine")
        app.dependency_overrides[getattr(program, name)] = lambda: [1]
        with pytest.raises(SetupError, match="came after the application had started"):
            client.get("/coroutine")
        app.dependency_overrides.clear()
        assert client.get("/coroutine").status_code == 200


def test_an_override_of_another_dependency_may_come_at_any_time(program: Program) -> None:
    app = FastAPI()
    add_routes(app, program)
    with TestClient(app) as client:
        first = client.get("/coroutine").json()
        app.dependency_overrides[lambda: None] = lambda: None
        assert client.get("/coroutine").json() == first


def test_two_starts_at_a_time_have_values_of_their_own(log: Log, program: Program) -> None:
    app = FastAPI()
    add_routes(app, program)
    with TestClient(app) as one, TestClient(app) as other:
        assert one.get("/coroutine").json() != other.get("/coroutine").json()
        assert other.get("/coroutine").json() == other.get("/coroutine").json()
        first = one.get("/coroutine").json()
    assert first
    assert log == OPENED * 2 + CLOSED * 2


def test_classes_instances_and_partials(log: Log) -> None:
    class Client:
        def __init__(self) -> None:
            log.append("class")

    class Make:
        def __call__(self) -> str:
            log.append("instance")
            return "instance"

    def add(a: int, b: int) -> int:
        log.append("partial")
        return a + b

    app = FastAPI()

    async def read(made: Any, client: Any, total: Any) -> list[Any]:
        return [made, type(client).__name__, total]

    read.__annotations__ |= {
        "made": Annotated[str, Depends(Make(), scope="app")],
        "client": Annotated[Client, Depends(scope="app")],
        "total": Annotated[int, Depends(partial(lambda: add(1, 2)), scope="app")],
    }
    app.get("/")(read)
    with TestClient(app) as client:
        for _ in range(2):
            assert client.get("/").json() == ["instance", "Client", 3]
    assert log == ["instance", "class", "partial"]


def test_none_is_a_value() -> None:
    calls: list[int] = []
    app = FastAPI()

    @app.get("/")
    async def read(
        value: None = Depends(lambda: calls.append(1), scope="app"),
    ) -> bool:
        return value is None

    with TestClient(app) as client:
        assert client.get("/").json() is True
        assert client.get("/").json() is True
    assert calls == [1]


def test_a_route_class_with_its_own_handler(program: Program) -> None:
    from pronghorn.routing import APIRoute

    class Own(APIRoute):
        def get_route_handler(self) -> Any:
            inner = super().get_route_handler()

            async def handle(request: Request) -> Any:
                return await inner(request)

            return handle

    app, router = FastAPI(), APIRouter(route_class=Own)
    add_routes(router, program)
    add_routes(app, program)
    app.include_router(router, prefix="/own")
    with TestClient(app) as client:
        assert client.get("/own/coroutine").json() == client.get("/coroutine").json()


def needs_request(request: Request) -> str: ...
def needs_header(x_key: Annotated[str, Header()]) -> str: ...
def needs_query(size: int = 1) -> str: ...
def below(value: Annotated[str, Depends(needs_header)]) -> str: ...
def get_plain() -> str: ...
def uses_plain(value: Annotated[str, Depends(get_plain)]) -> str: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (needs_request, ["'request' of needs_request is the request", "needs_request ("]),
        (needs_query, ["'size' of needs_query is read from the query string"]),
        (below, ["'x_key' of needs_header is read from a header", "below (", "-> needs_header ("]),
        (uses_plain, ["runs for each request", "Depends(get_plain, scope='app')"]),
    ],
)
def test_what_needs_a_request_is_refused_at_startup(function: Any, words: list[str]) -> None:
    app = FastAPI()
    with pytest.raises(SetupError) as caught:

        @app.get("/items")
        async def read_items(value: str = Depends(function, scope="app")) -> None: ...

    for each in [*words, "GET /items", __file__]:
        assert each in str(caught.value)


@pytest.mark.parametrize(
    "marker",
    [
        Depends(get_plain, scope="app", use_cache=False),
        Depends(get_plain, scope="app", max_concurrency=2),
        Security(get_plain, scope="app", scopes=["a"]),
    ],
)
def test_options_that_mean_nothing_are_refused(marker: Any) -> None:
    app = FastAPI()
    with pytest.raises(SetupTypeError, match="contradict each other"):
        app.get("/", dependencies=[marker])(lambda: None)


def test_threads_read_the_value_of_the_running_application(program: Program) -> None:
    app = FastAPI()
    add_routes(app, program)
    found: list[Any] = []
    with TestClient(app) as client:
        threads = [
            threading.Thread(target=lambda: found.append(client.get("/plain?x=1").json()))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({tuple(each) for each in found}) == 1


def test_a_dependency_that_swallows_a_failed_start_does_not_hide_it() -> None:
    async def swallow() -> AsyncIterator[int]:
        with suppress(ValueError):
            yield 1

    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        raise ValueError("no")
        yield

    app = FastAPI(lifespan=lifespan, dependencies=[Depends(swallow, scope="app")])  # type: ignore[arg-type]  # as above
    app.get("/")(lambda: None)
    with pytest.raises(FastAPIError, match="caught it without raising"), TestClient(app):
        pass


def test_a_task_group_may_stay_open_for_the_life_of_the_application(log: Log) -> None:
    async def get_group() -> AsyncIterator[TaskGroup]:
        async with create_task_group() as group:
            yield group
            log.append("stopping")
            group.cancel_scope.cancel()

    app = FastAPI()

    @app.get("/")
    async def start(group: Annotated[TaskGroup, Depends(get_group, scope="app")]) -> None:
        async def work() -> None:
            log.append("work")
            try:
                await sleep_forever()
            finally:
                log.append("stopped")

        group.start_soon(work)
        await checkpoint()

    with TestClient(app) as client:
        assert client.get("/").status_code == 200
    assert log == ["work", "stopping", "stopped"]


def test_mounted_applications_of_other_kinds_are_left_alone(log: Log, program: Program) -> None:
    class Endless:
        """Middleware that names itself as its application."""

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

        @property
        def app(self) -> Any:
            return self

    class Foreign:
        """An application of another framework, whose `routes` is a method."""

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

        def routes(self) -> None: ...

    app = FastAPI()
    app.mount("/endless", Endless())
    app.mount("/foreign", Foreign())
    add_routes(app, program)
    with TestClient(app) as client:
        assert client.get("/coroutine").status_code == 200
    assert log == OPENED + CLOSED


def test_a_changed_signature_below_is_noticed() -> None:
    def one() -> int:
        return 1

    def two() -> int:
        return 2

    def inner(value: int = Depends(one, scope="app")) -> int:
        return value

    def outer(value: int = Depends(inner, scope="app")) -> int:
        return value

    first, second = FastAPI(), FastAPI()

    def read(value: int = Depends(outer, scope="app")) -> int:
        return value

    first.get("/")(read)
    with TestClient(first) as client:
        assert client.get("/").json() == 1
    inner.__defaults__ = (Depends(two, scope="app"),)
    second.get("/")(read)
    with TestClient(second) as client:
        assert client.get("/").json() == 2
