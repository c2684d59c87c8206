"""Look at the jobs of a program, and run them again or cancel them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from textwrap import dedent
from typing import TYPE_CHECKING, Any, TypeVar

from rich.text import Text

from pronghorn.cli.database import run
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.importing import user_traceback, wants_full_tracebacks
from pronghorn.cli.jobs_attempts import describe_attempt, list_attempts
from pronghorn.cli.tables import ago, print_rows
from pronghorn.exceptions import SetupError
from pronghorn.logs.clean import clean_text, clean_value, escape, shorten

if TYPE_CHECKING:
    from pathlib import Path

    from pronghorn.jobs import AttemptInfo, JobInfo, Jobs

__all__ = [
    "CANCELLABLE",
    "RETRYABLE",
    "cancel_one",
    "check_choice",
    "clean_arguments",
    "moment_of",
    "print_dead",
    "print_list",
    "print_one",
    "reason_of",
    "retry_dead",
    "retry_one",
]

BATCH = 1000
"""Jobs that `retry --all` reads at once."""
LONGEST_REASON = 400
"""Characters of a failure in a list."""

_STYLES = {"dead": "red", "running": "cyan", "waiting": "yellow", "done": "green"}
#: The states from which a job may run again, and those that it can be cancelled in.
RETRYABLE = frozenset({"dead", "cancelled"})
CANCELLABLE = frozenset({"waiting", "scheduled", "running"})

ResultT = TypeVar("ResultT")


def print_list(jobs: Jobs, filters: dict[str, Any], *, as_json: bool) -> None:
    """Write the last jobs to standard output, and how many are in each state.

    Args:
        jobs: The jobs of the program.
        filters: The arguments of `Jobs.list`.
        as_json: Print a JSON array of the jobs.
    """

    filters = _with_full_name(jobs, filters)

    async def read() -> tuple[list[JobInfo], Mapping[str, Mapping[str, int]]]:
        return await jobs.list(**filters), await jobs.counts()

    listed, counts = _with(jobs, read)
    if as_json:
        _print_json([describe(job) for job in listed])
        return
    if listed:
        titles = ("Id", "Task", "Queue", "State", "Attempt", "Stored", "When")
        print_rows(titles, [_row(job) for job in listed])
    print(_summary(listed, counts))


def print_dead(jobs: Jobs, filters: dict[str, Any], *, as_json: bool) -> None:
    """Write the jobs that have failed for good to standard output, each with its reason."""
    full = _with_full_name(jobs, filters)
    listed = _with(jobs, lambda: jobs.list(**full))
    if as_json:
        _print_json([describe(job) for job in listed])
    elif not listed:
        print("No job is dead")
    else:
        for job in listed:
            print(escape(f"{job.id}  {job.task}  {ago(job.ended_at)}, after {_attempts(job)}"))
            print(f"  {reason_of(job)}")
        print("To run one again: pronghorn jobs retry ID; all of them: pronghorn jobs retry --all")


def print_one(jobs: Jobs, job_id: str, *, as_json: bool) -> None:
    """Write what is known of a job to standard output.

    Raises:
        CommandError: There is no such job.
    """

    async def read() -> tuple[JobInfo, Sequence[AttemptInfo]]:
        return await _get(jobs, job_id), await jobs.attempts(job_id)

    job, attempts = _with(jobs, read)
    if as_json:
        described = [describe_attempt(one) for one in attempts]
        _print_json({**describe(job), "attempts": described})
        return
    print(f"job        {job.id}")
    print(f"task       {escape(job.task)}")
    print(f"queue      {escape(job.queue)}")
    print(f"state      {job.state}, {_attempts(job)}")
    for label, moment in _moments(job):
        print(f"{label:<9}  {moment.astimezone():%Y-%m-%d %H:%M:%S %z}, {ago(moment)}")
    if job.node:
        print(f"node       {job.node}")
    print("arguments" + _indent(clean_arguments(job)))
    if job.error:
        print("error")
        print("\n".join(f"  {escape(line)}" for line in clean_text(job.error).splitlines()))
    if attempts:
        print("attempts")
        print("\n".join(f"  {line}" for line in list_attempts(attempts)))


def retry_one(jobs: Jobs, job_id: str) -> None:
    """Run a job again that is dead or cancelled.

    Raises:
        CommandError: There is no such job, or it is not over, or it is done.
    """

    async def again() -> None:
        job = await _get(jobs, job_id)
        if not await jobs.retry(job.id):
            raise CommandError(
                f"The job {job.id} is {job.state}, not dead or cancelled",
                "A job that is done would do its work twice; enqueue another one instead."
                if job.state == "done"
                else "It will run without that: pronghorn jobs show " + job.id,
            )

    _with(jobs, again)
    print(f"The job {job_id} runs again")


def retry_dead(jobs: Jobs, task: str | None, queue: str | None) -> None:
    """Run all dead jobs again, or those of a task and of a queue."""
    filters = _with_full_name(jobs, {"state": "dead", "task": task, "queue": queue})

    async def again() -> int:
        number, seen = 0, set[str]()
        while True:
            listed = await jobs.list(**filters, limit=BATCH + len(seen))
            # Those that have failed again meanwhile are left to the next command.
            new = [job.id for job in listed if job.id not in seen]
            if not new:
                return number
            seen.update(new)
            number += sum([await jobs.retry(id) for id in new])

    number = _with(jobs, again)
    what = "1 job runs" if number == 1 else f"{number or 'No'} jobs run"
    print(f"{what} again" if number else "No job is dead")


def cancel_one(jobs: Jobs, job_id: str) -> None:
    """Cancel a job that is not over.

    Raises:
        CommandError: There is no such job, or it is over.
    """

    async def end() -> str:
        job = await _get(jobs, job_id)
        if not await jobs.cancel(job.id):
            raise CommandError(f"The job {job.id} is {job.state} already")
        return job.state

    was = _with(jobs, end)
    later = ", and is interrupted in a moment" if was == "running" else ""
    print(f"The job {job_id} is cancelled{later}")


def check_choice(options: Any, job_id: str | None) -> tuple[Path | None, str | None]:
    """Return where the program is, and the id of the job; None for `--all`.

    Raises:
        CommandError: Neither or both are given.
    """
    path: Path | None = options["path"]
    if not options["every"]:
        if job_id is None:
            raise CommandError(
                "Which job is to run again?",
                "Write its ID, as `pronghorn jobs dead` prints it, or --all.",
                exit_code=USAGE,
            )
        for name in ("task", "queue"):
            if options[name] is not None:
                raise CommandError(
                    f"Cannot use --{name} with the ID of a job",
                    f"Leave one of them out, or write --all --{name} {options[name]}",
                    exit_code=USAGE,
                )
        return path, job_id
    if job_id is not None and path is not None:
        raise CommandError(
            f"Cannot use --all with the ID {job_id}", "Leave one of them out.", exit_code=USAGE
        )
    if job_id is None:
        return path, None
    from pathlib import Path as ThePath

    return ThePath(job_id), None  # With --all, the first argument is the app.


# --- reading and describing ----------------------------------------------------------------------


def _with(jobs: Jobs, work: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Run something on the jobs while their database is connected."""

    async def main() -> ResultT:
        async with jobs.db.lifespan():
            return await work()

    try:
        return run(main)
    except SetupError as error:  # Such as a table of the program with a name of the engine.
        message, _, hint = str(error).partition("\n")
        detail = user_traceback(error) if wants_full_tracebacks() else ""
        raise CommandError(message, dedent(hint), detail=detail) from error


