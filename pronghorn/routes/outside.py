"""The part of an application that uses dependencies outside of a request."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from pronghorn.plan.model import CallPlan
    from pronghorn.routes.outside_graphs import Outside
    from pronghorn.run.app_values import AppValues

T = TypeVar("T")


class UsesDependenciesOutside:
    """Resolves dependencies for code that is not called by a request."""

    @property
    def _app_values(self) -> AppValues:
        """The values of dependencies with `scope="app"`, made at the first use."""
        from pronghorn.run.app_values import AppValues  # Few programs have any.

        # One step, since several threads may ask first.
        found: AppValues = self.__dict__.setdefault("_own_app_values", AppValues())
        return found

    @property
    def _outside(self) -> Outside:
        """The graphs of `resolve` and `inject`, made at the first use."""
        from pronghorn.routes.outside_graphs import Outside  # Few programs need it.

        found: Outside = self.__dict__.setdefault("_own_outside", Outside(self))
        return found

    @overload
    def resolve(
        self, dependency: Callable[..., AsyncIterator[T]]
    ) -> AbstractAsyncContextManager[T]: ...

    @overload
    def resolve(self, dependency: Callable[..., Iterator[T]]) -> AbstractAsyncContextManager[T]: ...

    @overload
    def resolve(
        self, dependency: Callable[..., Awaitable[T]]
    ) -> AbstractAsyncContextManager[T]: ...

    @overload
    def resolve(self, dependency: Callable[..., T]) -> AbstractAsyncContextManager[T]: ...

    @overload
    def resolve(self, dependency: Any) -> AbstractAsyncContextManager[Any]: ...

    def resolve(self, dependency: Any) -> AbstractAsyncContextManager[Any]:
        """Open a dependency outside of a request, with everything on which it depends.

        Everything is closed at the end of the block, also after an exception, which is raised at
        the `yield` of each dependency. `dependency_overrides` apply.

        Args:
            dependency: A function, class or other callable, as for `Depends`; or an `Annotated`
                type with `Depends`.

        Returns:
            An asynchronous context manager with the value of the dependency.

        Raises:
            SetupError: A dependency needs a request.

        Example::

            async with app.resolve(get_session) as session:
                await session.execute(delete(Token))
        """
        return self._outside.open(dependency)

    def inject(self, function: Callable[..., T]) -> Callable[..., T]:
        """Let a function that you call yourself receive dependencies: a job, a script, a command.

        Parameters with `Depends` receive their values at each call; all others are passed by the
        caller, who may also pass an injected one by its name. `dependency_overrides` apply.

        Args:
            function: A function, with `def` or `async def`. A `def` function runs in the thread of
                its caller.

        Returns:
            A function without the injected parameters in its signature.

        Raises:
            SetupError: A dependency needs a request, or no parameter is a dependency.

        Example::

            @app.inject
            async def send_reminders(day: date, session: Session) -> int: ...


            await send_reminders(date.today())
        """
        return self._outside.inject(function)

    def _list_injected_graphs(self) -> list[CallPlan]:
        """Return the graphs of all functions with `@app.inject`, with overrides in place."""
        known = "_own_outside" in self.__dict__
        return self._outside.list_injected_graphs() if known else []
