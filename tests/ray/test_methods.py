"""Methods of a deployment are routes, and find the object that the replica holds."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from ray import serve
from websockets.sync.client import connect

from tests.ray import methods
from tests.ray.helpers import PATIENCE, Nodes, wait_until


@pytest.fixture(scope="module", autouse=True)
def deployed(nodes: Nodes) -> Iterator[None]:
    """The deployments of the program."""
    serve.run(methods.lengths, name="lengths", route_prefix="/lengths")
    serve.run(methods.First.bind(), name="first", route_prefix="/one")
    serve.run(methods.Second.bind(), name="second", route_prefix="/two")
    serve.run(methods.sevens.bind(), name="sevens", route_prefix="/sevens")
    yield
    for name in ("lengths", "first", "second", "sevens"):
        serve.delete(name)


def test_methods_answer_with_their_object(client: httpx.Client) -> None:
    assert client.get("/lengths/times/3").json() == 6
    assert client.get("/lengths/times/3", params={"plus": 1}).json() == 7
    assert client.get("/lengths/times/three").status_code == 422
    assert client.get("/lengths/outer/inner/ab").json() == "abab"
    assert client.get("/lengths/asked-model/5").json() == 500


def test_the_class_is_the_one_of_the_module(client: httpx.Client) -> None:
    """Its methods use the application and `super()`, which a copy could not."""
    assert client.get("/lengths/described").json() == "counts and multiplies"


def test_a_router_is_included_after_the_class(client: httpx.Client) -> None:
    assert client.get("/lengths/late").json() == 2


def test_a_function_makes_the_application_of_the_methods(client: httpx.Client) -> None:
    assert client.get("/sevens/seven").json() == 7


def test_a_base_class_has_routes(client: httpx.Client) -> None:
    """Each of the two replicas counts for itself."""
    counts: list[int] = []

    def both() -> bool:
        counts.append(client.get("/lengths/asked").json())
        return counts.count(1) == 2

    wait_until(both, "an answer of each replica")
    assert sorted(counts) == sorted([1, *range(1, len(counts))])


def test_a_method_is_a_websocket(nodes: Nodes) -> None:
    address = nodes.url.replace("http", "ws", 1)
    with connect(f"{address}/lengths/talk", open_timeout=PATIENCE) as websocket:
        websocket.send("ab")
        assert websocket.recv(timeout=PATIENCE) == "abab"


def test_self_is_not_documented(client: httpx.Client) -> None:
    paths = client.get("/lengths/openapi.json").json()["paths"]
    parameters = paths["/times/{number}"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["number", "plus"]
    assert paths["/outer/inner/{text}"]["get"]["tags"] == ["inner"]
    assert set(paths) == {
        "/asked",
        "/times/{number}",
        "/node",
        "/asked-model/{number}",
        "/outer/inner/{text}",
        "/described",
        "/late",
    }


def test_two_classes_share_an_application(client: httpx.Client) -> None:
    assert client.get("/one/first").json() == "first"
    assert client.get("/two/second").json() == "second"
    assert client.get("/one/both").json() == client.get("/two/both").json() == "both"
    assert client.get("/one/second").status_code == 404
    assert client.get("/two/first").status_code == 404
