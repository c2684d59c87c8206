"""The command `pronghorn diff`. The other `diff_` modules implement it."""

import typer
from typing_extensions import Unpack

from pronghorn.cli.arguments import DiffOptions
from pronghorn.core.typed_kwargs import expand_signature

__all__ = ["diff"]


@expand_signature(DiffOptions)
def diff(**options: Unpack[DiffOptions]) -> None:
    """
    Run a FastAPI program on FastAPI and on pronghorn, and print what [bold]differs[/bold].

    Compares the OpenAPI documents and the responses to requests, each engine in a process of its
    own. The program is not changed: it imports fastapi, which has to be installed. Exits with 0
    if nothing differs, 1 if something does, 2 if the program does not run on FastAPI or the login
    fails there.

    Examples:

    - [cyan]pronghorn diff[/cyan]
    - [cyan]pronghorn diff shop/main.py --requests 1000 --seed 7[/cyan]
    - [cyan]pronghorn diff --har recorded.har --header 'Authorization: Bearer abc'[/cyan]
    - [cyan]pronghorn diff --login 'POST /token username=ann password=secret'[/cyan]
    - [cyan]pronghorn diff --entrypoint shop.main:app --unsafe --json[/cyan]
    """
    from pronghorn.cli.diff_run import Job, run

    job = Job(
        path=options["path"],
        app=options["app"],
        entrypoint=options["entrypoint"],
        factory=options["factory"],
        har=options["har"],
        requests=options["requests"],
        seed=options["seed"],
        unsafe=options["unsafe"],
        headers=tuple(options["header"] or ()),
        login=options["login"],
        timeout=options["timeout"],
    )
    raise typer.Exit(run(job, as_json=options["as_json"]))
