"""How scrapes are answered."""

from __future__ import annotations

import gzip
import threading
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from pronghorn import FastAPI
from pronghorn.metrics import Metrics
from pronghorn.testclient import TestClient

Make = Callable[..., Metrics]


class Slow(Collector):
    """A metric that waits until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.free = threading.Event()
        self.calls = 0
        self.threads: set[str] = set()

    def collect(self) -> Iterable[Metric]:
        self.calls += 1
        self.threads.add(threading.current_thread().name)
        self.begun.set()
        assert self.free.wait(10)
        yield CounterMetricFamily("calls", "Calls.", value=self.calls)


@pytest.fixture
def client(make_metrics: Make) -> TestClient:
    registry = CollectorRegistry()
    Counter("orders", "Orders.", registry=registry).inc()
    app = FastAPI()
    make_metrics(registry=registry).attach(app)
    return TestClient(app)


def test_the_format_is_the_one_that_prometheus_asks_for(client: TestClient) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"
    response = client.get("/metrics", headers={"Accept": accept})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    assert [family.name for family in text_string_to_metric_families(response.text)]
    response = client.get("/metrics", headers={"Accept": "*/*"})
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "accept",
    ["application/openmetrics-text;version=none", "text/plain;version=1.x", ";;,;=", "ä" * 99],
)
def test_a_strange_accept_header_gets_a_text(client: TestClient, accept: str) -> None:
    response = client.get("/metrics", headers={"Accept": accept.encode()})
    assert response.status_code == 200
    assert "orders_total 1.0" in response.text


def test_gzip_is_used_where_it_is_accepted(client: TestClient) -> None:
    with client.stream("GET", "/metrics", headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        assert b"orders_total 1.0" in gzip.decompress(b"".join(response.iter_raw()))
    response = client.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in response.headers


def test_scrapes_at_once_share_a_text_and_hold_up_nobody(make_metrics: Make) -> None:
    registry, slow = CollectorRegistry(), Slow()
    app = FastAPI()
    make_metrics(registry=registry).attach(app)
    slow.free.set()
    registry.register(slow)  # It collects once, to learn the names.
    slow.free.clear()
    slow.begun.clear()
    slow.calls = 0

    @app.get("/quick")
    async def quick() -> str:
        return "quick"

    texts: list[str] = []

    async def main() -> None:
        transport: Any = ASGITransport(app)
        async with AsyncClient(transport=transport, base_url="http://test") as client:

            async def scrape() -> None:
                texts.append((await client.get("/metrics")).text)

            async with anyio.create_task_group() as group:
                group.start_soon(scrape)
                await anyio.to_thread.run_sync(slow.begun.wait)
                for _ in range(10):
                    group.start_soon(scrape)
                await anyio.wait_all_tasks_blocked()  # The others wait for the first.
                assert (await client.get("/quick")).json() == "quick"
                assert not texts
                slow.free.set()

    anyio.run(main)
    assert len(texts) == 11
    assert slow.calls == 2, "one for the first, one for all who came after its beginning"


def test_a_port_of_its_own(make_metrics: Make) -> None:
    registry = CollectorRegistry()
    Counter("orders", "Orders.", registry=registry).inc()
    metrics = make_metrics(registry=registry)
    app = FastAPI()
    metrics.attach(app, path=None)
    assert TestClient(app).get("/metrics").status_code == 404

    def read(port: int) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            text: str = response.read().decode()
            return text

    with metrics.serve(0, "127.0.0.1") as port, metrics.serve(port, "127.0.0.1") as again:
        assert again == port  # as two workers
        with ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(read, [port] * 16))
    assert all("orders_total 1.0" in text for text in texts)
    with pytest.raises(OSError):  # noqa: PT011 - refused
        read(port)
