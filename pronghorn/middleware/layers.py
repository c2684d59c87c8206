"""Make the layers around an application, in ASGI and compiled."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.types import ASGIApp

from pronghorn.core.setup_errors import add_place

#: A command loads this module before the program; where it is missing, no command serves.
SERVED = "pronghorn.core.served"


def make_layer(
    factory: Callable[..., Any], app: Any, args: Iterable[Any], keywords: Mapping[str, Any]
) -> Any:
    """Return a middleware around an application; an error says which middleware it is.

    Args:
        factory: The class, or the function that returns the middleware.
        app: Everything inside of it.
        args: Its positional arguments after the application.
        keywords: Its keyword arguments; an error names them without their values, which may be
            secrets.
    """
    try:
        return factory(app, *args, **keywords)
    except Exception as error:
        options = "".join(f", {name}=..." for name in keywords)
        add_place(error, f"app.add_middleware({getattr(factory, '__name__', factory)}{options})")
        raise


def sizes_of(app: Any) -> Any:
    """Return the `Sizes` of an application, or None; most have none."""
    if not (app.hardened or app.max_json_size is not None or SERVED in sys.modules):
        return None
    from pronghorn.middleware.sizes import choose_sizes  # It asks whether a command serves.

    return choose_sizes(app)


def default_sizes(app: Any, inside: ASGIApp) -> Any:
    """Return the layer that holds the sizes of an application around its layers, or None."""
    sizes = sizes_of(app)
    if sizes is None:
        return None
    from pronghorn.compile.default_sizes import DefaultSizes

    return DefaultSizes(inside, sizes, app.router)
