"""What clients are told of a kept response: `ETag`, `Age`, `Cache-Control`, and a 304."""

from __future__ import annotations

from typing import Any

import pytest

from pronghorn import FastAPI, Response
from pronghorn.cache import Cache, Cached
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.usefixtures("mode")


def get_client(content: str = "cup", headers: Any = None, **options: Any) -> TestClient:
    app = FastAPI()

    @app.get("/", cache=Cached("30s", store=Cache("mem://"), **options))
    async def read() -> Response:
        return Response(content, headers=headers, media_type="text/plain")

    return TestClient(app)


def test_a_client_that_has_it_gets_a_304() -> None:
    client = get_client()
    first = client.get("/")
    tag = first.headers["etag"]
    for sent in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = client.get("/", headers={"if-none-match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == "max-age=30"
        assert "content-type" not in again.headers
        assert "content-length" not in again.headers
    other = client.get("/", headers={"if-none-match": '"other"'})
    assert (other.status_code, other.text) == (200, "cup")


def test_the_first_request_gets_one_too() -> None:
    tag = get_client().get("/").headers["etag"]
    response = get_client().get("/", headers={"if-none-match": tag})
    assert (response.status_code, "age" in response.headers) == (304, False)


def test_the_tag_is_that_of_the_content() -> None:
    tags = [get_client(content).get("/").headers["etag"] for content in ("cup", "cup", "pot")]
    assert tags[0] == tags[1] != tags[2]


def test_the_headers_of_the_endpoint_stay() -> None:
    client = get_client(headers={"ETag": '"v1"', "Cache-Control": "max-age=5", "X-Own": "1"})
    for _ in range(2):
        response = client.get("/")
        assert response.headers["etag"] == '"v1"'
        assert response.headers["cache-control"] == "max-age=5"
        assert response.headers["x-own"] == "1"
    assert response.headers["age"] == "0"
    assert client.get("/", headers={"if-none-match": 'W/"v1"'}).status_code == 304


@pytest.mark.parametrize(
    ("options", "written"),
    [
        ({}, "max-age=30"),
        ({"stale": "5m"}, "max-age=30, stale-while-revalidate=300"),
        ({"max_age": 10}, "max-age=10"),
        ({"max_age": "1h"}, "max-age=30"),
        ({"max_age": 0}, "no-cache"),
        ({"vary": ()}, "private, max-age=30"),
    ],
)
def test_for_how_long_clients_may_use_it(options: dict[str, Any], written: str) -> None:
    client = get_client(**options)
    assert [client.get("/").headers["cache-control"] for _ in range(2)] == [written] * 2
