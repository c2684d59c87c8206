"""Pick the application among the names of an imported module."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pronghorn.applications import FastAPI
from pronghorn.cli.describe import describe, describe_result
from pronghorn.cli.errors import CommandError
from pronghorn.cli.factories import FACTORY_NAMES, call_factory, is_factory, place_of
from pronghorn.core.annotations import read_signature
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.routing import APIRouter

__all__ = ["Choice", "choose", "describe", "is_asgi", "make_app", "not_an_app"]

PREFERRED_NAMES = ("app", "api")
_LISTED_NAMES = 12


@dataclass(frozen=True)
class Choice:
    """The application that was chosen.

    Attributes:
        attribute: Its name in the module; may be dotted.
        app: The application: a `FastAPI`, or another ASGI application that the user named.
        reason: The reason for the choice, for messages.
        others: The names of other applications in the module, if the user gave no name.
    """

    attribute: str
    app: Any
    reason: str
    others: tuple[str, ...] = ()


def choose(module: ModuleType, attribute: str | None, *, factory: bool = False) -> Choice:
    """Pick the application in a module.

    Args:
        module: The imported module.
        attribute: The name that the user gave. It may name any ASGI application, so that one
            wrapped in a middleware can be served. Without it, `app`, then `api`, then the
            first `FastAPI` in alphabetical order is taken.
        factory: The name is a function that makes the application. Without a name, `create_app` and
            its like are tried, then the only function that is one by its annotation or name.

    Raises:
        CommandError: There is none, the name does not exist or names something else, or the
            application is one of the real FastAPI.
    """
    if factory:
        return _make(module, attribute)
    if attribute is not None:
        return Choice(attribute, _get_named(module, attribute), "named")
    for name in PREFERRED_NAMES:
        if isinstance(vars(module).get(name), FastAPI):
            return _take(module, name, f"it is called {name!r}")
    for name in sorted(vars(module)):
        if isinstance(vars(module)[name], FastAPI):
            return _take(module, name, "it is the first in the module")
    for name in (*PREFERRED_NAMES, *sorted(vars(module))):
        _refuse_real_fastapi(vars(module).get(name), module, name)
    raise _nothing_found(module)


def _take(module: ModuleType, name: str, reason: str) -> Choice:
    """Return a choice that nobody named, with the other applications that could be meant.

    An application that the chosen one mounts is a part of the same program. Another name of the
    same object is no other application.
    """
    app = vars(module)[name]
    mounted = _find_mounted(app)
    others = [
        other
        for other, value in vars(module).items()
        if isinstance(value, FastAPI)
        and value is not app
        and not other.startswith("_")
        and not any(value is inner for inner in mounted)
    ]
    return Choice(name, app, reason, tuple(others))


def _find_mounted(app: Any) -> list[Any]:
    """Return the applications that an application mounts, at any depth."""
    found: list[Any] = []
    pending = [app]
    while pending:
        for route in getattr(pending.pop(), "routes", None) or ():
            inner = getattr(route, "app", None)
            if isinstance(inner, FastAPI) and not any(inner is one for one in found):
                found.append(inner)
                pending.append(inner)
    return found


def _make(module: ModuleType, attribute: str | None) -> Choice:
    name = attribute if attribute is not None else _only_factory(module)
    function = _follow(module, name)
    app = call_factory(function, module, name)
    _refuse_real_fastapi(app, module, f"{name}()")
    if isinstance(app, FastAPI) or is_asgi(app):
        return Choice(name, app, "made by a factory")
    hint = "Write return app in its last line." if app is None else "Return the app itself."
    raise CommandError(
        f"The factory {name} in {module.__name__} returned {describe_result(app)}, not an app"
        f"{place_of(function)}",
        hint,
    )


def make_app(module: ModuleType, attribute: str | None) -> Any:
    """Return what a factory makes, on whichever framework; the caller checks it.

    Args:
        module: The imported module.
        attribute: The name of the function; None looks for one, as `choose` does.

    Raises:
        CommandError: There is no such function, or it does not return.
    """
    name = attribute if attribute is not None else _only_factory(module)
    return call_factory(_follow(module, name), module, name)


def _only_factory(module: ModuleType) -> str:
    names = _factories(module)
    if len(names) == 1 or (names and names[0] in FACTORY_NAMES):
        return names[0]
    if names:
        raise CommandError(
            f"{module.__name__} has several factories: {', '.join(names)}",
            f"Name the one to use: --factory --app {names[0]}",
        )
    raise CommandError(
        f"Could not find a factory in module {module.__name__}",
        f"{_list_names(module)}\nName the function that makes the app: --factory --app NAME",
    )


def _factories(module: ModuleType) -> list[str]:
    """Return the names of functions that probably make an app, the usual names first."""
    usual = [name for name in FACTORY_NAMES if inspect.isfunction(vars(module).get(name))]
    others = [name for name in _public_names(module) if is_factory(vars(module)[name])]
    return list(dict.fromkeys([*usual, *others]))


def _follow(module: ModuleType, attribute: str) -> Any:
    """Return the value of a dotted name in a module."""
    value: Any = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            raise _no_such_name(module, attribute)
        value = getattr(value, part)
    return value


def _get_named(module: ModuleType, attribute: str) -> Any:
    value = _follow(module, attribute)
    _refuse_real_fastapi(value, module, attribute)
    if isinstance(value, FastAPI) or (is_asgi(value) and not is_factory(value)):
        return value
    raise not_an_app(value, module, attribute)


def not_an_app(value: Any, module: ModuleType, attribute: str) -> CommandError:
    """Return the error for a name that the user gave and that is not an application."""
    message = f"The app name {attribute} in {module.__name__} does not name an app"
    if is_factory(value):
        return CommandError(
            f"{message}: it is a function that makes one{place_of(value)}",
            f"Add --factory to this command\nor write in the module: app = {attribute}()",
        )
    return CommandError(f"{message}: it is {describe(value)}", _suggestion(module, attribute))


def is_asgi(value: Any) -> bool:
    """Return True if it can be called with scope, receive and send."""
    if isinstance(value, (APIRouter, type)) or not callable(value):
        return False
    try:
        read_signature(value).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # A callable without a signature, implemented in C.
        return True
    return True


def _refuse_real_fastapi(value: Any, module: ModuleType, attribute: str) -> None:
    # By name: comparing classes would need the import of fastapi that we warn about.
    if not any(kind.__module__ == "fastapi.applications" for kind in type(value).__mro__):
        return
    raise CommandError(
        f"{module.__name__}:{attribute} is an app of the installed FastAPI, not of pronghorn",
        "To run it on pronghorn unchanged: add --as-fastapi to this command\n"
        "To change the program instead:    from pronghorn import FastAPI",
    )


def _no_such_name(module: ModuleType, attribute: str) -> CommandError:
    return CommandError(
        f"Could not find app name {attribute} in {module.__name__}",
        _suggestion(module, attribute),
    )


def _suggestion(module: ModuleType, attribute: str) -> str:
    """Return what the user may have meant: an app if there is one, else a similar name."""
    apps = [name for name, value in vars(module).items() if isinstance(value, FastAPI)]
    nearest = did_you_mean(attribute, apps) or (apps[0] if len(apps) == 1 else None)
    nearest = nearest or did_you_mean(attribute, _public_names(module))
    if nearest and nearest != attribute:
        return f"Did you mean {nearest}, {describe(vars(module)[nearest])}?"
    return _list_names(module)


def _nothing_found(module: ModuleType) -> CommandError:
    factories = _factories(module)
    hints = [_list_names(module)]
    if factories:
        hints.append(
            f"If {factories[0]} makes the app, add --factory --app {factories[0]} to this command"
        )
    elif any(_top_level(value) == "fastapi" for value in vars(module).values()):
        hints.append("It imports the installed FastAPI; add --as-fastapi to use pronghorn")
    else:
        hints.append("If the app is not a FastAPI itself, name it: --app NAME")
    return CommandError(
        f"Could not find a FastAPI app in module {module.__name__}", "\n".join(hints)
    )


def _top_level(value: Any) -> str:
    """Return the package of a value, from the module name that the value reports."""
    home = getattr(value, "__module__", None) or getattr(value, "__name__", None)
    return home.partition(".")[0] if isinstance(home, str) else ""


def _list_names(module: ModuleType) -> str:
    names = _public_names(module)
    if not names:
        return f"{module.__name__} defines no public names."
    listed = [f"{name} ({describe(vars(module)[name])})" for name in names[:_LISTED_NAMES]]
    more = f" and {len(names) - _LISTED_NAMES} more" if len(names) > _LISTED_NAMES else ""
    return f"Found in {module.__name__}: {', '.join(listed)}{more}"


def _public_names(module: ModuleType) -> list[str]:
    """Return the names that the module itself defines, without modules and imported names."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and not _is_imported(value, module)
    ]


def _is_imported(value: Any, module: ModuleType) -> bool:
    home = getattr(value, "__module__", None)
    return (inspect.isclass(value) or inspect.isfunction(value)) and home != module.__name__
