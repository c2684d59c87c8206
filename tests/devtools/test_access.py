"""The clients that may see the page of `pronghorn dev`."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from pronghorn.devtools.access import Access, access_for

HERE = "127.0.0.1"
LAN = "192.168.1.20"


def scope(client: str | None, *headers: tuple[str, str]) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "client": client and (client, 5000), "headers": pairs}


def may(access: Access, client: str | None, *headers: tuple[str, str]) -> bool:
    return access.refusal(scope(client, *headers)) is None


@pytest.mark.parametrize("listening", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
@pytest.mark.parametrize(
    ("client", "host"),
    [
        (HERE, "localhost"),
        (HERE, "localhost:8000"),
        (HERE, "LOCALHOST:8000"),
        (HERE, "shop.localhost:8000"),
        (HERE, "127.0.0.1:8000"),
        ("::1", "[::1]:8000"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
    ],
)
def test_this_machine_may(listening: str, client: str, host: str) -> None:
    assert may(access_for(listening), client, ("host", host))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",  # DNS rebinding: the name of another site that points here
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "user@localhost",
        "localhost@evil.example",
        "localhost/evil.example",
        "localhost, evil.example",
        f"{LAN}:8000",
        "[::1",
        "localhost:8000:8000",
        "",
    ],
)
def test_other_hosts_may_not(host: str) -> None:
    assert not may(access_for("127.0.0.1"), HERE, ("host", host))


def test_a_request_needs_one_host() -> None:
    access = access_for("127.0.0.1")
    assert not may(access, HERE)
    assert not may(access, HERE, ("host", "localhost"), ("host", "evil.example"))


@pytest.mark.parametrize("client", [LAN, "203.0.113.7", "testclient", "", None])
def test_other_clients_may_not(client: str | None) -> None:
    assert not may(access_for("127.0.0.1"), client, ("host", "localhost"))


def test_whom_a_proxy_forwards_may_not() -> None:
    access, host = access_for("127.0.0.1"), ("host", "localhost:8000")
    assert may(access, HERE, host, ("x-forwarded-for", "127.0.0.1"))
    assert may(access, HERE, host, ("x-forwarded-host", "localhost:5173"))
    assert not may(access, HERE, host, ("x-forwarded-for", "203.0.113.7"))
    assert not may(access, HERE, host, ("x-forwarded-for", "127.0.0.1, 203.0.113.7"))
    assert not may(access, HERE, host, ("x-forwarded-host", "tunnel.example"))


@pytest.mark.parametrize("listening", ["0.0.0.0", "::", LAN, "devbox.example"])
def test_another_address_opens_it_and_still_keeps_other_sites_out(listening: str) -> None:
    access = access_for(listening, "https://Preview.example/shop")
    machine = socket.gethostname()
    for host in (f"{LAN}:8000", "localhost", "[fe80::1]:80", machine, f"{machine}.local"):
        assert may(access, LAN, ("host", host)), host
    assert may(access, LAN, ("host", "preview.example"))
    assert not may(access, LAN, ("host", "evil.example"))
    assert not may(access, LAN)


def test_the_name_that_dev_was_told_is_known() -> None:
    assert may(access_for("devbox.example"), LAN, ("host", "devbox.example:8000"))


def test_a_public_url_alone_opens_nothing() -> None:
    access = access_for("127.0.0.1", "https://preview.example")
    assert not may(access, HERE, ("host", "preview.example"))


def test_the_refusal_says_how_to_open_it() -> None:
    refusal = access_for("127.0.0.1").refusal(scope(LAN, ("host", "localhost")))
    assert refusal is not None
    assert "`pronghorn dev --host ADDRESS`" in refusal


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("forwarded", "for=203.0.113.9"),
        ("forwarded", 'for="[2001:db8::1]:4711";proto=https'),
        ("forwarded", "for=127.0.0.1, For=203.0.113.9;by=10.0.0.1"),
        ("forwarded", "for=unknown"),
        ("forwarded", "host=shop.example"),
        ("x-real-ip", "203.0.113.9"),
        ("cf-connecting-ip", "203.0.113.9"),
        ("true-client-ip", "203.0.113.9"),
    ],
)
def test_clients_that_a_proxy_names_otherwise_may_not(header: str, value: str) -> None:
    assert not may(access_for("127.0.0.1"), HERE, ("host", "localhost"), (header, value))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("forwarded", "for=127.0.0.1:5000;host=localhost:8000;proto=http"),
        ("forwarded", 'for="[::1]:5000"'),
        ("x-real-ip", "::1"),
    ],
)
def test_a_proxy_for_this_machine_may(header: str, value: str) -> None:
    assert may(access_for("127.0.0.1"), HERE, ("host", "localhost"), (header, value))
