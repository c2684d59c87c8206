"""Servers that accept only TLS."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import trustme

from benchmarks.hardening.servers import Server
from benchmarks.processes import START_SECONDS


class AnyServer(Server):
    """A server that is ready when it listens, since it may only accept TLS."""

    def _answers(self) -> bool:
        socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS).close()
        return True


def certify(folder: Path) -> tuple[tuple[str, ...], ssl.SSLContext]:
    """Write a certificate for this machine.

    Args:
        folder: An empty folder.

    Returns:
        The options of `pronghorn run` for it, and what a client needs to trust it.
    """
    authority, context = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(context)
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(folder / "server.key")
    certificate.cert_chain_pems[0].write_to_path(folder / "server.pem")
    key, chain = str(folder / "server.key"), str(folder / "server.pem")
    return ("--ssl-certfile", chain, "--ssl-keyfile", key), context
