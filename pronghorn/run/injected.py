"""The sources of the values that parameters receive because of their type.

Both engines read `SOURCES`: the exact way gets the value from it, and the compiler writes the
expression that has the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import HTTPConnection

from pronghorn.background import BackgroundTasks
from pronghorn.core.kinds import InjectedKind
from pronghorn.core.records import Record
from pronghorn.core.security_scopes import SecurityScopes
from pronghorn.core.trigger import Trigger
from pronghorn.run.output.respond import make_injected_response


class OfConnection(Record):
    """The connection itself.

    Attributes:
        http: True if the value exists over HTTP; otherwise the parameter gets its default.
        websocket: True if the value exists over a WebSocket.
    """

    http: bool = True
    websocket: bool = True

    def exists(self, *, is_websocket: bool) -> bool:
        """Return True if the value exists over this protocol."""
        return self.websocket if is_websocket else self.http


class OfExchange(Record):
    """One object that all calls of an exchange share; made if one of them asks for it.

    Attributes:
        variable: Its name in generated handlers.
        make: Makes the object, at the beginning of the exchange.
    """

    variable: str
    make: Callable[[], Any]


class OfCall(Record):
    """An object for one call alone.

    Attributes:
        make: Makes the object from the OAuth 2.0 scopes that the dependants of the call require.
    """

    make: Callable[[list[str]], Any]


class OfRoute(Record):
    """A value that only depends on the method and the route; it exists outside of requests too.

    Attributes:
        make: Makes it from the method and the path of the route. The method is None for a
            WebSocket connection; both are None outside of requests.
    """

    make: Callable[[str | None, str | None], Any]

    def of(self, connection: HTTPConnection | None) -> Any:
        """Return the value for a connection; None stands for code outside of requests."""
        if connection is None:
            return self.make(None, None)
        scope = connection.scope
        path = getattr(scope.get("route"), "path", scope.get("path"))
        return self.make(scope.get("method"), path)


Source = OfConnection | OfExchange | OfCall | OfRoute

SOURCES: dict[InjectedKind, Source] = {
    InjectedKind.REQUEST: OfConnection(websocket=False),
    InjectedKind.WEBSOCKET: OfConnection(http=False),
    InjectedKind.CONNECTION: OfConnection(),
    InjectedKind.RESPONSE: OfExchange("injected", make_injected_response),
    InjectedKind.BACKGROUND_TASKS: OfExchange("background", BackgroundTasks),
    InjectedKind.SECURITY_SCOPES: OfCall(SecurityScopes),
    InjectedKind.TRIGGER: OfRoute(Trigger),
}


def outside_value(kind: InjectedKind) -> Any:
    """Return the value of a kind that exists outside of requests."""
    source = SOURCES[kind]
    return source.of(None) if isinstance(source, OfRoute) else None


#: Kind -> the object that the calls of an exchange share.
Shared = dict[InjectedKind, Any]


def make_shared(sources: Mapping[InjectedKind, OfExchange]) -> Shared:
    """Return one new object for each of these kinds."""
    return {kind: source.make() for kind, source in sources.items()}
