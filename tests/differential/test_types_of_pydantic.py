"""Pydantic's own types take the short way, and give what the general way and FastAPI give."""

from __future__ import annotations

import ipaddress
import json
import pathlib
import uuid
from types import ModuleType
from typing import Annotated, Any

import fastapi
import pytest
from fastapi.testclient import TestClient
from pydantic import (
    UUID1,
    UUID4,
    UUID5,
    AmqpDsn,
    AnyHttpUrl,
    AnyUrl,
    AnyWebsocketUrl,
    AwareDatetime,
    Base64Bytes,
    Base64Str,
    Base64UrlBytes,
    Base64UrlStr,
    BaseModel,
    ByteSize,
    ClickHouseDsn,
    CockroachDsn,
    EmailStr,
    FileUrl,
    FtpUrl,
    FutureDate,
    FutureDatetime,
    HttpUrl,
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
    Json,
    KafkaDsn,
    MariaDBDsn,
    MongoDsn,
    MySQLDsn,
    NaiveDatetime,
    NameEmail,
    NatsDsn,
    PastDate,
    PastDatetime,
    PostgresDsn,
    RedisDsn,
    Secret,
    SecretBytes,
    SecretStr,
    SnowflakeDsn,
    TypeAdapter,
    UrlConstraints,
    WebsocketUrl,
    conint,
    conlist,
    constr,
)

import pronghorn
from pronghorn.compile.explain import explain_plan
from pronghorn.plan.json_mode import json_mode_of

#: Python's own `ipaddress` takes True for 1.
pytestmark = pytest.mark.filterwarnings("ignore:__int__ returned non-int")


class Inner(BaseModel):
    a: int


TYPES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(EmailStr, NameEmail, HttpUrl, AnyUrl, AnyHttpUrl, FileUrl, FtpUrl, WebsocketUrl),
        *(AnyWebsocketUrl, PostgresDsn, CockroachDsn, RedisDsn, MongoDsn, AmqpDsn, KafkaDsn),
        *(NatsDsn, MySQLDsn, MariaDBDsn, ClickHouseDsn, SnowflakeDsn, SecretStr, SecretBytes),
        *(IPvAnyAddress, IPvAnyInterface, IPvAnyNetwork, ByteSize, AwareDatetime, NaiveDatetime),
        *(PastDate, FutureDate, PastDatetime, FutureDatetime, bytes, pathlib.Path),
        *(pathlib.PurePosixPath, ipaddress.IPv4Address, ipaddress.IPv6Address, uuid.UUID),
        *(ipaddress.IPv4Network, ipaddress.IPv6Network),
        *(ipaddress.IPv4Interface, ipaddress.IPv6Interface),
    )
}
TYPES |= {
    "Base64Str": Base64Str,
    "Base64Bytes": Base64Bytes,
    "Base64UrlStr": Base64UrlStr,
    "Base64UrlBytes": Base64UrlBytes,
    "UUID1": UUID1,
    "UUID4": UUID4,
    "UUID5": UUID5,
    "Secret[int]": Secret[int],
    "Json": Json,
    "Json[int]": Json[int],
    "Json[Inner]": Json[Inner],
    "Json[list[EmailStr]]": Json[list[EmailStr]],
    "constr": constr(min_length=2, pattern="^[a-z]"),
    "conint": conint(gt=3),
    "conlist": conlist(EmailStr, min_length=1),
    "constrained URL": Annotated[AnyUrl, UrlConstraints(max_length=20, allowed_schemes=["https"])],
    "list[HttpUrl]": list[HttpUrl],
    "EmailStr | None": EmailStr | None,
    "dict[str, IPvAnyAddress]": dict[str, IPvAnyAddress],
}
#: The types that FastAPI reads from a body only.
MANY = [
    TYPES[name]
    for name in (
        *("conlist", "list[HttpUrl]", "dict[str, IPvAnyAddress]"),
        *("Secret[int]", "Json[Inner]", "Json[list[EmailStr]]"),
    )
]
TEXTS = [
    *("", " ", "a", "ann@shop.example", "Ann@SHOP.Example", "Ann Lee <ann@shop.example>", "a@b"),
    *(
        "ann@",
        "ann@bücher.example",
        "http://a.example",
        "https://a.example/x?y=1#z",
        "HTTP://A.B/c",
    ),
    *(
        "http://bücher.example",
        "http://",
        "file:///etc/hosts",
        "ftp://a.b/c",
        "ws://a.b/c",
        "wss://a",
    ),
    *("postgresql://u:p@h:5432,k/db", "cockroachdb://u@h/db", "redis://", "redis://h:1/2"),
    *("mongodb://a,b/c", "amqp://u:p@h/v", "kafka://h", "nats://h:1", "mysql://u@h/d"),
    *("mariadb://h/d", "clickhouse+http://h/d", "snowflake://u:p@acc/db", "javascript:alert(1)"),
    *("1.2.3.4", "1.2.3.256", "::1", "1.2.3.0/24", "1.2.3.4/24", "fe80::/10", "5", "-1", "1e3"),
    *("10 KB", "1.5GiB", "10 zz", "YWJj", "YWJj!", "YQ==", "_-8=", "\u00e9", "a\x00b", "nul\u0000"),
    *(
        "2020-01-01",
        "2999-01-01",
        "2020-01-01T00:00:00",
        "2020-01-01T00:00:00Z",
        "2999-01-01T00:00Z",
    ),
    *("2b3f6d4e-1c55-11ee-be56-0242ac120002", "9f0e61f3-6d1f-4b43-8f5b-dc0f1f2ab3c4", "not-a-uuid"),
    *(
        "c0ffee00c0ffee00c0ffee00c0ffee00",
        '"5"',
        "[1]",
        '{"a": 1}',
        '{"a": "x"}',
        '["a@b.example"]',
    ),
    *(
        "886313e1-3b8a-5372-9b90-0c9aee199e5d",
        "https://a.io/x",
        "NaN",
        "null",
        "true",
        "/etc/hosts",
        "../x",
        "x" * 3000,
    ),
]
VALUES: list[Any] = [*TEXTS, 0, 5, -1, 2**40, 2**129, 1.5, 1e400, True, None, [], {}]
VALUES += [["ann@shop.example"], ["http://a.example", "x"], {"a": "1.2.3.4"}, {"a": 5}, [5]]


