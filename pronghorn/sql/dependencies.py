"""The dependencies of a database: sessions of requests, connections and streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from weakref import WeakSet

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.kinds import CallKind
from pronghorn.core.setup_errors import setup_error
from pronghorn.hooks import Trigger, check_plans
from pronghorn.param_functions import Depends
from pronghorn.plan.model import RoutePlan

#: Opens a session: `open(trigger, read_only=..., replica=..., keeps=...)`.
Open = Callable[..., AbstractAsyncContextManager[AsyncSession]]
#: The functions of all dependencies whose sessions end before the response is sent.
_ENDING_EARLY: WeakSet[Callable[..., Any]] = WeakSet()
#: The functions of all dependencies that give a session.
_GIVING_SESSIONS: WeakSet[Callable[..., Any]] = WeakSet()
#: The functions of all dependencies whose sessions may write.
_WRITING: WeakSet[Callable[..., Any]] = WeakSet()


def make_session(open_: Open) -> Any:
    """Return the dependency for a session that reads for GET and HEAD, and writes for the rest."""

    async def get_session(trigger: Trigger) -> AsyncIterator[AsyncSession]:
        async with open_(trigger, read_only=trigger.only_reads) as session:
            yield session

    _ENDING_EARLY.add(get_session)
    _GIVING_SESSIONS.add(get_session)
    _WRITING.add(get_session)
    return Depends(get_session, scope="function")


def make_read_session(open_: Open) -> Any:
    """Return the dependency for a session that only reads, from a replica if there is one."""

    async def get_read_session(trigger: Trigger) -> AsyncIterator[AsyncSession]:
        async with open_(trigger, read_only=True, replica=True) as session:
            yield session

    _ENDING_EARLY.add(get_read_session)
    _GIVING_SESSIONS.add(get_read_session)
    return Depends(get_read_session, scope="function")


def make_stream_session(open_: Open) -> Any:
    """Return the dependency for a session that only reads, until the response was sent."""

    async def get_stream_session(trigger: Trigger) -> AsyncIterator[AsyncSession]:
        async with open_(trigger, read_only=True, replica=True, keeps=False) as session:
            yield session

    _GIVING_SESSIONS.add(get_stream_session)
    return Depends(get_stream_session, scope="request")


def may_write(call: Any) -> bool:
    """Return whether a function is that of a dependency whose session may write."""
    return any(call is each for each in _WRITING)


def check_sessions(plan: RoutePlan) -> None:
    """Refuse an endpoint that cannot use the session it asks for.

    Raises:
        SetupError: The endpoint is a generator, which runs after the end of its session, or a
            `def` function, which cannot await.
    """
    for dependency in plan.root.dependencies:
        call = dependency.marker and dependency.marker.dependency
        if dependency.argument is None or call not in _GIVING_SESSIONS:
            continue
        if plan.response.stream is not None and call in _ENDING_EARLY:
            raise setup_error(
                f"The endpoint yields, and its session {dependency.argument!r} ends before the "
                "first item is sent",
                "the session of a stream was meant, which ends after the last item",
                f"{dependency.argument}: Annotated[AsyncSession, db.stream_session]",
            )
        if plan.root.kind in (CallKind.THREAD, CallKind.GENERATOR):
            raise setup_error(
                f"The endpoint is a `def` function and cannot await its session "
                f"{dependency.argument!r}",
                "`async` was left out",
                f"async def {getattr(plan.endpoint, '__name__', 'endpoint')}(...)",
            )


check_plans(check_sessions)
