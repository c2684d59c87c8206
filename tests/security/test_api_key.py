"""API keys in their three places, and responses without a key."""

from __future__ import annotations

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from pronghorn.security import APIKeyCookie, APIKeyHeader, APIKeyQuery
from pronghorn.security.api_key import APIKeyBase


def connection(
    *, query: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> HTTPConnection:
    return HTTPConnection(
        {"type": "websocket", "path": "/", "query_string": query, "headers": list(headers)}
    )


SCHEMES = [
    (APIKeyQuery, connection(query=b"key=secret"), "query"),
    (APIKeyHeader, connection(headers=((b"key", b"secret"),)), "header"),
    (APIKeyCookie, connection(headers=((b"cookie", b"a=b; key=secret"),)), "cookie"),
]


@pytest.mark.parametrize(("scheme_class", "request_with_key", "place"), SCHEMES)
def test_the_key_is_read_from_its_place(
    scheme_class: type[APIKeyHeader], request_with_key: HTTPConnection, place: str
) -> None:
    scheme = scheme_class(name="key")
    assert asyncio.run(scheme(request_with_key)) == "secret"
    assert scheme.model.in_.value == place
    assert scheme.scheme_name == scheme_class.__name__


@pytest.mark.parametrize(("scheme_class", "request_with_key", "place"), SCHEMES)
def test_without_a_key_the_answer_is_401_with_a_challenge(
    scheme_class: type[APIKeyHeader], request_with_key: HTTPConnection, place: str
) -> None:
    with pytest.raises(HTTPException) as caught:
        asyncio.run(scheme_class(name="other")(request_with_key))
    assert caught.value.status_code == 401
    assert caught.value.detail == "Not authenticated"
    assert caught.value.headers == {"WWW-Authenticate": "APIKey"}


@pytest.mark.parametrize(("scheme_class", "request_with_key", "place"), SCHEMES)
def test_an_optional_key_may_be_missing(
    scheme_class: type[APIKeyHeader], request_with_key: HTTPConnection, place: str
) -> None:
    assert asyncio.run(scheme_class(name="other", auto_error=False)(request_with_key)) is None


def test_an_empty_key_counts_as_missing() -> None:
    scheme = APIKeyQuery(name="key", auto_error=False)
    assert asyncio.run(scheme(connection(query=b"key="))) is None


def test_the_refusal_can_be_replaced() -> None:
    class Hidden(APIKeyHeader):
        def make_not_authenticated_error(self) -> HTTPException:
            return HTTPException(status_code=404)

    with pytest.raises(HTTPException) as caught:
        asyncio.run(Hidden(name="key")(connection()))
    assert caught.value.status_code == 404


def test_name_and_description_reach_the_document() -> None:
    scheme: APIKeyBase = APIKeyHeader(name="key", scheme_name="Key", description="Ask us.")
    assert scheme.scheme_name == "Key"
    assert scheme.model.model_dump(by_alias=True, exclude_none=True, mode="json") == {
        "type": "apiKey",
        "description": "Ask us.",
        "in": "header",
        "name": "key",
    }
