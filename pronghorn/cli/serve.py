"""Serve an application: prepare, print the addresses, start the server."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from rich.console import Console

from pronghorn.adapters.server_limits import remember_limits
from pronghorn.cli import loader
from pronghorn.cli.addresses import check_address, own_address
from pronghorn.cli.certificates import check_certificates
from pronghorn.cli.checks import check_options
from pronghorn.cli.discover import FoundApp
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.locate import DEFAULT_FILES
from pronghorn.cli.log_config import configure
from pronghorn.cli.replacing import control_file, find_server_to_replace
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.server_options import limits_of
from pronghorn.cli.servers import (
    configure_own_logging,
    grace_of_jobs,
    remember_workers,
    start,
)
from pronghorn.cli.watching import poll_where_needed

__all__ = ["ServeOptions", "prepare", "serve"]


def prepare(options: ServeOptions) -> None:
    """Check the options, and let the program's messages appear, before the program is imported.

    Raises:
        MissingExtraError: The server is not installed.
        CommandError: Options cannot work, or the address is not available.
    """
    check_options(options)
    check_certificates(options)
    if not options.replace:
        check_address(options)
    elif not find_server_to_replace(options):
        _check_unused(options)
    shown = options.server if options.develop and options.log_config is None else None
    loader.remember_logging(shown, options.log_level or "info")
    loader.remember_log_format(
        options.log_format,
        options.level or "info",
        lines=options.access_log,
        watchdog=options.watchdog,
    )
    remember_limits(limits_of(options))
    remember_workers(options)
    configure_own_logging(options)
    if options.log_format or (options.server == "uvicorn" and not options.reload):
        loader.show_messages()  # This process serves, and imports the program before that.


def _check_unused(options: ServeOptions) -> None:
    """Check the address of `--replace` if there is no server that can be replaced."""
    try:
        check_address(options)
    except CommandError as error:
        if error.exit_code == USAGE:
            raise
        raise CommandError(
            error.message,
            f"{error.hint}\nA server can be replaced if the same user has started it with "
            f"--replace and the same address.\nIt would listen at {control_file(options)}.",
        ) from error


def serve(found: FoundApp, options: ServeOptions, *, title: str) -> None:
    """Serve until the process receives SIGINT or SIGTERM.

    Args:
        found: The application.
        options: The options of serving.
        title: Name of the command, for the first printed line.
    """
    loader.remember(
        found.import_string,
        found.module.root,
        as_fastapi=found.as_fastapi,
        factory=found.factory,
    )
    if options.log_config is not None:
        configure(options.log_config)  # The error of a wrong file is the command's, not a server's.
    loader.remember_work(_work(found, options))
    loader.remember_page(options.host if options.page else None, reloads=options.reload)
    watched = _folders_to_watch(found, options)
    polling = poll_where_needed(watched) if options.reload else ""
    _announce(found, options, title, watched, polling)
    start(options, watched)


def _work(found: FoundApp, options: ServeOptions) -> str | None:
    """Return the jobs to run beside requests, which have the time that requests have to end."""
    if not options.jobs:
        return None
    from pronghorn.cli.jobs_find import choose_jobs  # Few programs have jobs.
    from pronghorn.cli.jobs_work import Work

    choose_jobs(found, has_option=False)
    return Work(grace_of_jobs(options)).to_text()


def _folders_to_watch(found: FoundApp, options: ServeOptions) -> list[str]:
    if options.reload_dirs:
        return [str(folder) for folder in options.reload_dirs]
    here, root = Path.cwd(), found.module.root.resolve()
    return [str(here)] if root.is_relative_to(here) else [str(here), str(root)]


def _announce(
    found: FoundApp, options: ServeOptions, title: str, watched: list[str], polling: str
) -> None:
    address = _public_address(options)
    lines = [("app", found.import_string + ("()" if found.factory else ""))]
    if found.others:
        lines.append(("", found.other_apps))
    lines.append(("address", address))
    if options.server != "uvicorn" or options.protocol != "auto":
        protocol = options.protocol if options.server == "uvicorn" else "asgi"
        lines.append(("server", f"{options.server}, {protocol} protocol"))
    docs_url = getattr(found.app, "docs_url", None)
    if docs_url and "://" in address and getattr(found.app, "openapi_url", None):
        lines.append(("docs", address + docs_url))
    if options.page:
        lines += _page(found, options)
    if options.reload:
        lines.append(("reload", "on changes in " + ", ".join(watched)))
        if polling:
            lines.append(("", polling))
    if options.jobs:
        lines.append(("jobs", "run beside the requests, in each process"))
    if options.workers is not None:
        lines.append(("workers", str(options.workers)))
    if found.as_fastapi:
        lines.append(("fastapi", "imports give pronghorn"))
    if options.verbose:
        lines += _discovery(found)
    if options.log_format == "json":
        logging.getLogger("pronghorn").info(
            "pronghorn %s", title, extra={label: text for label, text in lines if label}
        )
        return
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    console.print(f"pronghorn {title}", style="bold")
    for label, text in lines:
        console.print(f"  {label:<8} ", style="dim", end="")
        console.print(text, markup=False)


def _page(found: FoundApp, options: ServeOptions) -> list[tuple[str, str]]:
    """Return the address of the page; only if the server also listens beyond this machine."""
    from pronghorn.devtools.access import access_for
    from pronghorn.devtools.page import PAGE, is_taken

    if is_taken(found.app):
        return []  # The serving process prints it, again after each reload.
    here = access_for(options.host).only_here
    return [("page", (own_address(options) if here else _public_address(options)) + PAGE)]


def _public_address(options: ServeOptions) -> str:
    """Return the address for a browser; `FASTAPI_PUBLIC_URL` sets it behind a proxy."""
    public = os.environ.get("FASTAPI_PUBLIC_URL", "").rstrip("/")
    return public or own_address(options)


def _discovery(found: FoundApp) -> list[tuple[str, str]]:
    module_source, app_source = found.sources
    factory = " and factory = true" if found.factory else ""
    if module_source == "default files":
        module_source = f"first of {', '.join(DEFAULT_FILES)} that exists"
    return [
        ("file", str(found.module.file or found.module.name)),
        ("path", f"{found.module.root} is on sys.path"),
        ("module", f"{found.module.name} ({module_source})"),
        ("object", f"{found.attribute} ({app_source})"),
        (
            "pin it",
            f'[tool.pronghorn] entrypoint = "{found.import_string}"{factory} in pyproject.toml',
        ),
    ]
