"""From the plan's steps to the calls that `run.exact` makes, and what the compiler asks of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any

from pronghorn.exceptions import EndpointContext
from pronghorn.plan.dependencies import GENERATORS, Step, order_calls
from pronghorn.plan.model import CallKind, InjectedKind, RoutePlan, WebSocketPlan
from pronghorn.run.exact import Call

AnyPlan = RoutePlan | WebSocketPlan
#: Where the scope has the stack that is closed after everything else of a request.
OUTERMOST_STACK = "fastapi_middleware_astack"
#: The stacks that FastAPI leaves in the scope, by their keys.
STACKS = frozenset({OUTERMOST_STACK, "fastapi_inner_astack", "fastapi_function_astack"})


def calls_of(steps: Sequence[Step]) -> list[Call]:
    """The calls of a graph in the order of execution, the endpoint last."""
    return [_call_of(step) for step in steps]


def _call_of(step: Step) -> Call:
    plan = step.call
    return Call(
        function=plan.call,
        kind=plan.kind.value,
        path_fields=plan.path_fields,
        query_fields=plan.query_fields,
        header_fields=plan.header_fields,
        cookie_fields=plan.cookie_fields,
        body_fields=plan.body_fields,
        injected={item.name: item.kind.value for item in plan.injected},
        arguments=step.arguments,
        needs=step.needs,
        lifetime=plan.lifetime or "request",
        limit=plan.marker._concurrency if plan.marker is not None else None,
        scopes=plan.scopes,
    )


def needs_lifetime(steps: Sequence[Step]) -> bool:
    """Whether any dependency has exit code."""
    return any(step.call.kind in GENERATORS for step in steps[:-1])


def names_stacks(steps: Sequence[Step]) -> bool:
    """Whether a function of the route takes a stack of the request out of the scope by its key."""
    return any(_names_stack(step.call.call) for step in steps)


def _names_stack(call: Callable[..., Any]) -> bool:
    function: Any = inspect.unwrap(call)
    method = getattr(type(function).__call__, "__code__", None)
    code = getattr(function, "__code__", method)
    if not isinstance(code, CodeType):
        return False
    # A loop over several keys has them in one tuple.
    tuples = [each for each in code.co_consts if isinstance(each, tuple)]
    return not STACKS.isdisjoint(code.co_consts) or any(map(STACKS.intersection, tuples))


def injects(steps: Sequence[Step], kind: InjectedKind) -> bool:
    """Whether any call of the graph receives this part of the exchange."""
    return any(item.kind is kind for step in steps for item in step.call.injected)


def endpoint_kind(plan: AnyPlan) -> CallKind:
    """How the endpoint itself is called; a generator is made by calling it."""
    kind = plan.root.kind
    if isinstance(plan, RoutePlan) and kind in GENERATORS and plan.response.stream is None:
        return CallKind.THREAD
    return kind


def endpoint_context(plan: AnyPlan, label: str) -> Callable[[], EndpointContext]:
    """What validation errors say about the endpoint; `label` is "GET /items/{id}"."""
    context: EndpointContext = {"path": label}
    for key in ("file", "line", "function"):
        if key in plan.where:
            context[key] = plan.where[key]

    def endpoint_context() -> EndpointContext:
        return context

    return endpoint_context


__all__ = [
    "GENERATORS",
    "Step",
    "calls_of",
    "endpoint_context",
    "endpoint_kind",
    "injects",
    "needs_lifetime",
    "order_calls",
]
