"""Check the arguments of `app.health`, and put the probes around the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pronghorn.core.setup_errors import describe_value, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError
from pronghorn.health.check import Check, check_seconds
from pronghorn.health.probes import Probes
from pronghorn.health.running import RunningCheck


def attach(
    app: Any,
    ready: Iterable[Callable[..., Any] | Check],
    live_path: str | None,
    ready_path: str | None,
    drain: float,
) -> None:
    """Put probes around an application; see `FastAPI.health`."""
    if app._probes is not None:
        raise user_error(
            "app.health was called twice",
            "two modules declare the probes",
            "app.health(ready=[...]) once, with all checks",
        )
    if app.middleware_stack is not None:
        raise user_error(
            "app.health was called after the application had started",
            "the call is in the lifespan or in an endpoint",
            "app.health(...) where the application is made",
        )
    _check_paths(live_path, ready_path)
    check_seconds("app.health", "drain", drain, allows_zero=True)
    checks = {name: RunningCheck(check, app) for name, check in _name_checks(ready).items()}
    app._around = app._probes = Probes(app, live_path, ready_path, checks, drain, app._around)


def _check_paths(live_path: str | None, ready_path: str | None) -> None:
    for name, path in (("live_path", live_path), ("ready_path", ready_path)):
        if path is not None and not _is_path(path):
            raise user_error(
                f"{name}={path!r} is not a path of its own",
                "it has no slash at its beginning, is the root, or has a parameter or a query",
                f'app.health(..., {name}="/health/{name.partition("_")[0]}")',
                kind=SetupValueError,
            )
    if live_path is not None and live_path == ready_path:
        raise user_error(
            f"Both probes of app.health have the path {live_path}",
            write='app.health(..., live_path="/live", ready_path="/ready")',
            kind=SetupValueError,
        )


def _is_path(path: Any) -> bool:
    # Requests have the decoded path, so one with `%` would never be found.
    return isinstance(path, str) and path[:1] == "/" != path and not set("{?#%") & set(path)


def _name_checks(ready: Any) -> dict[str, Check]:
    """Return the checks by name; two that have the same name by default get numbers."""
    if callable(ready) or not isinstance(ready, Iterable) or isinstance(ready, str):
        raise user_error(
            f"ready is a list of checks, not {describe_value(ready)}",
            write="app.health(ready=[db.check])",
            kind=SetupTypeError,
        )
    named: dict[str, Check] = {}
    for given in ready:
        check = given if isinstance(given, Check) else Check(given)
        name, number = check.name, 1
        while name in named:
            number += 1
            name = f"{check.name}-{number}"
        named[name] = check if name == check.name else _rename(check, name)
    return named


def _rename(check: Check, name: str) -> Check:
    return Check(check.call, name=name, timeout=check.timeout, cache=check.cache)
