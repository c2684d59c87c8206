"""Check the heads of requests as RFC 9110 and RFC 9112 require, whatever the server lets pass."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence
from ipaddress import AddressValueError, IPv6Address

from pronghorn.adapters.server_limits import ServerLimits
from pronghorn.core.refused import advise

#: A status and a text for a request that is refused.
Refusal = tuple[int, str]

NO_HOST: Refusal = 400, "The request has no Host header, which HTTP/1.1 requires."
MANY_HOSTS: Refusal = 400, "The request has more than one Host header."
BAD_HOST: Refusal = 400, "The Host header of the request is invalid."
BAD_CODING: Refusal = 400, "The last transfer coding is not 'chunked', or not the only 'chunked'."
LONG_LINE: Refusal = 414, "The target of the request is too long."
LONG_HEAD: Refusal = 431, "The header fields of the request are too long."
MANY_FIELDS: Refusal = 431, "The request has too many header fields."
MANY_PARAMETERS: Refusal = 400, "The query of the request has too many parameters."
LONG_FRAMING: Refusal = 400, "The chunk extensions or trailers of the body are too long."
SLOW_HEAD: Refusal = 408, "The head of the request took too long."
SLOW_BODY: Refusal = 408, "The body of the request came too slowly."
UNKNOWN_CODING: Refusal = 501, "The only transfer coding that this server knows is 'chunked'."

#: The field of `ServerLimits` that each refusal for a size is about.
_FIELDS = {
    LONG_LINE: "request_line",
    LONG_HEAD: "head",
    MANY_FIELDS: "header_count",
    MANY_PARAMETERS: "parameters",
    LONG_FRAMING: "head",
    SLOW_HEAD: "head_timeout",
    SLOW_BODY: "body_rate",
}

# A name or an IPv4 address, or an address in brackets; then perhaps a port. RFC 3986 would allow a
# comma in a name too: no name has one, and proxies join two Hosts with it. Behind an address, some
# clients repeat the zone of the URL (RFC 6874), such as `%25eth0`.
_HOST = re.compile(
    rb"(?:(?:[\w\-.~!$&'()*+;=]|%[0-9A-Fa-f]{2})+|\[(?P<address>[0-9A-Fa-f:.]+)(?:%[\w\-.~%]+)?\]"
    rb"|\[v[0-9A-Fa-f]+\.[\w\-.~!$&'()*+,;=:]+\])(?::0*(?P<port>[0-9]{0,5}))?",
    re.ASCII,
)
MAX_PORT = 65535
#: The bytes of ` HTTP/1.1` behind a target.
VERSION_BYTES = 9
#: The bytes of a field beside its name and value: a colon, a space, the end of the line.
AROUND_FIELD = 4
#: Hosts that were found valid. A server has few names, and none is longer than a domain name.
_valid: set[bytes] = set()
MOST_VALID = 256
LONGEST_VALID = 255


def is_valid_host(host: bytes) -> bool:
    """Return True if the value of a Host header is valid (RFC 3986, 3.2.2); an empty one is not.

    Args:
        host: The value, without spaces around it.
    """
    if host in _valid:
        return True
    found = _HOST.fullmatch(host)
    if found is None or int(found["port"] or b"0") > MAX_PORT:
        return False
    if found["address"] is not None and not _is_address(found["address"]):
        return False
    if len(host) <= LONGEST_VALID:
        if len(_valid) >= MOST_VALID:  # Clients invent hosts; the server's own come back.
            _valid.clear()
        _valid.add(host)
    return True


def _is_address(address: bytes) -> bool:
    try:
        IPv6Address(address.decode("ascii"))
    except AddressValueError:
        return False
    return True


def judge_head(hosts: Sequence[bytes], codings: Sequence[bytes], version: str) -> Refusal | None:
    """Return the refusal of a request for its Host headers and transfer codings, or None.

    Args:
        hosts: The value of each Host header.
        codings: The value of each Transfer-Encoding header.
        version: The version of HTTP; "1.1" requires a Host.
    """
    return _judge_hosts(hosts, is_required=version == "1.1") or _judge_codings(codings)


def _judge_hosts(hosts: Sequence[bytes], *, is_required: bool) -> Refusal | None:
    """Return the refusal of a request for its Host headers (RFC 9112, 3.2), or None.

    Args:
        hosts: The value of each Host header.
        is_required: True if the request must have one.
    """
    if not hosts:
        return NO_HOST if is_required else None
    if len(hosts) > 1:
        return MANY_HOSTS
    return None if is_valid_host(hosts[0]) else BAD_HOST


def _judge_codings(values: Sequence[bytes]) -> Refusal | None:
    """Return the refusal of a request whose coding is not `chunked` alone, or None.

    RFC 9112, sections 6.1 and 6.3: without a final `chunked` nobody knows the length of the body.

    Args:
        values: The value of each Transfer-Encoding header; none if there is no such header.
    """
    if not values:
        return None
    codings = [coding.strip(b" \t").lower() for coding in b",".join(values).split(b",")]
    if codings == [b"chunked"]:
        return None
    is_framed = codings[-1] == b"chunked" and codings.count(b"chunked") == 1
    return UNKNOWN_CODING if is_framed else BAD_CODING


def measure_fields(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return the bytes of header fields, each with its colon, a space and the end of its line."""
    return sum(len(name) + len(value) + AROUND_FIELD for name, value in headers)


def has_more_parameters(query: bytes, most: int) -> bool:
    """Return True if a query has more parameters than `most`; each `&` separates two."""
    return len(query) >= most and query.count(b"&") >= most


def is_websocket_key(key: bytes) -> bool:
    """Return True if a Sec-WebSocket-Key is the base64 of 16 bytes (RFC 6455, section 4.1)."""
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == 16
    except binascii.Error:
        return False


def explain_refusal(refusal: Refusal, limits: ServerLimits) -> str:
    """Return the text of a refusal for the log: with the limit and its option, if there is one."""
    field = _FIELDS.get(refusal)
    value = getattr(limits, field) if field else 0
    return f"{refusal[1]} {advise(field, value)}" if field and value else refusal[1]
