"""What Granian's parser does before our code sees the request, as docs/reliability.md says it.

Granian parses with hyper and passes on a scope. A case that is named here is one that the scope
cannot tell from a valid request.
"""

from __future__ import annotations

#: The sentence of the page -> the cases of which it is true.
HIDDEN: dict[str, tuple[str, ...]] = {
    "Granian drops the authority of an absolute target, so Host does not become that of the "
    "target.": (
        "absolute-form with another host",
        "absolute-form with a port",
        "absolute-form with an IPv6 address",
        "absolute-form with a scheme in capitals",
        "absolute-form with https",
        "absolute-form with no path",
        "absolute-form with no path but a port",
        "absolute-form with no path but a query",
        "absolute-form with a slash only",
        "absolute-form, Host not first",
    ),
    "It makes a Host from an absolute target where there is none, and accepts a target whose host "
    "is empty.": ("absolute-form without Host", "absolute-form http://:80/echo"),
    "It discards the extensions of chunks, with control characters in them too.": (
        "extension ';a\\x00'",
        "extension ';\\x00'",
        "extension ';a\\x01'",
    ),
    "It does not report the method of a WebSocket handshake, so POST opens one.": (
        "WebSocket with POST",
    ),
}
#: The same for the cases of `tests/hardening/websocket`.
HIDDEN_WEBSOCKETS: dict[str, tuple[str, ...]] = {
    "It does not report the method of a WebSocket handshake, so POST opens one.": tuple(
        f"WebSocket with {method}" for method in ("POST", "PUT", "HEAD", "OPTIONS")
    ),
    "It reads frames of up to 16 MiB before the limit of messages applies.": (
        "a ping of 2 MB",
        "a message that declares 16 MiB",
    ),
}
