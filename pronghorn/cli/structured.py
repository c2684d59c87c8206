"""Logs in the format of `--log-format`, in each process that serves or supervises."""

from __future__ import annotations

from pronghorn.cli.program_messages import print_until_configured
from pronghorn.logs.handler import ServerHandler
from pronghorn.logs.setup import configure_servers

__all__ = ["configure_format"]


def configure_format(kind: str, level: str, *, lines: bool) -> None:
    """Write all messages in one format; calling it again changes nothing.

    Servers configure their loggers while they start, so it is called again after that.

    Args:
        kind: `"json"` or `"console"`.
        level: The lowest level of messages, in lower case.
        lines: Log a line for each request.
    """
    handler = ServerHandler(kind)
    configure_servers(handler, level, lines=lines)
    print_until_configured(handler, level)
