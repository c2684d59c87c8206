"""The commands `pronghorn deploy ...`; `pronghorn.cli.groups` has the group."""

from pathlib import Path
from typing import Annotated

import typer

from pronghorn.cli.env_file import load_environment

__all__ = ["deploy"]

deploy = typer.Typer(rich_markup_mode="rich")

TargetName = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        help="compose, kubernetes, kamal, fly, cloud-run, railway or render. By default the target "
        "of \\[tool.pronghorn.deploy] in pyproject.toml, or compose.",
        show_default=False,
    ),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        "--env-file",
        metavar="FILE",
        is_eager=True,
        callback=load_environment,
        help="A file of NAME=VALUE lines, such as the secrets. A variable that is already set "
        "keeps its value.",
        show_default=False,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=1,
        max=86_400,
        metavar="SECONDS",
        help="Time in which the new version has to be ready. By default that of pyproject.toml, "
        "or 180.",
        show_default=False,
    ),
]
Tag = Annotated[
    str | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        help="The version, which is the tag of the image. By default the commit; for rollback the "
        "version before.",
        show_default=False,
    ),
]


@deploy.command("now", hidden=True)
def now(
    target: TargetName = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, print the files, and touch nothing.")
    ] = False,
    env_file: EnvFile = None,
    no_build: Annotated[
        bool, typer.Option("--no-build", help="Take the image from its registry.")
    ] = False,
    timeout: Timeout = None,
    tag: Tag = None,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Build also what is not committed.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that were changed by hand.")
    ] = False,
) -> None:
    """
    [bold]Deploy[/bold] the app.

    Examples:

    - [cyan]pronghorn deploy --dry-run[/cyan]
    - [cyan]pronghorn deploy kubernetes --env-file .env.production[/cyan]
    """
    from pronghorn.deploy.flow import DeployOptions
    from pronghorn.deploy.flow import deploy as run_deploy

    options = DeployOptions(target, dry_run, not no_build, timeout, tag, force, allow_dirty)
    raise typer.Exit(run_deploy(options))


@deploy.command()
def rollback(
    target: TargetName = None,
    *,
    env_file: EnvFile = None,
    timeout: Timeout = None,
    tag: Tag = None,
) -> None:
    """
    Return to the [bold]version before[/bold]. Migrations are not taken back.

    Examples:

    - [cyan]pronghorn deploy rollback --env-file .env.production[/cyan]
    - [cyan]pronghorn deploy rollback kubernetes --tag 3f2a91c0de[/cyan]
    """
    from pronghorn.deploy.flow import rollback as run_rollback

    raise typer.Exit(run_rollback(target, tag=tag, timeout=timeout))


@deploy.command()
def status(target: TargetName = None, *, env_file: EnvFile = None) -> None:
    """
    Show [bold]what runs[/bold]: each part with its state and its version.

    Exits with 1 if nothing runs.

    Examples:

    - [cyan]pronghorn deploy status[/cyan]
    """
    from pronghorn.deploy.look import print_status

    raise typer.Exit(print_status(target))


@deploy.command()
def logs(
    target: TargetName = None,
    *,
    env_file: EnvFile = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl+C.")] = False,
    lines: Annotated[
        int,
        typer.Option("--lines", "-n", min=0, metavar="NUMBER", help="Lines of each part at first."),
    ] = 100,
) -> None:
    """
    Print the [bold]logs[/bold] of what runs.

    Examples:

    - [cyan]pronghorn deploy logs --follow[/cyan]
    - [cyan]pronghorn deploy logs kubernetes -n 20[/cyan]
    """
    from pronghorn.deploy.look import print_logs

    raise typer.Exit(print_logs(target, follow=follow, lines=lines))


@deploy.command()
def env(target: TargetName = None, *, env_file: EnvFile = None) -> None:
    """
    List the [bold]variables[/bold] and secrets, and whether what runs has them.

    The value of a secret is never printed.

    Examples:

    - [cyan]pronghorn deploy env[/cyan]
    """
    from pronghorn.deploy.look import print_env

    print_env(target)
