"""The part of an application that declares its probes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pronghorn.health.check import Check
    from pronghorn.health.probes import Probes


class AnswersProbes:
    """Answers the probes of orchestrators and load balancers."""

    _probes: Probes | None = None

    def health(
        self,
        *,
        ready: Iterable[Callable[..., Any] | Check] = (),
        live_path: str | None = "/live",
        ready_path: str | None = "/ready",
        drain: float = 0.0,
    ) -> None:
        """Answer `/live` and `/ready`, for orchestrators and load balancers.

        No middleware, dependency, document or trace of the application sees these requests, and
        they need no worker thread. `/live` says 200 as long as the event loop runs. `/ready` runs
        the checks at the same time, and says 503 if one of them fails, does not answer in time, or
        the server has been told to stop.

        Args:
            ready: The checks. Each is a function, which may have dependencies, or a `Check`, which
                sets limits. A check fails if it raises an exception or returns False.
            live_path: The path of the first probe; None for none.
            ready_path: The path of the second probe; None for none.
            drain: Seconds between SIGTERM and the end of uvicorn. In this time `/ready` says 503
                and all other requests are still answered.

        Raises:
            SetupError: An argument cannot work, the method was called before, or the application
                has started.

        Example::

            app.health(ready=[db.check, Check(ping_search, timeout=5)])
        """
        from pronghorn.health.attach import attach  # Few programs in a process have probes.

        attach(self, ready, live_path, ready_path, drain)
