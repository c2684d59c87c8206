"""The checks of the heads of requests that both servers share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from pronghorn.adapters import request_heads as heads

#: Characters that mean something in a URL, and some that do not.
TEXTS = st.text("ab1.:/?#@[]%\\ \t,;=&+~_-\x00\x7fé", max_size=12)


@given(TEXTS)
def test_a_valid_host_never_bends_the_url(host: str) -> None:
    """Starlette makes `request.url` of the Host and the path; guards compare its path."""
    sent = host.encode("latin-1")
    if not heads.is_valid_host(sent):
        return
    scope = {"type": "http", "scheme": "http", "path": "/admin", "query_string": b""}
    scope |= {"headers": [(b"host", sent)], "server": ("127.0.0.1", 80)}
    url = Request(scope).url
    assert (url.path, url.query, url.fragment, url.username) == ("/admin", "", "", None)


@pytest.mark.parametrize("zone", [b"%25eth0", b"%eth0", b"%2512", b"%25en-0.1_~"])
@pytest.mark.parametrize("port", [b"", b":8000"])
def test_the_zone_of_an_address_is_valid(zone: bytes, port: bytes) -> None:
    """httpx and websockets repeat it, as it is in the URL; browsers remove it."""
    assert heads.is_valid_host(b"[fe80::1%b]%b" % (zone, port))


@pytest.mark.parametrize("host", [b"[fe80::1%]", b"[%25eth0]", b"[fe80::1%25a]b]", b"[fe80::1%/]"])
def test_what_only_looks_like_a_zone_is_invalid(host: bytes) -> None:
    assert not heads.is_valid_host(host)


@given(TEXTS)
def test_a_host_with_a_character_that_ends_a_host_is_invalid(host: str) -> None:
    if set(host) & set("/?#@\\ \t,\x00\x7f\xe9"):
        assert not heads.is_valid_host(host.encode("latin-1"))


def test_hosts_that_clients_invent_are_not_kept_without_end() -> None:
    for number in range(2 * heads.MOST_VALID):
        assert heads.is_valid_host(b"host-%d.example" % number)
    assert len(heads._valid) <= heads.MOST_VALID
    assert heads.is_valid_host(b"a" * 100_000)
    assert not any(len(host) > heads.LONGEST_VALID for host in heads._valid)
    assert heads.is_valid_host(b"host-%d.example" % (2 * heads.MOST_VALID))


def test_long_hosts_are_judged_in_linear_time() -> None:
    """Each of them would take minutes if the expression tried again and again."""
    zone, port = b"[::%" + b"%" * 400_000, b"a:" + b"0" * 400_000
    for host in (b"a%" * 200_000, b"[" + b":" * 400_000, zone, port, b"%41" * 200_000):
        assert heads.is_valid_host(host) is host.startswith((b"a:", b"%41"))
