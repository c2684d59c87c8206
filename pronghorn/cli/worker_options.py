"""The options of `pronghorn run` for its supervisor, and what contradicts itself about them."""

import sys
from typing import Annotated, TypedDict

import typer

from pronghorn.cli.mistakes import Mistake, Mistakes, option_name
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.core.typed_kwargs import DefaultIs

__all__ = ["RunWorkers", "find_wrong_workers"]

PANEL = "The supervisor of workers"
_ALONE = ("replace", "max_worker_lifetime", "max_worker_memory", "timeout_worker_start")


def _limit(text: str, metavar: str = "SECONDS") -> object:
    return typer.Option(metavar=metavar, help=text, rich_help_panel=PANEL, show_default=False)


class RunWorkers(TypedDict):
    """The options of the supervisor, which only `run` has."""

    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Take the place of the server that was started with --replace on the same port: "
            "it ends without losing a request when the workers of this one serve. The first one "
            "simply starts.",
            rich_help_panel=PANEL,
        ),
        DefaultIs(False),
    ]
    max_worker_lifetime: Annotated[
        int | None,
        _limit(
            "Seconds after which a worker is replaced by a new one, without losing a request; each "
            "at a moment of its own in the last tenth. By default never."
        ),
    ]
    max_worker_memory: Annotated[
        int | None,
        _limit(
            "MiB of resident memory above which a worker is replaced in the same way; each has a "
            "limit of its own in the last tenth. Only Linux; by default no limit.",
            "MIB",
        ),
    ]
    timeout_worker_start: Annotated[
        int | None,
        _limit(
            "Seconds in which a new worker has to serve before an old one ends for it; else the "
            "old ones stay. By default 60."
        ),
    ]


def find_wrong_workers(options: ServeOptions) -> Mistakes:
    """Yield a mistake for each option of the supervisor that cannot work."""
    for field in _ALONE:
        if options.reload and getattr(options, field):
            yield Mistake(
                f"Cannot use {option_name(field)} together with --reload",
                "The reloader restarts one process. Leave one of the two options out.",
            )
    if options.timeout_worker_start is not None and not _is_supervised(options):
        yield Mistake(
            "Cannot use --timeout-worker-start without --workers",
            "Without a supervisor no worker is replaced. Add --workers 1, or leave it out.",
        )
    if options.max_worker_memory is not None and not sys.platform.startswith("linux"):
        yield Mistake(
            "This system does not support --max-worker-memory",
            "The memory of a process is read from /proc, which Linux has. Leave the option out.",
        )
    if options.replace:
        yield from _find_wrong_replace(options)


def _is_supervised(options: ServeOptions) -> bool:
    from pronghorn.cli.servers import is_supervised  # `--help` does not need it.

    return is_supervised(options) or options.reload or options.server == "granian"


def _find_wrong_replace(options: ServeOptions) -> Mistakes:
    if sys.platform == "win32":
        yield Mistake(
            "Windows does not support --replace",
            "It has no signals and sockets for that. Let the proxy change over to another port.",
        )
    if options.fd is not None:
        yield Mistake(
            "Cannot use --replace together with --fd",
            "A socket of systemd outlives the server. Restart the service, or replace its workers "
            "with SIGHUP.",
        )
    elif options.port == 0 and options.uds is None:
        yield Mistake(
            "Cannot use --replace together with --port 0",
            "The port says which server is replaced. Write its number.",
        )
