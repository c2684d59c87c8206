"""OAuth2 and OpenID Connect: the schemes, the scopes and the password form."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import fastapi
import fastapi.security
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

import pronghorn
from pronghorn.exceptions import HTTPException as FrameworkHTTPException
from pronghorn.openapi.scheme import security_scheme
from pronghorn.security import (
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    OpenIdConnect,
    SecurityScopes,
)
from pronghorn.security.base import SecurityBase
from pronghorn.testclient import TestClient


def ask(scheme: Callable[[HTTPConnection], Any], authorization: str | None) -> Any:
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    scope = {"type": "http", "path": "/", "query_string": b"", "headers": headers}
    return asyncio.run(scheme(HTTPConnection(scope)))


WHOLE_HEADER = [OAuth2, functools.partial(OpenIdConnect, openIdConnectUrl="/discovery")]
TOKEN = [
    functools.partial(OAuth2PasswordBearer, tokenUrl="/token"),
    functools.partial(
        OAuth2AuthorizationCodeBearer, authorizationUrl="/authorize", tokenUrl="/token"
    ),
]


@pytest.mark.parametrize("make", WHOLE_HEADER)
def test_the_general_schemes_give_the_whole_header(make: Callable[..., Any]) -> None:
    assert ask(make(), "Other x") == "Other x"


@pytest.mark.parametrize("make", TOKEN)
def test_the_bearer_schemes_give_the_token(make: Callable[..., Any]) -> None:
    assert ask(make(), "bearer abc") == "abc"
    assert ask(make(auto_error=False), "Basic abc") is None


@pytest.mark.parametrize("make", [*WHOLE_HEADER, *TOKEN])
def test_a_missing_header_is_401_or_none(make: Callable[..., Any]) -> None:
    with pytest.raises(HTTPException) as caught:
        ask(make(), None)
    assert caught.value.status_code == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    assert ask(make(auto_error=False), None) is None


def test_flows_may_be_a_dictionary() -> None:
    flows = {"password": {"tokenUrl": "token", "scopes": {"read": "Read all"}}}
    dumped = OAuth2(flows=flows).model.model_dump(by_alias=True, exclude_none=True, mode="json")
    assert dumped == {"type": "oauth2", "flows": flows}


def test_the_password_flow_is_documented() -> None:
    scheme = OAuth2PasswordBearer("token", scopes={"a": "b"}, refreshUrl="refresh")
    assert scheme.model.flows.model_dump(exclude_none=True) == {
        "password": {"refreshUrl": "refresh", "scopes": {"a": "b"}, "tokenUrl": "token"}
    }


def test_scopes_are_also_one_text() -> None:
    assert SecurityScopes(["a", "b"]).scope_str == "a b"
    assert SecurityScopes().scopes == []


def test_the_form_splits_its_scope() -> None:
    form = OAuth2PasswordRequestForm(username="u", password="p", scope="a  b")
    assert form.scopes == ["a", "b"]
    assert form.grant_type is None
    strict = OAuth2PasswordRequestFormStrict("password", "u", "p", "a", "id", "secret")
    assert vars(strict) == {
        "grant_type": "password",
        "username": "u",
        "password": "p",
        "scopes": ["a"],
        "client_id": "id",
        "client_secret": "secret",
    }


def test_a_scheme_is_found_through_wrappers() -> None:
    scheme = OAuth2()

    @functools.wraps(scheme)
    async def wrapper(request: HTTPConnection) -> str | None:
        return await scheme(request)

    assert isinstance(scheme, SecurityBase)
    assert security_scheme(scheme) is scheme
    assert security_scheme(functools.partial(scheme)) is scheme
    assert security_scheme(wrapper) is scheme
    assert security_scheme(print) is None


@pytest.mark.parametrize(
    ("make", "error"),
    [(WHOLE_HEADER[0], FrameworkHTTPException), (WHOLE_HEADER[1], HTTPException)],
    ids=["OAuth2", "OpenIdConnect"],
)
def test_the_class_of_the_error_is_that_of_fastapi(
    make: Callable[..., Any], error: type[HTTPException]
) -> None:
    assert type(make().make_not_authenticated_error()) is error


@pytest.mark.parametrize("make", WHOLE_HEADER)
def test_an_empty_header_is_none(make: Callable[..., Any]) -> None:
    assert ask(make(auto_error=False), "") is None


# --- scopes that are written twice ---------------------------------------------------------------


def scopes_program(api: Any) -> Any:
    """Dependencies up to four levels deep that ask for some scopes more than once."""
    Security, Depends = api.Security, api.Depends

    def leaf(scopes: api.security.SecurityScopes) -> Any:
        return [scopes.scopes, scopes.scope_str]

    def third(found: Any = Security(leaf, scopes=["c", "d", "d", "b"])) -> Any:
        return found

    def second(found: Any = Security(third, scopes=["b", "e", "e"])) -> Any:
        return found

    def first(
        scopes: api.security.SecurityScopes, found: Any = Security(second, scopes=["b", "b", "c"])
    ) -> Any:
        return [scopes.scopes, found]

    for function in (leaf, first):
        function.__annotations__["scopes"] = api.security.SecurityScopes
    app = api.FastAPI()
    app.get("/one")(lambda found=Security(leaf, scopes=["c", "c"]): found)
    app.get("/four")(lambda found=Security(first, scopes=["a", "a"]): found)
    app.get("/plain")(lambda found=Depends(first): found)
    app.get("/listed", dependencies=[Security(leaf, scopes=["z", "z"])])(lambda: None)
    app.get("/twice")(
        lambda one=Security(leaf, scopes=["x", "y"]), two=Security(leaf, scopes=["y", "x"]): [
            one,
            two,
        ]
    )
    router = api.APIRouter(dependencies=[Security(leaf, scopes=["q", "q"])])
    router.get("/router")(lambda found=Security(third, scopes=["q", "p"]): found)
    app.include_router(router)

    @app.websocket("/websocket")
    async def talk(websocket: Any, found: Any = Security(third, scopes=["b", "b"])) -> None:
        await websocket.accept()
        await websocket.send_json(found)
        await websocket.close()

    app.router.routes.pop()
    talk.__annotations__["websocket"] = api.WebSocket
    app.websocket("/websocket")(talk)
    return app


def scopes_seen(api: Any) -> list[Any]:
    app = scopes_program(api)
    client = TestClient(app)
    paths = ["/one", "/four", "/plain", "/listed", "/twice", "/router"]
    with client.websocket_connect("/websocket") as connection:
        by_websocket = connection.receive_json()
    graphs = [
        (call.own_oauth_scopes or [], call.parent_oauth_scopes or [])
        for route in app.router.routes
        if getattr(route, "dependant", None) is not None
        for call in below(route.dependant)
    ]
    return [[client.get(path).json() for path in paths], by_websocket, graphs[:8]]


def below(dependant: Any) -> list[Any]:
    return [
        *dependant.dependencies,
        *(call for child in dependant.dependencies for call in below(child)),
    ]


def test_a_scope_that_is_written_twice_is_asked_for_once(mode: str) -> None:
    answers = scopes_seen(pronghorn)
    assert answers[0][0] == [["c"], "c"]
    assert answers == scopes_seen(fastapi)


def test_scopes_that_are_written_twice_reach_an_overriding_dependency() -> None:
    for api in (pronghorn, fastapi):
        app = scopes_program(api)

        def other(scopes: Any) -> Any:
            return ["other", scopes.scopes]

        other.__annotations__["scopes"] = api.security.SecurityScopes
        [leaf] = [call.call for call in app.router.routes[4].dependant.dependencies]
        app.dependency_overrides[leaf] = other
        assert TestClient(app).get("/one").json() == ["other", ["c"]]
        deepest = TestClient(app).get("/four").json()[1]
        assert deepest == ["other", ["a", "b", "c", "e", "d"]]
