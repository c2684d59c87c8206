"""Compile routes with the option `cache`: a stored response takes the place of the endpoint.

Some dependencies run for every request: those of the option, and those that find out who sends it.
They are the gate. Behind it, the cache answers, or lets the rest of the route run. Routes without a
gate are answered without a request object. Both engines take this way, which is the exact one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import partial
from math import inf
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Scope

from pronghorn.background import with_tasks
from pronghorn.compile.exact import ExactHandler
from pronghorn.compile.stages import Functions
from pronghorn.compile.steps import calls_of, names_stacks
from pronghorn.core.cancel_scopes import GUARDS, end_endpoint
from pronghorn.core.kinds import GENERATORS, CallKind
from pronghorn.core.records import replace
from pronghorn.hooks import WATCHER, Handler
from pronghorn.plan.dependencies import find_guards, order_calls
from pronghorn.plan.model import CallPlan, RoutePlan
from pronghorn.run.exact import SKIPPED, Inputs, solve
from pronghorn.run.exchange import Exchange
from pronghorn.run.injected import make_shared
from pronghorn.run.lifetime import LIFETIME_KEY, STACKS, RequestHandler, run_with_lifetime
from pronghorn.run.stacks import find_lifetime

__all__ = ["compile_cached"]

#: Seconds for an endpoint that runs beside requests, on a route without a `timeout`.
RENEWAL = 60.0
#: Takes the exact way, and whether its dependencies may have exit code; see `exact_way`.
Answer = Callable[[ExactHandler, bool], Handler]
_OF_REQUEST = STACKS | {LIFETIME_KEY}


def compile_cached(
    plan: RoutePlan, label: str, answer: Answer, handle: RequestHandler | None = None
) -> Handler:
    """Return the function that answers the requests of one route, or lets its cache answer.

    Args:
        plan: The plan of the route, with its cache.
        label: The route for people: `GET /items/{item_id}`.
        answer: Returns the exact way of a route as a handler.
        handle: The request handler of the route's class, if that is not ours.
    """
    return CachedRoute(plan, label, handle).compile(answer)


async def collect(**values: Any) -> dict[str, Any]:
    """Return the values of the gate: the function at the end of its graph."""
    return values


def plan_gate(plan: RoutePlan) -> CallPlan:
    """Return the plan of the dependencies that run for every request.

    Returns:
        The plan of a function whose arguments are the values that `vary` names, in that order.
    """
    first, count = len(plan.dependencies), len(plan.cache.vary)
    named = plan.root.dependencies[first : first + count]
    values = [replace(node, argument=f"value{at}") for at, node in enumerate(named)]
    guards = [replace(node, argument=None) for node in find_guards(plan.root) if node not in named]
    return CallPlan(call=collect, kind=CallKind.COROUTINE, dependencies=(*guards, *values))


class CachedRoute(ExactHandler):
    """Answers the requests of one HTTP route whose responses are kept.

    Args:
        plan: The plan of the route, with its cache.
        label: The route for people.
        handle: The request handler of the route's class; None for ours. It calls the dependencies
            of the gate again.
    """

    def __init__(self, plan: RoutePlan, label: str, handle: RequestHandler | None) -> None:
        super().__init__(plan, label)
        self._handle = handle
        self._stored = plan.cache.open_route(plan)
        gate = order_calls(plan_gate(plan))
        self._gate = calls_of(gate)
        places = {step.call.cache_key: at for at, step in reversed([*enumerate(self.steps[:-1])])}
        #: For each call of the gate, the place of the same one in the graph of the route.
        self._places = [places[step.call.cache_key] for step in gate[:-1]]
        #: Whether the gate may open a transaction, which the endpoint shares.
        self._begins = any(step.call.kind in GENERATORS for step in gate)
        self._seconds = RENEWAL if plan.timeout in (None, inf) else plan.timeout
        self._opens = self._handle is not None or self.has_lifetime or names_stacks(self.steps)

    def compile(self, answer: Answer) -> Handler:
        """Return the handler of the route.

        Args:
            answer: Returns the exact way of a route as a handler.
        """
        through_gate = answer(self, self._opens)
        return through_gate if self._places else self._before(through_gate)

    def _before(self, fill: Handler) -> Handler:
        """Return a handler that first looks for a stored response, without a request object."""
        find, renew = self._stored.find, self._renew

        async def handle(exchange: Exchange, path: Mapping[str, Any]) -> None:
            scope = exchange.scope
            response = await find(scope, partial(renew, scope))
            if response is None:
                await fill(exchange, path)
                return
            if GUARDS:
                end_endpoint()
            await exchange.send_response(response)

        return handle

    def make_stages(self) -> Functions:
        """Return the functions for a whole request, which continue where the gate has ended."""
        self.stages = self.functions
        return self.functions

    async def _respond(self, request: Request, functions: Functions) -> Any:
        functions = self._functions_for(request, functions)
        body = await functions.read(request)
        lifetime = find_lifetime(request) if self._opens else None
        inputs = Inputs(request, request.path_params, body, self.embed, lifetime)
        inputs.shared = make_shared(self.shared)
        gate = Inputs(request, request.path_params, body, self.embed, lifetime)
        gate.shared = make_shared(self.shared)
        mark = await self._stored.begin(request.scope) if self._begins else None
        values = await self._pass_gate(gate, inputs)
        fill = partial(self._fill, request, functions, inputs)
        if values is None:  # The request is not valid; the rest finds out what else is wrong.
            return await fill()
        renew = partial(self._renew, request.scope)
        response = await self._stored.respond(request.scope, values, mark, fill, renew)
        if GUARDS:
            end_endpoint()
        return _with_effects(response, gate)

    async def _pass_gate(self, gate: Inputs, inputs: Inputs) -> Sequence[Any] | None:
        """Call the dependencies of the gate, and keep their results for the rest of the route.

        Returns:
            The values that `vary` names; None if one of them cannot be called.
        """
        if not self._places:
            return ()
        values, errors = await solve(self._gate, gate)
        made = zip(self._places, gate.results, strict=False)
        inputs.done = {at: result for at, result in made if result is not SKIPPED}
        return None if errors else tuple(values.values())

    async def _fill(self, request: Request, functions: Functions, inputs: Inputs) -> Response:
        """Let the rest of the route run, up to the exit code before its response."""
        if self._handle is not None:
            return await self._handle(request)
        response: Response = await self._finish(functions, inputs)
        if inputs.lifetime is not None:
            await inputs.lifetime.close_function_stack()
        return response

    async def _renew(self, scope: Scope) -> Response:
        """Return a new response to a request that was answered with an older one.

        The whole route runs again beside the requests, with a lifetime of its own.

        Raises:
            TimeoutError: It takes too long.
        """
        kept: list[Response] = []

        async def respond(request: Request) -> Response:
            whole = self._handle or partial(ExactHandler._respond, self, functions=self.functions)
            kept.append(await whole(request))
            return kept[0]

        inside = {key: value for key, value in scope.items() if key not in _OF_REQUEST}
        inside[WATCHER] = None
        exchange = Exchange(inside, _receive_nothing, _drop)
        async with asyncio.timeout(self._seconds):
            await run_with_lifetime(exchange, respond, self.label)
        return kept[0]


def _with_effects(response: Response, gate: Inputs) -> Response:
    """Return the response to one request with what the dependencies of the gate add to it.

    That is not stored, since it belongs to this request.
    """
    injected = gate.response
    if injected is not None and (injected.raw_headers or injected.status_code):
        response = copy(response)  # The program may return the same one for every request.
        response.raw_headers = [*response.raw_headers, *injected.raw_headers]
        response.status_code = injected.status_code or response.status_code
    return with_tasks(response, gate.background)


async def _receive_nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _drop(message: Message) -> None:
    """Drop a message: nobody waits for this response."""
