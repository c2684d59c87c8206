"""Explain which tools watch an application, and the way of its routes under each.

A tool replaces functions, or puts a layer around the application. Nothing here runs in a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from starlette.middleware import Middleware

from pronghorn.applications import FastAPI
from pronghorn.core.monkeypatches import ROUTING, STEP_FUNCTIONS, current, is_replaced
from pronghorn.devtools.documentation import project_documentation
from pronghorn.devtools.tool_costs import BUILT_IN, describe_costs
from pronghorn.middleware.known_instrumentation import EitherOutermost
from pronghorn.middleware.stack import is_stack_instrumented
from pronghorn.routes.request_handlers import HANDLER_FUNCTIONS
from pronghorn.run.route_template import layers

#: The packages whose `build_middleware_stack` is no replacement.
OWN = ("pronghorn", "starlette")
IN_STAGES = (
    "the request goes from stage to stage; the parameters are read and the dependencies called by "
    "compiled code"
)


def explain_tools(apps: tuple[Any, ...]) -> Iterator[str]:
    """Yield a note for each tool that sees the requests of a route, and what it adds to one.

    Args:
        apps: The applications that contain the route, each mounted in the one before.
    """
    found = [*_around_handler(), *_around_layers(apps)]
    yield from (note for _, note in found)
    packages = [package for package, _ in found]
    packages += [name_owner(layer.cls) for app in apps for layer in _middleware_of(app)]
    costs = list(describe_costs(packages))
    yield from costs
    if found or costs:
        yield f"what each tool adds to a request: {_page_of_costs()}"


def _middleware_of(app: Any) -> Sequence[Middleware]:
    return getattr(app, "user_middleware", ())


def _page_of_costs() -> str:
    """Return the address of the figures; an installed package has no documentation beside it."""
    address = project_documentation()
    if address is None or not address.endswith("/index.md"):
        return "the page Performance of the documentation, section Watched programs"
    return address.removesuffix("index.md") + "performance.md#watched-programs"


def _around_handler() -> Iterator[tuple[str, str]]:
    """Yield the package of each tool that replaces functions, and a note."""
    replaced = [name for name in HANDLER_FUNCTIONS if is_replaced(ROUTING, name)]
    if "get_request_handler" in replaced:
        owner = name_owner(current("get_request_handler"))
        note = "surrounds the request handler, which is compiled and returns the response"
        yield owner, f"{owner} {note}"
    steps = [name for name in STEP_FUNCTIONS if name in replaced]
    for owner in dict.fromkeys(name_owner(current(name)) for name in steps):
        theirs = ", ".join(name for name in steps if name_owner(current(name)) == owner)
        yield owner, f"{owner} has replaced {theirs}: {IN_STAGES}"


def _around_layers(apps: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    """Yield the package of each tool that puts layers around an application, and a note."""
    if is_stack_instrumented():
        owner = name_owner(Middleware.__init__)
        if any(_is_passed_by(app) for app in apps):
            yield (
                owner,
                f"{owner} wraps the layers: a request passes by those with nothing to record",
            )
        else:
            yield owner, f"{owner} wraps the layers, and is called at each"
    for app in apps:
        owner = name_owner(getattr(app, "build_middleware_stack", app))
        if not isinstance(app, FastAPI):
            continue
        if owner not in OWN:
            yield owner, f"{owner} puts a layer around {app.title}"
        if owner != "opentelemetry" and app._has_active_telemetry():
            yield BUILT_IN, f"the {BUILT_IN} observes, with a span for each stage: {IN_STAGES}"


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
