"""Two requests share a response only if nothing that the route declares differs."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict

from pronghorn import Cookie, Depends, FastAPI, Header, Request, Response
from pronghorn.cache import Cached
from pronghorn.exceptions import SetupError
from pronghorn.testclient import TestClient
from tests.cache.asking import client_of

pytestmark = pytest.mark.usefixtures("mode", "cache")


class Preferences(BaseModel):
    x_currency: str = "EUR"


class Everything(BaseModel):
    model_config = ConfigDict(extra="allow")


def make_app(calls: list[Any]) -> FastAPI:
    app = FastAPI(cache=Cached("30s"))

    @app.get("/plain/{name}")
    async def read_plain(name: str, request: Request) -> str:
        calls.append(request.url)
        return str(request.url)

    @app.get("/language")
    async def read_language(accept_language: Annotated[str, Header()] = "en") -> str:
        calls.append(accept_language)
        return accept_language

    @app.get("/currency")
    async def read_currency(preferences: Annotated[Preferences, Header()]) -> str:
        calls.append(preferences)
        return preferences.x_currency

    @app.get("/cookie")
    async def read_cookie(theme: Annotated[str, Cookie()] = "light") -> str:
        calls.append(theme)
        return theme

    @app.get("/everything")
    async def read_everything(sent: Annotated[Everything, Header()]) -> str:
        calls.append(sent)
        return str((sent.model_extra or {}).get("x-extra"))

    @app.get("/encoding")
    async def read_encoding(request: Request) -> Response:
        calls.append("encoding")
        return Response(request.headers.get("accept-encoding", ""))

    @app.get("/vary")
    async def read_vary(request: Request) -> Response:
        calls.append("vary")
        color = request.headers.get("x-color", "")
        return Response(color, headers={"vary": "X-Color, Accept-Encoding"})

    return app


@pytest.fixture
def calls() -> list[Any]:
    return []


@pytest.fixture
def client(calls: list[Any]) -> TestClient:
    return TestClient(make_app(calls))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("/plain/a", {}), ("/plain/b", {})),
        (("/plain/a?q=1", {}), ("/plain/a?q=2", {})),
        (("/plain/a?q=1&q=2", {}), ("/plain/a?q=2&q=1", {})),
        (("/plain/a?q=1&%71=2", {}), ("/plain/a?%71=2&q=1", {})),
        (("/plain/a", {"host": "a.example"}), ("/plain/a", {"host": "b.example"})),
        (("/language", {}), ("/language", {"accept-language": "de"})),
        (("/currency", {}), ("/currency", {"x-currency": "CHF"})),
        (("/cookie", {}), ("/cookie", {"cookie": "theme=dark"})),
        (("/cookie", {"cookie": "a=1; theme=dark"}), ("/cookie", {"cookie": "a=1; theme=blue"})),
        (("/everything", {"x-extra": "1"}), ("/everything", {"x-extra": "2"})),
        (("/encoding", {"accept-encoding": "gzip"}), ("/encoding", {"accept-encoding": "br"})),
        (("/vary", {"x-color": "red"}), ("/vary", {"x-color": "blue"})),
    ],
)
def test_what_differs(client: TestClient, calls: list[Any], one: Any, other: Any) -> None:
    for _ in range(2):
        found = [client.get(path, headers=headers).text for path, headers in (one, other)]
        assert found[0] != found[1]
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("/plain/a?x=1&y=2", {}), ("/plain/a?y=2&x=1", {})),
        (("/plain/a", {"x-color": "red"}), ("/plain/a", {"x-color": "blue"})),
        (("/plain/a", {"host": "a.example"}), ("/plain/a", {"host": "A.example"})),
        (("/cookie", {"cookie": "a=1; theme=x"}), ("/cookie", {"cookie": "theme=x; a=2"})),
        (
            ("/encoding", {"accept-encoding": "gzip, br"}),
            ("/encoding", {"accept-encoding": "br,gzip"}),
        ),
    ],
)
def test_what_does_not(client: TestClient, calls: list[Any], one: Any, other: Any) -> None:
    found = [client.get(path, headers=headers).text for path, headers in (one, other)]
    assert found[0] == found[1]
    assert len(calls) == 1


class Tenant(BaseModel):
    name: str


async def find_tenant(x_tenant: Annotated[str, Header()]) -> Tenant:
    return Tenant(name=x_tenant)


def find_groups(x_groups: Annotated[str, Header()] = "") -> frozenset[str]:
    return frozenset(x_groups.split())


TenantDep = Annotated[Tenant, Depends(find_tenant)]


def test_values_of_dependencies() -> None:
    app, calls = FastAPI(), list[str]()

    @app.get("/prices", cache=Cached("30s", vary=[TenantDep, find_groups]))
    async def read(tenant: TenantDep) -> str:
        calls.append(tenant.name)
        return tenant.name

    with TestClient(app) as client:
        for _ in range(2):
            for name in ("a", "b"):
                for groups in ("x y", "y x", ""):
                    headers = {"x-tenant": name, "x-groups": groups}
                    response = client.get("/prices", headers=headers)
                    assert response.json() == name
                    assert response.headers["cache-control"] == "private, max-age=30"
        assert client.get("/prices").status_code == 422
    assert calls == ["a", "a", "b", "b"]


def test_a_value_without_a_text_of_its_own() -> None:
    app = FastAPI()

    def find_user() -> object:
        return object()

    @app.get("/me", cache=Cached("30s", vary=find_user))
    async def read() -> str:
        return "me"

    with (
        TestClient(app) as client,
        pytest.raises(SetupError, match="A dependency in vary= returns"),
    ):
        client.get("/me")


@pytest.mark.anyio
async def test_cookies_in_headers_of_their_own() -> None:
    """As over HTTP/2, where each cookie may have one."""
    calls: list[Any] = []
    async with client_of(make_app(calls)) as client:
        for theme in ("dark", "blue", "dark"):
            headers = [("cookie", "a=1"), ("cookie", f"theme={theme}")]
            assert (await client.get("/cookie", headers=headers)).json() == theme
    assert calls == ["dark", "blue"]


@pytest.mark.parametrize(("options", "count"), [({}, 2), ({"vary": ()}, 1)])
def test_cookies_where_the_endpoint_may_read_them(options: dict[str, Any], count: int) -> None:
    app, calls = FastAPI(), list[str]()

    @app.get("/", cache=Cached("30s", **options))
    async def read(request: Request) -> int:
        calls.append(str(request.url))
        return 1

    with TestClient(app) as client:
        for _ in range(2):
            client.get("/", headers={"cookie": "session=1"})
    assert len(calls) == count
