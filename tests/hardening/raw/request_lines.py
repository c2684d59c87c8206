"""Request lines: methods, targets and versions (RFC 9112, 3; RFC 9110, 4 and 9)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hardening.raw.case import (
    ANSWERED,
    EITHER,
    MAY,
    REFUSED,
    SHOULD,
    Case,
    get,
    lines,
)

#: A method that the server does not know, or does not allow here.
NOT_ALLOWED = ("400 closed", "405 open", "501 closed", "501 open")
#: A resource that may exist or not, and a target that the server may find invalid.
ANY = ("200 open", "307 open", "404 open", "400 closed")
INVALID = "9112 3: an invalid request-line SHOULD be answered with 400"


def cases() -> Iterator[Case]:
    """Yield the cases of request lines."""
    yield from methods()
    yield from targets()
    yield from absolute_forms()
    yield from other_forms()
    yield from versions()
    yield from spaces()


def methods() -> Iterator[Case]:
    """Yield the cases of methods."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        fields = ["Host: a"] if method in {"GET", "OPTIONS"} else ["Host: a", "Content-Length: 0"]
        data = lines(f"{method} /echo HTTP/1.1", *fields)
        yield Case(
            f"method {method}",
            (data,),
            "9110 9.3",
            ANSWERED,
            sees={"method": method},
            heads=(method,),
        )
    data = lines("HEAD /echo HTTP/1.1", "Host: a")
    yield Case("method HEAD", (data,), "9110 9.3.2: no content", ANSWERED, heads=("HEAD",))
    rule = "9110 9.1: 501 or 405 for a method that is unknown or not allowed"
    for method in ("TRACE", "BREW", "PROPFIND", "__class__", "M-SEARCH", "SOURCE", "DESCRIBE"):
        data = lines(f"{method} /echo HTTP/1.1", "Host: a")
        yield Case(f"method {method}", (data,), rule, NOT_ALLOWED, SHOULD)
    rule = "9110 9.1: the method is case-sensitive"
    for method in ("get", "Get", "pOST"):
        data = lines(f"{method} /echo HTTP/1.1", "Host: a")
        yield Case(f"method in the wrong case {method}", (data,), rule, NOT_ALLOWED)
    for method in ("G@T", "GE(T", "G,ET", '"GET"', "G\xc9T", "GE\x00T", "GET\x7f", "GET:", ""):
        data = lines(f"{method} /echo HTTP/1.1", "Host: a")
        rule = "9110 9.1: method = token"
        yield Case(f"method {method!a}, no token", (data,), rule, (*REFUSED, "501 closed"))
    data = lines(f"{'A' * 10_000} /echo HTTP/1.1", "Host: a")
    accepts = (*NOT_ALLOWED, "414 closed", "431 closed")
    yield Case("method of 10,000 letters", (data,), "9112 3: 501 SHOULD", accepts, SHOULD)


