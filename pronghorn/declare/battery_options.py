"""The options of an application for its batteries: what a program may do without."""

from typing import Annotated, Any, Literal, TypedDict

from pronghorn.core.typed_kwargs import DefaultIs


class BatteryOptions(TypedDict, total=False):
    """Options of an application for its batteries."""

    telemetry: Any | None
    """A `pronghorn.telemetry.TelemetryConfig`; requires the extra `opentelemetry`.

    `None` uses the global providers of the program, if there are any.
    """
    jobs: Any | None
    """A `pronghorn.jobs.Jobs`, which starts after the `lifespan` and stops before it."""
    background_tasks: Annotated[Literal["process", "durable"], DefaultIs("process")]
    """Where `BackgroundTasks.add_task` leaves its functions; `"durable"` needs `jobs`.

    `"process"` calls them in the process of the server, as FastAPI does. `"durable"` writes them as
    jobs, in the transaction of the request. `docs/how-to/durable-background-tasks.md` has more.
    """
