"""The command `pronghorn check`."""

from typing import Annotated

import typer
from typing_extensions import Unpack

from pronghorn.cli.arguments import FindOptions, reference_of
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.core.setup_errors import did_you_mean
from pronghorn.core.typed_kwargs import DefaultIs, expand_signature

__all__ = ["check"]


class CheckOptions(FindOptions):
    """All options of `pronghorn check`."""

    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Judge the settings as in production, and exit with 1 if one is unsafe.",
        ),
        DefaultIs(False),
    ]
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An unsafe setting that is meant, such as open-docs for a public API; may be "
            "given several times.",
            show_default=False,
        ),
    ]
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print everything as JSON."),
        DefaultIs(False),
    ]


@expand_signature(CheckOptions)
def check(**options: Unpack[CheckOptions]) -> None:
    """
    Find the [bold]mistakes[/bold] and unsafe settings of an app without serving it.

    All mistakes are listed at once: in routes and their parameters, in middleware, in the
    OpenAPI document, and pending migrations. Limits and settings are printed as they are in
    effect, and each unsafe one with its place, the danger and what to write. The lifespan does
    not run. Exits with 1 if there is a mistake, or with --strict an unsafe setting.

    Examples:

    - [cyan]pronghorn check[/cyan]
    - [cyan]pronghorn check shop/main.py --env-file .env[/cyan]
    - [cyan]pronghorn check --strict --allow open-docs[/cyan]
    """
    from pronghorn.cli.check import find_problems
    from pronghorn.cli.check_print import print_json, print_report

    allowed = _read_allowed(options["allow"] or [])
    report = find_problems(reference_of(options)).judge(strict=options["strict"], allowed=allowed)
    (print_json if options["as_json"] else print_report)(report)
    if report.failed:
        raise typer.Exit(1)


def _read_allowed(names: list[str]) -> list[str]:
    from pronghorn.cli.unsafe import CODES

    for name in names:
        if name not in CODES:
            nearest = did_you_mean(name, CODES)
            hint = f"Did you mean {nearest}?\n" if nearest else ""
            hint += f"The names are {', '.join(CODES)}."
            raise CommandError(f"Unknown name for --allow: {name}", hint, exit_code=USAGE)
    return names
