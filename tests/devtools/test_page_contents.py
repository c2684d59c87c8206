"""The order of the routes, the links to the documentation and the last tracebacks of the page."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.staticfiles import StaticFiles

from pronghorn import APIRouter, FastAPI, WebSocket
from pronghorn.devtools import documentation
from pronghorn.devtools.recorder import KEPT_FAILURES
from tests.devtools.test_page import EVIL, opened, page_of


class Tag(Enum):
    USERS = "users & groups"


def read_user(user_id: int) -> int:
    return 10 // user_id


def app_with_routes() -> FastAPI:
    app = FastAPI()
    router = APIRouter(prefix="/users", tags=[Tag.USERS])
    router.add_api_route("/{user_id}", read_user, tags=["one"])
    app.include_router(router)
    app.add_api_route("/plain", read_user, name="named")
    app.add_api_route("/hidden", read_user, include_in_schema=False)
    app.add_api_route("/chosen", read_user, operation_id="a/b c")

    @app.websocket("/chat")
    async def chat(websocket: WebSocket) -> None:
        raise LookupError("no room")

    app.mount("/static", StaticFiles(directory="/"), name="static")
    inner = FastAPI()
    inner.add_api_route("/deep", read_user)
    app.mount("/inner", inner)
    return app


def test_the_routes_of_the_program_come_first() -> None:
    client = opened(app_with_routes())
    page = page_of(client)
    own = [row["Path"] for row in page.rows("routes")]
    assert own == [
        *("/users/{user_id}", "/plain", "/hidden", "/chosen", "/chat"),
        *("/static", "/inner", "/inner/deep"),
    ]
    others = [row["Path"] for row in page.rows("other-routes")]
    assert others[:2] == ["/openapi.json", "/docs"]
    assert "/inner/docs" in others
    routes = client.get("/_pronghorn/routes.json").json()["routes"]
    assert [route["path"] for route in routes] == [*own, *others]
    assert [route["own"] for route in routes] == [True] * len(own) + [False] * len(others)


def test_without_other_routes_there_is_no_second_table() -> None:
    app = FastAPI(openapi_url=None)
    app.add_api_route("/", read_user)
    page = page_of(opened(app))
    assert list(page.tables) == ["routes", "requests"]


def test_each_operation_leads_to_its_documentation() -> None:
    client = opened(app_with_routes())
    data = client.get("/_pronghorn/routes.json").json()
    assert data["documentation"][0] == "/docs"
    assert data["documentation"][-1] == "/openapi.json"
    addresses = {route["path"]: route["documentation"] for route in data["routes"]}
    users = "users%20%26%20groups/read_user_users__user_id__get"
    assert addresses["/users/{user_id}"] == f"/docs#/{users}"
    assert addresses["/plain"] == "/docs#/default/named_plain_get"
    assert addresses["/chosen"] == "/docs#/default/a%2Fb%20c"
    assert addresses["/inner/deep"] == "/inner/docs#/default/read_user_deep_get"
    for path in ("/hidden", "/chat", "/static", "/docs"):
        assert addresses[path] is None
    tags = {route["path"]: route["tags"] for route in data["routes"]}
    assert tags["/users/{user_id}"] == ["users & groups", "one"]


@pytest.mark.parametrize("place", ["/_pronghorn", "/_pronghorn/routes/GET/inner/deep"])
@pytest.mark.parametrize("root_path", ["", "/api"])
def test_links_to_the_documentation_hold_from_every_page(place: str, root_path: str) -> None:
    client = opened(app_with_routes(), root_path=root_path)
    page = page_of(client, root_path + place)
    targets = {urljoin(root_path + place, address) for _, address in page.links}
    assert f"{root_path}/inner/docs#/default/read_user_deep_get" in targets


@pytest.mark.parametrize("options", [{"docs_url": None}, {"openapi_url": None}])
def test_without_documentation_there_are_no_links(options: dict[str, Any]) -> None:
    app = FastAPI(**options)
    app.add_api_route("/plain", read_user)
    data = opened(app).get("/_pronghorn/routes.json").json()
    assert data["routes"][0]["documentation"] is None
    assert "/docs" not in data["documentation"]


def test_the_documentation_of_pronghorn_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    from email.message import Message

    urls = Message()
    urls["Project-URL"] = "Source, https://example.org/source"
    urls["Project-URL"] = "Documentation, https://example.org/docs?a=1&b=2"
    monkeypatch.setattr(documentation, "metadata", lambda name: urls)
    client = opened(FastAPI())
    assert page_of(client).link("pronghorn's documentation") == "https://example.org/docs?a=1&b=2"
    data = client.get("/_pronghorn/routes.json").json()
    assert data["project_documentation"] == "https://example.org/docs?a=1&b=2"
    del urls["Project-URL"]
    urls["Project-URL"] = "Documentation, javascript:alert(1)"
    assert "javascript" not in client.get("/_pronghorn").text


def test_a_thousand_routes() -> None:
    app = FastAPI()
    for number in range(1000):
        app.add_api_route(f"/path/{number}/{{user_id}}", read_user, tags=[f"tag {number % 7}"])
    client = opened(app)
    page = page_of(client)
    assert len(page.rows("routes")) == 1000
    assert len(client.get("/_pronghorn/routes.json").json()["routes"]) > 1000


# --- tracebacks -------------------------------------------------------------------------------


def tracebacks_of(client: Any) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = client.get("/_pronghorn/tracebacks.json").json()["tracebacks"]
    return kept


def test_the_last_tracebacks_are_shown_with_their_requests() -> None:
    client = opened(app_with_routes(), raise_server_exceptions=False)
    assert "No exception has left the program." in page_of(client).text
    client.get("/users/0?token=secret", headers={"authorization": "secret"})
    client.get("/users/3")
    with pytest.raises(LookupError), client.websocket_connect("/chat"):
        pass
    newest, oldest = tracebacks_of(client)
    assert newest["error"]["type"] == "LookupError"
    assert (newest["request"]["method"], newest["request"]["path"]) == ("WS", "/chat")
    assert oldest["error"]["type"] == "ZeroDivisionError"
    assert oldest["request"]["route"] == "/users/{user_id}"
    assert oldest["request"]["status"] == 500
    assert oldest["raised"].endswith("+00:00")
    frame = oldest["error"]["program_frames"][0]
    assert (frame["function"], frame["source"]) == ("read_user", "return 10 // user_id")
    text = client.get("/_pronghorn").text
    assert "secret" not in text
    page = page_of(client)
    assert page.text.index("LookupError") < page.text.index("ZeroDivisionError")
    assert "GET /users/0 ZeroDivisionError" in page.text
    of_route = page_of(client, "/_pronghorn/routes/GET/users/1")
    assert "ZeroDivisionError" in of_route.text
    assert "LookupError" not in of_route.text


def test_they_are_bounded() -> None:
    app = FastAPI()

    @app.get("/{number}")
    def fail(number: int) -> None:
        raise LookupError(f"number {number} " + "x" * 1_000_000)

    client = opened(app, raise_server_exceptions=False)
    for number in range(KEPT_FAILURES + 5):
        client.get(f"/{number}")
    kept = tracebacks_of(client)
    assert [one["request"]["path"] for one in kept] == [
        f"/{number}" for number in range(KEPT_FAILURES + 4, 4, -1)
    ]
    assert len(json.dumps(kept)) < 2_000_000
    assert len(client.get("/_pronghorn").text) < 2_000_000


def test_they_are_escaped() -> None:
    app = FastAPI()
    kind = type(EVIL, (Exception,), {})

    @app.get("/{rest:path}")
    def fail(rest: str) -> None:
        raise kind(rest)

    client = opened(app, raise_server_exceptions=False)
    client.get(f"/{EVIL}")
    assert page_of(client).text.count(EVIL) >= 3


def test_a_handler_of_the_program_does_not_hide_them() -> None:
    app = app_with_routes()

    @app.exception_handler(Exception)
    async def answer(request: Any, error: Exception) -> Any:
        from pronghorn.responses import PlainTextResponse

        return PlainTextResponse("sorry", 500)

    client = opened(app, raise_server_exceptions=False)
    assert client.get("/users/0").text == "sorry"
    assert [one["error"]["type"] for one in tracebacks_of(client)] == ["ZeroDivisionError"]


def test_the_state_says_that_the_program_runs() -> None:
    client = opened(FastAPI())
    assert client.get("/_pronghorn/state").json() == {"state": "running"}
    assert client.get("/_pronghorn/state", headers={"host": "evil.example"}).status_code == 403
