"""Run uvicorn with the server class and the supervisor of this project."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import ChangeReload, Multiprocess

from pronghorn.adapters.server_limits import read_limits
from pronghorn.adapters.uvicorn.server import BY_ANYBODY, BY_TERMINAL, DrainingServer
from pronghorn.adapters.uvicorn.supervisor import Supervisor
from pronghorn.core.process_end import end_with_threads

__all__ = ["run_uvicorn"]


def run_uvicorn(*, supervised: bool, listens: bool = True, **options: Any) -> int:
    """Serve until the process receives SIGINT or SIGTERM.

    Args:
        supervised: Start workers as processes of their own, even if it is only one.
        listens: Open a port. Without one, only the lifespan of the application runs.
        options: Those of `uvicorn.Config`.

    Returns:
        The exit code of the command.
    """
    config = Config(**options)
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
        if config.uds and os.path.exists(config.uds):
            os.remove(config.uds)


def _run(config: Config, server: DrainingServer, supervised: bool, listens: bool) -> int:
    if config.should_reload:
        ChangeReload(config, target=server.run, sockets=[config.bind_socket()]).run()
    elif not supervised:
        server.run(None if listens else [])
        if server.told == signal.SIGTERM:
            end_with_threads()  # Whoever sends SIGTERM waits for the end of the process.
        return 0 if server.started else STARTUP_FAILURE
    elif sys.platform == "win32":  # It has neither the signals nor the pipes.
        Multiprocess(config, sockets=[config.bind_socket()] if listens else []).run()
    else:
        sockets = [config.bind_socket()] if listens else []
        supervisor = Supervisor(config, sockets, read_limits().drain)
        supervisor.run()
        return supervisor.exit_code
    return 0