def _with_full_name(jobs: Jobs, filters: dict[str, Any]) -> dict[str, Any]:
    """Return filters whose task has its full name, as `shop.mail:send_receipt`.

    Raises:
        CommandError: Several tasks have the name without their modules.
    """
    given = filters["task"]
    names = {task.name for task in jobs.tasks}
    full = sorted(name for name in names if name.rpartition(":")[2] == given)
    if given in names or not full:
        return filters  # A task that is gone still has jobs.
    if len(full) > 1:
        raise CommandError(
            f"{len(full)} tasks have the name {given}: {', '.join(full)}",
            f"Write --task {full[0]}",
            exit_code=USAGE,
        )
    return {**filters, "task": full[0]}


async def _get(jobs: Jobs, job_id: str) -> JobInfo:
    from pronghorn.jobs import UnknownJobError  # The program has it, and the command may not.

    try:
        return await jobs.get(job_id)
    except UnknownJobError as error:
        raise CommandError(
            f"There is no job {job_id}",
            "`pronghorn jobs list` prints the ids. A job that is done is forgotten some day.",
        ) from error


def describe(job: JobInfo) -> dict[str, Any]:
    """Return a job for JSON, without the values of secrets."""
    return {
        "id": job.id,
        "task": job.task,
        "queue": job.queue,
        "state": job.state,
        "attempt": job.attempt,
        "rescues": job.rescues,
        "created_at": _iso(job.created_at),
        "due_at": _iso(job.due_at),
        "started_at": _iso(job.started_at),
        "ended_at": _iso(job.ended_at),
        "arguments": clean_arguments(job),
        "error": job.error and clean_text(job.error),
        "node": job.node,
    }


