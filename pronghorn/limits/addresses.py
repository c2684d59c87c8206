"""The address of a client, as the key of a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

from pronghorn.core.setup_errors import SetupValueError, user_error

#: The key of clients without an address, as on a Unix socket: they share a limit.
UNKNOWN = "unknown"
#: A customer of a provider has at least so many addresses of version 6 (RFC 6177, section 2).
_PREFIX = 64


async def client_ip(connection: HTTPConnection) -> str:
    """Return the address of the client as the server knows it; a network of 64 bits for IPv6.

    It is `request.client.host`. The server takes that from `X-Forwarded-For` only if a proxy that
    it trusts has sent the request (`--forwarded-allow-ips`). This function never reads the header,
    which everybody can write.

    Args:
        connection: The request or the WebSocket connection.
    """
    client = connection.client
    return UNKNOWN if client is None else _shorten(client.host)


def client_ip_behind(*proxies: str) -> Callable[[HTTPConnection], Awaitable[str]]:
    """Return a function like `client_ip` that knows the proxies in front of the server itself.

    The addresses in `X-Forwarded-For` are read from the last one on, as long as each was written
    by a proxy that is named here. What a client has written itself comes before, and is not read.

    Args:
        *proxies: The addresses and networks of the proxies, such as `"10.0.0.0/8"`.

    Raises:
        SetupError: One of them is no address and no network, or there is none.
    """
    try:
        networks = [ip_network(proxy) for proxy in proxies]
    except ValueError as error:
        raise _wrong_proxy(str(error)) from None
    if not networks:
        raise _wrong_proxy("no proxy was named")

    async def client_ip_of_proxies(connection: HTTPConnection) -> str:
        client = connection.client
        if client is None:
            return UNKNOWN
        address = _read(client.host)
        values = connection.headers.getlist("x-forwarded-for")
        hops = [hop.strip() for value in values for hop in value.split(",")]
        while hops and address is not None and any(address in network for network in networks):
            before = _read(hops.pop())
            if before is None:
                break
            address = before
        return client.host if address is None else _shorten(str(address))

    return client_ip_of_proxies


def _wrong_proxy(reason: str) -> SetupValueError:
    return user_error(
        f"client_ip_behind got {reason}",
        None,
        'client_ip_behind("10.0.0.0/8", "192.0.2.7")',
        kind=SetupValueError,
    )


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, also out of `192.0.2.7:8080` and `[2001:db8::1]:8080`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return found if mapped is None else mapped


def _shorten(host: str) -> str:
    if ":" not in host:
        return host
    address = _read(host)
    if not isinstance(address, IPv6Address):
        return host if address is None else str(address)
    return str(IPv6Network((address.packed, _PREFIX), strict=False))
