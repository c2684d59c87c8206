"""`app.resolve` and `app.inject` use dependencies outside of requests."""

import asyncio
import contextlib
import inspect
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.lowlevel
import pytest

from pronghorn import BackgroundTasks, Depends, FastAPI, Header, Request, Response, Security
from pronghorn.concurrency import run_in_threadpool
from pronghorn.exceptions import DependencyScopeError, FastAPIError, SetupError, SetupTypeError
from pronghorn.security import OAuth2PasswordBearer, SecurityScopes
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio
log: list[str] = []


@pytest.fixture(autouse=True)
def clear() -> Iterator[None]:
    log.clear()
    yield
    log.clear()


@pytest.fixture
def app() -> FastAPI:
    return FastAPI()


async def get_settings() -> dict[str, int]:
    log.append("settings")
    return {"size": 1}


async def get_pool(
    settings: Annotated[dict[str, int], Depends(get_settings, scope="app")],
) -> AsyncIterator[list[Any]]:
    log.append("open pool")
    try:
        yield [settings]
    finally:
        log.append("close pool")


Pool = Annotated[list[Any], Depends(get_pool, scope="app")]


async def get_session(pool: Pool) -> AsyncIterator[dict[str, Any]]:
    log.append("open session")
    try:
        yield {"pool": pool}
    except ValueError:
        log.append("roll back")
        raise
    finally:
        log.append("close session")


Session = Annotated[dict[str, Any], Depends(get_session)]


def get_connection() -> Iterator[sqlite3.Connection]:
    log.append("connect")
    connection = sqlite3.connect(":memory:")
    try:
        yield connection
    finally:
        connection.close()
        log.append("disconnect")


Connection = Annotated[sqlite3.Connection, Depends(get_connection)]
AROUND = ["settings", "open pool", "open session", "close session", "close pool"]


# --- resolve --------------------------------------------------------------------------------------


async def test_resolve_opens_and_closes_the_whole_graph(app: FastAPI) -> None:
    async with app.resolve(get_session) as session:
        assert session == {"pool": [{"size": 1}]}
        assert log == AROUND[:3]
    assert log == AROUND


async def test_an_exception_in_the_block_reaches_the_generators(app: FastAPI) -> None:
    with pytest.raises(ValueError, match="no"):
        async with app.resolve(get_session):
            raise ValueError("no")
    assert log == [*AROUND[:3], "roll back", *AROUND[3:]]


async def test_an_exception_group_reaches_them_as_it_is(app: FastAPI) -> None:
    group = ExceptionGroup("two", [ValueError("a"), KeyError("b")])
    with pytest.raises(ExceptionGroup) as caught:
        async with app.resolve(get_session):
            raise group
    assert caught.value is group
    assert log == AROUND


async def test_a_dependency_that_swallows_the_exception_is_an_error(app: FastAPI) -> None:
    async def swallow() -> AsyncIterator[int]:
        with contextlib.suppress(ValueError):
            yield 1

    with pytest.raises(FastAPIError, match="write: `raise`") as caught:
        async with app.resolve(swallow):
            raise ValueError("no")
    assert isinstance(caught.value.__cause__, ValueError)


async def test_what_can_be_resolved(app: FastAPI) -> None:
    class Client:
        def __init__(self, pool: Pool) -> None:
            self.pool = pool

    class Make:
        async def __call__(self, pool: Pool) -> str:
            return "made"

    async with app.resolve(get_settings) as settings:
        assert settings == {"size": 1}
    async with app.resolve(Client) as client:
        assert client.pool == [{"size": 1}]
    async with app.resolve(Make()) as made:
        assert made == "made"
    async with app.resolve(partial(get_session)) as session:
        assert session["pool"]
    async with app.resolve(Session) as session:
        assert session["pool"]
    async with app.resolve(Depends(get_session)) as session:
        assert session["pool"]
    async with app.resolve(Annotated[Client, Depends()]) as client:
        assert isinstance(client, Client)


async def test_shared_results_and_use_cache(app: FastAPI) -> None:
    calls: list[int] = []

    def count() -> int:
        calls.append(1)
        return len(calls)

    def shared(one: int = Depends(count), two: int = Depends(count)) -> tuple[int, int]:
        return one, two

    def fresh(
        one: int = Depends(count), two: int = Depends(count, use_cache=False)
    ) -> tuple[int, int]:
        return one, two

    async with app.resolve(shared) as found:
        assert found == (1, 1)
    async with app.resolve(fresh) as found:
        assert found == (2, 3)


