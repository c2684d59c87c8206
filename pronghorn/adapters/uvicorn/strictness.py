"""Refuse requests that uvicorn's parser lets pass although RFC 9110 or RFC 9112 forbids them.

llhttp, the parser, does not know Host, reads transfer codings other than `chunked`, and accepts
versions that are not HTTP/1. `check_head` is called for heads that an ordinary client does not
send, and for the first request of a connection: an ordinary head has one Host, the same as before.
"""

from __future__ import annotations

import re
from typing import NoReturn

from pronghorn.adapters.request_heads import Refusal, is_valid_host, judge_head
from pronghorn.adapters.uvicorn.connection import DirectConnection
from pronghorn.run.exchange import RawHeaders

#: Added up for the headers of a request, see `UnusualRequests._noted`. Many headers of one kind
#: overflow into the next kind, which only leads to a closer look.
VERSION, VALUES, ONE_HOST, CODING = 1, 1 << 8, 1 << 28, 1 << 29
TWO_HOSTS = 2 * ONE_HOST
SCHEMES = frozenset([b"http", b"https"])
AUTHORITY_END = re.compile(rb"[/?]")
VERSIONS = frozenset(["1.0", "1.1"])
#: Seconds for which data of a client that was refused is read and discarded.
LINGER = 1.0

#: The status after which the rest of a body that still arrives is not read.
TOO_LARGE = 413
BAD_TARGET: Refusal = (
    400,
    "The target of the request is invalid: write a path that begins with '/'.",
)
BAD_VERSION: Refusal = 505, "This server speaks HTTP/1.1 and HTTP/1.0 only."
INVALID: Refusal = 400, "Invalid HTTP request received."  # uvicorn's text


class InvalidRequestError(Exception):
    """Stops the parser; the connection then answers with `refusal`."""


class StrictProtocol(DirectConnection):
    """Checks the heads of requests.

    Attributes:
        refusal: The status and the text for a request that is refused.
    """

    refusal: Refusal = INVALID
    #: The last Host header that was found valid, as it is in `headers`.
    _host: tuple[bytes, bytes] | None

    def refuse(self, refusal: Refusal) -> NoReturn:
        """Stop the parser; the connection answers, in its turn, and closes.

        Raises:
            InvalidRequestError: Always.
        """
        self.refusal = refusal
        raise InvalidRequestError(refusal[1])

    def check_head(self) -> None:
        """Check version, Host and transfer codings of a request that is not ordinary."""
        version = self.parser.get_http_version()
        self.check_version(version)
        hosts = [header for header in self.headers if header[0] == b"host"]
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        refusal = judge_head([host for _, host in hosts], codings, version)
        if refusal is not None:
            self.refuse(refusal)
        self._host = hosts[0] if hosts else None

    def check_version(self, version: str) -> None:
        """Refuse HTTP/0.9 and HTTP/2.0, which the parser would accept."""
        if version not in VERSIONS:
            self.refuse(BAD_VERSION)

    def to_origin_form(self, url: bytes) -> bytes:
        """Return the path and the query of a target that is more than that, or refuse the request.

        The authority of an absolute target takes the place of Host (RFC 9112, section 3.2.2).

        Args:
            url: The target; it does not begin with a slash, or has a fragment.

        Raises:
            InvalidRequestError: The target is neither absolute nor the `*` of OPTIONS.
        """
        if url == b"*" and self.parser.get_method() == b"OPTIONS":
            return url
        scheme, _, rest = url.partition(b"://")
        if b"#" in url or scheme.lower() not in SCHEMES:
            self.refuse(BAD_TARGET)
        authority = AUTHORITY_END.split(rest, maxsplit=1)[0]
        path = rest[len(authority) :]
        if not is_valid_host(authority):
            self.refuse(BAD_TARGET)
        replace_host(self.headers, authority)
        return path if path[:1] == b"/" else b"/" + path

    def send_refusal(self) -> None:
        """Answer an invalid request, and end the connection."""
        status, text = self.refusal
        defaults = self.server_state.default_headers
        self.outbox.flush()
        self.transport.write(self.heads.refuse(status, text, defaults))
        self._end_gently()

    def leave_body(self) -> None:
        """End a connection whose client is still sending the body of the last request."""
        raise NotImplementedError

    def _end_gently(self, linger: float = LINGER) -> None:
        """Close the sending side, and soon the connection (RFC 9112, section 9.6).

        If a connection is closed while data arrives, the client's system may discard the answer.
        """
        if self.transport.can_write_eof():
            self.transport.write_eof()  # TLS has no end of one side; the answer says `close`.
        self.flow.resume_reading()  # A long body may have paused it.
        self.loop.call_later(linger, self.transport.close)


def replace_host(headers: RawHeaders, authority: bytes) -> None:
    """Give a request the Host of its absolute target, in place of the one that was sent."""
    host = b"host", authority
    for place, (name, _) in enumerate(headers):
        if name == b"host":
            headers[place] = host
            return
    headers.insert(0, host)  # HTTP/1.0, without a Host.
