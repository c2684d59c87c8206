"""The page of `pronghorn dev` over a socket; `pronghorn run` has no such page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.cli.processes import STARTED, environment, served
from tests.devtools.pages import Page

Write = Callable[..., Path]

APP = """
import sys
from pronghorn import Depends, FastAPI

app = FastAPI()


def settings():
    return "EUR"


@app.get("/items/{item_id}")
async def read_item(item_id: int, currency=Depends(settings)):
    return {"id": item_id, "currency": currency}


@app.get("/")
async def about():
    return sorted(name for name in sys.modules if name.startswith("pronghorn.devtools"))
"""

OWN = """
from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
@app.get("/_pronghorn")
async def mine():
    return "mine"
"""


@pytest.mark.parametrize(
    "options",
    [
        ["--no-reload"],
        ["--no-reload", "--root-path", "/api"],
        ["--no-reload", "--protocol", "asgi"],
    ],
    ids=["plain", "root path", "asgi"],
)
def test_dev_shows_routes_and_the_times_of_requests(write: Write, options: list[str]) -> None:
    write("main.py", APP)
    with served("dev", *options, PRONGHORN_GENERAL="") as server:
        address = f"http://127.0.0.1:{server.port}/_pronghorn"
        assert f"  page     {address}\n" in server.output
        server.get("/items/7?token=secret")
        status, text = server.ask("/_pronghorn")
        assert status == 200
        page = Page(text)
        item = next(row for row in page.rows("routes") if row["Path"] == "/items/{item_id}")
        assert "main.py:" in item["Endpoint"]
        assert (item["Thread hops"], item["Short way"]) == ("1: settings", "yes")
        assert (item["Requests"], item["Median ms"]) == ("1", item["Slowest ms"])
        (request,) = page.rows("requests")
        assert (request["Path"], request["Status"]) == ("/items/7", "200")
        assert float(request["ms"]) > 0
        assert "secret" not in text
        status, text = server.ask(urljoin(address, page.link("/items/{item_id}")))
        assert status == 200
        assert "async def handle(exchange, path):" in Page(text).text
        status, text = server.ask("/_pronghorn/requests.json")
        assert json.loads(text)["requests"][0]["route"] == "/items/{item_id}"


def test_the_page_after_a_reload_shows_the_new_program(write: Write) -> None:
    file = write("main.py", APP)
    with served("dev") as server:
        server.get("/items/7")
        assert "/items/{item_id}" in Page(server.ask("/_pronghorn")[1]).text
        server.wait_until_watching(file.parent)
        write("main.py", APP.replace("/items/", "/goods/"))
        server.wait_for(STARTED)
        server.get("/goods/8")
        page = Page(server.ask("/_pronghorn")[1])
        assert "/items/{item_id}" not in page.text
        assert [row["Route"] for row in page.rows("requests")] == ["/goods/{item_id}"]


def test_other_sites_do_not_read_it_by_a_name_that_points_here(write: Write) -> None:
    write("main.py", APP)
    with served("dev", "--no-reload") as server:
        server.get("/")
        assert server.ask("/_pronghorn", Host="evil.example")[0] == 403
        assert server.ask("/", Host="evil.example")[0] == 200
        # A proxy on this machine, whomever it forwards for.
        for header in ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP"):
            for client in ("203.0.113.7", "127.0.0.1"):
                assert server.ask("/_pronghorn", **{header: client})[0] == 403
        assert server.ask("/_pronghorn", Via="1.1 proxy")[0] == 403
        assert server.ask("/_pronghorn")[0] == 200


def test_a_published_address_is_not_that_of_the_page(write: Write) -> None:
    write("main.py", APP)
    public = "https://shop.example"
    with served("dev", "--no-reload", FASTAPI_PUBLIC_URL=public) as server:
        server.get("/")
        assert server.ask("/_pronghorn", Host="shop.example")[0] == 403
        assert f"  page     http://127.0.0.1:{server.port}/_pronghorn\n" in server.output
    with served("dev", "--no-reload", "--host", "0.0.0.0", FASTAPI_PUBLIC_URL=public) as server:
        server.get("/")
        assert server.ask("/_pronghorn", Host="shop.example")[0] == 200
        assert f"  page     {public}/_pronghorn\n" in server.output


def test_no_page(write: Write) -> None:
    write("main.py", APP)
    with served("dev", "--no-reload", "--no-page") as server:
        assert server.get("/") == ["pronghorn.devtools", "pronghorn.devtools.tracebacks"]
        assert server.ask("/_pronghorn") == (404, '{"detail":"Not Found"}')
        assert "/_pronghorn" not in server.output


def test_the_programs_own_route_wins_and_dev_says_so(write: Write) -> None:
    write("main.py", OWN)
    with served("dev", "--no-reload") as server:
        server.get("/")
        assert server.ask("/_pronghorn") == (200, '"mine"')
        assert "The program has routes of its own at /_pronghorn" in server.output
        assert "  page  " not in server.output


@pytest.mark.parametrize("options", [[], ["--reload"], ["--workers", "2"]], ids=str)
def test_run_has_no_page_and_does_not_load_it(write: Write, options: list[str]) -> None:
    write("main.py", APP)
    # Not even in an environment that `dev` has left behind.
    with served("run", *options, PRONGHORN_DEV_PAGE="127.0.0.1") as server:
        assert server.get("/") == []
        for path in ("/_pronghorn", "/_pronghorn/", "/_pronghorn/requests.json"):
            assert server.ask(path) == (404, '{"detail":"Not Found"}')
        assert "/_pronghorn" not in server.output


def test_the_command_line_loads_it_for_dev_only() -> None:
    code = (
        "import sys, pronghorn.cli.app, pronghorn.cli.loader, pronghorn.cli.serve, "
        "pronghorn.cli.servers\n"
        "print([name for name in sys.modules if 'devtools' in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    )
    assert done.stdout == "[]\n"


def test_granian_serves_the_page_too(write: Write) -> None:
    write("main.py", APP)
    options = ["--no-reload", "--server", "granian"]
    with served("dev", *options, started="Started worker") as server:
        server.get("/items/7")
        status, text = server.ask("/_pronghorn")
        assert status == 200
        assert [row["Route"] for row in Page(text).rows("requests")] == ["/items/{item_id}"]
        assert server.ask("/_pronghorn", Host="evil.example")[0] == 403