async def test_both_scopes_can_be_used_and_the_function_scope_closes_first(app: FastAPI) -> None:
    async def outer() -> AsyncIterator[int]:
        yield 1
        log.append("request")

    async def inner() -> AsyncIterator[int]:
        yield 2
        log.append("function")

    async def both(
        one: Annotated[int, Depends(outer)], two: Annotated[int, Depends(inner, scope="function")]
    ) -> AsyncIterator[int]:
        yield one + two
        log.append("both")

    async with app.resolve(both) as found:
        assert found == 3
    assert log == ["both", "function", "request"]
    with pytest.raises(DependencyScopeError):
        app.resolve(Depends(both))


async def test_overrides_apply_at_once(app: FastAPI) -> None:
    async with app.resolve(get_session):
        pass
    log.clear()
    app.dependency_overrides[get_pool] = lambda: ["fake"]
    async with app.resolve(get_session) as session:
        assert session["pool"] == ["fake"]
    app.dependency_overrides[get_session] = lambda: "all fake"
    async with app.resolve(get_session) as session:
        assert session == "all fake"
    app.dependency_overrides.clear()
    async with app.resolve(get_session) as session:
        assert session["pool"] == [{"size": 1}]


async def test_blocks_and_tasks_inside_share_the_values_of_the_outer_block(app: FastAPI) -> None:
    async with app.resolve(Pool) as pool:

        async def use() -> None:
            async with app.resolve(get_session) as session:
                assert session["pool"] is pool

        async with anyio.create_task_group() as group:
            group.start_soon(use)
            group.start_soon(use)
        await use()
    assert log.count("open pool") == log.count("close pool") == 1


async def test_blocks_side_by_side_do_not(app: FastAPI) -> None:
    both = anyio.Event()
    pools: list[Any] = []

    async def use() -> None:
        async with app.resolve(get_session) as session:
            pools.append(session["pool"])
            if len(pools) == 2:
                both.set()
            await both.wait()

    async with anyio.create_task_group() as group:
        group.start_soon(use)
        group.start_soon(use)
    assert pools[0] is not pools[1]
    assert log.count("close pool") == 2


async def test_a_cancelled_block_closes_everything(app: FastAPI) -> None:
    async def slow() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await anyio.lowlevel.checkpoint()
            log.append("closed")

    with anyio.move_on_after(0.01) as scope:
        async with app.resolve(slow):
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert log == ["closed"]


async def test_concurrency_limits_hold(app: FastAPI) -> None:
    running: list[int] = []
    most = 0

    async def limited() -> AsyncIterator[int]:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        yield 1
        running.pop()

    one = Annotated[int, Depends(limited, max_concurrency=1)]

    async def use() -> None:
        async with app.resolve(one):
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(use)
    assert most == 1


def test_inside_of_a_request_it_reads_the_values_of_the_application(
    app: FastAPI, mode: str
) -> None:
    @app.get("/")
    async def read(pool: Pool) -> list[bool]:
        async with app.resolve(get_session) as session, app.resolve(get_pool) as same:
            return [session["pool"] is pool, same is pool]

    with TestClient(app) as client:
        assert client.get("/").json() == [True, True]
        assert log == ["settings", "open pool", "open session", "close session"]


def test_a_value_that_nothing_has_declared_is_an_error_while_the_application_runs(
    app: FastAPI,
) -> None:
    @app.get("/")
    async def read() -> None:
        async with app.resolve(get_session):
            pass

    with TestClient(app) as client, pytest.raises(SetupError, match=r"only `app\.resolve"):
        client.get("/")


def test_a_function_with_inject_declares_it(app: FastAPI) -> None:
    @app.inject
    async def job(session: Session) -> list[Any]:
        return list(session["pool"])

    @app.get("/")
    async def run() -> list[Any]:
        return await job()

    with TestClient(app) as client:
        assert log == AROUND[:2]
        assert client.get("/").json() == [{"size": 1}]
    assert log == AROUND


scheme = OAuth2PasswordBearer("token")


def needs_request(request: Request) -> None: ...
def needs_response(response: Response) -> None: ...
def needs_tasks(tasks: BackgroundTasks) -> None: ...
def needs_scopes(scopes: SecurityScopes) -> None: ...
def needs_header(x_key: Annotated[str, Header()]) -> None: ...
def needs_query(size: int = 3) -> None: ...
def needs_body(item: dict[str, int]) -> None: ...
def needs_token(token: Annotated[str, Depends(scheme)]) -> None: ...
def secured(scopes: Annotated[None, Security(needs_scopes, scopes=["a"])]) -> None: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (needs_request, "'request' of needs_request is the request"),
        (needs_response, "'response' of needs_response is the response"),
        (needs_tasks, "'tasks' of needs_tasks is the background tasks"),
        (needs_scopes, "'scopes' of needs_scopes is the security scopes"),
        (needs_header, "'x_key' of needs_header is read from a header"),
        (needs_query, "'size' of needs_query is read from the query string"),
        (needs_body, "'item' of needs_body is read from the body"),
        (needs_token, "'request' of OAuth2PasswordBearer is the connection"),
        (secured, "'scopes' of needs_scopes is the security scopes"),
    ],
)
def test_what_needs_a_request_is_refused(app: FastAPI, function: Any, words: str) -> None:
    def outer(value: Any = Depends(function)) -> None: ...

    with pytest.raises(SetupError) as resolved:
        app.resolve(outer)
    assert words in str(resolved.value)
    assert f"outer ({__file__}" in str(resolved.value)
    assert "app.resolve(outer)" in str(resolved.value)
    with pytest.raises(SetupError) as injected:

        @app.inject
        def job(value: Any = Depends(outer)) -> None: ...

    assert words in str(injected.value)
    assert "@app.inject, " in str(injected.value)


