"""Start uvicorn or Granian with the options of the command line."""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from pronghorn.adapters.server_limits import read_limits
from pronghorn.cli import loader
from pronghorn.cli.log_config import configure_granian
from pronghorn.cli.replacing import supervision_of
from pronghorn.cli.serve_options import ServeOptions
from pronghorn.cli.size_options import GRANIAN_BUFFER
from pronghorn.cli.watching import python_files
from pronghorn.core.private_names import has_names
from pronghorn.core.process_end import end_with_threads
from pronghorn.core.served import GRANIAN_PATIENCE, WORKERS

__all__ = [
    "DIRECT",
    "configure_own_logging",
    "grace_of_jobs",
    "is_supervised",
    "remember_workers",
    "start",
]

DIRECT = "pronghorn.adapters.uvicorn_protocol:PronghornProtocol"
"""The protocol class for uvicorn, which does without ASGI messages."""

WEBSOCKETS = "pronghorn.adapters.uvicorn_websockets:PronghornWebSocketProtocol"
"""The class for the WebSockets of uvicorn: its own on websockets, within our limits."""

GRACE = 25
"""Seconds after which Granian kills a worker that has not ended; orchestrators allow 30."""
HEALTHCHECK = 5.0
"""Seconds after which a worker of Granian that does not answer is replaced, as with uvicorn."""
PART_FOR_REQUESTS = 0.8
"""The part of these seconds in which requests may end; the rest is for the end of the lifespan."""

RELOAD_GRACE = 2.0
"""Seconds that jobs have to end after an edit; then they begin again in the new process."""


def grace_of_jobs(options: ServeOptions) -> float:
    """Return the seconds that jobs beside requests have to end: those that requests have."""
    given = options.timeout_graceful_shutdown
    if options.reload:
        return RELOAD_GRACE
    if options.server == "granian":
        return PART_FOR_REQUESTS * (given or GRACE)
    from pronghorn.adapters.uvicorn.server import FOR_REQUESTS  # `--help` does not need it.

    return FOR_REQUESTS if given is None else float(given)


def start(options: ServeOptions, watched: list[str]) -> None:
    """Serve until the process receives SIGINT or SIGTERM.

    Args:
        options: The options of serving.
        watched: Folders whose changes restart the server, with `options.reload`.

    Raises:
        SystemExit: The application fails to start.
    """
    exit_code = 0
    with _metrics_of_workers(options):
        if options.server == "granian":
            exit_code = _start_granian(options, watched)
        else:
            exit_code = _start_uvicorn(options, watched)
    if options.reload or is_supervised(options) or options.server == "granian":
        end_with_threads(exit_code)
    if exit_code:
        sys.exit(exit_code)


def _metrics_of_workers(options: ServeOptions) -> AbstractContextManager[None]:
    """Return the block in which workers share their metrics, if the program has any."""
    has_metrics = "pronghorn.metrics" in sys.modules and sys.platform != "win32"
    workers = 1 if options.reload else _count_workers(options)
    loader.remember_metrics(has_metrics and workers > 1)
    if not has_metrics or workers == 1:
        return nullcontext()
    from pronghorn.metrics.supervisor import keep_directory

    return keep_directory()


def remember_workers(options: ServeOptions) -> None:
    """Let the program know in how many processes it will be served, before it is imported."""
    workers = 1 if options.reload else _count_workers(options)
    if workers > 1:
        os.environ[WORKERS] = str(workers)


def _count_workers(options: ServeOptions) -> int:
    return options.workers or int(os.environ.get("WEB_CONCURRENCY", "1"))


def is_supervised(options: ServeOptions) -> bool:
    """Return True if workers are processes of their own, which a supervisor replaces."""
    if options.reload:
        return False
    needs_one = options.replace or options.max_worker_lifetime or options.max_worker_memory
    return options.workers is not None or "WEB_CONCURRENCY" in os.environ or bool(needs_one)


def _start_uvicorn(options: ServeOptions, watched: list[str]) -> int:
    from pronghorn.cli.uvicorn_server import run_uvicorn

    return run_uvicorn(
        supervised=is_supervised(options),
        supervision=supervision_of(options),
        app=loader.FACTORY,
        factory=True,
        loop=loader.LOOP,
        host=options.host,
        port=options.port,
        uds=None if options.uds is None else str(options.uds),
        fd=options.fd,
        http=DIRECT if options.protocol == "auto" else "auto",
        **_websockets(),
        reload=options.reload,
        reload_dirs=watched if options.reload else None,
        workers=options.workers,
        root_path=options.root_path.rstrip("/"),
        proxy_headers=options.proxy_headers,
        forwarded_allow_ips=options.forwarded_allow_ips,
        ssl_certfile=options.ssl_certfile,
        ssl_keyfile=options.ssl_keyfile,
        ssl_keyfile_password=options.ssl_keyfile_password if options.ssl_keyfile else None,
        ssl_ca_certs=options.ssl_ca_certs,
        ssl_cert_reqs=options.ssl_cert_reqs,
        access_log=options.access_log and options.log_format is None,
        log_level=options.level,
        **_logging_of_uvicorn(options),
        **_select_given(options, _UVICORN_NUMBERS),
    )


def _websockets() -> dict[str, Any]:
    """Return the class for WebSockets and its limits; for uvicorn, None is none."""
    limits = read_limits()
    return {
        "ws": WEBSOCKETS,
        "ws_max_size": limits.websocket_message,
        "ws_max_queue": limits.websocket_queue,
        "ws_ping_interval": limits.websocket_ping_interval or None,
        "ws_ping_timeout": limits.websocket_ping_timeout or None,
    }


