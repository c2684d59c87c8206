"""Make the layers around an application, in ASGI and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pronghorn.core.setup_errors import add_place


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