def targets() -> Iterator[Case]:
    """Yield the cases of the origin-form."""
    for target, query in (("/echo?a=1&b=2", "a=1&b=2"), ("/echo?", ""), ("/echo?a?b", "a?b")):
        sees = {"path": "/echo", "query": query}
        yield Case(f"target {target}", (get(target=target),), "9112 3.2.1", ANSWERED, sees=sees)
    data = get(target="/%65cho?%61=%20")
    sees = {"path": "/echo", "query": "%61=%20"}
    yield Case("target with escapes", (data,), "9110 4.2.3", ANSWERED, sees=sees)
    for target in ("//echo", "//b/echo", "/./echo", "/../echo", "/%2e%2e/echo", "/echo/..", "/"):
        yield Case(f"target {target}", (get(target=target),), "9112 3.2.1", ANY, MAY)
    for target in ("/%", "/%zz", "/echo%00", "/%ff%fe", "/%c3%28", "/echo?%00", "/echo?%zz", "/;"):
        yield Case(f"target {target}", (get(target=target),), "3986 2.1: no 5xx", ANY, MAY)
    for target in ("/a<b", '/a"b', "/a\\b", "/a^b", "/a`b", "/a{b}", "/a|b"):
        yield Case(f"target {target}", (get(target=target),), "9112 3.2", ANY, MAY)
    for target in ("/\xe9", "/\xe2\x82\xac", "/\xff", "/echo?q=\xe9"):
        data = get(target=target)
        accepts = (*REFUSED, "404 open", "200 open")
        yield Case(f"target {target!a}", (data,), INVALID, accepts, SHOULD)
    for target in ("/\x00", "/a\x01b", "/a\x7fb", "/a\tb", "/a b", "/a\x0bb", "/echo\x00"):
        yield Case(f"target {target!a}", (get(target=target),), INVALID, REFUSED, SHOULD)
    rule = "9112 3: 8,000 octets RECOMMENDED"
    data = get(target="/echo?" + "a" * 7_900)
    yield Case("request line of 7,920 bytes", (data,), rule, ANSWERED, SHOULD)
    data = get(target="/echo?" + "a" * 1_000_000)
    accepts = ("414 closed", "400 closed", "431 closed", "200 open")
    yield Case("request line of 1 MB", (data,), "9110 4.1: 414 for what is too long", accepts)


def absolute_forms() -> Iterator[Case]:
    """Yield the cases of the absolute-form."""
    rule = "9112 3.2.2: a server MUST accept it, and MUST ignore Host"
    for name, target, host, path, query in (
        ("the same host", "http://a/echo", "a", "/echo", ""),
        ("another host", "http://b/echo", "b", "/echo", ""),
        ("a port", "http://b:81/echo?x=1", "b:81", "/echo", "x=1"),
        ("an IPv6 address", "http://[::1]:81/echo", "[::1]:81", "/echo", ""),
        ("a scheme in capitals", "HTTP://b/echo", "b", "/echo", ""),
        ("https", "https://b/echo", "b", "/echo", ""),
        ("no path", "http://b", "b", "/", ""),
        ("no path but a port", "http://b:81", "b:81", "/", ""),
        ("no path but a query", "http://b?x=1", "b", "/", "x=1"),
        ("a slash only", "http://b/", "b", "/", ""),
    ):
        sees = {"host": host, "path": path, "query": query, "hosts": 1}
        accepts = ("200 open", "400 closed") if "https" in name else ANSWERED
        yield Case(f"absolute-form with {name}", (get(target=target),), rule, accepts, sees=sees)
    data = lines("GET http://b/echo HTTP/1.1", "Accept: */*", "Host: a", "X-Other: c")
    sees = {"host": "b", "hosts": 1}
    yield Case("absolute-form, Host not first", (data,), rule, ANSWERED, sees=sees)
    data = lines("GET http://b/echo HTTP/1.1")
    yield Case("absolute-form without Host", (data,), "9112 3.2: MUST be there", REFUSED)
    data = get("Host: c", target="http://b/echo")
    yield Case("absolute-form with two Hosts", (data,), "9112 3.2", REFUSED)
    data = lines("GET http://b/echo HTTP/1.1", "Host: a/b")
    yield Case("absolute-form with an invalid Host", (data,), "9112 3.2", REFUSED)
    data = lines("GET http://b/echo HTTP/1.0")
    sees = {"host": "b"}
    yield Case("absolute-form in HTTP/1.0", (data,), rule, ("200 closed", "400 closed"), sees=sees)
    for target in ("http:///echo", "http://:80/echo", "http://?x", "http://"):
        rule = "9110 4.2.1: an empty host MUST be rejected"
        yield Case(f"absolute-form {target}", (get(target=target),), rule, REFUSED)
    for target in ("http://u@b/echo", "http://u:p@b/echo", "http://a@b@c/echo"):
        rule = "9110 4.2.4: userinfo SHOULD be treated as an error"
        yield Case(f"absolute-form {target}", (get(target=target),), rule, REFUSED, SHOULD)
    for target in (
        "http://b:x/echo",
        "http://b:99999999/echo",
        "http://[::1/echo",
        "http://b c/echo",
    ):
        yield Case(f"absolute-form {target}", (get(target=target),), INVALID, REFUSED, SHOULD)
    for target in ("http://b\\c/echo", "http:/b/echo", "http:b", "://b/echo", "ht tp://b/echo"):
        yield Case(f"absolute-form {target}", (get(target=target),), INVALID, REFUSED, SHOULD)
    for target in ("ftp://b/echo", "file:///etc/passwd", "ws://b/echo"):
        rule = "9110 7.4: a request for another scheme SHOULD be rejected with 421 or 400"
        accepts = ("421 open", "421 closed", "400 closed", "404 open")
        yield Case(f"absolute-form {target}", (get(target=target),), rule, accepts, SHOULD)


