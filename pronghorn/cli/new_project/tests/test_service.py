"""Health, metrics and documentation of the service."""

from pronghorn.testclient import TestClient


def test_the_service_says_that_it_works(client: TestClient) -> None:
    assert client.get("/live").status_code == 200
    assert client.get("/ready").status_code == 200


def test_requests_are_counted(client: TestClient) -> None:
    client.get("/items")
    assert "/items" in client.get("/metrics").text


def test_the_documentation_lists_the_operations(client: TestClient) -> None:
    assert {"/items", "/items/{item_id}"} <= set(client.get("/openapi.json").json()["paths"])
