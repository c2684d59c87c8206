"""Make a class that Ray Serve can deploy from an application and a class of the program.

`ray.serve.ingress` sends an application to the replicas by pickling it, and connects methods with
routes for FastAPI's own class only. An application holds locks, connections and compiled code,
which do not travel. So Ray is given a function here that imports the application where it runs:
Ray calls such a function once in each replica. The class goes by a name, too (see `names.py`).
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import FrameType
from typing import Any

from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError
from pronghorn.ray.names import SCRIPT, refuse_methods, send_by_name
from pronghorn.ray.views import bind_methods

__all__ = ["ingress"]


def ingress(app: Any) -> Callable[..., Any]:
    """Return a decorator that makes a class serve an application on Ray.

    The result stands below `@serve.deployment`, as that of `ray.serve.ingress` would. Each replica
    imports the application and the class, so their modules have to be importable on every node:
    part of the image, of an installed package, or of the `working_dir` of Ray.

    Args:
        app: An application that is a global variable of a module; its place, such as
            "shop.main:app"; or a function without parameters that makes one.

    Returns:
        A decorator for a class. Called without a class, it returns one that only serves:
        `serve.deployment(ingress(app)())`.

    Raises:
        SetupError: Ray is not installed; or replicas could not import the application, because it
            is defined in a script or inside a function; or it is neither an application, nor a
            place, nor a function without parameters; or a method that is a route has no `self`, or
            replicas could not import its class.

    See also:
        https://docs.ray.io/en/latest/serve/http-guide.html
    """
    serve = _import_serve()
    here = inspect.currentframe()
    caller = _module_of(here.f_back if here is not None else None)

    def decorate(cls: type | None = None) -> Any:
        modules = [caller] if cls is None else [cls.__module__, caller]
        place, make, known = _resolve(app, modules)
        if cls is None:
            return serve.ingress(_binder(make))()
        methods = bind_methods(known, cls, _find_held)
        made = serve.ingress(_binder(make, cls))(cls)
        here = inspect.currentframe()
        if not send_by_name(made, place, here.f_back if here is not None else None):
            refuse_methods(cls, methods)
        return made

    return decorate


def _resolve(app: Any, modules: list[str]) -> tuple[str, Callable[[], Any], Any]:
    """Return where an application is, a function that finds it there, and itself if it exists."""
    if isinstance(app, str):
        _check_place(app)
        return app, _importer(app), _find_loaded(app)
    if inspect.isfunction(app):
        return f"{app.__module__}:{app.__qualname__}", _check_builder(app), None
    _check_application(app)
    place = _place_of(app, modules)
    return place, _importer(place), app


def load(place: str) -> Any:
    """Return the application at a place such as "shop.main:app", or what a function there makes.

    A replica calls this.

    Raises:
        SetupError: The module has no such variable.
        ImportError: The module cannot be imported here.
    """
    module, _, name = place.partition(":")
    found: Any = import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise setup_error(
                f"the module {module!r} has no {name!r} on this node",
                "the nodes have different versions of the program, or the name is misspelt",
                f'ingress("{module}:app")',
            )
        found = getattr(found, part)
    is_maker = inspect.isfunction(found) and not read_signature(found).parameters
    return _check_builder(found)() if is_maker else found


def _find_loaded(place: str) -> Any:
    """Return the application at a place if its module is imported here already, or None."""
    module, _, name = place.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


@cache
def _import_serve() -> Any:
    try:
        return import_module("ray.serve")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"ray", "fastapi"}:
            raise
        raise setup_error(
            f"{error.name!r} is not installed, and pronghorn.ray serves with it",
            "Ray Serve imports FastAPI itself; the extra brings both",
            'pip install "pronghorn[ray]"',
        ) from error


def _module_of(frame: FrameType | None) -> str:
    return SCRIPT if frame is None else str(frame.f_globals.get("__name__", SCRIPT))


def _check_place(place: str) -> None:
    if re.fullmatch(r"[\w.]+:[\w.]+", place):
        return
    raise setup_error(
        f"{place!r} is not the place of an application",
        "the name of a module and that of a variable belong there",
        'ingress("shop.main:app")',
    )


def _check_builder(build: Callable[..., Any]) -> Callable[[], Any]:
    needed = [
        parameter.name
        for parameter in read_signature(build).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    ]
    if not needed and not inspect.iscoroutinefunction(build):
        return build
    shown = f"takes {', '.join(needed)}" if needed else "is asynchronous"
    raise setup_error(
        f"{build.__qualname__}() {shown}; a replica calls it without arguments, and does not await",
        "a function makes the application; one that is the application goes by its name",
        "def make_app() -> FastAPI: ...\nor: ingress('shop.main:app')",
    )


def _check_application(app: Any) -> None:
    if not callable(app) or inspect.isclass(app):
        raise setup_error(
            f"{app!r} is no application",
            "an application, its place or a function that makes one belongs there",
            "ingress(app)",
        )


def _place_of(app: Any, modules: list[str]) -> str:
    """Return where replicas find an application, which is a global variable of one of the modules.

    Raises:
        SetupError: It is none, or the module is a script.
    """
    for module in dict.fromkeys(modules):
        variables = vars(sys.modules[module]) if module in sys.modules else {}
        for name, value in list(variables.items()):
            if value is app:
                return f"{_importable(module)}:{name}"
    raise setup_error(
        f"the application is no global variable of the module {modules[0]!r}",
        "replicas import the application by its name, since locks and connections do not travel",
        'ingress("shop.main:app")\nor: ingress(make_app)  # a function that makes it',
    )


def _importable(module: str) -> str:
    """Return the name by which other processes import a module."""
    if module != SCRIPT:
        return module
    spec = getattr(sys.modules[SCRIPT], "__spec__", None)
    if spec is None:  # Else the program was started by `python -m shop.main`.
        raise _script_error()
    return str(spec.name).removesuffix(f".{SCRIPT}")


def _script_error() -> SetupError:
    return setup_error(
        "the application is defined in the script that is run, which replicas cannot import",
        "each replica imports the application by its name",
        "serve run shop.main:deployment  # in place of: python shop/main.py",
    )


def _importer(place: str) -> Callable[[], Any]:
    """Return a function that imports an application. It travels with the place and nothing else."""

    def build() -> Any:
        return load(place)

    return build


def _binder(make: Callable[[], Any], cls: type | None = None) -> Callable[[], Any]:
    """Return a function that makes an application, and binds the methods of a class to its routes.

    In a replica, all modules are imported when Ray calls it. So it also finds the routes that were
    declared or included after the class was decorated.
    """

    def build() -> Any:
        app = make()
        _check_application(app)
        if cls is not None:
            bind_methods(app, cls, _find_held)
        return app

    return build


def _find_held() -> object:
    """Return the object that the replica made of the class.

    Raises:
        SetupError: This process is no replica.
    """
    serve = _import_serve()
    try:
        held: object = serve.get_replica_context().servable_object
    except import_module("ray.serve.exceptions").RayServeException as error:
        raise setup_error(
            "a method of a deployment was asked to answer, and this process is no replica",
            "Ray makes the object that such a method calls 'self'",
            "serve run shop.serving:deployment",
        ) from error
    return held
