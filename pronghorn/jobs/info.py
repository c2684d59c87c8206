"""A job as programs and commands see it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Row

from pronghorn.nodes.node import as_time

#: What becomes of a job: it waits for a worker, or for its time (`scheduled`, also for the next
#: attempt); it runs; it is done; it has failed for good (`dead`); or it was cancelled.
State = Literal["waiting", "scheduled", "running", "done", "dead", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
#: How many jobs of each state are counted, unless a program wants all.
COUNTED = 10_000
#: The largest limit, which the databases understand.
MOST = 2**31 - 1
#: How an attempt ended. `failed`: the job is tried again. `unknown`: its worker did not know the
#: task, and has put it back. `stopped`: its worker stopped. `lost`: its worker has died. The last
#: attempt has the state of the job.
Ending = Literal["running", "failed", "unknown", "stopped", "lost", "done", "dead", "cancelled"]


@dataclass(frozen=True, slots=True)
class JobRef:
    """A job that was stored.

    Args:
        id: Its id.
    """

    id: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job, as far as it is known. Times are in UTC, by the clock of the database.

    Args:
        id: Its id.
        task: The name of its task.
        queue: The queue.
        state: See `State`.
        attempt: The number of the attempt that runs or comes next, or was the last; from 1.
        rescues: How often a worker that had the job has died.
        created_at: When it was stored.
        due_at: The time before which it does not run.
        started_at: When the last attempt began.
        ended_at: When it was done, dead or cancelled.
        arguments: The arguments as JSON; a text if they are no JSON.
        error: The last failure, or the reason why it is dead.
        node: The id of the process that runs it.
    """

    id: str
    task: str
    queue: str
    state: State
    attempt: int
    rescues: int
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    arguments: Any
    error: str | None
    node: str | None


@dataclass(frozen=True, slots=True)
class AttemptInfo:
    """An attempt of a job. Times are in UTC, by the clock of the database.

    Args:
        number: Its number, from 1. It is the same once more if a worker had to be replaced.
        outcome: See `Ending`.
        started_at: When it began.
        ended_at: When it ended, or when it was noticed that its worker had died; None while it
            runs.
        node: The id of the process in which it ran.
        error: Why it failed, in a line or a few.
    """

    number: int
    outcome: Ending
    started_at: datetime
    ended_at: datetime | None
    node: str | None
    error: str | None


def read_info(row: Row[Any]) -> JobInfo:
    """Return what a row of `JOBS` says."""
    found = row._mapping
    return JobInfo(
        id=found["id"],
        task=found["task"],
        queue=found["queue"],
        state=found["state"],
        attempt=found["attempt"],
        rescues=found["rescues"],
        created_at=as_time(found["created_at"]),
        due_at=as_time(found["due_at"]),
        started_at=found["started_at"] and as_time(found["started_at"]),
        ended_at=found["ended_at"] and as_time(found["ended_at"]),
        arguments=_read_arguments(found["arguments"]),
        error=found["error"],
        node=found["node"] if found["state"] == "running" else None,
    )


def _read_arguments(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return str(text)


def check_looking(states: Collection[str], number: object, name: str) -> None:
    """Refuse a state or a number of jobs that cannot be looked for.

    Args:
        states: What should be states.
        number: What should be a number of jobs, or None for all.
        name: The name of the argument.

    Raises:
        ValueError: One of them is wrong.
    """
    for state in states:
        if state not in STATES:
            raise ValueError(f"A job has no state {state!r}; there are {', '.join(STATES)}")
    if number is not None and (not isinstance(number, int) or not 1 <= number <= MOST):
        raise ValueError(f"{name} is {number!r}, not a number of jobs from 1 to {MOST}")
