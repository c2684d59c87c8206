"""Basic, Bearer, Digest and other schemes of the Authorization header."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import HTTPConnection

from pronghorn.exceptions import HTTPException
from pronghorn.security import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
)
from pronghorn.security.http import HTTPBase
from pronghorn.security.utils import get_authorization_scheme_param


def ask(scheme: Callable[[HTTPConnection], Any], authorization: str | None) -> Any:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    scope = {"type": "http", "path": "/", "query_string": b"", "headers": headers}
    return asyncio.run(scheme(HTTPConnection(scope)))


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (None, ("", "")),
        ("", ("", "")),
        ("Bearer", ("Bearer", "")),
        ("Bearer abc", ("Bearer", "abc")),
        ("Bearer   abc def ", ("Bearer", "abc def")),
    ],
)
def test_a_header_is_split_at_its_first_space(value: str | None, parts: tuple[str, str]) -> None:
    assert get_authorization_scheme_param(value) == parts


@pytest.mark.parametrize(
    ("scheme", "header"),
    [
        (HTTPBase(scheme="Other"), "Other x"),
        (HTTPBearer(), "bearer x"),
        (HTTPDigest(), "DIGEST x"),
    ],
)
def test_credentials_come_back_in_two_parts(scheme: HTTPBase, header: str) -> None:
    word = header.split(maxsplit=1)[0]
    assert ask(scheme, header) == HTTPAuthorizationCredentials(scheme=word, credentials="x")


@pytest.mark.parametrize(
    ("scheme", "challenge"),
    [
        (HTTPBase(scheme="other"), "Other"),
        (HTTPBasic(), "Basic"),
        (HTTPBasic(realm="shop"), 'Basic realm="shop"'),
        (HTTPBearer(), "Bearer"),
        (HTTPDigest(), "Digest"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "", "Unknown"])
def test_without_credentials_the_answer_is_401_with_a_challenge(
    scheme: HTTPBase, challenge: str, authorization: str | None
) -> None:
    with pytest.raises(HTTPException) as caught:
        ask(scheme, authorization)
    assert caught.value.status_code == 401
    assert caught.value.detail == "Not authenticated"
    assert caught.value.headers == {"WWW-Authenticate": challenge}


@pytest.mark.parametrize("scheme", [HTTPBearer(), HTTPDigest(), HTTPBasic()])
def test_another_scheme_is_refused(scheme: HTTPBase) -> None:
    with pytest.raises(HTTPException):
        ask(scheme, "Other abc")


@pytest.mark.parametrize(
    "scheme",
    [
        HTTPBase(scheme="Other", auto_error=False),
        HTTPBasic(auto_error=False),
        HTTPBearer(auto_error=False),
        HTTPDigest(auto_error=False),
    ],
)
def test_optional_credentials_may_be_missing(scheme: HTTPBase) -> None:
    assert ask(scheme, None) is None


def test_basic_credentials_are_decoded_at_the_first_colon() -> None:
    expected = HTTPBasicCredentials(username="john", password="a:b")
    assert ask(HTTPBasic(), basic("john:a:b")) == expected


@pytest.mark.parametrize("auto_error", [True, False])
@pytest.mark.parametrize("header", ["Basic", "Basic !", basic("nocolon"), basic("é:é"), "Basic é"])
def test_broken_basic_credentials_are_refused_even_if_optional(
    header: str, auto_error: bool
) -> None:
    with pytest.raises(HTTPException) as caught:
        ask(HTTPBasic(auto_error=auto_error), header)
    assert caught.value.status_code == 401


def test_the_refusal_can_be_replaced() -> None:
    class Forbidding(HTTPBearer):
        def make_not_authenticated_error(self) -> HTTPException:
            return HTTPException(status_code=403)

    with pytest.raises(HTTPException) as caught:
        ask(Forbidding(), None)
    assert caught.value.status_code == 403


def test_the_document_shows_the_bearer_format() -> None:
    scheme = HTTPBearer(bearerFormat="JWT", description="Log in first.")
    assert scheme.model.model_dump(by_alias=True, exclude_none=True, mode="json") == {
        "type": "http",
        "description": "Log in first.",
        "scheme": "bearer",
        "bearerFormat": "JWT",
    }
