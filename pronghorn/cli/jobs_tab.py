"""The jobs of a program in words, for the page of `pronghorn dev`; no other command loads this."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pronghorn.cli.database import describe
from pronghorn.cli.jobs_attempts import sum_up_attempt
from pronghorn.cli.jobs_look import (
    CANCELLABLE,
    RETRYABLE,
    clean_arguments,
    moment_of,
    reason_of,
)
from pronghorn.cli.nodes import list_nodes
from pronghorn.cli.tables import ago
from pronghorn.devtools.jobs_page import JobLine, JobOverview, JobsPage
from pronghorn.jobs import UnknownJobError
from pronghorn.logs.clean import clean_text

if TYPE_CHECKING:
    from pronghorn.jobs import AttemptInfo, JobInfo, Jobs
    from pronghorn.nodes import Node

__all__ = ["make_jobs_page"]

LONGEST_ARGUMENTS = 200


def make_jobs_page(every: Iterable[Jobs]) -> JobsPage | None:
    """Return the page of the jobs of a program; None if it has none."""
    sources = [_Source(jobs) for jobs in every]
    return JobsPage(sources) if sources else None


class _Source:
    """Describes the jobs in one database."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self.name = f"{jobs.db.name} ({describe(jobs.db)})"

    async def read(self, limit: int) -> JobOverview:
        """Return what there is to show; see `JobSource`."""
        try:
            listed = await self._jobs.list(limit=limit)
            counts = await self._jobs.counts()
            attempts = await self._jobs.attempts_of([job.id for job in listed])
            nodes = await list_nodes(self._jobs.db)
        except Exception as error:  # the database may be away, and comes back
            raise LookupError(clean_text(f"The jobs cannot be read: {error}")) from error
        workers = [node for node in nodes if node.is_alive and "worker" in node.role]
        lines = [_line(job, attempts.get(job.id, ())) for job in listed]
        return JobOverview(counts, lines, _describe_workers(workers), bool(workers))

    async def act(self, action: str, job_id: str) -> None:
        """Do what a button says; see `JobSource`."""
        try:
            done = await (self._jobs.retry if action == "retry" else self._jobs.cancel)(job_id)
            state = "" if done else (await self._jobs.get(job_id)).state
        except UnknownJobError as error:
            raise LookupError(f"There is no job {job_id} any more") from error
        except Exception as error:  # as above
            raise LookupError(clean_text(f"That did not work: {error}")) from error
        if not done:
            raise LookupError(f"The job {job_id} is {state} meanwhile")


def _line(job: JobInfo, attempts: Sequence[AttemptInfo]) -> JobLine:
    text = json.dumps(clean_arguments(job), ensure_ascii=False)
    if len(text) > LONGEST_ARGUMENTS:
        text = text[:LONGEST_ARGUMENTS] + "…"
    actions = [
        *(["retry"] if job.state in RETRYABLE else []),
        *(["cancel"] if job.state in CANCELLABLE else []),
    ]
    return JobLine(
        id=job.id,
        task=job.task,
        queue=job.queue,
        state=job.state,
        attempt=str(job.attempt),
        attempts=[sum_up_attempt(one) for one in attempts],
        stored=ago(job.created_at),
        when=ago(moment_of(job)),
        arguments=text,
        failure=reason_of(job) if job.error else "",
        actions=actions,
    )


def _describe_workers(workers: list[Node]) -> str:
    if not workers:
        return "No worker is alive: start pronghorn dev --jobs, or pronghorn jobs run beside it."
    named = ", ".join(f"{node.host}:{node.process}" for node in workers)
    return (
        f"1 worker is alive: {named}"
        if len(workers) == 1
        else f"{len(workers)} workers are alive: {named}"
    )
