"""What cannot work is an error at startup, and what may surprise is a warning."""

from __future__ import annotations

from typing import Any

import pytest

from pronghorn import APIRouter, FastAPI
from pronghorn.cache import Cache, Cached
from pronghorn.exceptions import SetupError


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"ttl": 0}, "Cached keeps a response for 0 seconds"),
        ({"ttl": "soon"}, "The ttl of Cached is 'soon', which is no duration"),
        ({"ttl": 1, "stale": -1}, "The stale of Cached is -1, which is no duration"),
        ({"ttl": 1, "max_age": "1"}, "The max_age of Cached is '1', which is no duration"),
        (
            {"ttl": 1, "tags": "prices"},
            "The tags of Cached must be a list of texts, not the str 'prices'",
        ),
        ({"ttl": 1, "tags": [""]}, "The tags of Cached must be a list of texts"),
        ({"ttl": 1, "vary": "tenant"}, "vary of Cached must be a dependency, not the str 'tenant'"),
        ({"ttl": 1, "vary": [7]}, "vary of Cached must be a dependency, not the int 7"),
    ],
)
def test_options_of_cached(options: dict[str, Any], text: str) -> None:
    with pytest.raises(SetupError) as raised:
        Cached(**options)
    assert raised.value.got.startswith(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("30s", "cache must be Cached(...), not the str '30s'"),
        (True, "cache must be Cached(...), not the bool True"),
        (Cache, "cache must be Cached(...), not"),
    ],
)
def test_the_option_takes_nothing_else(value: Any, text: str) -> None:
    app = FastAPI()
    for declare in (lambda: app.get("/", cache=value)(list), lambda: APIRouter(cache=value)):
        with pytest.raises(SetupError) as raised:
            declare()
        assert raised.value.got.startswith(text)


@pytest.mark.parametrize("methods", [["POST"], ["GET", "DELETE"]])
def test_a_route_that_changes_something(cache: Cache, methods: list[str]) -> None:
    app = FastAPI()
    with pytest.raises(SetupError, match="cannot be kept in a cache"):
        app.add_api_route("/", list, methods=methods, cache=Cached(1))


def test_a_tag_names_parameters_of_the_path(cache: Cache) -> None:
    app = FastAPI()
    with pytest.raises(SetupError, match="names item, which is not in the path"):
        app.get("/items/{item_id}", cache=Cached(1, tags=["item:{item}"]))(list)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("redis://:secret@localhost/0", "The cache cannot use redis://:***@localhost/0"),
        ("nowhere://", "The cache cannot use nowhere://"),
    ],
)
def test_stores_that_cannot_be_used(url: str, text: str) -> None:
    with pytest.raises(SetupError) as raised:
        Cache(url)
    assert raised.value.got == text


@pytest.mark.anyio
async def test_an_invalidation_names_a_tag(cache: Cache) -> None:
    with pytest.raises(SetupError, match="names no tag"):
        await cache.invalidate()


def test_the_memory_of_several_workers(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    app = FastAPI(cache=Cached(1, store=Cache("mem://")))
    app.get("/a")(list)
    app.get("/b")(list)
    assert [one.partition(":")[0] for one in caplog.messages] == ['Cache("mem']
    assert "in 4 processes" in caplog.messages[0]
