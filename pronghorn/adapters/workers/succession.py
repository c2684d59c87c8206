"""The place of one supervisor between the command before it and the one after it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from socket import socket

from pronghorn.adapters.workers.notify import tell_systemd
from pronghorn.adapters.workers.supervision import Supervision
from pronghorn.adapters.workers.takeover import Control

__all__ = ["Succession"]


class Succession:
    """Ends the command that this one replaces, and hears of the one that replaces this one.

    Args:
        supervision: The rules of the supervisor.
        sockets: The listening sockets, which a successor gets.
        logger: Where to write what happens.

    Attributes:
        is_replaced: True once a successor has taken over.
        exit_code: What the command ends with if it does not go on.
    """

    def __init__(
        self, supervision: Supervision, sockets: Sequence[socket], logger: logging.Logger
    ) -> None:
        self._file = supervision.control
        self._predecessor = supervision.predecessor
        self._deadline = time.monotonic() + supervision.start
        self._seconds = supervision.start
        self._sockets = sockets
        self._logger = logger
        self._control: Control | None = None
        self.is_replaced = False
        self.exit_code = 0
        self._is_announced = False

    @property
    def is_waiting(self) -> bool:
        """Return True while an older command serves on the same sockets, and is to end."""
        return self._predecessor is not None

    @property
    def owns_address(self) -> bool:
        """Return False while another command listens on the same sockets."""
        return self._predecessor is None and not self.is_replaced

    def begin(self) -> None:
        """Listen for a successor, unless there is a predecessor that still does."""
        if self._predecessor is None:
            self._open()

    def list_watched(self) -> list[socket]:
        """Return the sockets to wait for before `goes_on`."""
        return [] if self._control is None else self._control.list_watched()

    def goes_on(self, *, is_serving: bool) -> bool:
        """Do what is due; return False if this command is to end.

        Args:
            is_serving: All workers serve.
        """
        if self._predecessor is not None:
            return self._take_over(is_serving=is_serving)
        if is_serving and not self._is_announced:
            self._is_announced = True
            tell_systemd("READY=1")
        successor = None if self._control is None else self._control.look()
        if successor is None:
            return True
        self._control = None
        self.is_replaced = True
        self._logger.info("Process [%d] serves on the same port, and this one ends", successor)
        return False

    def _take_over(self, *, is_serving: bool) -> bool:
        before = self._predecessor
        if before is None or (not is_serving and time.monotonic() < self._deadline):
            return True
        if not is_serving:
            self._logger.error(
                "The workers do not serve within %g seconds; process [%d] stays",
                self._seconds,
                before.process,
            )
            self.exit_code = 1
            return False
        self._predecessor = None
        if before.leave():
            self._logger.info("This process serves now, and process [%d] ends", before.process)
        else:
            self._logger.error(
                "Process [%d] does not answer, and serves on beside this one", before.process
            )
        self._open()
        return True

    def _open(self) -> None:
        if self._file is None:
            return
        try:
            self._control = Control(self._file, self._sockets)
        except OSError as error:
            self._logger.error("No later command can replace this one: %s", error)

    def end(self) -> None:
        """Leave the predecessor as it is; a successor that waits learns that this one ends."""
        if self._predecessor is not None:
            self._predecessor.let_be()
        if self._control is not None:
            self._control.close()
            self._control = None
