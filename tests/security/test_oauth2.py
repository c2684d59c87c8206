"""OAuth2 and OpenID Connect: the schemes, the scopes and the password form."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

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
