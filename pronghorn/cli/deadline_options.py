"""The options of `pronghorn run` for clients that are too slow."""

from collections.abc import Iterator
from dataclasses import replace
from math import isfinite
from typing import Annotated, TypedDict

import typer

from pronghorn.adapters.server_limits import ServerLimits
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["RunDeadlines", "find_wrong_deadlines", "with_deadlines"]

DEADLINES = "Slow clients (0 for no limit)"
#: The field of `ServerLimits` that each option sets.
FIELDS = {
    "timeout_head": "head_timeout",
    "timeout_body": "body_grace",
    "min_body_rate": "body_rate",
    "timeout_send": "send_timeout",
}


def _deadline(text: str, metavar: str = "SECONDS") -> object:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=DEADLINES, show_default=False)


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


def with_deadlines(limits: ServerLimits, options: ServeOptions) -> ServerLimits:
    """Return limits with the deadlines of the command line, and the defaults of the others."""
    defaults = ServerLimits()
    values = {}
    for option, field in FIELDS.items():
        given = getattr(options, option)
        values[field] = getattr(defaults, field) if given is None else given
    return replace(limits, **values)


def find_wrong_deadlines(options: ServeOptions) -> Iterator[tuple[str, str]]:
    """Yield each option that cannot work, and what to write instead."""
    for option in FIELDS:
        value, name = getattr(options, option), "--" + option.replace("_", "-")
        if value is None:
            continue
        if not isfinite(value):
            yield f"{name} {value:g} is not a number of seconds", "Write 0 to have no limit."
        elif value < 0:
            yield f"{name} {value:g} is less than 0", "Write 0 to have no limit."
        elif options.server == "granian":
            yield from _find_wrong_for_granian(options, option, name)
        elif options.protocol == "asgi":
            hint = "uvicorn's own protocol has no such limit. Leave --protocol asgi out."
            yield f"Cannot use {name} together with --protocol asgi", hint


def _find_wrong_for_granian(
    options: ServeOptions, option: str, name: str
) -> Iterator[tuple[str, str]]:
    if option != "timeout_head":
        yield f"Granian does not support {name}", "Leave the option out, or --server granian."
    elif not options.timeout_head:
        yield f"Granian does not support {name} 0", "Write a number of seconds, such as 60."
    elif options.timeout_keep_alive not in {None, options.timeout_head}:
        yield (
            f"Granian does not support {name} beside --timeout-keep-alive",
            "It has one timer for the head of a request and for idle connections. Leave one out.",
        )
