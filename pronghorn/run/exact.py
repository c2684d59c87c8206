"""The exact way: call by call, parameter by parameter, in declared order.

Compiled handlers read all parameters at once and hope. When that hope fails, nothing has been
called yet, and this runs instead: it collects every error that FastAPI would report, in the same
order, calling the same dependencies on the way. It is also the general way for routes whose
handler is built by the program itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.background import BackgroundTasks
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.core.private_names import has_names
from pronghorn.core.security_scopes import SecurityScopes
from pronghorn.fields.field import Field
from pronghorn.run.input.forms import extract_body
from pronghorn.run.input.parameters import extract_parameters
from pronghorn.run.input.query import parse_query
from pronghorn.run.lifetime import Lifetime, manager_maker

_KEEPS_QUERY = has_names(
    "starlette.requests",
    ("HTTPConnection._query_params",),
    "The query of a request that does not take the short way is split more slowly.",
)


@dataclass(slots=True)
class Call:
    """One callable in the order of execution, with what it takes and from where."""

    function: Callable[..., Any]
    #: "coroutine", "thread", "generator" or "async generator"
    kind: str
    path_fields: Sequence[Field] = ()
    query_fields: Sequence[Field] = ()
    header_fields: Sequence[Field] = ()
    cookie_fields: Sequence[Field] = ()
    body_fields: Sequence[Field] = ()
    #: argument -> what to inject ("request", "response", ...)
    injected: Mapping[str, str] = field(default_factory=dict)
    #: argument -> index of the call that produces it
    arguments: Mapping[str, int] = field(default_factory=dict)
    #: indexes of the calls that must have succeeded
    needs: Sequence[int] = ()
    lifetime: str = "request"
    limit: ConcurrencyLimit | None = None
    scopes: Sequence[str] = ()


#: (index of a call, location) -> values and errors.
Known = Mapping[tuple[int, str], tuple[dict[str, Any], list[Any]]]
#: The attribute of the connection that holds what came from a location.
RECEIVED = {"query": "query_params", "header": "headers", "cookie": "cookies"}


class _Skipped:
    """In the place of a value: the call was not made, or the value does not exist here."""


SKIPPED = _Skipped()


@dataclass(slots=True)
class Inputs:
    """Where the values of one exchange come from."""

    connection: HTTPConnection
    path: Mapping[str, Any]
    body: Any = None
    embed: bool = False
    lifetime: Lifetime | None = None
    response: Response | None = None
    background: BackgroundTasks | None = None


async def solve(
    calls: Sequence[Call],
    inputs: Inputs,
    done: Sequence[Any] = (),
    known: Known | None = None,
    results: list[Any] | None = None,
) -> tuple[dict[str, Any], list[Any]]:
    """Make every call but the last one; return the arguments of the last, and all errors.

    The calls are in the order of execution. A call whose own input is invalid, or one of whose
    dependencies was skipped, is skipped; the others still run, as their errors count too.

    - `done`: the results of the first calls, when a compiled handler has made them already.
    - `known`: (index of a call, location) -> values and errors that it has read already, so that
      validators of the user run once.
    - `results`: a list to which the result of each call is appended, `SKIPPED` for none.
    """
    results = [] if results is None else results
    results += done
    errors: list[Any] = []
    arguments: dict[str, Any] = {}
    for index in range(len(done), len(calls)):
        call = calls[index]
        arguments, found = await _arguments_of(index, call, results, inputs, known or {})
        errors += found
        if found or any(results[need] is SKIPPED for need in call.needs):
            results.append(SKIPPED)
        elif call is not calls[-1]:
            results.append(await make_call(call, arguments, inputs.lifetime))
    return arguments, errors


async def _arguments_of(
    index: int, call: Call, results: Sequence[Any], inputs: Inputs, known: Known
) -> tuple[dict[str, Any], list[Any]]:
    """The keyword arguments of one call and the errors in what it reads from the request."""
    arguments: dict[str, Any] = {name: results[at] for name, at in call.arguments.items()}
    errors: list[Any] = []
    for location in ("path", "query", "header", "cookie", "body"):
        fields = getattr(call, f"{location}_fields")
        if fields:
            read = known.get((index, location)) or await _read(location, fields, inputs)
            arguments |= read[0]
            errors += read[1]
    for name, kind in call.injected.items():
        value = _inject(kind, call, inputs)
        if value is not SKIPPED:
            arguments[name] = value
    return arguments, errors


async def _read(
    location: str, fields: Sequence[Field], inputs: Inputs
) -> tuple[dict[str, Any], list[Any]]:
    if location == "body":
        return await extract_body(fields, inputs.body, inputs.embed)
    if location == "path":
        return extract_parameters(fields, inputs.path)
    connection = inputs.connection
    if location == "query" and _KEEPS_QUERY and not hasattr(connection, "_query_params"):
        # The same object that Starlette makes, split by our parser.
        pairs: list[Any] = parse_query(connection.scope["query_string"])
        connection._query_params = QueryParams(pairs)
    return extract_parameters(fields, getattr(connection, RECEIVED[location]))


def _inject(kind: str, call: Call, inputs: Inputs) -> Any:
    if kind == "response":
        return inputs.response
    if kind == "background tasks":
        return inputs.background
    if kind == "security scopes":
        return SecurityScopes(scopes=list(call.scopes))
    is_websocket = inputs.connection.scope.get("type") == "websocket"
    if (kind == "request" and is_websocket) or (kind == "websocket" and not is_websocket):
        return SKIPPED  # the parameter's own default decides
    return inputs.connection


async def make_call(call: Call, arguments: Mapping[str, Any], lifetime: Lifetime | None) -> Any:
    """Run one dependency in the way its kind asks for and return its value."""
    if call.kind in ("generator", "async generator"):
        return await _enter(call, arguments, lifetime or _no_lifetime(call))
    if call.limit is None:
        return await _run(call, arguments)
    async with call.limit.get_semaphore():
        return await _run(call, arguments)


async def _run(call: Call, arguments: Mapping[str, Any]) -> Any:
    if call.kind == "coroutine":
        return await call.function(**arguments)
    return await run_in_threadpool(call.function, **arguments)


async def _enter(call: Call, arguments: Mapping[str, Any], lifetime: Lifetime) -> Any:
    if call.limit is not None:
        # The slot is held until the clean-up of this dependency is over.
        await lifetime.stack(call.lifetime).enter_async_context(call.limit.get_semaphore())
    manager = manager_maker(call.kind, call.function)(**arguments)
    return await lifetime.enter(call.kind, call.lifetime, manager)


def _no_lifetime(call: Call) -> Lifetime:
    raise RuntimeError(f"{call.function!r} yields, but nothing would run its exit code")
