"""Where the values come from that parameters receive because of their type.

Both engines read `SOURCES`: the exact way asks it for the value, and the compiler writes the
expression that gives the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pronghorn.background import BackgroundTasks
from pronghorn.core.kinds import InjectedKind
from pronghorn.core.security_scopes import SecurityScopes
from pronghorn.run.output.respond import make_injected_response


class OfConnection(NamedTuple):
    """The connection itself.

    Attributes:
        http: Whether there is such a value over HTTP; else the parameter's default decides.
        websocket: The same over a WebSocket.
    """

    http: bool = True
    websocket: bool = True

    def exists(self, *, is_websocket: bool) -> bool:
        """Return whether a connection of this protocol is such a value."""
        return self.websocket if is_websocket else self.http


class OfExchange(NamedTuple):
    """One object that all calls of an exchange share, made where any of them asks for it.

    Attributes:
        variable: Its name in generated handlers.
        make: Makes it, at the beginning of the exchange.
    """

    variable: str
    make: Callable[[], Any]


class OfCall(NamedTuple):
    """An object for one call alone.

    Attributes:
        make: Makes it of the OAuth 2.0 scopes that are asked for on the way to the call.
    """

    make: Callable[[list[str]], Any]


Source = OfConnection | OfExchange | OfCall

SOURCES: dict[InjectedKind, Source] = {
    InjectedKind.REQUEST: OfConnection(websocket=False),
    InjectedKind.WEBSOCKET: OfConnection(http=False),
    InjectedKind.CONNECTION: OfConnection(),
    InjectedKind.RESPONSE: OfExchange("injected", make_injected_response),
    InjectedKind.BACKGROUND_TASKS: OfExchange("background", BackgroundTasks),
    InjectedKind.SECURITY_SCOPES: OfCall(SecurityScopes),
}

#: kind -> the object that the calls of an exchange share.
Shared = dict[InjectedKind, Any]


def make_shared(sources: Mapping[InjectedKind, OfExchange]) -> Shared:
    """Return a new object of each of these kinds."""
    return {kind: source.make() for kind, source in sources.items()}