def test_an_override_that_needs_a_request_is_refused(app: FastAPI) -> None:
    app.dependency_overrides[get_session] = needs_header
    with pytest.raises(SetupError, match="'x_key' of needs_header"):
        app.resolve(get_session)


@pytest.mark.parametrize("wrong", [3, "session", None, Depends(), Annotated[int, 3]])
def test_only_dependencies_can_be_resolved(app: FastAPI, wrong: Any) -> None:
    with pytest.raises(SetupTypeError, match=r"app.resolve\(\) takes a dependency"):
        app.resolve(wrong)


# --- inject ---------------------------------------------------------------------------------------


async def test_a_coroutine_function_receives_its_dependencies(app: FastAPI) -> None:
    @app.inject
    async def job(name: str, session: Session, *rest: int, times: int = 1, **more: int) -> Any:
        return name, session["pool"], rest, times, more

    assert await job("a") == ("a", [{"size": 1}], (), 1, {})
    assert log == AROUND
    assert await job("a", 2, 3, times=4, x=5) == ("a", [{"size": 1}], (2, 3), 4, {"x": 5})


async def test_the_signature_lacks_the_injected_parameters(app: FastAPI) -> None:
    @app.inject
    async def job(name: str, session: Session, times: int = 1) -> str:
        """Work."""
        return name

    assert str(inspect.signature(job)) == "(name: str, times: int = 1) -> str"
    assert job.__annotations__.keys() == {"name", "times", "return"}
    assert (job.__name__, job.__doc__) == ("job", "Work.")
    assert inspect.iscoroutinefunction(job)
    with pytest.raises(TypeError, match=r"job\(\) missing a required argument: 'name'"):
        await job()


async def test_the_caller_may_pass_an_injected_parameter(app: FastAPI) -> None:
    @app.inject
    async def job(session: Session, times: int = 1) -> Any:
        return session

    assert await job(session="fake") == "fake"
    assert log == []


async def test_an_exception_of_the_function_reaches_the_generators(app: FastAPI) -> None:
    @app.inject
    async def job(session: Session) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await job()
    assert "roll back" in log


async def test_overrides_apply_to_inject(app: FastAPI) -> None:
    @app.inject
    async def job(session: Session) -> Any:
        return session

    app.dependency_overrides[get_session] = lambda: "fake"
    assert await job() == "fake"
    app.dependency_overrides.clear()
    assert await job() == {"pool": [{"size": 1}]}


async def test_parameters_of_any_type_belong_to_the_caller(app: FastAPI) -> None:
    @app.inject
    async def job(request: Request, lock: threading.Lock, session: Session) -> Any:
        return request, lock

    assert await job("r", "l") == ("r", "l")


def test_a_method(app: FastAPI) -> None:
    class Jobs:
        @app.inject
        def run(self, day: int, connection: Connection) -> Any:
            return self, day, connection.execute("select 1").fetchone()

    jobs = Jobs()
    assert jobs.run(3) == (jobs, 3, (1,))


def test_a_plain_function_and_its_dependencies_run_in_the_thread_of_the_caller(
    app: FastAPI,
) -> None:
    @app.inject
    def job(connection: Connection) -> Any:
        log.append("job")
        return connection.execute("select 2").fetchone(), threading.get_ident()

    assert job() == ((2,), threading.get_ident())
    assert log == ["connect", "job", "disconnect"]


async def test_a_plain_function_with_plain_dependencies_may_be_called_on_the_event_loop(
    app: FastAPI,
) -> None:
    @app.inject
    def job(connection: Connection) -> Any:
        return connection.execute("select 2").fetchone()

    assert job() == (2,)


