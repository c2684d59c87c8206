"""Hand the listening sockets of one supervisor to the next, so that no connection is refused.

A supervisor listens at a control socket, a file that only its user can reach. A successor connects,
and gets the listening sockets at once (SCM_RIGHTS, unix(7)); both then accept from the same queue.
When its workers serve it sends `leave`, and the old one ends like a worker that is replaced. A
successor that fails, or is killed, closes the connection, and the old one has noticed nothing.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["Control", "Predecessor", "TakeoverError", "find_predecessor"]

#: Seconds after which a supervisor that does not answer is given up.
PATIENCE = 10.0
#: The most listening sockets that one supervisor has.
MOST_SOCKETS = 8
MOST_BYTES = 4096
LEAVE = b"leave\n"


class TakeoverError(Exception):
    """Nothing can be taken over.

    Args:
        message: What is wrong, in one line.
        hint: What to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Predecessor:
    """The supervisor that is to be replaced, and goes on until it is told to end.

    Args:
        connection: The connection to its control socket.
        process: The number of its process.
        sockets: Its listening sockets.
    """

    def __init__(
        self, connection: socket.socket, process: int, sockets: list[socket.socket]
    ) -> None:
        self._connection = connection
        self.process = process
        self.sockets = sockets

    def leave(self) -> bool:
        """Tell it to end; return True once it has begun to, or has ended, False if it hangs."""
        try:
            self._connection.sendall(LEAVE)
            self._connection.recv(MOST_BYTES)
        except TimeoutError:
            return False
        except OSError:
            return True  # It has ended by itself.
        finally:
            self._connection.close()
        return True

    def let_be(self) -> None:
        """Leave it as it is: it goes on as before."""
        self._connection.close()


def find_predecessor(file: Path) -> Predecessor | None:
    """Return the supervisor that listens at a control socket; None if there is none.

    Args:
        file: The control socket.

    Raises:
        TakeoverError: There is one, but it does not hand its sockets over.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(PATIENCE)
    try:
        connection.connect(str(file))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise TakeoverError(
            f"Cannot reach the server at {file}: {error.strerror or 'it does not answer'}",
            "If it hangs, end it, and start this command again.",
        ) from error
    try:
        return _receive(connection, file)
    except BaseException:
        connection.close()
        raise


def _receive(connection: socket.socket, file: Path) -> Predecessor | None:
    if not _is_same_user(connection):
        raise TakeoverError(
            f"Another user listens at {file}", "Set PRONGHORN_RUNTIME_DIR to a folder of your own."
        )
    try:
        text, numbers, _, _ = socket.recv_fds(connection, MOST_BYTES, MOST_SOCKETS)
    except OSError as error:
        raise TakeoverError(
            f"The server at {file} does not answer",
            "If it hangs, end it, and start this command again.",
        ) from error
    sockets = [socket.socket(fileno=number) for number in numbers]
    for sock in sockets:
        sock.set_inheritable(False)
    if not text:  # It ends just now.
        connection.close()
        return None
    try:
        told = json.loads(text)
        process = int(told["process" if sockets else "busy"])
    except (ValueError, KeyError, TypeError) as error:
        raise TakeoverError(
            f"No server of pronghorn run listens at {file}",
            "Set PRONGHORN_RUNTIME_DIR to a folder that nothing else uses.",
        ) from error
    if not sockets:
        raise TakeoverError(
            f"Process {process} replaces the server already",
            "Wait until that command serves or ends, then start this one again.",
        )
    return Predecessor(connection, process, sockets)


class Control:
    """The control socket of a supervisor.

    Args:
        file: Where to listen; a socket that another process has left there is replaced.
        sockets: The listening sockets that a successor gets.

    Raises:
        OSError: The socket cannot be made.
    """

    def __init__(self, file: Path, sockets: Sequence[socket.socket]) -> None:
        self._file = file
        self._sockets = sockets
        self._successor: socket.socket | None = None
        self._successor_process = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.setblocking(False)
        made = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(FileNotFoundError):
            made.unlink()
        try:
            self._listener.bind(str(made))
            made.chmod(0o600)
            self._listener.listen()
            self._own = made.stat().st_ino
            made.rename(file)  # At no moment is there a file at which nobody listens.
        except BaseException:
            self._listener.close()
            raise

    def list_watched(self) -> list[socket.socket]:
        """Return the sockets to wait for before `look`."""
        return [self._listener, *([self._successor] if self._successor else [])]

    def look(self) -> int | None:
        """Serve whoever has connected; return the process that has taken over, None if none has."""
        with suppress(BlockingIOError):
            while True:
                self._greet(self._listener.accept()[0])
        if self._successor is None:
            return None
        try:
            told = self._successor.recv(MOST_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            told = b""
        if not told.startswith(LEAVE):
            self._successor.close()  # It has failed, or was ended.
            self._successor = None
            return None
        return self._hand_over()

    def _greet(self, connection: socket.socket) -> None:
        connection.settimeout(1.0)
        if not _is_same_user(connection):
            connection.close()
            return
        if self._successor is not None:
            with suppress(OSError):
                connection.sendall(json.dumps({"busy": self._successor_process}).encode())
            connection.close()
            return
        text = json.dumps({"process": os.getpid()}).encode()
        try:
            socket.send_fds(connection, [text], [sock.fileno() for sock in self._sockets])
        except OSError:
            connection.close()
            return
        connection.setblocking(False)
        self._successor, self._successor_process = connection, _peer(connection)[0]

    def _hand_over(self) -> int:
        successor = self._successor
        self.close_listener()  # Before the answer: then the successor listens there itself.
        if successor is not None:
            with suppress(OSError):
                successor.sendall(LEAVE)
            successor.close()
        return self._successor_process

    def close_listener(self) -> None:
        """Take no successor any more; a file that is another process's stays."""
        self._listener.close()
        own, self._own = self._own, 0
        with suppress(OSError):
            if self._file.stat().st_ino == own:
                self._file.unlink()

    def close(self) -> None:
        """End all of it: a successor that waits learns that there is nobody to replace."""
        self.close_listener()
        if self._successor is not None:
            self._successor.close()


def _is_same_user(connection: socket.socket) -> bool:
    """Return True unless the other end is known to belong to another user, who is not root."""
    return _peer(connection)[1] in {os.getuid(), 0}


def _peer(connection: socket.socket) -> tuple[int, int]:
    """Return process and user of the other end; unix(7), SO_PEERCRED.

    Where the system does not tell them the folder of the socket alone keeps other users out.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return 0, os.getuid()
    size = struct.calcsize("3i")
    process, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, size))
    return process, user
