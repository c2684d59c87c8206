"""A worker process of uvicorn."""

from __future__ import annotations

from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from socket import socket

from uvicorn._subprocess import get_subprocess
from uvicorn.config import Config

from pronghorn.adapters.server_limits import read_limits
from pronghorn.adapters.uvicorn.server import BY_SUPERVISOR, DrainingServer
from pronghorn.adapters.workers.worker import Worker, answer_supervisor
from pronghorn.core.process_end import end_with_threads

__all__ = ["hire"]


class _Serving:
    """A worker's part of the work, which is sent to its process.

    Args:
        config: uvicorn's configuration.
        connection: The worker's end of the pipe to its supervisor.
    """

    def __init__(self, config: Config, connection: Connection) -> None:
        self._config = config
        self._connection = connection

    def __call__(self, sockets: list[socket] | None = None) -> None:
        """Serve; the process ends even if threads of the program go on."""
        server = DrainingServer(self._config, read_limits().drain, BY_SUPERVISOR)
        answer_supervisor(self._connection, lambda: server.started, server.leave)
        with suppress(KeyboardInterrupt):  # uvicorn repeats SIGINT when it has ended.
            server.run(sockets)
        end_with_threads()


def hire(config: Config, sockets: list[socket], place: int) -> Worker:
    """Return a worker that is not yet started.

    Args:
        config: uvicorn's configuration.
        sockets: The sockets to listen on.
        place: Its place among the workers.
    """
    ours, theirs = Pipe()
    process = get_subprocess(config, _Serving(config, theirs), sockets)
    return Worker(process, ours, theirs, place)
