"""The command `pronghorn explain`."""

from typing import Annotated

import typer
from typing_extensions import Unpack

from pronghorn.cli.arguments import FindOptions, reference_of
from pronghorn.core.typed_kwargs import expand_signature


@expand_signature(FindOptions)
def explain(
    method: Annotated[
        str, typer.Argument(metavar="METHOD", help="GET, POST, ... or WS for a WebSocket route.")
    ],
    operation: Annotated[
        str,
        typer.Argument(
            metavar="OPERATION",
            help="The path of the operation, as declared or as a client requests it.",
        ),
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object instead of text.")
    ] = False,
    **where: Unpack[FindOptions],
) -> None:
    """[bold]Explain[/bold] one operation: its plan, and the handler that was compiled.

    Shows the parameters of every call, the source of the handler, the trips to worker threads, and
    why a fast way is not taken.

    Examples:

    - [cyan]pronghorn explain GET /items/42[/cyan]
    - [cyan]pronghorn explain POST /items shop/main.py[/cyan]
    """
    from pronghorn.cli.discover import discover_quietly
    from pronghorn.cli.explain import explanation_of, print_explanation, print_json

    found = discover_quietly(reference_of(where))
    explained = explanation_of(found.app, method, operation)
    if as_json:
        print_json(explained)
    else:
        print_explanation(explained)
