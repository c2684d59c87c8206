"""A program is served from replicas on two nodes, with all that a request may be."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from ray import serve
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pronghorn.ray import ingress
from tests.ray.forms import FORMS
from tests.ray.helpers import PATIENCE, SPREAD, Nodes, wait_until

PREFIX = "/shop"


@pytest.fixture(scope="module", params=[PREFIX, "/"])
def prefix(nodes: Nodes, request: pytest.FixtureRequest) -> Iterator[str]:
    """The place of the program behind the proxy."""
    deployment = serve.deployment(ingress("tests.ray.plain:app")(), **SPREAD)
    serve.run(deployment.bind(), name="plain", route_prefix=request.param)
    yield request.param.rstrip("/")
    serve.delete("plain")


def test_replicas_of_both_nodes_answer(client: httpx.Client, prefix: str) -> None:
    seen: set[str] = set()

    def both() -> bool:
        seen.add(client.get(f"{prefix}/node").json())
        return len(seen) == 2

    wait_until(both, "an answer of each node")


def test_requests_are_read_and_checked(client: httpx.Client, prefix: str) -> None:
    answer = client.get(f"{prefix}/lengths/3", params={"factor": 2})
    assert answer.json() == {"number": 6, "url": f"{prefix}/lengths/7"}
    assert client.post(f"{prefix}/lengths", json={"number": 4}).json() == "4 cm"
    assert client.post(f"{prefix}/lengths", json={"number": "x"}).status_code == 422
    assert client.get(f"{prefix}/lengths/x").status_code == 422
    assert client.put(f"{prefix}/lengths/3").status_code == 405
    assert client.get(f"{prefix}/nothing").status_code == 404
    big = b"x" * 3_000_000
    assert client.post(f"{prefix}/upload", files={"file": big}).json() == len(big)


def test_errors_are_answered(client: httpx.Client, prefix: str) -> None:
    taken = client.get(f"{prefix}/taken")
    assert (taken.status_code, taken.json()) == (409, {"detail": "taken"})
    assert taken.headers["x-reason"] == "test"
    assert client.get(f"{prefix}/broken").status_code == 500
    assert client.get(f"{prefix}/lengths/1").status_code == 200


def test_the_documentation_knows_the_prefix(client: httpx.Client, prefix: str) -> None:
    document = client.get(f"{prefix}/openapi.json").json()
    assert "/lengths/{number}" in document["paths"]
    assert [server["url"] for server in document.get("servers", [])] == [prefix] * bool(prefix)
    assert f"{prefix}/openapi.json" in client.get(f"{prefix}/docs").text


def test_a_background_task_runs(client: httpx.Client, prefix: str, tmp_path: Path) -> None:
    place = tmp_path / "done"
    assert client.get(f"{prefix}/later", params={"place": str(place)}).json() == "soon"
    wait_until(place.exists, "the file of the background task")


def test_a_stream_arrives_in_pieces(client: httpx.Client, prefix: str, tmp_path: Path) -> None:
    go_on, ended = tmp_path / "go", tmp_path / "ended"
    query = {"go_on": str(go_on), "ended": str(ended)}
    with client.stream("GET", f"{prefix}/pieces", params=query) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "first"
        go_on.touch()
        assert list(lines) == ["second"]
    wait_until(ended.exists, "the end of the stream")


def test_a_client_that_leaves_ends_its_stream(
    client: httpx.Client, prefix: str, tmp_path: Path
) -> None:
    go_on, ended = tmp_path / "never", tmp_path / "ended"
    query = {"go_on": str(go_on), "ended": str(ended)}
    with client.stream("GET", f"{prefix}/pieces", params=query) as answer:
        assert next(answer.iter_lines()) == "first"
    wait_until(ended.exists, "the end of the stream")


def test_a_client_that_leaves_ends_its_request(nodes: Nodes, prefix: str, tmp_path: Path) -> None:
    """Ray cancels the request. On `pronghorn run`, it would go on."""
    begun, cancelled = tmp_path / "begun", tmp_path / "cancelled"
    query = urlencode({"begun": begun, "cancelled": cancelled})
    address = urlsplit(nodes.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(f"GET {prefix}/waits?{query} HTTP/1.1\r\nHost: ray\r\n\r\n".encode())
        wait_until(begun.exists, "the request")
        assert not cancelled.exists()
    wait_until(cancelled.exists, "the end of the request")


def test_a_websocket_talks_and_closes(nodes: Nodes, prefix: str) -> None:
    address = nodes.url.replace("http", "ws", 1)
    with connect(f"{address}{prefix}/echo/2", open_timeout=PATIENCE) as websocket:
        for text in ("3", "4"):
            websocket.send(text)
            assert websocket.recv(timeout=PATIENCE) == f"{text} cm"
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4001


def test_a_stream_ends_before_the_lifespan(
    nodes: Nodes, client: httpx.Client, tmp_path: Path
) -> None:
    """A deployment that is deleted takes no request any more, and waits for those that it has."""
    go_on, stream_ended, ended = (tmp_path / name for name in ("go", "stream", "lifespan"))
    options = {"num_cpus": 0.1, "runtime_env": {"env_vars": {"PLAIN_ENDED": str(ended)}}}
    made = ingress("tests.ray.plain:app")()
    deployment = serve.deployment(
        made, ray_actor_options=options, graceful_shutdown_timeout_s=PATIENCE
    )
    serve.run(deployment.bind(), name="draining", route_prefix="/draining")
    query = {"go_on": str(go_on), "ended": str(stream_ended)}
    with client.stream("GET", "/draining/pieces", params=query) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "first"
        serve.delete("draining", _blocking=False)
        wait_until(
            lambda: client.get("/draining/lengths/1").status_code == 404, "the end of the route"
        )
        assert not ended.exists()
        go_on.touch()
        assert list(lines) == ["second"]
    wait_until(ended.exists, "the end of the lifespan")
    assert stream_ended.exists()


@pytest.mark.parametrize("form", FORMS)
def test_an_application_is_given_in_three_forms(
    nodes: Nodes, client: httpx.Client, form: str, tmp_path: Path
) -> None:
    """Each starts its lifespan in the replica, and ends it when the deployment is deleted."""
    ended = tmp_path / "ended"
    options = {"num_cpus": 0.1, "runtime_env": {"env_vars": {"PLAIN_ENDED": str(ended)}}}
    deployment = serve.deployment(FORMS[form], ray_actor_options=options)
    serve.run(deployment.bind(), name=form, route_prefix=f"/{form}")
    assert client.post(f"/{form}/lengths", json={"number": 4}).json() == "4 cm"
    assert "PLAIN_ENDED" not in os.environ
    assert not ended.exists()
    serve.delete(form)
    wait_until(ended.exists, "the end of the lifespan")
