"""The exact way: call by call, parameter by parameter, in declared order.

This module interprets the calls of a route, which a generated handler contains as code. A
generated handler reads all parameters at once and assumes that they are valid. If they are not,
nothing has been called yet, and this module runs instead: it collects every error that FastAPI
would report, in the same order, calling the same dependencies on the way. `compile.exact` runs
the rest of the route.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.background import BackgroundTasks
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pronghorn.core.kinds import GENERATORS, CallKind, Injected, InjectedKind
from pronghorn.core.private_names import has_names
from pronghorn.core.records import NOTHING, Record
from pronghorn.core.threads.hop import call_in_thread
from pronghorn.fields.field import Field
from pronghorn.run.exchange import Exchange
from pronghorn.run.injected import SOURCES, OfCall, OfConnection, OfRoute, Shared
from pronghorn.run.input.forms import extract_body
from pronghorn.run.input.parameters import extract_parameters
from pronghorn.run.input.query import parse_query, query_dict
from pronghorn.run.lifetime import Lifetime

if TYPE_CHECKING:
    from pronghorn.core.concurrency_limits import ConcurrencyLimit
    from pronghorn.run.app_values import AppValue

_KEEPS_QUERY = has_names(
    "starlette.requests",
    ("HTTPConnection._query_params",),
    "The query of a request that does not take the short way is split more slowly.",
)


class Call(Record):
    """One callable in the order of execution, with its arguments and their sources."""

    function: Callable[..., Any]
    kind: CallKind
    #: The locations that it reads, and its fields in each of them.
    reads: Sequence[tuple[str, Sequence[Field]]] = ()
    injected: Sequence[Injected] = ()
    #: Argument -> index of the call that produces it.
    arguments: Mapping[str, int] = NOTHING
    #: Indexes of the calls that must have succeeded.
    needs: Sequence[int] = ()
    #: When its exit code runs: "function" or "request".
    lifetime: str = "request"
    limit: ConcurrencyLimit | None = None
    #: Whether known code makes its value, which cannot block.
    is_instant: bool = False
    scopes: Sequence[str] = ()
    #: The key of a value of the application, and its holder if the application is known.
    key: Hashable = None
    holder: AppValue | None = None


#: The arguments of a call, and the errors in them.
Solved = tuple[dict[str, Any], list[Any]]
#: (index of a call, location) -> its values and errors.
Known = Mapping[tuple[int, str], Solved]
#: Location -> the attribute of the connection that holds its values.
CONNECTION_ATTRIBUTES = {"query": "query_params", "header": "headers", "cookie": "cookies"}


class _Skipped:
    """The type of `SKIPPED`, which replaces the result of a skipped call or an absent value."""


SKIPPED = _Skipped()


class Inputs:
    """The sources of all values of one exchange.

    Args:
        source: The request or connection, or the exchange that makes it when it is needed.
        path: The path parameters.
        body: The body, in the form that the exact way expects.
        embed: Whether the body is an object with one member per field.
        lifetime: The open stacks; None if no call needs them.
        shared: The objects that the calls share.
        done: Index of a call -> its result, for the calls that were already made.
        known: Values that were already read. A user's validators must not run twice.
    """

    __slots__ = (
        "body",
        "done",
        "embed",
        "known",
        "lifetime",
        "path",
        "results",
        "shared",
        "source",
    )

    def __init__(
        self,
        source: HTTPConnection | Exchange,
        path: Mapping[str, Any],
        body: Any = None,
        embed: bool = False,
        lifetime: Lifetime | None = None,
        shared: Shared | None = None,
        done: Mapping[int, Any] = NOTHING,
        known: Known = NOTHING,
    ) -> None:
        self.source = source
        self.path = path
        self.body = body
        self.embed = embed
        self.lifetime = lifetime
        self.shared: Shared = {} if shared is None else shared
        self.done = done
        self.known = known
        #: The results of the calls but the last one, in order, once they are made.
        self.results: Sequence[Any] = ()

    @property
    def connection(self) -> Any:
        """Return the request or WebSocket object."""
        source = self.source
        return source.connection if isinstance(source, Exchange) else source

    @property
    def response(self) -> Response | None:
        """Return the response on which calls set headers and status; None if no call needs it."""
        return self.shared.get(InjectedKind.RESPONSE)

    @property
    def background(self) -> BackgroundTasks | None:
        """Return the tasks to run after the response; None if no call needs them."""
        return self.shared.get(InjectedKind.BACKGROUND_TASKS)


async def solve(calls: Sequence[Call], inputs: Inputs) -> Solved:
    """Make every call but the last one; return the arguments of the last one, and all errors.

    A call is skipped if its own input is invalid or one of its dependencies was skipped. The
    others still run, because their errors count too.

    Args:
        calls: The calls, in the order of execution.
        inputs: The sources of their values. Its `results` become those of the calls; the result of
            a call that was not made is `SKIPPED`.
    """
    inputs.results = results = list[Any]()
    errors: list[Any] = []
    arguments: dict[str, Any] = {}
    for index, call in enumerate(calls):
        if index in inputs.done:
            results.append(inputs.done[index])
            continue
        if call.kind is CallKind.APP_VALUE:
            results.append(_read_app_value(call, inputs))
            continue
        arguments, found = await _arguments_of(index, call, results, inputs)
        errors += found
        if found or any(results[need] is SKIPPED for need in call.needs):
            results.append(SKIPPED)
        elif call is not calls[-1]:
            results.append(await make_call(call, arguments, inputs.lifetime))
    return arguments, errors


def _read_app_value(call: Call, inputs: Inputs) -> Any:
    if call.holder is not None:
        return call.holder.value
    from pronghorn.run.app_values import find_holder  # Few programs have any.

    return find_holder(inputs.connection, call.key, call.function).value


async def _arguments_of(index: int, call: Call, results: Sequence[Any], inputs: Inputs) -> Solved:
    """Return the keyword arguments of one call, and the errors in its part of the request."""
    arguments: dict[str, Any] = {}
    if call.arguments:
        arguments = {name: results[at] for name, at in call.arguments.items()}
    errors: list[Any] = []
    for location, fields in call.reads:
        read = inputs.known.get((index, location)) or await _read(location, fields, inputs)
        arguments |= read[0]
        errors += read[1]
    for name, kind in call.injected:
        value = _inject(kind, call, inputs)
        if value is not SKIPPED:
            arguments[name] = value
    return arguments, errors


async def _read(location: str, fields: Sequence[Field], inputs: Inputs) -> Solved:
    if location == "body":
        return await extract_body(fields, inputs.body, inputs.embed)
    if location == "path":
        return extract_parameters(fields, inputs.path)
    source = inputs.source
    if location == "query" and isinstance(source, Exchange) and _is_unread(source, fields):
        return extract_parameters(fields, query_dict(source.scope["query_string"]))
    connection = inputs.connection
    if location == "query" and _KEEPS_QUERY and not hasattr(connection, "_query_params"):
        # Starlette makes the same object with a slower parser.
        pairs: list[Any] = parse_query(connection.scope["query_string"])
        connection._query_params = QueryParams(pairs)
    return extract_parameters(fields, getattr(connection, CONNECTION_ATTRIBUTES[location]))


def _is_unread(exchange: Exchange, fields: Sequence[Field]) -> bool:
    """Return True if a dict shows the query as an object that no program has seen yet would."""
    if any(item.is_sequence or item.model for item in fields):
        return False
    connection = exchange.connection_or_none
    return connection is None or (_KEEPS_QUERY and not hasattr(connection, "_query_params"))


def _inject(kind: InjectedKind, call: Call, inputs: Inputs) -> Any:
    source = SOURCES[kind]
    if isinstance(source, OfCall):
        return source.make(list(call.scopes))
    if isinstance(source, OfRoute):
        return source.of(inputs.connection)
    if not isinstance(source, OfConnection):
        return inputs.shared[kind]
    is_websocket = inputs.connection.scope.get("type") == "websocket"
    return inputs.connection if source.exists(is_websocket=is_websocket) else SKIPPED


async def make_call(call: Call, arguments: Mapping[str, Any], lifetime: Lifetime | None) -> Any:
    """Run one dependency in the way that its kind requires, and return its value."""
    if call.kind in GENERATORS:
        return await _enter(call, arguments, lifetime or _no_lifetime(call))
    if lifetime is not None and call.kind is CallKind.THREAD:
        lifetime.claim()
    if call.limit is None:
        return await _run(call, arguments)
    async with call.limit.get_semaphore():
        return await _run(call, arguments)


async def _run(call: Call, arguments: Mapping[str, Any]) -> Any:
    if call.kind is CallKind.COROUTINE:
        return await call.function(**arguments)
    if call.is_instant:
        return call.function(**arguments)
    return await call_in_thread(call.function, **arguments)


async def _enter(call: Call, arguments: Mapping[str, Any], lifetime: Lifetime) -> Any:
    if call.limit is not None:
        # The slot is held until the clean-up of this dependency has finished.
        await lifetime.stack(call.lifetime).enter_async_context(call.limit.get_semaphore())
    generator = call.function(**arguments)
    if call.kind is CallKind.ASYNC_GENERATOR:
        return await lifetime.enter(call.lifetime, generator)
    return await lifetime.enter_in_threads(call.lifetime, generator)


def _no_lifetime(call: Call) -> Lifetime:
    raise RuntimeError(f"{call.function!r} yields, but nothing would run its exit code")
