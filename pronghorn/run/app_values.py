"""The values of dependencies with `scope="app"`, from the start of an application to its stop.

Each application has an `AppValues`. A compiled handler reads `holder.value`, an attribute. Only if
there is no such attribute, Python asks `AppValue.__getattr__`, which finds the value among several
starts, or says why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

from pronghorn.core.concurrency_limits import current_loop
from pronghorn.core.setup_errors import describe_callable, setup_error
from pronghorn.exceptions import SetupError


class Start(NamedTuple):
    """One start of an application, in one event loop."""

    loop: Any
    #: The key of a dependency -> its value.
    values: dict[Hashable, Any]
    #: The key of a dependency -> what made the value, see `plan.app_scope.identify`.
    made_by: dict[Hashable, Hashable]


class AppValue:
    """The holder of one value, which is its attribute `value` while the application runs.

    Args:
        owner: The values of the application.
        key: The key of the dependency.
        call: The callable that makes the value.
    """

    __slots__ = ("_call", "_key", "_owner", "value")
    value: Any

    def __init__(self, owner: AppValues, key: Hashable, call: Callable[..., Any]) -> None:
        self._owner = owner
        self._key = key
        self._call = call

    def __getattr__(self, name: str) -> Any:
        """Return the value if there are several starts; Python asks only if none is set."""
        if name != "value":
            raise AttributeError(name)
        return self._owner._find(self._key, self._call)

    def _show(self, starts: list[Start]) -> None:
        """Set the value if it is the same in every start, which is usually one."""
        found = [start.values[self._key] for start in starts if self._key in start.values]
        if found and all(one is found[0] for one in found):
            self.value = found[0]
        else:
            with suppress(AttributeError):
                del self.value


class AppValues:
    """The values of one application."""

    def __init__(self) -> None:
        self._holders: dict[Hashable, AppValue] = {}
        self._starts: list[Start] = []
        self._changing = Lock()

    @property
    def is_started(self) -> bool:
        """Return True between the start and the stop of the application."""
        return bool(self._starts)

    def holder(self, key: Hashable, call: Callable[..., Any]) -> AppValue:
        """Return the holder of the value of a dependency.

        Args:
            key: The key of the dependency.
            call: The callable that makes the value, for error messages.
        """
        with self._changing:
            found = self._holders.get(key)
            if found is None:
                found = self._holders[key] = AppValue(self, key, call)
                found._show(self._starts)
        return found

    def add(self, start: Start) -> None:
        """Show the values of one more start."""
        with self._changing:
            self._change([*self._starts, start])

    def remove(self, start: Start) -> None:
        """Hide the values of a start, because the application stops."""
        with self._changing:
            self._change([one for one in self._starts if one is not start])

    def _change(self, starts: list[Start]) -> None:
        self._starts = starts
        for holder in self._holders.values():
            holder._show(starts)

    def refuse_late_override(
        self, key: Hashable, made_by: Hashable, call: Callable[..., Any]
    ) -> None:
        """Refuse an override of a dependency whose value has been made already.

        Args:
            key: The key of the dependency.
            made_by: What would make the value now.
            call: The callable that would make it.

        Raises:
            SetupError: A running start has made the value otherwise.
        """
        if any(start.made_by.get(key, made_by) != made_by for start in self._starts):
            raise setup_error(
                f"The override {describe_callable(call)} of a dependency with scope='app' came "
                "after the application had started",
                "dependency_overrides was changed inside of `with TestClient(app)`",
                "the change of dependency_overrides before `with TestClient(app)`",
            )

    def _find(self, key: Hashable, call: Callable[..., Any]) -> Any:
        """Return a value of the start in the running event loop, or of the last start."""
        starts = [start for start in self._starts if key in start.values]
        if not starts:
            raise self._absent(call)
        loop = _running_loop()
        here = [start for start in starts if start.loop is loop]
        return (here or starts)[-1].values[key]

    def _absent(self, call: Callable[..., Any]) -> SetupError:
        name = getattr(call, "__name__", type(call).__name__)
        if not self._starts:
            return setup_error(
                f"{name} has scope='app', and the application has not started",
                "the test client is used without `with`, or the server does not run the lifespan",
                "with TestClient(app) as client: ...",
                where=describe_callable(call),
            )
        return setup_error(
            f"{name} has scope='app', and nothing used it when the application started",
            "the route was added later, or only `app.resolve()` uses it",
            f"FastAPI(dependencies=[Depends({name}, scope='app')]), so that it is made at startup",
            where=describe_callable(call),
        )


def _running_loop() -> Any:
    """Return the running event loop; None in a thread without one."""
    try:
        return current_loop()
    except RuntimeError:
        return None


def find_holder(connection: Any, key: Hashable, call: Callable[..., Any]) -> AppValue:
    """Return the holder of a value for a graph that is solved without a compiled route.

    Args:
        connection: The request or WebSocket connection, whose scope has the application.
        key: The key of the dependency.
        call: The callable that makes the value.

    Raises:
        SetupError: The connection does not belong to an application.
    """
    values = values_of(connection.scope.get("app"))
    if values is None:
        raise no_application(call)
    return values.holder(key, call)


def values_of(application: Any) -> AppValues | None:
    """Return the values of an application; None for an object that is not one of ours."""
    found = getattr(application, "_app_values", None)
    return found if isinstance(found, AppValues) else None


def no_application(call: Callable[..., Any]) -> SetupError:
    """Return the error for a route that uses a value, but is not part of an application."""
    name = getattr(call, "__name__", type(call).__name__)
    return setup_error(
        f"{name} has scope='app', and is used by a router that belongs to no application",
        "the router was mounted, so that nothing starts it",
        "app.include_router(router, prefix=...), instead of app.mount()",
        where=describe_callable(call),
    )