_UVICORN_NUMBERS = {
    "backlog": "backlog",
    "limit_concurrency": "limit_concurrency",
    "limit_max_requests": "limit_max_requests",
    "limit_max_requests_jitter": "limit_max_requests_jitter",
    "timeout_keep_alive": "timeout_keep_alive",
    "timeout_graceful_shutdown": "timeout_graceful_shutdown",
    "timeout_worker_healthcheck": "timeout_worker_healthcheck",
    "ssl_ciphers": "ssl_ciphers",
}


def _select_given(options: ServeOptions, names: dict[str, str]) -> dict[str, Any]:
    """Return the options that have a value, by their names in the server."""
    values = {theirs: getattr(options, ours) for ours, theirs in names.items()}
    return {name: value for name, value in values.items() if value is not None}


def configure_own_logging(options: ServeOptions) -> None:
    """Configure uvicorn's loggers before the program is imported, if this process serves it.

    A worker of uvicorn does so as well. What the program changes about these loggers while it is
    imported therefore stays, however many processes serve.
    """
    if options.log_config is None and options.log_format is None and _serves_itself(options):
        import uvicorn

        uvicorn.Config(loader.FACTORY, **_default_logging(options))  # It does so when it is made.


def _serves_itself(options: ServeOptions) -> bool:
    return options.server == "uvicorn" and not options.reload and not is_supervised(options)


def _logging_of_uvicorn(options: ServeOptions) -> dict[str, Any]:
    if options.log_config is not None:
        return {"log_config": str(options.log_config)}
    if options.log_format is not None or _serves_itself(options):
        return {"log_config": None}  # The command has done it.
    return _default_logging(options)


def _default_logging(options: ServeOptions) -> dict[str, Any]:
    if not options.develop:
        return {}
    from pronghorn.cli.dev_logging import uvicorn_config

    return {"log_config": uvicorn_config()}


def _start_granian(options: ServeOptions, watched: list[str]) -> int:
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    _remember_for_granian(options)
    # A forked process would keep the program that the command has imported, with its connections,
    # and would not see an edit.
    multiprocessing.set_start_method("spawn", force=True)
    server = _make_granian(
        options,
        loader.GRANIAN_FACTORY,
        factory=True,
        interface=Interfaces.ASGI,
        address=options.host,
        port=options.port,
        uds=options.uds,
        http=HTTPModes(options.http),
        ssl_cert=options.ssl_certfile,
        ssl_key=options.ssl_keyfile,
        ssl_ca=options.ssl_ca_certs,
        ssl_client_verify=options.ssl_cert_reqs == 2,
        workers=_count_workers(options),
        workers_kill_timeout=options.timeout_graceful_shutdown or GRACE,
        respawn_failed_workers=not options.reload,
        log_access=options.access_log and options.log_format is None,
        log_level=LogLevels(options.level or "info"),
        log_dictconfig=_logging_of_granian(options),
        **_select_given(options, {"backlog": "backlog"}),
        **_reloading(options, watched),
        **_http_of_granian(options),
    )
    if options.log_config is not None:
        configure_granian(options.log_config, options.level)
    loader.show_messages()  # Granian has configured its loggers.
    server.serve()
    return int(getattr(server, "exit_code", 0))


def _has_names_of_granian() -> bool:
    consequence = "Granian's own supervisor is used, without --replace and limits of workers."
    names = ["_serve", "_spawn_worker", "_bind_addr_fmt", "_shd", "_sso", "_ssp"]
    attributes = [f"MPServer.{name}" for name in names]
    return has_names("granian._granian", ["SocketHolder"], consequence) and has_names(
        "granian.server.mp", attributes, consequence
    )


def _make_granian(serving: ServeOptions, *arguments: Any, **options: Any) -> Any:
    """Return Granian under our supervisor; under its own with a reload, or threads as workers."""
    from granian import Granian
    from granian.server.mp import MPServer

    is_ours = sys.platform != "win32" and Granian is MPServer and _has_names_of_granian()
    if serving.reload or not is_ours:
        return Granian(*arguments, **options)
    from pronghorn.adapters.granian_supervised import SupervisedGranian

    return SupervisedGranian(
        supervision_of(serving),
        options["workers_kill_timeout"],
        serving.timeout_worker_healthcheck or HEALTHCHECK,
        *arguments,
        **options,
    )


def _remember_for_granian(options: ServeOptions) -> None:
    seconds = options.timeout_graceful_shutdown or GRACE
    os.environ[GRANIAN_PATIENCE] = f"{PART_FOR_REQUESTS * seconds:g}"
    proxies = options.forwarded_allow_ips or os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
    loader.remember_for_granian(
        options.root_path.rstrip("/"),
        proxies if options.proxy_headers else None,
        options.log_config,
        options.level,
    )


def _reloading(options: ServeOptions, watched: list[str]) -> dict[str, Any]:
    if not options.reload:
        return {}
    return {
        "reload": True,
        "reload_paths": [Path(folder) for folder in watched],
        "reload_filter": python_files(),
    }


def _http_of_granian(options: ServeOptions) -> dict[str, Any]:
    """Return Granian's limits of heads, and of the time in which one is read or a client idle."""
    from granian.http import HTTP1Settings, HTTP2Settings

    limits, first, second = read_limits(), HTTP1Settings(), HTTP2Settings()
    seconds = options.timeout_keep_alive or limits.head_timeout
    first.header_read_timeout = int(seconds * 1000)
    if limits.head and limits.request_line:
        first.max_buffer_size = max(limits.request_line + limits.head, GRANIAN_BUFFER)
    if limits.head:
        second.max_headers_size = limits.head
    return {"http1_settings": first, "http2_settings": second}


def _logging_of_granian(options: ServeOptions) -> dict[str, Any] | None:
    if options.log_config is not None or not options.develop:
        return None
    from pronghorn.cli.dev_logging import granian_config

    return granian_config()