def other_forms() -> Iterator[Case]:
    """Yield the cases of authority-form, asterisk-form, and what is none of the forms."""
    for target in ("echo", "a:80", "*", "@b/echo", "?x=1", "../echo", "a", "1"):
        yield Case(f"GET {target}", (get(target=target),), INVALID, REFUSED, SHOULD)
    for target in ("/echo#x", "/echo#", "/echo?a#b", "http://b/echo#x", "#"):
        rule = "9112 3.2: a target has no fragment; 3: 400 SHOULD"
        yield Case(f"target with a fragment {target}", (get(target=target),), rule, REFUSED, SHOULD)
    accepts = ("200 open", "204 open", "400 closed", "404 open", "405 open", "501 open")
    data = lines("OPTIONS * HTTP/1.1", "Host: a")
    yield Case("OPTIONS *", (data,), "9112 3.2.4", accepts, MAY, heads=("OPTIONS",))
    data = lines("POST * HTTP/1.1", "Host: a", "Content-Length: 0")
    yield Case("POST *", (data,), INVALID, REFUSED, SHOULD)
    accepts = ("400 closed", "404 open", "405 open", "501 open", "501 closed", "405 closed")
    for target in ("a:80", "/echo", "*", "http://a/echo"):
        data = lines(f"CONNECT {target} HTTP/1.1", "Host: a")
        rule = "9110 9.3.6: an origin server may not support it"
        yield Case(f"CONNECT {target}", (data,), rule, accepts, SHOULD, heads=("CONNECT",))


def versions() -> Iterator[Case]:
    """Yield the cases of versions."""
    data = lines("GET /echo HTTP/1.0", "Host: a")
    yield Case("HTTP/1.0", (data,), "9112 9.3: closed", ("200 closed",), sees={"version": "1.0"})
    for version in ("1.2", "1.9"):
        data = lines(f"GET /echo HTTP/{version}", "Host: a")
        rule = "9110 2.5: a higher minor version SHOULD be processed as 1.1"
        yield Case(f"HTTP/{version}", (data,), rule, (*EITHER, "505 closed"), MAY)
    for version in ("2.0", "3.0", "0.9", "4.1", "0.0"):
        data = lines(f"GET /echo HTTP/{version}", "Host: a")
        rule = "9110 15.6.6: 505 for a major version that is not supported"
        yield Case(f"HTTP/{version}", (data,), rule, ("505 closed", "400 closed"), SHOULD)
    rule = "9112 2.3: HTTP-version = HTTP/ DIGIT . DIGIT, case-sensitive"
    for version in (
        *("HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.10", "HTTP/01.1", "HTTP/11", "http/1.1"),
        *("Http/1.1", "HTTP /1.1", "HTTP/ 1.1", "HTTPS/1.1", "ICE/1.0", "RTSP/1.0", "HTTP/1,1"),
        *("HTTP/-1.1", "HTTP/+1.1", "HTTP/1.1 x", "HTTP/1.1\x00", "HTTP/\xb9.1", "HTTP", "1.1"),
        *("HTTP/1.1;", "HTTP/1.1.1", "HTTP/1.1HTTP/1.1", "HTTP/x.y"),
    ):
        data = lines(f"GET /echo {version}", "Host: a")
        accepts = (*REFUSED, "505 closed")
        yield Case(f"version {version!a}", (data,), rule, accepts, SHOULD)
    for version in ("ICE/1.0", "RTSP/1.0"):
        for method in ("SOURCE", "DESCRIBE", "OPTIONS", "SETUP"):
            data = lines(f"{method} /echo {version}", "Host: a")
            accepts = (*REFUSED, "505 closed", "501 closed")
            yield Case(f"{method} with {version}", (data,), rule, accepts, SHOULD)
    for data in (lines("GET /echo", "Host: a"), b"GET /echo\r\n\r\n", b"GET /echo\r\n"):
        rule = "9112 3: there is a version; 400 SHOULD"
        name = f"no version, {len(data)} bytes"
        yield Case(name, (data,), rule, (*REFUSED, "505 closed", "closed"), SHOULD, ends=True)
    data = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    accepts = ("400 closed", "505 closed", "closed")
    yield Case("preface of HTTP/2", (data,), "9113 3.4", accepts, SHOULD, ends=True)


