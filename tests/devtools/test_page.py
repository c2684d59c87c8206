"""The page of `pronghorn dev` around an application, without a server."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urljoin

import pytest
from pydantic import AfterValidator
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Host, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.devtools.access import access_for
from pronghorn.devtools.page import DevPage
from pronghorn.testclient import TestClient
from tests.devtools.pages import Page

EVIL = "<script>alert(1)</script>"


def opened(app: ASGIApp, **options: Any) -> TestClient:
    """A client on this machine, of the application with the page around it."""
    return TestClient(
        DevPage(app, access_for("127.0.0.1")),
        base_url="http://localhost:8000",
        client=("127.0.0.1", 5000),
        **options,
    )


def page_of(client: TestClient, path: str = "/_pronghorn", status: int = 200) -> Page:
    response = client.get(path)
    assert response.status_code == status, response.text
    return Page(response.text)


def settings() -> str:
    return "EUR"


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    # The page tells which ways are taken, also when all tests are run without the short ones.
    monkeypatch.delenv("PRONGHORN_GENERAL", raising=False)
    app = FastAPI(title="Shop")

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, known: str = Depends(settings)) -> int:
        return item_id

    @app.post("/items", name="make")
    @app.put("/items")
    async def change() -> None: ...

    @app.get("/label", response_class=HTMLResponse)
    async def label() -> str:
        return "a label"

    @app.get("/checked")
    async def checked(amount: Annotated[int, AfterValidator(lambda value: value)]) -> int:
        return amount

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError

    @app.websocket("/chat")
    async def chat(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    admin = FastAPI()

    @admin.get("/users")
    async def list_users() -> list[str]:
        return []

    app.mount("/admin", admin, name="admin")
    return app


# --- routes -----------------------------------------------------------------------------------


def test_the_routes_and_what_is_known_of_them(app: FastAPI) -> None:
    page = page_of(opened(app))
    rows = {(row["Methods"], row["Path"]): row for row in page.rows("routes")}
    item = rows["GET", "/items/{item_id}"]
    assert "app.<locals>.read_item" in item["Endpoint"]
    assert "test_page.py:" in item["Endpoint"]
    assert item["Thread hops"] == "1: settings"
    assert item["Short way"] == "yes"
    assert item["Requests"] == "0"
    assert rows["GET", "/label"]["Short way"].startswith("noexplicit response_class HTMLResponse")
    assert rows["GET", "/checked"]["Short way"].startswith("noamount: validated by code")
    others = {row["Path"]: row for row in page.rows("other-routes")}
    assert "a plain Route" in others["/docs"]["Short way"]
    assert ("websocket", "/chat") in rows
    assert ("mount", "/admin") in rows
    assert ("GET", "/admin/users") in rows
    assert "Shop \N{EN DASH} pronghorn dev" in page.text


def test_each_route_is_explained_behind_its_link(app: FastAPI) -> None:
    client = opened(app)
    page = page_of(client)
    routes = [row["Path"] for row in page.rows("routes") if row["Methods"] != "mount"]
    for path in routes:
        address = urljoin("/_pronghorn", page.link(path))
        explained = page_of(client, address)
        assert path in explained.text
        assert urljoin(address, explained.link("All routes")) == "/_pronghorn"
    item = page_of(client, "/_pronghorn/routes/GET/items/%7Bitem_id%7D").text
    for part in ("item_id: int from the path", "async def handle(exchange, path):", "settings"):
        assert part in item
    assert "Thread hops: 1" in item


def test_a_route_is_also_found_by_a_path_that_it_answers(app: FastAPI) -> None:
    client = opened(app)
    for address in ("get/items/42", "GET/admin/users", "WS/chat", "PUT/items"):
        assert "async def handle" in page_of(client, f"/_pronghorn/routes/{address}").text
    for address in ("GET/nowhere", "PATCH/items", "GET", "", "GET/items/{item_id}?number=2"):
        absent = page_of(client, f"/_pronghorn/routes/{address}", 404)
        assert "No such page" in absent.text
    page_of(client, "/_pronghorn/nothing", 404)


def test_links_hold_wherever_the_page_is() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/a/{b}/c/{d}")
    async def deep(b: str, d: str) -> None: ...

    client = opened(app, root_path="/published")
    for address in ("/_pronghorn", "/_pronghorn/"):
        target = urljoin(address, page_of(client, address).link("/a/{b}/c/{d}"))
        assert target == "/_pronghorn/routes/GET/a/%7Bb%7D/c/%7Bd%7D"
        back = page_of(client, target).link("All routes")
        assert urljoin(target, back) == "/_pronghorn"


def test_of_two_routes_with_one_path_each_has_its_page() -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/twice")
    async def first() -> None: ...

    @app.get("/twice")
    async def second() -> None: ...

    client = opened(app)
    addresses = [address for text, address in page_of(client).links if text == "/twice"]
    texts = [page_of(client, urljoin("/_pronghorn", address)).text for address in addresses]
    assert ["first" in text for text in texts] == [True, False]
    assert ["second" in text for text in texts] == [False, True]


def test_a_route_that_cannot_be_explained_hides_no_other(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = next(route for route in app.routes if route.path == "/label")

    def failing(self: Any) -> None:
        raise NameError("name 'Later' is not defined")

    broken = type("Broken", (type(route),), {"plan": property(failing)})
    monkeypatch.setattr(route, "__class__", broken)
    client = opened(app)
    rows = {row["Path"]: row["Short way"] for row in page_of(client).rows("routes")}
    assert rows["/label"] == "NameError: name 'Later' is not defined"
    assert rows["/items/{item_id}"] == "yes"
    assert "NameError" in page_of(client, "/_pronghorn/routes/GET/label").text


def test_routes_are_listed_as_they_are_now(app: FastAPI) -> None:
    client = opened(app)
    page_of(client)
    app.add_api_route("/late", settings)
    assert "/late" in [row["Path"] for row in page_of(client).rows("routes")]


def test_middleware_is_told(app: FastAPI) -> None:
    app.add_middleware(CORSMiddleware)
    client = opened(app)
    assert "ASGI middleware around all: CORSMiddleware" in page_of(client).text
    inside = page_of(client, "/_pronghorn/routes/GET/admin/users")
    assert "middleware around it: CORSMiddleware: compiled into the pipeline" in inside.text


def test_the_general_way_is_told(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRONGHORN_GENERAL", "1")
    rows = {row["Path"]: row["Short way"] for row in page_of(opened(app)).rows("routes")}
    assert "PRONGHORN_GENERAL=1" in rows["/items/{item_id}"]


# --- requests ---------------------------------------------------------------------------------


def requests_of(client: TestClient) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = client.get("/_pronghorn/requests.json").json()["requests"]
    return kept


def test_requests_are_shown_with_their_routes_and_times(app: FastAPI) -> None:
    client = opened(app, raise_server_exceptions=False)
    asked = [("GET", "/items/1"), ("GET", "/items/x"), ("PUT", "/items"), ("DELETE", "/items")]
    asked += [("GET", "/broken"), ("GET", "/nowhere"), ("GET", "/admin/users"), ("HEAD", "/label")]
    for method, path in asked:
        client.request(method, path)
    with client.websocket_connect("/chat"):
        pass
    rows = page_of(client).rows("requests")
    assert [(row["Method"], row["Path"]) for row in reversed(rows)] == [*asked, ("WS", "/chat")]
    assert [row["Status"] for row in reversed(rows)] == [
        "200",
        "422",
        "200",
        "405",
        "500",
        "404",
        "200",
        "200",
        "101",
    ]
    assert [row["Route"] for row in reversed(rows)][:3] == [*["/items/{item_id}"] * 2, "/items"]
    assert [row["Route"] for row in rows][:4] == [
        "/chat",
        "/label",
        "/admin/users",
        "\N{EN DASH}",
    ]
    assert all(float(row["ms"]) >= 0 for row in rows)
    item = next(row for row in page_of(client).rows("routes") if row["Path"] == "/items/{item_id}")
    assert item["Requests"] == "2"
    assert 0 < float(item["Median ms"]) <= float(item["Slowest ms"])
    of_route = page_of(client, "/_pronghorn/routes/GET/items/1")
    assert [row["Path"] for row in of_route.rows("requests")] == ["/items/x", "/items/1"]
    assert "2: median " in of_route.text


def test_requests_for_tools(app: FastAPI) -> None:
    client = opened(app)
    client.get("/items/7?token=secret")
    answer = client.get("/_pronghorn/requests.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["kept"] == 200
    (request,) = answer.json()["requests"]
    assert request.pop("duration_ms") > 0
    assert request.pop("started").endswith("+00:00")
    assert request.pop("endpoint").endswith("read_item")
    assert request == {
        "method": "GET",
        "path": "/items/7",
        "route": "/items/{item_id}",
        "status": 200,
    }


def test_routes_for_tools(app: FastAPI) -> None:
    client = opened(app)
    client.get("/items/7")
    routes = client.get("/_pronghorn/routes.json").json()["routes"]
    found = {(*route["methods"], route["path"]): route for route in routes}
    item = found["GET", "/items/{item_id}"]
    assert (item["hops"], item["detours"], item["requests"]) == ([["settings"]], [], 1)
    assert item["median_ms"] == item["slowest_ms"] > 0
    assert found["GET", "HEAD", "/docs"]["hops"] is None
    assert found["GET", "/label"]["median_ms"] is None


def test_nothing_secret_is_kept(app: FastAPI) -> None:
    client = opened(app)
    secrets = {"authorization": "Bearer secret-header", "cookie": "session=secret-cookie"}
    client.put("/items?password=secret-query", headers=secrets, content=b"secret-body")
    for address in ("", "/requests.json", "/routes.json", "/routes/PUT/items"):
        assert "secret" not in client.get(f"/_pronghorn{address}").text


def test_the_last_two_hundred_are_kept_and_paths_are_cut(app: FastAPI) -> None:
    client = opened(app)
    client.get("/items/0")
    for number in range(1, 201):
        client.get(f"/items/{number}")
    kept = requests_of(client)
    assert [one["path"] for one in kept] == [f"/items/{number}" for number in range(200, 0, -1)]
    client.get("/" + "a" * 5000)
    assert len(requests_of(client)[0]["path"]) < 400


@pytest.mark.anyio
async def test_what_is_not_over_is_shown_as_open() -> None:
    app = FastAPI(openapi_url=None)
    page = DevPage(app, access_for("127.0.0.1"))
    shown: list[str] = []

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> Any:
            yield "one"
            shown.append(await ask("/_pronghorn"))
            yield "two"

        return StreamingResponse(parts())

    async def ask(path: str) -> str:
        body = b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            nonlocal body
            body += message.get("body", b"")

        scope = {"type": "http", "asgi": {"spec_version": "2.4"}, "method": "GET", "path": path}
        headers = [(b"host", b"localhost")]
        rest = {"query_string": b"", "headers": headers, "client": ("::1", 1)}
        await page({**scope, **rest}, receive, send)
        return body.decode()

    assert await ask("/stream") == "onetwo"
    (during,) = Page(shown[0]).rows("requests")
    assert (during["Route"], during["Status"], during["ms"]) == ("/stream", "200", "open")
    (after,) = Page(await ask("/_pronghorn")).rows("requests")
    assert float(after["ms"]) >= 0


def test_a_refused_websocket_is_a_403(app: FastAPI) -> None:
    client = opened(app)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/nowhere"):
        pass
    assert requests_of(client)[0]["status"] == 403


def test_an_app_that_is_mounted_twice_is_told_apart(app: FastAPI) -> None:
    admin = next(route.app for route in app.routes if route.path == "/admin")
    app.mount("/intern", admin)
    client = opened(app)
    client.get("/intern/users")
    client.get("/admin/users")
    assert [one["route"] for one in requests_of(client)] == ["/admin/users", "/intern/users"]


def test_a_middleware_that_copies_the_scope_hides_no_route(app: FastAPI) -> None:
    class Copying:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            await self.app(dict(scope), receive, send)

    for client in (opened(Copying(app)), opened(app)):
        client.get("/items/3")
        assert requests_of(client)[0]["route"] == "/items/{item_id}"


# --- the program is left alone ----------------------------------------------------------------


def test_the_program_does_not_know_of_it(app: FastAPI) -> None:
    client = opened(app)
    before = [route.path for route in app.routes]
    page_of(client)
    assert [route.path for route in app.routes] == before
    assert client.get("/openapi.json").text == TestClient(app).get("/openapi.json").text
    for path in ("/_pronghornx", "/_pronghor", "/x/_pronghorn", "/_Pronghorn"):
        assert client.get(path).json() == {"detail": "Not Found"}


@pytest.mark.parametrize("own", ["/_pronghorn", "/_pronghorn/{name}"])
def test_the_programs_own_route_wins(app: FastAPI, own: str) -> None:
    app.add_api_route(own, lambda: "mine")
    client = opened(app)
    assert client.get(own.format(name="x")).json() == "mine"
    mine = own == "/_pronghorn/{name}"
    answer = client.get("/_pronghorn/requests.json")
    assert answer.json() == ("mine" if mine else {"detail": "Not Found"})


def test_a_mount_there_wins(app: FastAPI) -> None:
    inner = APIRouter()
    inner.add_api_route("/", lambda: "mine")
    app.mount("/_pronghorn", inner)
    assert opened(app).get("/_pronghorn/").json() == "mine"


def test_a_route_for_everything_leaves_the_page(app: FastAPI) -> None:
    app.add_api_route("/{rest:path}", lambda rest: rest)
    client = opened(app)
    assert client.get("/anything").json() == "anything"
    assert "/{rest:path}" in [row["Path"] for row in page_of(client).rows("routes")]


def test_the_lifespan_and_its_state_pass_through() -> None:
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        yield {"name": "shop"}

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/chat")
    async def chat(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(websocket.state.name)
        await websocket.close()

    with opened(app) as client, client.websocket_connect("/chat") as chatting:
        assert chatting.receive_text() == "shop"


# --- where it is ------------------------------------------------------------------------------


def test_behind_a_proxy_that_keeps_its_prefix(app: FastAPI) -> None:
    client = opened(app, root_path="/api")
    assert client.get("/api/items/3").json() == 3
    assert requests_of(client)[0]["path"] == "/items/3"
    page = page_of(client, "/api/_pronghorn")
    assert page_of(client, urljoin("/api/_pronghorn", page.link("/items/{item_id}")))


def test_an_app_that_has_a_root_path_itself() -> None:
    with pytest.warns(match="root_path"):
        app = FastAPI(root_path="/api")
    app.add_api_route("/price", settings)
    client = opened(app)
    client.get("/api/price")
    client.get("/price")
    for address in ("/_pronghorn", "/api/_pronghorn"):
        rows = page_of(client, address).rows("requests")
        assert [(row["Path"], row["Status"]) for row in rows] == [("/price", "200")] * 2


def test_applications_of_other_kinds(app: FastAPI) -> None:
    async def plain(request: Any) -> HTMLResponse:
        return HTMLResponse("plain")

    by_name = Host("{name}.example", Router([Route("/users", plain)]))
    starlette = Starlette(routes=[Route("/plain", plain), by_name])
    client = opened(starlette)
    client.get("/plain")
    page = page_of(client)
    assert [row["Path"] for row in page.rows("routes")] == [
        "/plain",
        "{name}.example",
        "{name}.example/users",
    ]
    page_of(client, urljoin("/_pronghorn", page.link("{name}.example/users")))
    assert requests_of(client)[0]["route"] == "/plain"

    wrapped = page_of(opened(CORSMiddleware(app)))
    assert "/items/{item_id}" in [row["Path"] for row in wrapped.rows("routes")]

    async def bare(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse("bare")(scope, receive, send)

    client = opened(bare)
    assert client.get("/any").text == "bare"
    assert [row["Path"] for row in page_of(client).rows("requests")] == ["/any"]


def test_other_methods_are_refused(app: FastAPI) -> None:
    answer = opened(app).post("/_pronghorn")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert opened(app).head("/_pronghorn").status_code == 200


# --- safety -----------------------------------------------------------------------------------


def test_every_text_of_the_program_and_of_clients_is_escaped() -> None:
    app = FastAPI(title=EVIL)

    async def endpoint(word: str = EVIL) -> None: ...

    endpoint.__name__ = endpoint.__qualname__ = EVIL
    evil_class = type(f"{EVIL}Response", (HTMLResponse,), {})
    app.add_api_route(f'/{EVIL}/"onclick=alert(1)/{{name}}', endpoint, name=EVIL)
    app.add_api_route("/class", settings, response_class=evil_class)
    app.add_middleware(type(EVIL, (CORSMiddleware,), {}))
    client = opened(app)
    client.get(f"/{EVIL}/%22onclick=alert(1)/x?{EVIL}")
    client.get(f"/{EVIL}?q={EVIL}")
    client.get("/%ff%00%0d%0a%22%3e")
    client.request(EVIL, "/class")
    # The page is parsed strictly: an element or attribute that is not ours fails there.
    page = page_of(client)
    assert page.text.count(EVIL) > 5
    evil_links = [address for text, address in page.links if EVIL in text]
    assert len(evil_links) == 2  # in the list of routes, and in that of requests
    assert page_of(client, urljoin("/_pronghorn", evil_links[0])).text.count(EVIL) > 2
    page_of(client, f"/_pronghorn/routes/GET/{EVIL}", 404)
    assert client.get("/_pronghorn/requests.json").json()["requests"]


def test_it_allows_browsers_nothing(app: FastAPI) -> None:
    client = opened(app)
    for address in ("", "/requests.json", "/routes/GET/label", "/absent"):
        headers = client.get(
            f"/_pronghorn{address}", headers={"origin": "https://a.example"}
        ).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_the_policy_allows_the_style_of_the_page(app: FastAPI) -> None:
    from base64 import b64encode
    from hashlib import sha256

    answer = opened(app).get("/_pronghorn")
    style = answer.text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


def test_other_hosts_get_a_reason_and_nothing_else(app: FastAPI) -> None:
    client = opened(app)
    for address in ("", "/requests.json", "/routes.json", "/routes/GET/label"):
        answer = client.get(f"/_pronghorn{address}", headers={"host": "evil.example"})
        assert answer.status_code == 403
        assert answer.text.startswith("It answers only requests for localhost")
    assert client.get("/items/1", headers={"host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "seconds"),
    [("2", "2"), ("0", None), ("-1", None), ("9999999", "3600"), ("1;url=//e", None), ("²", None)],
)
def test_it_may_refresh_itself(app: FastAPI, query: str, seconds: str | None) -> None:
    page = page_of(opened(app), f"/_pronghorn?refresh={query}")
    assert page.refresh == seconds
    link = page.link("stop refreshing" if seconds else "refresh every 2 seconds")
    assert urljoin("/_pronghorn", link) == "/_pronghorn" + ("" if seconds else "?refresh=2")
