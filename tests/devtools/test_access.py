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
        ("Forwarded", "for=203.0.113.9"),
        ("Forwarded", 'for="[::1]:5000";host=localhost;proto=http'),
        ("forwarded", "for=unknown"),
        ("forwarded", ""),
        ("Via", "1.1 nginx"),
        ("X-Real-IP", "203.0.113.9"),
        ("x-real-ip", "::1"),
        ("CF-Connecting-IP", "203.0.113.9"),
        ("CF-Connecting-IP", "127.0.0.1"),
        ("CDN-Loop", "cloudflare"),
        ("True-Client-IP", "203.0.113.9"),
        ("Fly-Client-IP", "203.0.113.9"),
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-For", ""),
        ("X-Forwarded-Host", "tunnel.example"),
        ("X-Forwarded-Host", "localhost:5173"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Server", "proxy"),
        ("X-Forwarded-Prefix", "/api"),
        ("X-Forwarded-Scheme", "https"),
        ("X-Forwarded-Ssl", "on"),
        ("X-Forwarded", "for=203.0.113.9"),
    ],
)
def test_a_request_through_a_proxy_may_not(header: str, value: str) -> None:
    """Whatever the proxy says of its client: a client can have sent it, and others may follow."""
    sent = (("host", "localhost:8000"), (header, value))
    refusal = access_for("127.0.0.1").refusal(scope(HERE, *sent))
    assert refusal == (
        f"It does not answer through a proxy, and the request has the header {header.lower()}. "
        "`pronghorn dev --host ADDRESS` opens it to others."
    )


def test_a_proxy_that_adds_no_header_asks_in_http_1_0() -> None:
    """So does nginx with nothing but `proxy_pass`; it names the address of the server as host."""
    forwarded = {**scope(HERE, ("host", "127.0.0.1:8000")), "http_version": "1.0"}
    refusal = access_for("127.0.0.1").refusal(forwarded)
    assert refusal is not None
    assert "the version HTTP/1.0" in refusal
    assert access_for("127.0.0.1").refusal({**forwarded, "http_version": "1.1"}) is None


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_a_proxy_may_where_the_page_is_open_to_others(header: str) -> None:
    access = access_for("0.0.0.0", "https://preview.example")
    assert may(access, LAN, ("host", "preview.example"), (header, "203.0.113.9"))
    assert not may(access, LAN, ("host", "evil.example"), (header, "203.0.113.9"))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("origin", "http://localhost:5173"),
        ("referer", "http://localhost:8000/"),
        ("x-requested-with", "XMLHttpRequest"),
        ("upgrade-insecure-requests", "1"),
        ("sec-fetch-site", "same-origin"),
    ],
)
def test_headers_of_browsers_are_none_of_proxies(header: str, value: str) -> None:
    assert may(access_for("127.0.0.1"), HERE, ("host", "localhost:8000"), (header, value))
