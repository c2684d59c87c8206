"""The functions that a server calls in each of its processes to load the application.

A worker, or the process that starts again after an edit, is new: its `sys.path` and its alias for
fastapi have to be set up before the program is imported. The command that starts the server stores
what is needed in the environment, which child processes inherit.
"""

from __future__ import annotations

import inspect
import logging
import multiprocessing
import os
import sys
import warnings
from asyncio import AbstractEventLoop
from pathlib import Path
from typing import Any

from pronghorn.adapters.masked_logs import mask_access_logs
from pronghorn.cli.choose import choose
from pronghorn.cli.collector import leave_program_out
from pronghorn.cli.errors import CommandError
from pronghorn.cli.importing import import_module, wants_full_tracebacks
from pronghorn.cli.locate import Module
from pronghorn.cli.processes import end_with_parent
from pronghorn.core.setup_errors import SetupError

__all__ = [
    "FACTORY",
    "load_app",
    "make_loop",
    "remember",
    "remember_logging",
    "remember_metrics",
    "remember_page",
    "remember_work",
    "show_messages",
    "take_loaded_app",
]

FACTORY = "pronghorn.cli.loader:take_loaded_app"
"""The import string of `take_loaded_app`, for uvicorn."""

LOOP = "pronghorn.cli.loader:make_loop"
"""The import string of `make_loop`, for uvicorn."""

GRANIAN_FACTORY = "pronghorn.cli.loader:load_granian_app"
"""The import string of `load_granian_app`."""

_APP = "PRONGHORN_APP"
_ROOT = "PRONGHORN_APP_ROOT"
_AS_FASTAPI = "PRONGHORN_AS_FASTAPI"
_ROOT_PATH = "PRONGHORN_ROOT_PATH"
_PROXIES = "PRONGHORN_PROXIES"
_PAGE = "PRONGHORN_DEV_PAGE"
_RELOADS = "PRONGHORN_DEV_RELOADS"
_IS_FACTORY = "PRONGHORN_APP_FACTORY"
_LOG_CONFIG = "PRONGHORN_LOG_CONFIG"
_LOG_LEVEL = "PRONGHORN_LOG_LEVEL"
_LOG_FORMAT = "PRONGHORN_LOG_FORMAT"
_LOG_LINES = "PRONGHORN_LOG_LINES"
_WATCHDOG = "PRONGHORN_WATCHDOG"
_SHOWN = "PRONGHORN_DEV_LOGGING"
_METRICS = "PRONGHORN_METRICS"
_WORK = "PRONGHORN_WORK"

_loaded: list[Any] = []


def remember(import_string: str, root: Path, *, as_fastapi: bool, factory: bool = False) -> None:
    """Store for `load_app`, in this process and its children, what to import.

    Args:
        import_string: `"package.module:name"`.
        root: The folder to have on `sys.path` for it.
        as_fastapi: Make `import fastapi` in the program import pronghorn.
        factory: The name is a function that makes the application.
    """
    os.environ[_APP] = import_string
    os.environ[_ROOT] = str(root)
    os.environ[_AS_FASTAPI] = "1" if as_fastapi else ""
    os.environ[_IS_FACTORY] = "1" if factory else ""


def remember_logging(server: str | None, level: str) -> None:
    """Store for `load_app` whether to show the messages of the program.

    Args:
        server: The server whose style they have; None leaves logging as the program sets it.
        level: The lowest level to show, in lower case.
    """
    os.environ[_SHOWN] = f"{server} {level}" if server else ""


def remember_log_format(kind: str | None, level: str, *, lines: bool, watchdog: int) -> None:
    """Store for `load_app` what to log of requests, and of the event loop.

    Args:
        kind: `"json"` or `"console"`; None leaves the lines of the server as they are.
        level: The lowest level of messages, in lower case.
        lines: Log a line for each request.
        watchdog: Milliseconds above which a blocked event loop is logged; 0 for never.
    """
    os.environ[_LOG_FORMAT] = kind or ""
    os.environ[_LOG_LINES] = f"{level} {'lines' if lines else ''}"
    os.environ[_WATCHDOG] = str(watchdog)


