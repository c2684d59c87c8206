"""The options of `pronghorn run` for clients that are too slow."""

from math import isfinite
from typing import Annotated, TypedDict

import typer

from pronghorn.cli.mistakes import Mistake, Mistakes, need_own_protocol, option_name
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.server_options import DEADLINES

__all__ = ["RunDeadlines", "find_wrong_deadlines"]

PANEL = "Slow clients (0 for no limit)"


def _deadline(text: str, metavar: str = "SECONDS") -> object:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=PANEL, show_default=False)


class RunDeadlines(TypedDict):
    """The times that clients have, which only `run` has as options."""

    timeout_head: Annotated[
        float | None,
        _deadline("Seconds in which the head of a request has to arrive, else 408. By default 10."),
    ]
    timeout_body: Annotated[
        float | None,
        _deadline("Seconds of a body before --min-body-rate counts. Only uvicorn; by default 5."),
    ]
    min_body_rate: Annotated[
        int | None,
        _deadline(
            "Bytes of a body that have to arrive in a second while the app reads it, else 408. "
            "Only uvicorn; by default 240.",
            "BYTES",
        ),
    ]
    timeout_send: Annotated[
        float | None,
        _deadline(
            "Seconds after which a client that takes nothing of a response is cut off. Only "
            "uvicorn; by default 20."
        ),
    ]


def find_wrong_deadlines(options: ServeOptions) -> Mistakes:
    """Yield a mistake for each deadline that cannot work."""
    for option in DEADLINES:
        value = getattr(options, option)
        if value is None:
            continue
        if not isfinite(value):
            message = f"{option_name(option)} {value:g} is not a number of seconds"
            yield Mistake(message, "Write 0 to have no limit.")
        elif value < 0:
            message = f"{option_name(option)} {value:g} is less than 0"
            yield Mistake(message, "Write 0 to have no limit.")
        elif options.server == "granian":
            yield from _find_wrong_for_granian(options, option)
        elif options.protocol == "asgi":
            yield need_own_protocol(option)


def _find_wrong_for_granian(options: ServeOptions, option: str) -> Mistakes:
    message = f"Granian does not support {option_name(option)}"
    if option != "timeout_head":
        yield Mistake(message, "Leave the option out, or --server granian.")
    elif not options.timeout_head:
        yield Mistake(f"{message} 0", "Write a number of seconds, such as 60.")
    elif options.timeout_keep_alive not in {None, options.timeout_head}:
        yield Mistake(
            f"{message} beside --timeout-keep-alive",
            "It has one timer for the head of a request and for idle connections. Leave one out.",
        )
