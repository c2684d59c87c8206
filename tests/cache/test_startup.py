"""What cannot work is an error at startup, and what may surprise is a warning."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pronghorn import APIRouter, FastAPI
from pronghorn.cache import Cache, Cached
from pronghorn.exceptions import SetupError
from tests.contract.servers import ROOT, free_port


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


def test_an_endpoint_that_reads_a_body(cache: Cache) -> None:
    app = FastAPI()
    with pytest.raises(SetupError, match="reads a body, which is not in the key"):

        @app.get("/", cache=Cached(1))
        async def read(body: dict[str, int]) -> int:
            return len(body)


def test_a_tag_names_parameters_of_the_path(cache: Cache) -> None:
    app = FastAPI()
    with pytest.raises(SetupError, match="names item, which is not in the path"):
        app.get("/items/{item_id}", cache=Cached(1, tags=["item:{item}"]))(list)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("nowhere://me:secret@localhost/0", "The cache cannot use nowhere://me:***@localhost/0"),
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


PROGRAM = """
from pronghorn import FastAPI
from pronghorn.cache import Cache, Cached

cache = Cache("mem://")
app = FastAPI(cache=Cached("30s"))


@app.get("/")
async def read() -> int:
    return 1
"""


@pytest.mark.timeout(100)
def test_the_command_says_it_once(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    command = [sys.executable, "-m", "pronghorn", "run", "--host", "127.0.0.1", "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--port", str(free_port())],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seen, started = "", 0
    assert process.stdout is not None
    for line in process.stdout:
        seen += line
        started += "startup complete" in line
        if started == 2:
            process.terminate()
    process.wait(60)
    process.stdout.close()
    assert seen.count("each keeps its own responses") == 1
