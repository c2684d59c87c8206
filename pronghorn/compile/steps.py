"""From the plan's steps to the calls that `run.solve` makes, and what the compiler asks of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pronghorn.exceptions import EndpointContext
from pronghorn.plan.dependencies import GENERATORS, Step, order_calls
from pronghorn.plan.model import CallKind, InjectedKind, RoutePlan, WebSocketPlan
from pronghorn.run.solve import Call

AnyPlan = RoutePlan | WebSocketPlan


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
