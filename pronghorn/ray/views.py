"""Routes that are methods of a deployment: `self` is the object that the replica holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Annotated, Any

from pronghorn import params
from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import HTTPException
from pronghorn.param_functions import Depends
from pronghorn.routing import APIRoute, APIWebSocketRoute, iter_route_contexts

__all__ = ["bind_methods"]

FindInstance = Callable[[], object]


def bind_methods(app: Any, cls: type, find_instance: FindInstance) -> list[str]:
    """Let the routes of an application that are methods of a class get their `self`.

    A route is declared while the body of its class runs, when its function is not a method yet. So
    its first parameter was taken for one of the request, and the route is planned again here. What
    is bound already may be bound once more.

    Args:
        app: The application, or one that includes the routers of the methods; also inside a
            middleware. None has no routes.
        cls: The class. Methods of its base classes are bound, too, and those on which a route
            depends.
        find_instance: Returns the object that the process holds, once a request has come.

    Returns:
        The names of the methods that are routes.

    Raises:
        SetupError: A method that is a route has no parameter for `self`, or is a class method; or
            its route is not one of pronghorn.
    """
    bound: list[Any] = []
    for route in _walk(app):
        method: Any = getattr(route, "endpoint", None)
        owner = _find_owner(method, cls)
        if owner is None:
            continue
        _refuse_foreign(route, method)
        if method not in bound:
            _give_self(method, cls, find_instance)
            bound.append(method)
        for mark in route.dependencies:
            _give_self_to_dependency(mark, cls, find_instance)
        _plan_again(route)
    return [method.__name__ for method in bound]


def _walk(app: Any) -> Iterator[Any]:
    """Yield the routes of an application, inside a middleware too, and of those mounted in it."""
    if not hasattr(app, "routes"):
        yield from _walk(app.app) if hasattr(app, "app") else ()
        return
    for route in list(app.routes):
        yield route
        yield from _walk(route) if hasattr(route, "routes") else ()


def _find_owner(method: Any, cls: type) -> type | None:
    """Return which class, of a class and its bases, has a function as a method; or None.

    A decorator or a second method of the same name may stand in the class in place of the function.
    Its qualified name still begins with that of the class.
    """
    if not _is_function(method):
        return None
    for base in cls.__mro__:
        if any(value is method for value in vars(base).values()):
            return base
        name = getattr(method, "__name__", "")
        if _name_of(method) == (base.__module__, f"{base.__qualname__}.{name}"):
            return None if isinstance(vars(base).get(name), staticmethod) else base
    return None


def _is_function(value: Any) -> bool:
    """Return True for what a class makes a method of: a function, also of Cython or in a cache."""
    is_other = isinstance(value, (type, MethodType, staticmethod, classmethod))
    return callable(value) and hasattr(value, "__get__") and not is_other


def _name_of(function: Any) -> tuple[Any, Any]:
    return getattr(function, "__module__", None), getattr(function, "__qualname__", None)


def _refuse_foreign(route: Any, method: Any) -> None:
    """Raise `SetupError` if a route cannot be planned again."""
    if not isinstance(route, (APIRoute, APIWebSocketRoute)):
        raise setup_error(
            f"{method.__qualname__}() is a method, and its route is a {type(route).__qualname__} "
            f"of {type(route).__module__}, which knows no 'self'",
            "only routes of pronghorn can be methods of a deployment",
            f'@app.get("{getattr(route, "path", "/")}")',
        )


def _give_self(method: Any, cls: type, find_instance: FindInstance) -> None:
    """Make the first parameter of a method a dependency, and so those of methods it depends on."""
    signature = read_signature(method)
    parameters = list(signature.parameters.values())
    owner = _find_owner(method, cls) or cls
    _refuse_without_self(method, owner, parameters)
    find_self = _dependency_on(owner, find_instance)
    own = parameters[0].replace(annotation=Annotated[Any, Depends(find_self)])
    changed = signature.replace(parameters=[own, *parameters[1:]])
    method.__signature__ = changed  # Read by inspect.
    for parameter in parameters[1:]:
        for mark in (parameter.default, *getattr(parameter.annotation, "__metadata__", ())):
            _give_self_to_dependency(mark, cls, find_instance)


def _give_self_to_dependency(mark: Any, cls: type, find_instance: FindInstance) -> None:
    if isinstance(mark, params.Depends) and _find_owner(mark.dependency, cls) is not None:
        _give_self(mark.dependency, cls, find_instance)


def _refuse_without_self(method: Any, owner: type, parameters: list[inspect.Parameter]) -> None:
    """Raise `SetupError` if the object cannot be the first argument of a method."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    is_of_class = isinstance(vars(owner).get(method.__name__), classmethod)
    if parameters and parameters[0].kind in kinds and not is_of_class:
        return
    shown = "is a class method" if is_of_class else "has no parameter 'self'"
    raise setup_error(
        f"{method.__qualname__}() answers requests as a method, and {shown}",
        "the object that the replica holds is its first argument",
        f"def {method.__name__}(self): ...",
    )


def _dependency_on(owner: type, find_instance: FindInstance) -> Callable[..., Any]:
    """Return the dependency that stands for the `self` of methods of a class.

    Two classes may share an application; then each one's replicas know the routes of both, and
    answer to their own only.
    """

    async def find_self() -> object:
        instance = find_instance()
        if isinstance(instance, owner):
            return instance
        raise HTTPException(404)

    return find_self


def _plan_again(route: Any) -> None:
    """Assign the function once more, also to the route that an included one stands for.

    A route is planned again when one of its declarations is assigned.
    """
    declared: Any = next(iter_route_contexts([route])).original_route
    for each in (declared, route):
        each.endpoint = each.endpoint
