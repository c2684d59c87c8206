"""Routes that are methods of a deployment: `self` is the object that the replica holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Annotated, Any

from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import HTTPException
from pronghorn.param_functions import Depends

__all__ = ["bind_methods"]

FindInstance = Callable[[], object]


def bind_methods(app: Any, cls: type, find_instance: FindInstance) -> list[str]:
    """Let the routes of an application that are methods of a class get their `self`.

    A route is declared while the body of its class runs, when its function is not a method yet. So
    its first parameter was taken for one of the request, and the route is planned again here.

    Args:
        app: The application, or one that includes the routers of the methods.
        cls: The class. Methods of its base classes are bound, too.
        find_instance: Returns the object that the process holds, once a request has come.

    Returns:
        The names of the methods that are routes.

    Raises:
        SetupError: A method that is a route has no parameter for `self`.
    """
    owners = _owners_of_methods(cls)
    bound: dict[FunctionType, None] = {}
    for route in list(app.routes):
        method = getattr(route, "endpoint", None)
        if not isinstance(method, FunctionType) or method not in owners:
            continue
        if method not in bound:
            _give_self(method, _dependency_on(owners[method], find_instance))
            bound[method] = None
        _plan_again(route)
    return [method.__name__ for method in bound]


def _owners_of_methods(cls: type) -> dict[FunctionType, type]:
    """Return the functions in a class and its bases, each with the class that defines it."""
    return {
        value: base
        for base in cls.__mro__
        for value in vars(base).values()
        if isinstance(value, FunctionType)
    }


def _dependency_on(owner: type, find_instance: FindInstance) -> Callable[..., Any]:
    """Return the dependency that stands for the `self` of methods of a class.

    The class reaches a replica as a copy, so it is recognised by its name. Two classes may share an
    application; then each one's replicas know the routes of both, and answer to their own only.
    """
    name = (owner.__module__, owner.__qualname__)

    async def find_self() -> object:
        instance = find_instance()
        for base in type(instance).__mro__:
            if (base.__module__, base.__qualname__) == name:
                return instance
        raise HTTPException(404)

    return find_self


def _give_self(method: FunctionType, find_self: Callable[..., Any]) -> None:
    """Make the first parameter of a function a dependency."""
    signature = read_signature(method)
    parameters = list(signature.parameters.values())
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not parameters or parameters[0].kind not in kinds:
        raise setup_error(
            f"{method.__qualname__}() is a route and a method, and has no parameter 'self'",
            "the object that the replica holds is its first argument",
            f"def {method.__name__}(self): ...",
        )
    own = parameters[0].replace(annotation=Annotated[Any, Depends(find_self)])
    changed = signature.replace(parameters=[own, *parameters[1:]])
    method.__signature__ = changed  # type: ignore[attr-defined]  # read by inspect


def _plan_again(route: Any) -> None:
    """Assign the function once more, also to the route that an included one stands for.

    A route is planned again when one of its declarations is assigned.
    """
    while route is not None:
        route.endpoint = route.endpoint
        route = vars(route).get("_original_route")
