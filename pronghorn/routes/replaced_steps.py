"""The handlers of plain routes while a library has replaced functions between their stages.

Logfire and ddtrace replace `solve_dependencies`, `run_endpoint_function` or `serialize_response` of
`fastapi.routing`. Nobody stands around the whole request handler then, so this module calls the
stages of a route without one, and writes a JSON response without an object for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronghorn.compile.exact import ExactHandler, general_mode
from pronghorn.compile.http_route import finish_handler
from pronghorn.compile.staged_route import is_plain
from pronghorn.core.monkeypatches import ROUTING, is_replaced
from pronghorn.hooks import Handler
from pronghorn.plan.model import RoutePlan
from pronghorn.routes.replaced_functions import use_replacements
from pronghorn.run.exchange import Exchange
from pronghorn.run.lifetime import OUTERMOST_STACK, run_with_lifetime
from pronghorn.run.stacks import run_with_new_stacks


def compile_replaced(route: Any, plan: RoutePlan, overrides: Mapping[Any, Any]) -> Handler | None:
    """Return the handler of a route of our class while only the functions of stages are replaced.

    Args:
        route: The route.
        plan: Its plan, with its overrides.
        overrides: The dependency overrides.

    Returns:
        None if the responses of the route are not plain, or if a library has replaced
        `get_request_handler` as well.
    """
    if is_replaced(ROUTING, "get_request_handler") or general_mode():
        return None
    exact = ExactHandler(plan, route._label)
    if not is_plain(exact):
        return None
    graph = route._fresh_graph()
    graph._label = route._label
    use_replacements(exact, graph, overrides, route.dependency_overrides_provider)
    status = exact.responder.status_code or 200

    async def with_stacks(exchange: Exchange, path: Mapping[str, Any]) -> None:
        if OUTERMOST_STACK in exchange.scope:
            await run_with_lifetime(exchange, exact.respond, exact.label)
        else:
            await run_with_new_stacks(exchange, exact.respond_or_render, exact.label, status)

    async def without_stacks(exchange: Exchange, path: Mapping[str, Any]) -> None:
        response = await exact.respond_or_render(exchange.connection)
        if type(response) is not bytes:
            await exchange.send_response(response)
        elif not exchange.write_last_json(response, status):
            await exchange.send_json(response, status)

    # A replacement that receives the request may look for the stacks in its scope.
    sees_request = is_replaced(ROUTING, "solve_dependencies", "run_endpoint_function")
    return finish_handler(plan, with_stacks if sees_request else without_stacks)