def test_a_plain_function_with_async_dependencies_runs_in_the_thread_of_the_caller(
    app: FastAPI,
) -> None:
    @app.inject
    def job(session: Session, fail: bool = False) -> Any:
        if fail:
            raise ValueError("no")
        return session["pool"], threading.get_ident()

    assert job() == ([{"size": 1}], threading.get_ident())
    assert log == AROUND
    with pytest.raises(ValueError, match="no"):
        job(fail=True)
    assert "roll back" in log


async def test_a_worker_thread_uses_the_event_loop_that_waits_for_it(app: FastAPI) -> None:
    loops: list[Any] = []

    async def get_loop() -> AsyncIterator[Any]:
        loops.append(asyncio.get_running_loop())
        yield 1
        loops.append(asyncio.get_running_loop())

    @app.inject
    def job(value: Annotated[int, Depends(get_loop)]) -> int:
        return value

    assert await run_in_threadpool(job) == 1
    assert loops == [asyncio.get_running_loop()] * 2


async def test_many_worker_threads_do_not_wait_for_each_other(app: FastAPI) -> None:
    @app.inject
    def job(value: Annotated[dict[str, int], Depends(get_settings)]) -> int:
        return value["size"]

    found: list[int] = []

    async def run() -> None:
        found.append(await run_in_threadpool(job))

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for _ in range(60):
                group.start_soon(run)
    assert found == [1] * 60


async def test_a_plain_function_that_would_block_the_event_loop_it_needs_is_refused(
    app: FastAPI,
) -> None:
    @app.inject
    def job(session: Session) -> None: ...

    with pytest.raises(SetupError, match=r"async def job") as caught:
        job()
    assert "get_session" in str(caught.value)


def test_plain_values_of_the_application_in_a_script(app: FastAPI) -> None:
    def get_client() -> Iterator[list[int]]:
        log.append("open")
        yield [1]
        log.append("close")

    client = Annotated[list[int], Depends(get_client, scope="app")]

    @app.inject
    def inner(value: client) -> list[int]:
        return value

    @app.inject
    def outer(value: client) -> bool:
        return inner() is value

    assert outer() is True
    assert log == ["open", "close"]


def test_a_plain_dependency_that_swallows_the_exception_is_an_error(app: FastAPI) -> None:
    def swallow() -> Iterator[int]:
        with contextlib.suppress(ValueError):
            yield 1

    @app.inject
    def job(value: Annotated[int, Depends(swallow)]) -> None:
        raise ValueError("no")

    with pytest.raises(FastAPIError, match="write: `raise`"):
        job()


def nothing() -> None: ...
async def items() -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (nothing, "nothing to inject: no parameter of nothing has Depends"),
        (items, "cannot call a function that yields"),
        (3, "takes a function, not the int 3"),
        (dict, "takes a function, not the class dict"),
    ],
)
def test_what_cannot_be_injected(app: FastAPI, wrong: Any, words: str) -> None:
    with pytest.raises(SetupTypeError, match=words):
        app.inject(wrong)


def test_types_in_quotes_may_be_defined_later(app: FastAPI) -> None:
    @app.inject
    def job(value: "Later", other: "Missing") -> Any:  # type: ignore[name-defined]  # noqa: F821
        return value, other

    globals()["Later"] = Annotated[int, Depends(lambda: 5)]
    try:
        assert job(other=2) == (5, 2)
        assert str(inspect.signature(job)) == "(other: 'Missing') -> Any"
    finally:
        del globals()["Later"]


def test_an_injected_function_may_be_an_endpoint_and_a_dependency(app: FastAPI, mode: str) -> None:
    @app.inject
    async def count(session: Session, number: int = 1) -> int:
        return number + len(session["pool"])

    app.get("/endpoint")(count)

    @app.get("/dependency")
    async def read(found: Annotated[int, Depends(count)]) -> int:
        return found

    with TestClient(app) as client:
        assert client.get("/endpoint?number=3").json() == 4
        assert client.get("/dependency?number=4").json() == 5
        parameters = client.get("/openapi.json").json()["paths"]["/endpoint"]["get"]["parameters"]
    assert [each["name"] for each in parameters] == ["number"]


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_resolve_works_on_trio(app: FastAPI) -> None:
    async with app.resolve(get_session) as session:
        assert session == {"pool": [{"size": 1}]}
    assert log == AROUND


@pytest.mark.parametrize("error", [None, ValueError("no")])
async def test_another_task_may_close_a_block(app: FastAPI, error: ValueError | None) -> None:
    # Plugins of pytest run the two halves of a fixture in two tasks.
    block = app.resolve(get_session)
    session = await asyncio.create_task(block.__aenter__())
    assert session == {"pool": [{"size": 1}]}
    closing = block.__aexit__(type(error) if error else None, error, None)
    assert not await asyncio.create_task(closing)
    assert log == [*AROUND[:3], *(["roll back"] if error else []), *AROUND[3:]]
