"""Generated stacks of middleware and requests to them, as data; `stack_program` builds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from tests.differential.stack_functions import FUNCTIONS


@dataclass(frozen=True)
class Layer:
    """One middleware and its options."""

    kind: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StackOfLayers:
    """The middleware of an application in the order in which it is added, and of a mounted one."""

    layers: list[Layer]
    mounted: list[Layer]
    options: dict[str, Any]

    def answers_as_fastapi(self) -> bool:
        """Return whether nothing of `differences.md` makes the answers different.

        Options of pronghorn do, and compression around functions, whose responses keep their
        length here.
        """
        kinds = self._kinds()
        inside = kinds.index("http") if "http" in kinds else len(kinds)
        return not self.options and "gzip" not in kinds[inside:]

    def has_functions(self) -> bool:
        """Return whether a function is part of the stack."""
        return "http" in self._kinds()

    def _kinds(self) -> list[str]:
        return [layer.kind for layer in (*self.mounted, *self.layers)]


# --- strategies -------------------------------------------------------------------------------

ORIGINS = [["https://a.example"], ["*"], [], ["https://a.example", "https://b.example"], ["null"]]
CORS = st.fixed_dictionaries(
    {"allow_origins": st.sampled_from(ORIGINS)},
    optional={
        "allow_methods": st.sampled_from([["*"], ["GET", "POST"]]),
        "allow_headers": st.sampled_from([["*"], ["X-Token"]]),
        "allow_credentials": st.booleans(),
        "allow_origin_regex": st.sampled_from([r"https://.*\.shop\.example", r"https?://a\..*"]),
        "allow_private_network": st.booleans(),
        "expose_headers": st.just(["X-Added", "X-Other"]),
        "max_age": st.sampled_from([0, 5]),
    },
)
GZIP = st.fixed_dictionaries(
    {},
    optional={
        # The bodies of `/small` and `/text` have 7 and 1000 bytes.
        "minimum_size": st.sampled_from([0, 7, 8, 500, 999, 1000, 1001, 100_000]),
        "compresslevel": st.sampled_from([0, 1, 6, 9]),
        "thread_minimum_size": st.sampled_from([0, 100, 1000, 1001]),
        "exclude_content_types": st.sampled_from(
            [(), ("application/json",), ("text/*",), ("image/png", "application/grpc")]
        ),
    },
)
HOSTS = st.fixed_dictionaries(
    {
        "allowed_hosts": st.sampled_from(
            [["shop.example"], ["*.shop.example"], ["*"], ["www.shop.example", "[::1]"]]
        )
    },
    optional={"www_redirect": st.booleans()},
)
SESSION = st.fixed_dictionaries(
    {"secret_key": st.sampled_from(["a", "b"])},
    optional={
        "session_cookie": st.sampled_from(["session", "other"]),
        "max_age": st.sampled_from([None, 60]),
        "path": st.just("/shop"),
        "same_site": st.just("strict"),
        "https_only": st.booleans(),
        "domain": st.just("shop.example"),
    },
)
OPTIONS = {
    "cors": CORS,
    "own cors": CORS,
    "gzip": GZIP,
    "hosts": HOSTS,
    "https": st.just({}),
    "session": SESSION,
    "http": st.fixed_dictionaries({"function": st.sampled_from(sorted(FUNCTIONS))}),
}
#: Those that are compiled come more often.
KINDS = [
    *("cors", "gzip", "session", "hosts", "cors", "gzip", "session", "http", "http", "https"),
    *("own cors", "passing", "copying", "catching", "recording"),
]


@st.composite
def layers(draw: st.DrawFn, kinds: list[str] = KINDS) -> Layer:
    """Invent one middleware with its options."""
    kind = draw(st.sampled_from(kinds))
    return Layer(kind, draw(OPTIONS.get(kind, st.just({}))))


def stacks() -> st.SearchStrategy[StackOfLayers]:
    """Invent the middleware of an application and of one that is mounted in it."""
    return st.builds(
        StackOfLayers,
        st.lists(layers(), min_size=1, max_size=5),
        st.lists(layers(KINDS[:9]), max_size=2),
        st.one_of(
            st.just({}),
            st.fixed_dictionaries(
                {},
                optional={
                    "max_body_size": st.sampled_from([10, 100]),
                    "error_headers": st.just(True),
                    "auto_head": st.just(True),
                },
            ),
        ),
    )


PATHS = [
    *("/small", "/big", "/text", "/file", "/stream", "/encoded", "/image", "/partial", "/vary"),
    *("/own-cors", "/missing", "/items/x", "/refused", "/broken", "/lookup", "/late", "/begun"),
    *("/session", "/session/write", "/session/clear", "/session/broken", "/session/after"),
    *("/static/lamps.txt", "/static/none", "/not-modified", "/reset", "/redirect", "/unsized"),
    *("/background", "/mounted/small", "/mounted/big", "/mounted/broken", "/empty", "/echo"),
    *("/tenant", "/mounted/tenant"),
]
HEADERS: list[list[tuple[bytes, bytes]]] = [
    [],
    [(b"origin", b"https://a.example")],
    [(b"origin", b"https://x.shop.example")],
    [(b"origin", b"null"), (b"origin", b"https://a.example")],
    [(b"access-control-request-method", b"GET")],
    [(b"access-control-request-method", b"DELETE")],
    [(b"access-control-request-headers", b"X-Token, accept")],
    [(b"access-control-request-private-network", b"true")],
    [(b"accept-encoding", b"gzip, br")],
    [(b"accept-encoding", b"br"), (b"accept-encoding", b"gzip")],
    [(b"cookie", b"session=garbage; other=x")],
    [(b"x-refuse", b"1")],
    [(b"x-replace", b"1")],
    [(b"x-raise", b"before")],
    [(b"x-raise", b"after")],
    [(b"if-modified-since", b"Mon, 12 Jan 1970 13:46:40 GMT")],
    [(b"if-none-match", b"*")],
    [(b"range", b"bytes=0-699")],
    [(b"accept-encoding", b"gzip;q=0, identity")],
    [(b"accept-encoding", b"GZIP")],
    [(b"x-plain", b"1")],
]
WHERE = ["shop.example", "a.shop.example:80", "SHOP.example", "evil.example", "[::1]:8", "a b", ""]


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    """Invent a request."""
    chosen = draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    host = draw(st.sampled_from(["shop.example", *WHERE]))
    method = draw(st.sampled_from(["GET", "GET", "GET", "GET", "POST", "HEAD", "OPTIONS"]))
    body = draw(st.sampled_from([b"", b"{}", b"x" * 50])) if method == "POST" else b""
    headers = [(b"host", host.encode())] * bool(host) + [each for some in chosen for each in some]
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    return Ask(method, draw(st.sampled_from(PATHS)), headers, body)
