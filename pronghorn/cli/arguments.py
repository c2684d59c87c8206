"""How the commands let the user say where the app is."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["FINDING", "AppOption", "AsFastapiOption", "EntrypointOption", "PathArgument"]

FINDING = "Where the app is"

PathArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="PATH",
        help="A Python file, or the folder of a package. By default the first that exists of "
        "main.py, app.py, api.py, app/main.py, app/app.py and app/api.py.",
        show_default=False,
    ),
]
AppOption = Annotated[
    str | None,
    typer.Option(
        "--app",
        metavar="NAME",
        help="The name of the app in its module. By default 'app', then 'api', then the first "
        "FastAPI in it.",
        rich_help_panel=FINDING,
        show_default=False,
    ),
]
EntrypointOption = Annotated[
    str | None,
    typer.Option(
        "--entrypoint",
        "-e",
        metavar="MODULE:NAME",
        help="The app as an import string, such as shop.main:app, instead of PATH and --app. "
        "By default the entrypoint of \\[tool.pronghorn] or \\[tool.fastapi] in pyproject.toml.",
        rich_help_panel=FINDING,
        show_default=False,
    ),
]
AsFastapiOption = Annotated[
    bool,
    typer.Option(
        "--as-fastapi",
        help="Let 'import fastapi' in the program give pronghorn, so that a FastAPI program "
        "runs unchanged.",
        rich_help_panel=FINDING,
    ),
]