def remember_metrics(shared: bool) -> None:
    """Store for `load_app` whether the processes that serve share a directory of metrics."""
    os.environ[_METRICS] = "1" if shared else ""


def remember_work(work: str | None) -> None:
    """Store for `load_app` what jobs to run beside the application; None for none."""
    os.environ[_WORK] = work or ""


def remember_page(host: str | None, *, reloads: bool) -> None:
    """Store for `load_app` whether to serve the pages of `pronghorn dev` around the application.

    Args:
        host: The address that the server listens on, which determines who may see the pages. None
            disables them, whatever the environment says.
        reloads: An edit restarts the process. Then a program that does not start is replaced by a
            page with its error, instead of ending the process.
    """
    os.environ[_PAGE] = host or ""
    os.environ[_RELOADS] = "1" if reloads else ""


def remember_for_granian(
    root_path: str, proxies: str | None, log_config: Path | None, log_level: str | None
) -> None:
    """Store for `load_granian_app` what Granian does not do for the application.

    Args:
        root_path: Path prefix under which a proxy publishes the application.
        proxies: The proxies whose `X-Forwarded-*` headers are trusted; None for no proxy.
        log_config: A file for `logging.config`, which Granian does not read.
        log_level: The level of Granian's messages, which takes precedence over the file.
    """
    os.environ[_ROOT_PATH] = root_path
    os.environ[_PROXIES] = proxies or ""
    os.environ[_LOG_CONFIG] = str(log_config.absolute()) if log_config else ""
    os.environ[_LOG_LEVEL] = log_level or ""


def load_granian_app() -> Any:
    """Return the application for Granian.

    Returns:
        The application, wrapped where needed: trusted proxies and the root path work as with
            uvicorn, and Granian's deviations from ASGI are corrected.
    """
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    from pronghorn import FastAPI
    from pronghorn.adapters.granian import GranianRequests, UnderRootPath

    if os.environ.get(_LOG_CONFIG):
        from pronghorn.cli.log_config import configure_granian

        configure_granian(Path(os.environ[_LOG_CONFIG]), os.environ.get(_LOG_LEVEL) or None)
    logging.getLogger("_granian").addFilter(_leave_out_traceback)
    app = load_app()
    leave_program_out()
    if not isinstance(app, FastAPI):  # our own applications do it themselves
        app = GranianRequests(app)
    if threshold := _threshold():
        from pronghorn.logs.watchdog import WatchingLifespan

        app = WatchingLifespan(app, threshold)
    root_path, proxies = os.environ.get(_ROOT_PATH, ""), os.environ.get(_PROXIES)
    if root_path:
        app = UnderRootPath(app, root_path)
    return ProxyHeadersMiddleware(app, proxies) if proxies else app


