"""Attach what runs the jobs of an application, and keeps its background tasks as jobs."""

from __future__ import annotations

from typing import Any

from pronghorn.core.setup_errors import describe_value, did_you_mean, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError

_WAYS = ("process", "durable")


def use_jobs(app: Any, jobs: Any, background_tasks: Any) -> None:
    """Let an application run jobs, and keep its background tasks.

    Its attribute `_job_runner` is then a `JobRunner`, which its lifespan starts, and
    `_task_store` a `TaskStore`, with which its routes are compiled.

    Args:
        app: The application.
        jobs: The option `jobs`.
        background_tasks: The option `background_tasks`.

    Raises:
        SetupError: An option is not valid, or durable tasks have no jobs.
    """
    if background_tasks not in (*_WAYS, None):
        close = did_you_mean(str(background_tasks), _WAYS) or "durable"
        raise user_error(
            f"background_tasks must be 'process' or 'durable', not "
            f"{describe_value(background_tasks)}",
            f"background_tasks={background_tasks!r} was given",
            f'background_tasks="{close}"',
            kind=SetupValueError,
        )
    if jobs is not None and not _is_runner(jobs):
        raise user_error(
            f"jobs must be an object of pronghorn.jobs.Jobs, not {describe_value(jobs)}",
            "the class was not called" if isinstance(jobs, type) else None,
            "jobs = Jobs(db), then FastAPI(lifespan=db.lifespan, jobs=jobs)",
            kind=SetupTypeError,
        )
    app._job_runner = jobs
    if background_tasks != "durable":
        return
    if jobs is None:
        raise user_error(
            'background_tasks="durable" needs jobs, which keep the tasks in the database',
            "jobs= was left out",
            'FastAPI(lifespan=db.lifespan, jobs=Jobs(db), background_tasks="durable")',
            kind=SetupValueError,
        )
    app._task_store = jobs.task_store()


def _is_runner(jobs: Any) -> bool:
    if isinstance(jobs, type):
        return False
    return callable(getattr(jobs, "lifespan", None)) and callable(getattr(jobs, "task_store", None))
