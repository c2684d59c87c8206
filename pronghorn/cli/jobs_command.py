"""The commands `pronghorn jobs ...`: work, and look after the work; `groups.py` has the group."""

from typing import Annotated, Any

import typer
from typing_extensions import Unpack

from pronghorn.cli.arguments import DatabaseOptions, reference_of
from pronghorn.cli.job_options import (
    DeadOptions,
    JobId,
    ListOptions,
    OneJobOptions,
    RetryOptions,
    WorkOptions,
)
from pronghorn.core.typed_kwargs import expand_signature

__all__ = ["jobs"]

jobs = typer.Typer(rich_markup_mode="rich")


def _find(options: Any) -> Any:
    """Return the jobs of the program."""
    from pronghorn.cli.jobs_find import find_jobs

    return find_jobs(reference_of(options), options["database"])


@jobs.command()
@expand_signature(WorkOptions)
def run(**options: Unpack[WorkOptions]) -> None:
    """
    [bold]Work[/bold]: run the jobs of an app until the process is told to end.

    The lifespan of the app runs around it, as around a server. After SIGTERM no job begins, and
    those that run have --grace seconds; a second SIGTERM, or Ctrl+C twice, ends at once. A worker
    that dies loses no job: another one runs them again.

    Examples:

    - [cyan]pronghorn jobs run[/cyan]
    - [cyan]pronghorn jobs run shop/main.py --queue mail=20 --queue default[/cyan]
    - [cyan]pronghorn jobs run --workers 4 --health-port 9000 --log-format json[/cyan]
    """
    from pronghorn.cli.jobs_run import work

    work(reference_of(options), options)


@jobs.command("list")
@expand_signature(ListOptions)
def list_jobs(**options: Unpack[ListOptions]) -> None:
    """
    List the [bold]last jobs[/bold], and how many are in each state.

    A job waits for a worker, is scheduled for a later time, runs, and is then done, dead or
    cancelled. What is done is forgotten after the time that the program sets.

    Examples:

    - [cyan]pronghorn jobs list[/cyan]
    - [cyan]pronghorn jobs list --state running --queue mail[/cyan]
    - [cyan]pronghorn jobs list --task send_receipt --json | jq '.[].id'[/cyan]
    """
    from pronghorn.cli.jobs_look import print_list

    print_list(_find(options), _filters(options, options["state"]), as_json=options["as_json"])


@jobs.command()
@expand_signature(DeadOptions)
def dead(**options: Unpack[DeadOptions]) -> None:
    """
    List the jobs that have [bold]failed for good[/bold], each with its reason.

    Examples:

    - [cyan]pronghorn jobs dead[/cyan]
    - [cyan]pronghorn jobs dead --task send_receipt --limit 5[/cyan]
    """
    from pronghorn.cli.jobs_look import print_dead

    print_dead(_find(options), _filters(options, "dead"), as_json=options["as_json"])


def _filters(options: ListOptions | DeadOptions, state: str | None) -> dict[str, Any]:
    """Return the arguments of `Jobs.list`."""
    chosen = {name: options[name] for name in ("task", "queue", "limit")}
    return {"state": state, **chosen}


@jobs.command()
@expand_signature(OneJobOptions)
def show(job_id: JobId, **options: Unpack[OneJobOptions]) -> None:
    """
    Show [bold]one job[/bold]: its arguments, its times, its attempts and the last error.

    Arguments with names such as password or token are masked.

    Examples:

    - [cyan]pronghorn jobs show 0b5e8c34-6f0e-4c55-9d5b-3f3c4a3c9d55[/cyan]
    """
    from pronghorn.cli.jobs_look import print_one

    print_one(_find(options), job_id, as_json=options["as_json"])


@jobs.command()
@expand_signature(RetryOptions)
def retry(
    job_id: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="The id of a job that is dead or cancelled. Leave it out with --all.",
            show_default=False,
        ),
    ] = None,
    **options: Unpack[RetryOptions],
) -> None:
    """
    Run a job [bold]again[/bold] that is dead or cancelled, as if it were new.

    Examples:

    - [cyan]pronghorn jobs retry 0b5e8c34-6f0e-4c55-9d5b-3f3c4a3c9d55[/cyan]
    - [cyan]pronghorn jobs retry --all --task send_receipt[/cyan]
    """
    from pronghorn.cli.jobs_look import check_choice, retry_dead, retry_one

    options["path"], job_id = check_choice(options, job_id)
    found = _find(options)
    if job_id is None:
        retry_dead(found, options["task"], options["queue"])
    else:
        retry_one(found, job_id)


@jobs.command()
@expand_signature(DatabaseOptions)
def cancel(job_id: JobId, **options: Unpack[DatabaseOptions]) -> None:
    """
    [bold]Cancel[/bold] a job: it does not begin, or is interrupted where it awaits something.

    Examples:

    - [cyan]pronghorn jobs cancel 0b5e8c34-6f0e-4c55-9d5b-3f3c4a3c9d55[/cyan]
    """
    from pronghorn.cli.jobs_look import cancel_one

    cancel_one(_find(options), job_id)
