"""The options of `pronghorn run` for the sizes of requests."""

from typing import Annotated, TypedDict

import typer

from pronghorn.adapters.server_limits import JSON_BODY, UPLOAD, ServerLimits
from pronghorn.cli.mistakes import Mistake, Mistakes, need_own_protocol, option_name
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.server_options import SIZES

__all__ = ["RunSizes", "find_wrong_sizes"]

PANEL = "Sizes of requests (0 for no limit)"
#: The smallest limits that leave room for a request, beside 0.
SMALLEST = {"max_request_line": 256, "max_header_size": 1024, "max_header_count": 10}
#: The most header fields that Granian's parser takes, and the smallest buffer for a head there.
GRANIAN_FIELDS = 100
GRANIAN_BUFFER = 8192
#: The options that only our protocol class for uvicorn holds.
_OF_PROTOCOL = frozenset(["max_request_line", "max_header_size", "max_header_count"])


def _size(text: str, default: int, metavar: str = "BYTES") -> object:
    return typer.Option(
        metavar=metavar,
        help=f"{text} By default {default:,}.",
        rich_help_panel=PANEL,
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


def find_wrong_sizes(options: ServeOptions) -> Mistakes:
    """Yield a mistake for each size that cannot work."""
    for option in SIZES:
        value, smallest = getattr(options, option), SMALLEST.get(option, 1)
        if value is None:
            continue
        if value != 0 and value < smallest:
            yield Mistake(
                f"{option_name(option)} {value} is less than {smallest}",
                f"Write at least {smallest}, or 0 for no limit.",
            )
        if options.protocol == "asgi" and option in _OF_PROTOCOL:
            yield need_own_protocol(option)
    if options.server == "granian":
        yield from _find_wrong_for_granian(options)


def _find_wrong_for_granian(options: ServeOptions) -> Mistakes:
    count = options.max_header_count
    if count is not None and not 0 < count <= GRANIAN_FIELDS:
        yield Mistake(
            f"Granian does not support --max-header-count {count}",
            f"Its parser takes {GRANIAN_FIELDS} fields at most. Leave --server granian out.",
        )
    if options.max_request_line == 0:
        yield Mistake(
            "Granian does not support --max-request-line 0",
            "Its parser takes targets of 65534 bytes at most: write --max-request-line 65547.",
        )
