"""`/live` and `/ready` answer before any layer of the application sees the request."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any

import anyio
import anyio.to_thread
import httpx
import pytest
from starlette.middleware.trustedhost import TrustedHostMiddleware

from pronghorn import Depends, FastAPI, HTTPException, Request, WebSocket
from pronghorn.exceptions import EnvironmentMistake, SetupError
from pronghorn.health import Check
from pronghorn.testclient import TestClient
from tests.telemetry.conftest import Measured

NO_STORE = {"cache-control": "no-store", "content-type": "application/json"}


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


async def succeed() -> None:
    """Answer."""


def refuse() -> None:
    raise HTTPException(401)


def test_probes_of_an_application_without_checks() -> None:
    app = FastAPI()
    app.health()
    client = TestClient(app)
    for path in ("/live", "/ready"):
        response = client.get(path)
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert client.get("/live").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ok", "checks": {}}


def test_head_has_the_headers_of_get_and_no_body() -> None:
    app = FastAPI()
    app.health(ready=[succeed])
    client = TestClient(app)
    got, head = client.get("/ready"), client.head("/ready")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers == got.headers
    assert head.headers.items() >= NO_STORE.items()


def test_other_methods_are_refused() -> None:
    app = FastAPI()
    app.health()
    response = TestClient(app).post("/live")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


def test_nothing_of_the_program_sees_a_probe() -> None:
    seen: list[str] = []
    app = FastAPI(dependencies=[Depends(refuse)], max_body_size=10)
    app.health(ready=[succeed])

    @app.middleware("http")
    async def note(request: Request, call_next: Any) -> Any:
        seen.append(request.url.path)
        return await call_next(request)

    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example.com"])

    @app.get("/{path:path}")
    async def read(path: str) -> str:
        return path

    client = TestClient(app)
    assert client.get("/live").status_code == client.get("/ready").status_code == 200
    assert seen == []
    assert client.get("/other").status_code == 400
    assert not {"/live", "/ready"} & set(app.openapi()["paths"])


def test_a_middleware_that_hangs_does_not_hold_live() -> None:
    app = FastAPI()
    app.health()

    @app.middleware("http")
    async def hang(request: Request, call_next: Any) -> Any:
        await anyio.sleep_forever()

    assert TestClient(app).get("/live").status_code == 200


def test_probes_make_no_spans() -> None:
    measured = Measured()
    app = FastAPI(telemetry=measured.config)
    app.health(ready=[succeed])

    @app.get("/other")
    async def other() -> None: ...

    with TestClient(app) as client:
        for path in ("/live", "/ready", "/other"):
            assert client.get(path).status_code == 200
    assert measured.server.name == "GET /other"


def test_a_websocket_has_the_path_of_a_probe() -> None:
    app = FastAPI()
    app.health(live_path="/probe")

    @app.get("/other")
    async def other() -> None: ...

    @app.websocket("/{name}")
    async def echo(websocket: WebSocket, name: str) -> None:
        await websocket.accept()
        await websocket.send_text(name)
        await websocket.close()

    with TestClient(app).websocket_connect("/probe") as websocket:
        assert websocket.receive_text() == "probe"


def test_paths_of_the_program() -> None:
    app = FastAPI()
    app.health(ready=[succeed], live_path=None, ready_path="/health/ready")
    client = TestClient(app)
    assert client.get("/health/ready").status_code == 200
    assert client.get("/live").status_code == 404


@pytest.mark.parametrize("path", ["/api/live", "/live"])
def test_below_a_root_path(path: str) -> None:
    app = FastAPI()
    app.health()
    assert TestClient(app, root_path="/api").get(path).status_code == 200


def test_a_mounted_application_has_probes_of_its_own() -> None:
    outer, inner = FastAPI(), FastAPI()
    outer.health()
    inner.health(ready=[fail])
    outer.mount("/inner", inner)
    with TestClient(outer) as client:
        assert client.get("/ready").status_code == 200
        assert client.get("/inner/ready").status_code == 503
        assert client.get("/inner/live").status_code == 200
        assert client.get("/inner/other").status_code == 404


async def fail() -> None:
    raise ConnectionError("password=hunter2")


def test_a_failed_check_is_named_and_its_error_is_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = FastAPI()
    app.health(ready=[succeed, Check(fail, name="mail", cache=0)])
    client = TestClient(app)
    responses = [client.get("/ready") for _ in range(3)]
    assert {response.status_code for response in responses} == {503}
    assert responses[0].json() == {
        "status": "failing",
        "checks": {"succeed": "ok", "mail": "failing"},
    }
    assert [record.getMessage() for record in caplog.records] == ["Health check mail fails"]
    assert "password=hunter2" in caplog.text


def test_what_is_no_mistake_of_the_program_is_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def check() -> None:
        raise EnvironmentMistake("The database server db:5432 cannot be reached")

    app = FastAPI()
    app.health(ready=[Check(check, name="database")])
    assert TestClient(app).get("/ready").status_code == 503
    (record,) = caplog.records
    message = "Health check database fails: The database server db:5432 cannot be reached"
    assert record.getMessage() == message
    assert record.exc_info is None


def test_each_change_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    results = iter([True, False, False, True, True])

    async def answer() -> bool:
        return next(results)

    app = FastAPI()
    app.health(ready=[Check(answer, cache=0)])
    client = TestClient(app)
    codes = [client.get("/ready").status_code for _ in range(5)]
    assert codes == [200, 503, 503, 200, 200]
    messages = [one.getMessage() for one in caplog.records if "Health" in one.getMessage()]
    assert messages == ["Health check answer fails", "Health check answer succeeds again"]


async def ask_together(app: FastAPI, number: int = 5) -> list[int]:
    codes: list[int] = []
    async with client_of(app) as client, anyio.create_task_group() as group:

        async def ask() -> None:
            codes.append((await client.get("/ready")).status_code)

        for _ in range(number):
            group.start_soon(ask)
    return codes


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_probes_share_a_run_and_its_result(backend: str) -> None:
    runs: list[int] = []

    async def count() -> None:
        runs.append(1)
        await anyio.sleep(0.01)

    def count_in_thread() -> None:
        runs.append(2)
        time.sleep(0.01)

    app = FastAPI()
    app.health(ready=[Check(count, cache=60), Check(count_in_thread, cache=60)])
    assert anyio.run(ask_together, app, backend=backend) == [200] * 5
    assert sorted(runs) == [1, 2]
    anyio.run(ask_together, app, backend=backend)  # Another event loop.
    assert sorted(runs) == [1, 1, 2, 2]


def test_without_a_cache_each_probe_asks() -> None:
    runs: list[int] = []
    app = FastAPI()
    app.health(ready=[Check(lambda: runs.append(1), cache=0)])
    client = TestClient(app)
    for _ in range(3):
        assert client.get("/ready").json()["checks"] == {"<lambda>": "ok"}
    assert len(runs) == 3


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_check_that_hangs_is_asked_once(backend: str) -> None:
    started: list[int] = []
    release, freed = threading.Event(), anyio.Event()

    def hang() -> None:
        started.append(1)
        release.wait(30)

    async def hang_in_spite_of_cancellation() -> None:
        started.append(2)
        with anyio.CancelScope(shield=True):
            await freed.wait()

    app = FastAPI()
    checks = [hang, hang_in_spite_of_cancellation]
    app.health(ready=[*(Check(one, timeout=0.05, cache=0) for one in checks), succeed])

    async def ask() -> None:
        async with client_of(app) as client:
            for _ in range(3):
                response = await client.get("/ready")
                assert response.status_code == 503
                assert response.json()["checks"] == {
                    "hang": "timed out",
                    "hang_in_spite_of_cancellation": "timed out",
                    "succeed": "ok",
                }
        release.set()
        freed.set()

    anyio.run(ask, backend=backend)
    assert sorted(started) == [1, 2]


def test_a_slow_check_is_cancelled_after_its_time() -> None:
    cancelled: list[bool] = []

    async def wait() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.append(True)

    app = FastAPI()
    app.health(ready=[Check(wait, timeout=0.05)])
    with TestClient(app) as client:
        assert client.get("/ready").json()["checks"] == {"wait": "timed out"}
    assert cancelled == [True]


def test_checks_run_at_the_same_time() -> None:
    async def run() -> int:
        met = anyio.Event()

        async def first() -> None:
            await met.wait()

        async def second() -> None:
            met.set()

        app = FastAPI()
        app.health(ready=[first, second])
        async with client_of(app) as client:
            return (await client.get("/ready")).status_code

    assert anyio.run(run) == 200


def test_busy_threads_do_not_hold_a_probe() -> None:
    app = FastAPI()
    here: list[str] = []
    app.health(ready=[Check(lambda: here.append(threading.current_thread().name), name="thread")])

    async def ask() -> int:
        limiter = anyio.to_thread.current_default_thread_limiter()
        holders = [object() for _ in range(int(limiter.total_tokens))]
        for holder in holders:
            limiter.acquire_on_behalf_of_nowait(holder)
        async with client_of(app) as client:
            assert (await client.get("/live")).status_code == 200
            return (await client.get("/ready")).status_code

    assert anyio.run(ask) == 200
    assert here == ["health check thread"]


events: list[str] = []


async def get_session() -> Any:
    events.append("open")
    yield "session"
    events.append("close")


def get_pool() -> str:
    return "pool"


async def check_session(session: Annotated[str, Depends(get_session)]) -> None:
    events.append(session)


def check_pool(pool: str = Depends(get_pool)) -> None:
    events.append(pool)


async def open_and_close() -> Any:
    yield
    events.append("closed")


def ping(host: str, times: int = 2) -> None:
    events.append(host * times)


def test_a_check_has_dependencies() -> None:
    events.clear()
    for check in (check_session, check_pool, open_and_close, partial(ping, "host", times=1)):
        app = FastAPI()
        app.health(ready=[check])
        with TestClient(app) as client:
            assert client.get("/ready").status_code == 200
    assert events == ["open", "session", "close", "pool", "closed", "host"]


def test_a_test_replaces_a_dependency_of_a_check() -> None:
    events.clear()
    app = FastAPI()
    app.health(ready=[check_pool])
    app.dependency_overrides[get_pool] = lambda: "test"
    assert TestClient(app).get("/ready").status_code == 200
    assert events == ["test"]


def test_a_test_replaces_a_check() -> None:
    app = FastAPI()
    app.health(ready=[Check(fail, cache=0)])
    app.dependency_overrides[fail] = succeed
    assert TestClient(app).get("/ready").status_code == 200


def test_names_of_checks() -> None:
    class Database:
        async def check(self) -> None: ...
        async def ping(self) -> None: ...

    app = FastAPI()
    app.health(ready=[Database().check, Database().check, Database().ping, succeed])
    checks = TestClient(app).get("/ready").json()["checks"]
    assert list(checks) == ["database", "database-2", "database.ping", "succeed"]


def test_while_the_lifespan_ends_the_application_is_not_ready() -> None:
    codes: list[tuple[int, int]] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        yield
        async with client_of(app) as client:
            live, ready = await client.get("/live"), await client.get("/ready")
            assert ready.json() == {"status": "draining"}
            codes.append((live.status_code, ready.status_code))

    app = FastAPI(lifespan=lifespan)
    app.health(ready=[succeed])
    for _ in range(2):
        with TestClient(app) as client:
            assert client.get("/ready").status_code == 200
    assert codes == [(200, 503)] * 2


def test_a_route_with_the_path_of_a_probe_stops_the_start() -> None:
    app = FastAPI()
    app.health()

    @app.get("/ready")
    async def read_ready() -> None: ...

    with pytest.raises(SetupError) as caught, TestClient(app):
        """The start."""
    lines = str(caught.value).splitlines()
    assert lines[:3] == [
        "The route /ready has the path of a probe of app.health, which would answer first",
        "  probably: the program had a health endpoint of its own before",
        "  write:    app.health(..., ready_path=...) with another path, or no route /ready",
    ]
    assert lines[3].startswith("  where:    ")
    assert "read_ready" in lines[3]


def test_mistakes_are_found_at_startup() -> None:
    def yields() -> Any:
        yield

    async def needs_request(request: Request) -> None: ...

    for arguments, text in (
        ({"ready": [succeed()]}, "A health check is a function"),
        ({"ready": succeed}, "ready is a list of checks"),
        ({"ready": [yields]}, "is a def function that yields"),
        ({"ready": [needs_request]}, "needs_request"),
        ({"live_path": "live"}, "is not a path of its own"),
        ({"live_path": "/{x}"}, "is not a path of its own"),
        ({"live_path": "/ready"}, "Both probes of app.health have the path /ready"),
        ({"drain": -1}, "app.health(drain=-1) is not a number of seconds"),
    ):
        with pytest.raises(SetupError, match=text.replace("(", r"\(").replace(")", r"\)")):
            FastAPI().health(**arguments)
        for one in arguments.get("ready", ()) if isinstance(arguments.get("ready"), list) else ():
            getattr(one, "close", int)()
    with pytest.raises(SetupError, match="timeout=0"):
        Check(succeed, timeout=0)
    app = FastAPI()
    app.health()
    with pytest.raises(SetupError, match="called twice"):
        app.health()
    late = FastAPI()
    TestClient(late).get("/")
    with pytest.raises(SetupError, match="after the application had started"):
        late.health()
