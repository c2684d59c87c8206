"""A small name server, in the place of the one that tells the addresses of services in Docker."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def answer_name(question: bytes, addresses: list[str]) -> bytes:
    """Return the answer to a question about addresses (RFC 1035)."""
    end = question.index(b"\0", 12) + 5
    kind = struct.unpack("!H", question[end - 4 : end - 2])[0]
    found = addresses if kind == 1 else []
    head = question[:2] + struct.pack("!HHHHH", 0x8180, 1, len(found), 0, 0)
    records = [b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + socket.inet_aton(a) for a in found]
    return head + question[12:end] + b"".join(records)


@contextmanager
def name_server(host: str, port: int, list_addresses: Callable[[], list[str]]) -> Iterator[None]:
    """Answer every question with some addresses, during a block.

    Args:
        host: The address to listen on.
        port: The port to listen on, by UDP.
        list_addresses: Returns the addresses; asked for each question, in a thread.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, port))
        sock.settimeout(0.2)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    question, sender = sock.recvfrom(2048)
                except TimeoutError:
                    continue
                sock.sendto(answer_name(question, list_addresses()), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
