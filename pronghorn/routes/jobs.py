"""The part of an application that runs jobs, and keeps background tasks as jobs."""

from __future__ import annotations

from typing import Any

from pronghorn.core.setup_errors import describe_value, did_you_mean, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError
from pronghorn.hooks import JobRunner, TaskStore

_WAYS = ("process", "durable")


class RunsJobs:
    """Knows what runs the jobs of an application, and what keeps its background tasks."""

    _job_runner: JobRunner | None = None
    #: None if background tasks run in the process of the server.
    _task_store: TaskStore | None = None

    def _use_jobs(self, jobs: Any, background_tasks: Any) -> None:
        """Keep the options of an application for its jobs.

        Args:
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
        self._job_runner = jobs
        if background_tasks != "durable":
            return
        if jobs is None:
            raise user_error(
                'background_tasks="durable" needs jobs, which keep the tasks in the database',
                "jobs= was left out",
                'FastAPI(lifespan=db.lifespan, jobs=Jobs(db), background_tasks="durable")',
                kind=SetupValueError,
            )
        self._task_store = jobs.task_store()


def _is_runner(jobs: Any) -> bool:
    if isinstance(jobs, type):
        return False
    return callable(getattr(jobs, "lifespan", None)) and callable(getattr(jobs, "task_store", None))