def _print_json(data: Any) -> None:
    print(json.dumps(data, indent=2, ensure_ascii=False))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _row(job: JobInfo) -> tuple[str | Text, ...]:
    return (
        job.id,
        escape(job.task),
        escape(job.queue),
        Text(job.state, style=_STYLES.get(job.state, "")),
        str(job.attempt),
        ago(job.created_at),
        ago(moment_of(job)),
    )


def moment_of(job: JobInfo) -> datetime | None:
    """Return the time that says most: of the end, of the begin, or of the next attempt."""
    if job.state == "scheduled":
        return job.due_at
    return job.ended_at or (job.started_at if job.state == "running" else None)


def _summary(listed: list[JobInfo], counts: Mapping[str, Mapping[str, int]]) -> str:
    from pronghorn.jobs.info import COUNTED  # The program has it, and the command may not.

    totals: Counter[str] = Counter()
    for of_queue in counts.values():
        totals.update(of_queue)
    parts = [
        f"{number}{'+' if number >= COUNTED else ''} {state}"
        for state, number in totals.items()
        if number
    ]
    if not parts:
        return "No job is stored"
    shown = "" if len(listed) >= totals.total() else f"; {len(listed)} shown"
    return f"In all: {', '.join(parts)}{shown}"


def _attempts(job: JobInfo) -> str:
    attempts = "1 attempt" if job.attempt == 1 else f"{job.attempt} attempts"
    if not job.rescues:
        return attempts
    return f"{attempts}, of which a worker died {_times(job.rescues)}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _moments(job: JobInfo) -> Iterable[tuple[str, datetime]]:
    yield "stored", job.created_at
    if job.due_at != job.created_at:
        yield "due", job.due_at
    if job.started_at is not None:
        yield "begun", job.started_at
    if job.ended_at is not None:
        yield "ended", job.ended_at


def _indent(arguments: Any) -> str:
    """Return arguments below their heading, a line for each."""
    if not isinstance(arguments, dict):
        return "\n  " + escape(str(arguments))
    if not arguments:
        return "  none"
    width = max(map(len, arguments))
    return "".join(
        f"\n  {escape(name):<{width}}  {escape(json.dumps(value, ensure_ascii=False))}"
        for name, value in arguments.items()
    )


def reason_of(job: JobInfo) -> str:
    """Return the failure of a job in one line: the exception, without its traceback.

    The last line of a traceback may be a frame, a note or the address of a documentation.
    """
    lines = clean_text(job.error or "").strip().splitlines()
    return escape(shorten(lines[0], LONGEST_REASON)) if lines else "no reason is known"


def clean_arguments(job: JobInfo) -> Any:
    """Return the arguments of a job, short and without the values of secrets."""
    return clean_value(job.arguments)
