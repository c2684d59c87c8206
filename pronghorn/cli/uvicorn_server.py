"""Run uvicorn with the server class and the supervisor of this project."""

from __future__ import annotations

import logging
import os
import signal
import sys
from functools import partial
from socket import socket
from typing import Any

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import ChangeReload, Multiprocess

from pronghorn.adapters.server_limits import read_limits
from pronghorn.adapters.uvicorn.server import BY_TERMINAL, DrainingServer, patience
from pronghorn.adapters.uvicorn.worker import hire
from pronghorn.adapters.workers.signals import BY_ANYBODY
from pronghorn.adapters.workers.supervision import Supervision
from pronghorn.adapters.workers.supervisor import Supervisor
from pronghorn.core.process_end import end_with_threads

__all__ = ["run_uvicorn"]

#: Seconds beyond its own patience after which a worker that should have ended is killed.
MARGIN = 2.0


def run_uvicorn(
    *,
    supervised: bool,
    listens: bool = True,
    supervision: Supervision | None = None,
    **options: Any,
) -> int:
    """Serve until the process receives SIGINT or SIGTERM.

    Args:
        supervised: Start workers as processes of their own, even if it is only one.
        listens: Open a port. Without one, only the lifespan of the application runs.
        supervision: The rules of the supervisor; None for the usual ones.
        options: Those of `uvicorn.Config`.

    Returns:
        The exit code of the command.
    """
    config = Config(**options)
    if supervised and sys.platform != "win32":
        return _supervise(config, listens, supervision or Supervision())
    if not config.reload and not supervised:
        config.load_app()
    server = DrainingServer(
        config, read_limits().drain, BY_TERMINAL if config.reload else BY_ANYBODY
    )
    try:
        return _run(config, server, supervised, listens)
    except KeyboardInterrupt:
        return 0
    finally:
        _remove_socket_file(config)


def _run(config: Config, server: DrainingServer, supervised: bool, listens: bool) -> int:
    if config.should_reload:
        ChangeReload(config, target=server.run, sockets=[config.bind_socket()]).run()
    elif not supervised:
        server.run(None if listens else [])
        if server.told == signal.SIGTERM:
            end_with_threads()  # Whoever sends SIGTERM waits for the end of the process.
        return 0 if server.started else STARTUP_FAILURE
    else:  # Windows has neither the signals nor the pipes of our supervisor.
        Multiprocess(config, sockets=[config.bind_socket()] if listens else []).run()
    return 0


def _supervise(config: Config, listens: bool, supervision: Supervision) -> int:
    """Start workers and look after them; return the exit code of the command."""
    sockets = _open_sockets(config, supervision) if listens else []
    supervisor = Supervisor(
        partial(hire, config, sockets),
        config.workers,
        supervision,
        patience=read_limits().drain + patience(config) + MARGIN,
        healthcheck=config.timeout_worker_healthcheck,
        sockets=sockets,
        logger=logging.getLogger("uvicorn.error"),
    )
    try:
        supervisor.run()
    except KeyboardInterrupt:
        return 0
    finally:
        if supervisor.owns_address:
            _remove_socket_file(config)
    return supervisor.exit_code


def _open_sockets(config: Config, supervision: Supervision) -> list[socket]:
    before = supervision.predecessor
    if before is None:
        return [_listen(config)]
    logging.getLogger("uvicorn.error").info(
        "Uvicorn listens with the socket of process [%d] (Press CTRL+C to quit)", before.process
    )
    return before.sockets


def _listen(config: Config) -> socket:
    """Return a socket that listens: of two commands that start at once, only one can have that."""
    made = config.bind_socket()
    try:
        made.listen(config.backlog)
    except OSError as error:
        logging.getLogger("uvicorn.error").error(error)
        sys.exit(1)
    return made


def _remove_socket_file(config: Config) -> None:
    if config.uds and os.path.exists(config.uds):
        os.remove(config.uds)