def described(value: Any) -> Any:
    """Return a value in a form that tells apart what its class hides, such as a secret."""
    if isinstance(value, (SecretStr, SecretBytes, Secret)):
        return type(value), value.get_secret_value()
    if isinstance(value, list):
        return [described(item) for item in value]
    if isinstance(value, dict):
        return {key: described(item) for key, item in value.items()}
    return type(value), repr(value), str(value)


def outcome(make: Any, source: Any) -> Any:
    try:
        return described(make(source))
    except ValueError:
        return ValueError


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_both_modes_agree(kind: Any) -> None:
    adapter = TypeAdapter(kind)
    assert json_mode_of(adapter.core_schema).reason is None
    accepted = 0
    for value in VALUES:
        text = json.dumps(value)
        straight = outcome(adapter.validator.validate_json, text)
        if straight is not ValueError:
            accepted += 1
            assert straight == outcome(adapter.validator.validate_python, json.loads(text)), value
    assert accepted


def build(api: ModuleType, kind: Any) -> Any:
    app = api.FastAPI()
    model: Any = type(
        "Model", (BaseModel,), {"__module__": __name__, "__annotations__": {"value": kind}}
    )

    async def body(item: Any) -> Any:
        shown = item.value
        if isinstance(shown, (SecretStr, SecretBytes, Secret)):
            shown = shown.get_secret_value()
        return {"shown": repr(shown), "item": item}

    body.__annotations__ = {"item": model}
    app.post("/body")(body)

    async def returned(item: Any) -> Any:
        return item

    returned.__annotations__ = {"item": model, "return": model}
    app.post("/returned")(returned)

    async def parameter(value: Any) -> str:
        return str(described(value))

    parameter.__annotations__ = {"value": kind}
    if _is_single(kind):
        app.get("/query")(parameter)
        app.get("/path/{value}")(parameter)
    return app


def _is_single(kind: Any) -> bool:
    return kind not in MANY


def chosen(kind: Any) -> list[Any]:
    """Return the values that a type accepts, and some of those that it refuses."""
    adapter = TypeAdapter(kind)
    results = {index: outcome(adapter.validate_python, value) for index, value in enumerate(VALUES)}
    accepted = [index for index, found in results.items() if found is not ValueError]
    refused = [index for index, found in results.items() if found is ValueError]
    found = [VALUES[index] for index in accepted[:12] + refused[::9]]
    # FastAPI cannot write such a number into its error.
    return [value for value in found if value not in (1e400, "NaN")]


def answers(api: ModuleType, kind: Any) -> list[Any]:
    client = TestClient(build(api, kind))
    found: list[Any] = []
    for value in chosen(kind):
        raw = json.dumps({"value": value}).encode()
        sent: Any = {"content": raw, "headers": {"content-type": "application/json"}}
        found += [client.post(path, **sent) for path in ("/body", "/returned")]
        if _is_single(kind) and isinstance(value, str) and 0 < len(value) < 100:
            found.append(client.get("/query", params={"value": value}))
            if not {"/", "\x00", "."} & set(value):
                found.append(client.get(f"/path/{value}"))
    return [(answer.status_code, answer.text) for answer in found]


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_every_place_answers_as_on_fastapi(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = answers(fastapi, kind)
    assert answers(pronghorn, kind) == expected
    monkeypatch.setenv("PRONGHORN_GENERAL", "1")
    assert answers(pronghorn, kind) == expected


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
def test_no_place_leaves_the_short_way(kind: Any) -> None:
    app = build(pronghorn, kind)
    routes = [route for route in app.routes if hasattr(route, "plan")]
    assert len(routes) == (4 if _is_single(kind) else 2)
    for route in routes:
        assert explain_plan(route.plan, route.path).detours == []


def test_a_version_that_was_not_compared_trusts_no_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pydantic.VERSION", "2.99.0")
    app = build(pronghorn, EmailStr)
    detours = [explain_plan(r.plan, r.path).detours for r in app.routes if hasattr(r, "plan")]
    assert all(detours)
    assert "EmailStr of Pydantic" in str(detours)