def _leave_out_traceback(record: logging.LogRecord) -> bool:
    """Leave out the traceback of a failed startup whose message says what to do."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, SetupError) and not wants_full_tracebacks():
        record.exc_info = None
    return True


def load_app() -> Any:
    """Import the application that was stored.

    Raises:
        SystemExit: The import failed, and no page shows the error. The reason is on standard
            error; the exit code is 1.
    """
    name, _, attribute = os.environ[_APP].partition(":")
    module = Module(name, Path(os.environ[_ROOT]))
    show_messages()
    mask_access_logs()
    end_with_parent()
    if os.environ.get(_METRICS):
        from pronghorn.metrics.supervisor import enter_as_worker  # Only workers with metrics.

        enter_as_worker()
    host, reloads = os.environ.get(_PAGE), bool(os.environ.get(_RELOADS))
    try:
        imported = import_module(module, as_fastapi=bool(os.environ[_AS_FASTAPI]))
        app = choose(imported, attribute, factory=bool(os.environ[_IS_FACTORY])).app
        if work := os.environ.get(_WORK):
            from pronghorn.cli.jobs_work import Work, put_worker  # Only processes that work.

            put_worker(app, Work.from_text(work))
    except CommandError as error:
        error.print()
        if host and reloads:
            from pronghorn.cli.dev_pages import put_error_page  # Only `dev` loads this.

            return put_error_page(error, host)
        sys.exit(error.exit_code)
    app = _limit_bodies_of(app)
    if os.environ.get(_LOG_FORMAT):
        app = _log_requests_of(app)
    if host or os.environ.get(_SHOWN):
        from pronghorn.devtools.tracebacks import add_program  # Only `dev` loads this.

        add_program(name)
    if not host:
        return app
    from pronghorn.cli.dev_pages import put_pages  # Only `dev` loads this.

    return put_pages(app, host, reloads=reloads)


def make_loop() -> AbstractEventLoop:
    """Load the application, and return the event loop in which uvicorn serves it.

    uvicorn itself imports the program inside the running loop, and after it has taken the signals:
    a program that calls `asyncio.run` while it is imported would work in one process and fail in
    others, and SIGTERM would wait for the end of the import.
    """
    from uvicorn.loops.auto import auto_loop_factory

    from pronghorn.adapters.server_limits import read_limits
    from pronghorn.adapters.uvicorn.handshakes import limit_handshakes

    try:
        _loaded.append(load_app())
    except BaseException:
        # This ends the process. On Windows, a worker of uvicorn has a coroutine that never starts.
        warnings.filterwarnings("ignore", "coroutine '.*' was never awaited", RuntimeWarning)
        raise
    if not os.environ.get(_PAGE):  # `dev` is for looking into a program.
        leave_program_out()
    is_subprocess = multiprocessing.parent_process() is not None
    loop = auto_loop_factory(use_subprocess=is_subprocess)()
    limit_handshakes(loop, read_limits().head_timeout)
    if threshold := _threshold():
        from pronghorn.logs.watchdog import watch

        watch(loop, threshold)
    return loop


def _threshold() -> float:
    """Return the seconds above which a blocked event loop is logged; 0 for never."""
    return int(os.environ.get(_WATCHDOG) or 0) / 1000


def _limit_bodies_of(app: Any) -> Any:
    """Return an application of another framework, or inside a wrapper, with limits of bodies.

    Our own applications hold them themselves. Of others, only those of the third version of ASGI
    take the call of a layer.
    """
    from pronghorn import FastAPI

    if isinstance(app, FastAPI) or not (
        inspect.iscoroutinefunction(app)
        or inspect.iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004
    ):
        return app
    from pronghorn.middleware.sizes import limit_foreign  # Few programs.

    return limit_foreign(app)


def _log_requests_of(app: Any) -> Any:
    """Return an application whose requests are logged, after its module was imported."""
    from pronghorn import FastAPI
    from pronghorn.hooks import observe_app
    from pronghorn.logs.setup import enable_again

    enable_again()
    return app if isinstance(app, FastAPI) else observe_app(app)


def take_loaded_app() -> Any:
    """Return the application that `make_loop` has loaded; without it, load the application."""
    return _loaded.pop() if _loaded else load_app()


def show_messages() -> None:
    """Show the messages of the program in this process, as far as the command has stored that."""
    if kind := os.environ.get(_LOG_FORMAT):
        from pronghorn.cli.structured import configure_format  # Few commands load this.

        level, _, lines = os.environ[_LOG_LINES].partition(" ")
        configure_format(kind, level, lines=bool(lines))
        return
    server, _, level = os.environ.get(_SHOWN, "").partition(" ")
    if server:
        from pronghorn.cli.dev_logging import show_program_messages  # Only `dev` loads this.

        show_program_messages(server, level)
