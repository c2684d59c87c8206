"""What is counted of requests and connections, in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest
from prometheus_client import CollectorRegistry, Counter
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware

from pronghorn import APIRouter, Depends, FastAPI, Header, HTTPException, WebSocket
from pronghorn.exceptions import SetupError
from pronghorn.metrics import Metrics
from pronghorn.responses import StreamingResponse
from pronghorn.testclient import TestClient
from tests.metrics.scrapes import DURATION, Scrape

Make = Callable[..., Metrics]


def client_of(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def scrape(client: TestClient, path: str = "/metrics") -> Scrape:
    response = client.get(path)
    assert response.status_code == 200
    found = Scrape(response.text)
    assert not any(value for _, value in found.of("http_server_active_requests"))
    return found


@pytest.fixture(params=[False, True], ids=["bare", "behind middleware"])
def app(request: pytest.FixtureRequest, make_metrics: Make) -> FastAPI:
    """Every way by which a route may be reached."""
    app = FastAPI()
    if request.param:
        app.add_middleware(GZipMiddleware, minimum_size=10_000)
    make_metrics().attach(app)

    @app.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        if item_id == 9:
            raise HTTPException(410)
        return item_id

    @app.post("/items")
    def create(item: dict[str, int]) -> dict[str, int]:
        return item

    @app.get("/failing")
    async def fail() -> None:
        raise ZeroDivisionError

    router = APIRouter(prefix="/inner")

    @router.get("/{name}")
    async def read_name(name: str) -> str:
        return name

    outer = APIRouter(prefix="/outer/{place}")
    outer.include_router(router)
    app.include_router(outer)
    sub = FastAPI()
    sub.include_router(router)
    app.mount("/sub", sub)
    return app


def test_requests_are_counted_by_template(app: FastAPI) -> None:
    client = client_of(app)
    for number in (1, 2, 3, 9, "none"):
        client.get(f"/items/{number}")
    client.post("/items", json={"a": 1})
    client.delete("/items")
    client.get("/outer/here/inner/ada")
    client.get("/sub/inner/ada")
    client.get("/failing")

    found = scrape(client)
    assert found.requests() == {
        ("GET", "/items/{item_id}", "200"): 3,
        ("GET", "/items/{item_id}", "410"): 1,
        ("GET", "/items/{item_id}", "422"): 1,
        ("POST", "/items", "200"): 1,
        ("DELETE", "/items", "405"): 1,
        ("GET", "/outer/{place}/inner/{name}", "200"): 1,
        ("GET", "/sub/inner/{name}", "200"): 1,
        ("GET", "/failing", "500"): 1,
    }
    found.check_histograms()
    assert [labels for labels, _ in found.of("http_server_exceptions_total")] == [
        {
            "http_request_method": "GET",
            "http_route": "/failing",
            "error_type": "ZeroDivisionError",
        }
    ]


def test_what_clients_invent_makes_no_series(app: FastAPI) -> None:
    client = client_of(app)
    for number in range(50):
        client.get(f"/nothing/{number}")
        client.get(f"/sub/nothing/{number}")
        client.request(f"ODD{number}", "/items/1")
        client.request(f"ODD{number}", f"/nothing/{number}")

    requests = scrape(client).requests()
    assert sum(requests.values()) == 200
    assert {route for _, route, _ in requests} <= {"unmatched", "/items/{item_id}", "/sub/{path}"}
    assert {method for method, _, _ in requests} == {"GET", "_OTHER"}
    assert requests["_OTHER", "/items/{item_id}", "405"] == 50


def test_scrapes_are_not_counted_but_refused_ones_are(make_metrics: Make) -> None:
    def check(token: Annotated[str, Header()] = "") -> None:
        if token != "secret":
            raise HTTPException(401)

    app = FastAPI()
    make_metrics().attach(app, path="/internal/numbers", dependencies=[Depends(check)])
    outside = FastAPI()
    outside.mount("/app", app)
    client = client_of(outside)
    assert client.get("/app/internal/numbers").status_code == 401
    client.headers["token"] = "secret"
    scrape(client, "/app/internal/numbers")
    found = scrape(client, "/app/internal/numbers")
    assert found.requests() == {("GET", "/app/internal/numbers", "401"): 1}
    assert app.openapi()["paths"] == {}


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_probes_are_not_counted(make_metrics: Make, is_wrapped: bool) -> None:
    async def refuse() -> bool:
        return False

    app = FastAPI()
    if is_wrapped:
        app.add_middleware(GZipMiddleware)
    app.health(ready=[refuse])
    make_metrics().attach(app)
    client = client_of(app)
    assert client.get("/live").status_code == 200
    assert client.get("/ready").status_code == 503
    assert client.post("/live").status_code == 405
    found = scrape(client)
    assert found.requests() == {}
    assert not any(value for _, value in found.of("http_server_active_requests"))


def test_a_router_may_have_the_route(make_metrics: Make) -> None:
    router = APIRouter(prefix="/internal")
    make_metrics().attach(router)
    app = FastAPI()
    app.include_router(router, prefix="/v1")
    client = client_of(app)
    scrape(client, "/v1/internal/metrics")
    assert scrape(client, "/v1/internal/metrics").requests() == {}


def test_requests_under_way_are_active(make_metrics: Make) -> None:
    metrics, seen = make_metrics(), []
    app = FastAPI()
    metrics.attach(app)
    inner = TestClient(app)

    @app.get("/stream")
    def stream() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield "a"
            seen.append(Scrape(inner.get("/metrics").text))
            yield "b"

        return StreamingResponse(parts())

    client = client_of(app)
    client.get("/stream")
    assert seen[0].value("http_server_active_requests", http_request_method="GET") == 1
    assert seen[0].requests() == {}
    assert scrape(client).requests() == {("GET", "/stream", "200"): 1}


def test_a_stream_lasts_until_its_last_byte(make_metrics: Make) -> None:
    app = FastAPI()
    make_metrics(buckets=[0.001, 0.2, 30]).attach(app)

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            import anyio

            yield b"a"
            await anyio.sleep(0.25)
            yield b"b"

        return StreamingResponse(parts())

    client = client_of(app)
    client.get("/stream")
    labels = {
        "http_request_method": "GET",
        "http_route": "/stream",
        "http_response_status_code": "200",
    }
    found = scrape(client)
    assert found.value(f"{DURATION}_bucket", le="0.2", **labels) == 0
    assert found.value(f"{DURATION}_bucket", le="30.0", **labels) == 1


def test_websockets_have_metrics_of_their_own(make_metrics: Make) -> None:
    app = FastAPI()
    make_metrics().attach(app)

    @app.websocket("/rooms/{room}")
    async def talk(websocket: WebSocket, room: str) -> None:
        if room == "failing":
            await websocket.accept()
            raise ZeroDivisionError
        if room == "closed":
            await websocket.close()
            return
        await websocket.accept()
        await websocket.receive_text()
        await websocket.close()

    client = client_of(app)
    with client.websocket_connect("/rooms/a") as websocket:
        active = Scrape(client.get("/metrics").text)
        assert active.value("websocket_server_active_connections") == 1
        websocket.send_text("go")
    for room in ("failing", "closed"):
        with pytest.raises(Exception):  # noqa: B017, PT011, SIM117 - the test client raises either
            with client.websocket_connect(f"/rooms/{room}") as websocket:
                websocket.receive_text()

    found = scrape(client)
    assert found.value("websocket_server_active_connections") == 0
    assert found.requests() == {}
    name = "websocket_server_connection_duration_seconds_count"
    statuses = {labels["http_response_status_code"]: n for labels, n in found.of(name)}
    assert statuses == {"101": 2, "403": 1}
    assert {labels["http_route"] for labels, _ in found.of(name)} == {"/rooms/{room}"}
    assert found.value(
        "http_server_exceptions_total",
        http_request_method="WS",
        http_route="/rooms/{room}",
        error_type="ZeroDivisionError",
    )


def test_sizes_of_bodies_on_request(make_metrics: Make) -> None:
    app = FastAPI()
    make_metrics(sizes=True).attach(app)

    @app.post("/items")
    async def create(item: list[int]) -> list[int]:
        return item * 10

    client = client_of(app)
    client.post("/items", json=[1, 2])
    labels = {
        "http_request_method": "POST",
        "http_route": "/items",
        "http_response_status_code": "200",
    }
    found = scrape(client)
    assert found.value("http_server_request_body_size_bytes_sum", **labels) == len("[1,2]")
    assert found.value("http_server_response_body_size_bytes_sum", **labels) == 41


def test_metrics_of_the_program_appear_beside(make_metrics: Make) -> None:
    registry = CollectorRegistry()
    Counter("orders", "Orders.", registry=registry).inc(3)
    app = FastAPI()
    make_metrics(registry=registry).attach(app)
    assert scrape(client_of(app)).value("orders_total") == 3


def test_metrics_made_again_for_a_registry_count_once(make_metrics: Make) -> None:
    registry = CollectorRegistry()
    for _ in range(2):  # as a factory of applications does
        app = FastAPI()
        make_metrics(registry=registry).attach(app)
    client = client_of(app)
    client.get("/nothing")
    assert scrape(client).requests() == {("GET", "unmatched", "404"): 1}
    with pytest.raises(SetupError) as raised:
        make_metrics(registry=registry, buckets=[1])
    assert str(raised.value).startswith(
        "This registry has metrics of requests already, with other buckets or sizes: make one "
        "Metrics for the process, or give each a registry=CollectorRegistry() of its own."
    )


def test_nothing_is_counted_after_detach(make_metrics: Make) -> None:
    app, metrics = FastAPI(), make_metrics()
    metrics.attach(app)
    metrics.detach()
    client = client_of(app)
    client.get("/nothing")
    assert scrape(client).requests() == {}


def test_the_registry_of_all_programs_is_the_default() -> None:
    from prometheus_client import REGISTRY

    metrics = Metrics()
    app = FastAPI()
    metrics.attach(app)
    try:
        client = client_of(app)
        client.get("/nothing")
        found: Any = scrape(client)
        assert found.of("python_info")
        assert REGISTRY.get_sample_value(
            f"{DURATION}_count",
            {
                "http_request_method": "GET",
                "http_route": "unmatched",
                "http_response_status_code": "404",
            },
        )
    finally:
        metrics.detach()


@pytest.mark.parametrize(
    "options",
    [
        {"buckets": []},
        {"buckets": None},
        {"buckets": "abc"},
        {"buckets": [1, 0.5]},
        {"buckets": [1, 1]},
        {"buckets": [-1, 1]},
        {"buckets": [float("nan")]},
        {"registry": None},
    ],
)
def test_options_that_cannot_work(make_metrics: Make, options: dict[str, Any]) -> None:
    with pytest.raises(SetupError, match=next(iter(options))):
        make_metrics(**options)


def test_routes_belong_to_our_applications(make_metrics: Make) -> None:
    app: Any = Starlette()
    with pytest.raises(SetupError, match="not to the class Starlette"):
        make_metrics().attach(app)
    assert make_metrics(buckets=(0.5, 1, float("inf")))
