"""Run the jobs of a program in processes of their own: `pronghorn jobs run`.

It is a server without a port: it begins and ends as `pronghorn run` does, with the same signals,
lines and exit codes.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.cli import loader
from pronghorn.cli.discover import AppReference, FoundApp, discover
from pronghorn.cli.errors import USAGE, CommandError
from pronghorn.cli.jobs_find import choose_jobs
from pronghorn.cli.jobs_work import Work
from pronghorn.cli.serve import prepare
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.servers import DIRECT
from pronghorn.cli.uvicorn_server import run_uvicorn
from pronghorn.core.process_end import end_with_threads
from pronghorn.core.setup_errors import did_you_mean

if TYPE_CHECKING:
    from pronghorn.cli.job_options import WorkOptions

__all__ = ["read_queues", "take_probed_app", "work"]

FACTORY = "pronghorn.cli.jobs_run:take_probed_app"
"""The import string of `take_probed_app`, for uvicorn."""

ALL_NETWORKS = "0.0.0.0"  # noqa: S104 - the orchestrator is another machine
PATIENCE = 60
"""Seconds after which a process that does not answer is replaced: a job may hold its threads."""

_HEADERS = {"cache-control": "no-store"}


def work(reference: AppReference, options: WorkOptions) -> None:
    """Work until the process receives SIGINT or SIGTERM.

    Args:
        reference: The location of the application as the user gave it.
        options: The options of the command line.

    Raises:
        MissingExtraError: The packages of the extra `jobs` are not installed.
        CommandError: The program cannot be imported, or an option cannot work.
        SystemExit: The application fails to start.
    """
    serving = _as_server(options)
    prepare(serving)
    found = discover(reference)
    jobs = choose_jobs(found, options["database"])
    queues = read_queues(options["queue"], jobs)
    loader.remember(
        found.import_string,
        found.module.root,
        as_fastapi=found.as_fastapi,
        factory=found.factory,
    )
    loader.remember_page(None, reloads=False)
    loader.remember_metrics(False)
    loader.remember_work(Work(options["grace"], queues, options["database"]).to_text())
    _announce(found, options, queues)
    exit_code = _run(serving, listens=options["health_port"] is not None)
    if serving.workers is not None:
        end_with_threads(exit_code)
    if exit_code:
        sys.exit(exit_code)


def _as_server(options: WorkOptions) -> ServeOptions:
    """Return the options of a server that begins and ends as the worker does."""
    return ServeOptions(
        host=ALL_NETWORKS,
        port=options["health_port"] or 0,
        reload=False,
        workers=options["workers"],
        timeout_graceful_shutdown=math.ceil(options["grace"]),
        timeout_worker_healthcheck=PATIENCE,
        log_format=options["log_format"],
        log_level=options["log_level"],
        access_log=False,
        watchdog=options["watchdog"],
        full_traceback=options["full_traceback"],
    )


def _run(options: ServeOptions, *, listens: bool) -> int:
    return run_uvicorn(
        supervised=options.workers is not None,
        listens=listens,
        app=FACTORY,
        factory=True,
        loop=loader.LOOP,
        lifespan="on",
        host=options.host,
        port=options.port,
        http=DIRECT,
        ws="none",
        workers=options.workers,
        access_log=False,
        log_config=None,  # `prepare` has configured it, and so does each process.
        log_level=options.level,
        timeout_graceful_shutdown=options.timeout_graceful_shutdown,
        timeout_worker_healthcheck=options.timeout_worker_healthcheck,
    )


def read_queues(given: list[str] | None, jobs: Any) -> dict[str, int | None] | None:
    """Return the queues that the command line names, each with the number of jobs at once.

    Args:
        given: What the user wrote, such as `["mail=20", "default"]`.
        jobs: The jobs of the program, which know its queues.

    Raises:
        CommandError: A text is none of a queue, or the program has no such queue.
    """
    if not given:
        return None
    queues: dict[str, int | None] = {}
    for text in given:
        name, equals, number = text.partition("=")
        if not name or (equals and not (number.isascii() and number.isdecimal() and int(number))):
            raise CommandError(
                f"--queue {text} is not a queue with the number of its jobs",
                "Write its name, or also a number from 1: --queue mail=20",
                exit_code=USAGE,
            )
        queues[name] = int(number) if equals else None
    known = sorted(jobs.queues)
    for name in queues:
        if name not in known:
            close = did_you_mean(name, known)
            hint = f"Did you mean --queue {close}?\n" if close else ""
            raise CommandError(
                f"No task of the program has the queue {name}",
                f"{hint}Its queues are {', '.join(known)}.",
                exit_code=USAGE,
            )
    return queues


def _announce(
    found: FoundApp, options: WorkOptions, queues: Mapping[str, int | None] | None
) -> None:
    names = [
        name if number is None else f"{name}={number}" for name, number in (queues or {}).items()
    ]
    lines = [
        ("app", found.import_string + ("()" if found.factory else "")),
        ("queues", ", ".join(names) or "all"),
    ]
    if options["workers"] is not None:
        lines.append(("workers", str(options["workers"])))
    if options["health_port"]:
        lines.append(("health", f"http://{ALL_NETWORKS}:{options['health_port']}/live"))
    if options["log_format"] == "json":
        logging.getLogger("pronghorn").info("pronghorn jobs run", extra=dict(lines))
        return
    console = Console(highlight=False, soft_wrap=True, emoji=False)
    console.print("pronghorn jobs run", style="bold")
    for label, text in lines:
        console.print(f"  {label:<8} ", style="dim", end="")
        console.print(text, markup=False)


# --- in the process that works ------------------------------------------------------------------


def take_probed_app() -> ASGIApp:
    """Return the application with nothing but its lifespan and the probes of the worker."""
    app = loader.take_loaded_app()

    async def answer_probes(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
        elif scope["type"] == "http":
            await _answer(scope)(scope, receive, send)

    return answer_probes


def _answer(scope: Scope) -> Response:
    """Return the answer of a probe: the event loop runs. The port closes before it stops."""
    if scope["path"] not in {"/live", "/ready"}:
        return Response("Not Found\n", 404, _HEADERS, "text/plain")
    if scope["method"] not in {"GET", "HEAD"}:
        return Response(status_code=405, headers={**_HEADERS, "allow": "GET, HEAD"})
    body = '{"status": "ok"}' if scope["method"] == "GET" else ""
    return Response(body, 200, _HEADERS, "application/json")