def spaces() -> Iterator[Case]:
    """Yield the cases of spaces and line ends around the request line."""
    rule = "9112 2.2: an empty line before it SHOULD be ignored"
    yield Case("an empty line first", (b"\r\n" + get(),), rule, ANSWERED, SHOULD)
    yield Case("two empty lines first", (b"\r\n\r\n" + get(),), rule, EITHER, MAY)
    yield Case("an empty line between", (get() + b"\r\n" + get(),), rule, ("200 200 open",), SHOULD)
    for name, start in (
        ("space", b" "),
        ("tab", b"\t"),
        ("NUL", b"\x00"),
        ("BOM", b"\xef\xbb\xbf"),
    ):
        yield Case(f"{name} before the method", (start + get(),), INVALID, REFUSED, SHOULD)
    rule = "9112 3: MAY be parsed on whitespace"
    for line in ("GET  /echo HTTP/1.1", "GET /echo  HTTP/1.1", "GET\t/echo\tHTTP/1.1"):
        yield Case(f"spaces in {line!a}", (lines(line, "Host: a"),), rule, EITHER, MAY)
    data = lines("GET /echo HTTP/1.1 ", "Host: a")
    yield Case("space after the version", (data,), rule, EITHER, MAY)
    rule = "9112 2.2: a line may end with LF only, MAY"
    data = b"GET /echo HTTP/1.1\nHost: a\n\n"
    yield Case("lines that end with LF", (data,), rule, EITHER, MAY)
    data = b"GET /echo HTTP/1.1\nHost: a\r\n\r\n"
    yield Case("request line that ends with LF", (data,), rule, EITHER, MAY)
    rule = "9112 2.2: a bare CR MUST make it invalid, or be replaced with SP"
    for data in (
        b"GET /echo HTTP/1.1\rHost: a\r\n\r\n",
        b"GET /echo\rHTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET\r/echo HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /ec\rho HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nHost: a\r\rX: y\r\n\r\n",
    ):
        yield Case(f"bare CR in {data[:34]!a}", (data,), rule, REFUSED)
    data = b"\rGET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
    yield Case("CR before the method", (data,), "9112 2.2: before, not within", EITHER, MAY)
    data = b"GET /echo HTTP/1.1\r\n Host: a\r\n\r\n"
    rule = "9112 2.2: whitespace before the first field MUST be rejected or the line ignored"
    yield Case("space before the first field", (data,), rule, REFUSED)
    data = b"GET /echo HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n"
    yield Case("a first line that is folded", (data,), rule, EITHER)
