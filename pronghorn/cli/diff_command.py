"""The command ``pronghorn diff``: its options. What it does is in the other ``diff_`` modules."""

from pathlib import Path
from typing import Annotated

import typer

from pronghorn.cli.arguments import AppOption, EntrypointOption, PathArgument

__all__ = ["diff"]

REPLAYING = "What to ask"


def diff(
    path: PathArgument = None,
    *,
    app: AppOption = None,
    entrypoint: EntrypointOption = None,
    har: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Replay the requests of this HAR file, as browsers and proxies save them, "
            "instead of generated ones.",
            rich_help_panel=REPLAYING,
            show_default=False,
        ),
    ] = None,
    requests: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="NUMBER",
            help="How many requests to generate from the OpenAPI document; 0 compares the "
            "documents only.",
            rich_help_panel=REPLAYING,
        ),
    ] = 100,
    seed: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            help="The same number generates the same requests.",
            rich_help_panel=REPLAYING,
        ),
    ] = 0,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe",
            help="Also send POST, PUT, PATCH and DELETE; the app is called as in production, so "
            "give it data that may be lost.",
            rich_help_panel=REPLAYING,
        ),
    ] = False,
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME: VALUE'",
            help="A header to add to every request, such as 'Authorization: Bearer abc'; may be "
            "given several times.",
            rich_help_panel=REPLAYING,
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.1,
            metavar="SECONDS",
            help="How long to wait for one answer; then the client is gone, which ends streams.",
            rich_help_panel=REPLAYING,
        ),
    ] = 10.0,
) -> None:
    """
    Run a FastAPI program on FastAPI and on pronghorn, and print what [bold]differs[/bold].

    Compares the OpenAPI documents and the answers to requests, each engine in a process of its
    own. The program is not changed: it imports fastapi, which has to be installed. Exits with 0
    if nothing differs, 1 if something does, 2 if the program does not run on FastAPI.

    Examples:

    - [cyan]pronghorn diff[/cyan]
    - [cyan]pronghorn diff shop/main.py --requests 1000 --seed 7[/cyan]
    - [cyan]pronghorn diff --har recorded.har --header 'Authorization: Bearer abc'[/cyan]
    - [cyan]pronghorn diff --entrypoint shop.main:app --unsafe[/cyan]
    """
    from pronghorn.cli.diff_run import Job, run

    job = Job(
        path=path,
        app=app,
        entrypoint=entrypoint,
        har=har,
        requests=requests,
        seed=seed,
        unsafe=unsafe,
        headers=tuple(header or ()),
        timeout=timeout,
    )
    raise typer.Exit(run(job))
