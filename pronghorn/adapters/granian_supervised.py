"""Granian under the supervisor of this project.

Granian's own waits for each worker alone, sleeps while it replaces one, and ends altogether if a
worker dies soon after its start. On Linux each of its workers also has a socket of its own, and the
connections that wait at the socket of a worker that ends are reset. Here all workers share one.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from granian._granian import SocketHolder
from granian.server.mp import MPServer

from pronghorn.adapters.granian_shutdown import serving
from pronghorn.adapters.workers.supervision import Supervision
from pronghorn.adapters.workers.supervisor import Supervisor
from pronghorn.adapters.workers.worker import Worker, answer_supervisor
from pronghorn.core.process_end import end_with_threads

__all__ = ["SupervisedGranian"]

logger = logging.getLogger("_granian")


class SupervisedGranian(MPServer):
    """Granian's server with one socket for all workers, and our supervisor.

    Args:
        supervision: The rules of the supervisor.
        patience: Seconds after which a worker is killed that was told to end.
        healthcheck: Seconds after which a worker is killed that does not answer.
        arguments: Those of Granian.
        options: Those of Granian.

    Attributes:
        exit_code: What the command ends with.
    """

    def __init__(
        self,
        supervision: Supervision,
        patience: float,
        healthcheck: float,
        *arguments: Any,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.exit_code = 0
        self._supervision = supervision
        self._patience = patience
        self._healthcheck = healthcheck

    def _serve(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        logger.info("Starting granian (main PID: %d)", os.getpid())
        listener = self._listen()
        self._share(listener)
        scheme = "https" if self.ssl_ctx[0] else "http"
        logger.info("Listening at: %s://%s", scheme, self._bind_addr_fmt)

        def hire(place: int) -> Worker:
            ours, theirs = Pipe()
            loader = _Loader(target_loader, theirs)
            process = self._spawn_worker(place, _Ending(spawn_target), loader).inner
            return Worker(process, ours, theirs, place)

        supervisor = Supervisor(
            hire,
            self.workers,
            self._supervision,
            patience=self._patience,
            healthcheck=self._healthcheck,
            sockets=[listener],
            logger=logger,
        )
        try:
            supervisor.run()
        finally:
            if supervisor.owns_address and self.bind_uds and self.bind_uds.exists():
                self.bind_uds.unlink()
        self.exit_code = supervisor.exit_code
        logger.info("Granian shutdown completed")

    def _listen(self) -> socket.socket:
        """Return the socket of the command that is replaced, or a new one."""
        before = self._supervision.predecessor
        if before is not None:
            logger.info("Taking the socket of process [%d]", before.process)
            listener = before.sockets[0]
        elif self.bind_uds:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self.bind_uds))
        else:
            listener = socket.socket(socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.bind_addr, self.bind_port))
            self.bind_port = listener.getsockname()[1]
        if before is None:
            # Of two commands that start at once, only one can have that.
            listener.listen(self.backlog)
        if listener.family != socket.AF_UNIX:
            # Connections have it from there.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener

    def _share(self, listener: socket.socket) -> None:
        """Let workers listen on a socket; Granian does the same with a Unix socket."""
        number, is_unix = listener.fileno(), listener.family == socket.AF_UNIX
        make: Any = SocketHolder
        self._ssp, self._sso = None, listener
        if sys.platform == "linux" or sys.platform.startswith("freebsd"):
            self._shd = make(number, is_unix, self.backlog)
        else:
            listener.listen(self.backlog)
            self._shd = make(number, is_unix)


class _Ending:
    """Serves in a worker, whose process ends even if threads of the program go on.

    Args:
        serve: Granian's function for it.
    """

    def __init__(self, serve: Callable[..., None]) -> None:
        self._target = serve

    def __call__(self, *arguments: Any) -> None:
        """Serve until the process is told to end."""
        try:
            self._target(*arguments)
        except SystemExit as error:
            end_with_threads(error.code if isinstance(error.code, int) else 1)
            raise
        end_with_threads()


class _Loader:
    """Loads the application in a worker, which answers its supervisor from before that.

    Args:
        load: Returns the application.
        connection: The worker's end of the pipe to its supervisor.
    """

    def __init__(self, load: Callable[[], Any], connection: Connection) -> None:
        self._load = load
        self._connection = connection

    def __call__(self) -> Any:
        """Return the application."""
        answer_supervisor(self._connection, lambda: serving.has_started, serving.leave)
        return self._load()
