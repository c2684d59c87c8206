"""Explain which tools watch an application, and the way of its routes under each.

A tool replaces functions, or puts a layer around the application. Nothing here runs in a request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.middleware import Middleware

from pronghorn.applications import FastAPI
from pronghorn.core.monkeypatches import ROUTING, STEP_FUNCTIONS, current, is_replaced
from pronghorn.devtools.documentation import project_documentation
from pronghorn.middleware.known_instrumentation import EitherOutermost
from pronghorn.middleware.stack import is_stack_instrumented
from pronghorn.routes.request_handlers import HANDLER_FUNCTIONS
from pronghorn.run.route_template import layers

#: The packages whose `build_middleware_stack` is no replacement.
OWN = ("pronghorn", "starlette")


def explain_tools(apps: tuple[Any, ...]) -> Iterator[str]:
    """Yield a note for each tool that sees the requests of a route.

    Args:
        apps: The applications that contain the route, each mounted in the one before.
    """
    notes = [*_around_handler(), *_around_layers(apps)]
    yield from notes
    if notes:
        yield f"what each tool adds to a request: {_page_of_costs()}"


def _page_of_costs() -> str:
    """Return the address of the figures; an installed package has no documentation beside it."""
    address = project_documentation()
    if address is None or not address.endswith("/index.md"):
        return "the page Performance of the documentation, section Watched programs"
    return address.removesuffix("index.md") + "performance.md#watched-programs"


def _around_handler() -> Iterator[str]:
    replaced = [name for name in HANDLER_FUNCTIONS if is_replaced(ROUTING, name)]
    if "get_request_handler" in replaced:
        owner = name_owner(current("get_request_handler"))
        yield f"{owner} surrounds the request handler, which is compiled and returns the response"
    steps = [name for name in STEP_FUNCTIONS if name in replaced]
    if steps:
        owners = ", ".join(dict.fromkeys(name_owner(current(name)) for name in steps))
        yield (
            f"{owners} has replaced {', '.join(steps)}: the request goes from stage to stage; the "
            "parameters are read and the dependencies called by compiled code"
        )


def _around_layers(apps: tuple[Any, ...]) -> Iterator[str]:
    if is_stack_instrumented():
        owner = name_owner(Middleware.__init__)
        if any(_is_passed_by(app) for app in apps):
            yield f"{owner} wraps the layers: a request passes by those with nothing to record"
        else:
            yield f"{owner} wraps the layers, and is called at each"
    for app in apps:
        owner = name_owner(getattr(app, "build_middleware_stack", app))
        if not isinstance(app, FastAPI):
            continue
        if owner not in OWN:
            yield f"{owner} puts a layer around {app.title}"
        if owner != "opentelemetry" and app._has_active_telemetry():
            yield (
                "the built-in telemetry observes: the request goes from stage to stage, with a "
                "span for each; parameters are read and dependencies called by compiled code"
            )


def _is_passed_by(app: Any) -> bool:
    """Return True if idle requests of an application pass by layers that a library has wrapped."""
    stack = app._ensure_stack() if isinstance(app, FastAPI) else None
    return any(isinstance(layer, EitherOutermost) for layer in layers(stack))


def name_owner(function: Any) -> str:
    """Return the package of a replacement, such as `sentry_sdk`."""
    # A wrapper object of `wrapt` has the wrapping function under this name.
    function = getattr(function, "_self_wrapper", function)
    function = getattr(function, "__func__", function)
    found = getattr(function, "__globals__", {}).get("__name__") or getattr(
        function, "__module__", ""
    )
    return str(found).partition(".")[0] or "a library"
