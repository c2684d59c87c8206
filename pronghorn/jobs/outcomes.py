"""The ends of runs, and what is written then."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs.engine import Delivery, Engine
from pronghorn.jobs.store import Run, end_run, next_delivery, put_off
from pronghorn.jobs.task import Task
from pronghorn.logger import logger

#: The seconds for which a job goes back to the queue that this release of the program cannot do:
#: while a new one is rolled out, a worker of the old one may get it first.
PATIENCE = 45.0
_PAUSE = 5.0
#: The most characters of a traceback that are kept.
_LONGEST = 6000


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run.

    Attributes:
        kind: `done`; `failed`, which is tried again; `bad`, which is not; or `unknown`, for a task
            that this worker does not have, or arguments that its function does not take.
        reason: The reason, for people.
        error: The exception.
    """

    kind: Literal["done", "failed", "bad", "unknown"]
    reason: str = ""
    error: BaseException | None = None

    @property
    def text(self) -> str:
        """The text to store: the reason, and where it was raised."""
        if self.error is None or self.error.__traceback__ is None:
            return self.reason
        lines = "".join(traceback.format_exception(self.error)).rstrip()
        return f"{self.reason}\n\n{lines[-_LONGEST:]}"


DONE = Outcome("done")


def describe(error: BaseException) -> str:
    """Return the class and the text of an exception in one line."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - the text is code of the program, which may fail as well
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


async def write_outcome(
    session: AsyncSession, engine: Engine, run: Run, task: Task | None, outcome: Outcome
) -> bool:
    """Write how a run has ended; return False if the run is no longer the job's.

    Args:
        session: A session that writes.
        engine: The engine, which gets the next delivery in the same transaction.
        run: The run.
        task: Its task; None if it is unknown.
        outcome: The end.
    """
    if outcome.kind == "done":
        return await end_run(session, run, "done")
    if _goes_back(run, outcome):
        channel = run.queue if task is None else task.channel_for(run.queue)
        return await _again(session, engine, run, channel, _PAUSE, run.attempt, outcome)
    if outcome.kind == "failed" and task is not None and run.attempt <= task.retries:
        delay = task.backoff.after(run.attempt)
        return await _again(
            session, engine, run, task.channel_for(run.queue), delay, run.attempt + 1, outcome
        )
    return await end_run(session, run, "dead", outcome.text)


def _goes_back(run: Run, outcome: Outcome) -> bool:
    """Return whether a worker of another release may still come and do a job.

    The time begins with the first refusal, since a job may have waited for long before.
    """
    return outcome.kind == "unknown" and (not _was_refused(run) or run.waited < PATIENCE * 1000)


def _was_refused(run: Run) -> bool:
    """Return whether the last run has ended with a refusal, whose text has no traceback."""
    return run.error is not None and "\n" not in run.error


async def _again(
    session: AsyncSession,
    engine: Engine,
    run: Run,
    channel: str,
    delay: float,
    attempt: int,
    outcome: Outcome,
) -> bool:
    delivery = next_delivery(run.id)
    keeps = await put_off(
        session,
        run,
        delivery,
        delay,
        attempt=attempt,
        outcome=outcome.kind,
        error=outcome.text,
        channel=channel,
        is_due=outcome.kind == "failed" or not _was_refused(run),
    )
    if keeps:
        await engine.put(session, Delivery(delivery, channel, delay))
    return keeps


def log_outcome(run: Run, task: Task | None, outcome: Outcome) -> None:
    """Tell the log of a run that has failed."""
    if outcome.kind == "done":
        return
    name = f"{run.task} ({run.id})"
    if outcome.kind == "failed" and task is not None and run.attempt <= task.retries:
        text = "The job %s has failed in attempt %d of %d, and is tried again: %s"
        logger.warning(text, name, run.attempt, task.retries + 1, outcome.reason)
    elif _goes_back(run, outcome):
        logger.warning("The job %s goes back to its queue: %s", name, outcome.reason)
    else:
        logger.error("The job %s is dead: %s", name, outcome.reason, exc_info=outcome.error)
