"""The options of `pronghorn run` for the sizes of requests."""

from collections.abc import Iterator
from typing import Annotated, TypedDict

import typer

from pronghorn.adapters.server_limits import JSON_BODY, UPLOAD, ServerLimits
from pronghorn.cli.serve_options import ServeOptions

__all__ = ["RunSizes", "find_wrong_sizes", "limits_of"]

SIZES = "Sizes of requests (0 for no limit)"
#: The field of `ServerLimits` that each option sets.
FIELDS = {
    "max_request_line": "request_line",
    "max_header_size": "head",
    "max_header_count": "header_count",
    "max_parameters": "parameters",
    "max_json_size": "json_body",
    "max_upload_size": "upload",
}
#: The smallest limits that leave room for a request, beside 0.
SMALLEST = {"max_request_line": 256, "max_header_size": 1024, "max_header_count": 10}
#: The most header fields that Granian's parser takes, and the smallest buffer for a head there.
GRANIAN_FIELDS = 100
GRANIAN_BUFFER = 8192


def _size(text: str, default: int, metavar: str = "BYTES") -> object:
    return typer.Option(
        metavar=metavar,
        help=f"{text} By default {default:,}.",
        rich_help_panel=SIZES,
        show_default=False,
    )


_defaults = ServerLimits()


class RunSizes(TypedDict):
    """The sizes of requests, which only `run` has as options."""

    max_request_line: Annotated[
        int | None,
        _size("The first line of a request: a longer one is a 414.", _defaults.request_line),
    ]
    max_header_size: Annotated[
        int | None, _size("All header fields of a request: more is a 431.", _defaults.head)
    ]
    max_header_count: Annotated[
        int | None,
        _size("The header fields of a request: more is a 431.", _defaults.header_count, "NUMBER"),
    ]
    max_parameters: Annotated[
        int | None,
        _size("The parameters of a query: more is a 400.", _defaults.parameters, "NUMBER"),
    ]
    max_json_size: Annotated[
        int | None,
        _size(
            "A body that is no upload: a longer one is a 413. Limits of the program come before "
            "it.",
            JSON_BODY,
        ),
    ]
    max_upload_size: Annotated[
        int | None,
        _size(
            "A body of files or of binary data: a longer one is a 413. Limits of the program come "
            "before it.",
            UPLOAD,
        ),
    ]


def limits_of(options: ServeOptions) -> ServerLimits:
    """Return the limits that a server with these options holds."""
    values = {"json_body": JSON_BODY, "upload": UPLOAD, "drain": options.drain}
    for option, field in FIELDS.items():
        value = getattr(options, option)
        if value is not None:
            values[field] = value
    return ServerLimits(**values)


def find_wrong_sizes(options: ServeOptions) -> Iterator[tuple[str, str]]:
    """Yield each size that cannot work, and what to write instead."""
    for option in FIELDS:
        value, smallest = getattr(options, option), SMALLEST.get(option, 1)
        name = "--" + option.replace("_", "-")
        if value is not None and value != 0 and value < smallest:
            hint = f"Write at least {smallest}, or 0 for no limit."
            yield f"{name} {value} is less than {smallest}", hint
        if value is not None and options.protocol == "asgi" and option in _OF_PROTOCOL:
            hint = "uvicorn's own protocol has no such limit. Leave --protocol asgi out."
            yield f"Cannot use {name} together with --protocol asgi", hint
    count = options.max_header_count
    if options.server == "granian" and count is not None and not 0 < count <= GRANIAN_FIELDS:
        yield (
            f"Granian does not support --max-header-count {count}",
            f"Its parser takes {GRANIAN_FIELDS} fields at most. Leave --server granian out.",
        )
    if options.server == "granian" and options.max_request_line == 0:
        yield (
            "Granian does not support --max-request-line 0",
            "Its parser takes targets of 65534 bytes at most: write --max-request-line 65547.",
        )


#: The options that only our protocol class for uvicorn holds.
_OF_PROTOCOL = frozenset(["max_request_line", "max_header_size", "max_header_count"])
