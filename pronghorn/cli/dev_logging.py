"""Logging under `pronghorn dev`: the program's messages appear, and tracebacks are folded."""

from __future__ import annotations

import copy
import logging
import sys
from typing import Any, ClassVar

from uvicorn.config import LOGGING_CONFIG
from uvicorn.logging import DefaultFormatter

from pronghorn.cli.importing import wants_full_tracebacks
from pronghorn.cli.program_messages import print_until_configured
from pronghorn.devtools.tracebacks import format_error, wants_colour

__all__ = ["granian_config", "show_program_messages", "uvicorn_config"]

_TRACEBACK = "Traceback (most recent call last):"


class _Folding(logging.Formatter):
    """A formatter whose tracebacks show the frames of the program."""

    stream: ClassVar[str] = "stderr"

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record; what other handlers have cached in it stays theirs."""
        own = copy.copy(record)
        own.exc_text = None
        self._fold_message(own)
        return super().format(own)

    def _fold_message(self, record: logging.LogRecord) -> None:
        """Fold a traceback in the text of a message.

        When a lifespan fails, servers log the text that Starlette made, while the exception is
        being handled; Granian logs the text of every exception.
        """
        error = sys.exception()
        if error is None or record.exc_info or record.args or not isinstance(record.msg, str):
            return
        before, traceback, text = record.msg.partition(_TRACEBACK)
        if traceback and type(error).__name__ in text:
            # That of a group begins with "  + Exception Group ".
            record.msg = before.removesuffix("  + Exception Group ") + self._text(error)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the name of `logging`
        """Return the traceback of an exception."""
        return self._text(ei[1]) if ei[1] is not None else super().formatException(ei)

    def _text(self, error: BaseException) -> str:
        colour = wants_colour(getattr(sys, self.stream))
        return format_error(error, full=wants_full_tracebacks(), colour=colour).rstrip("\n")


class UvicornFormatter(_Folding, DefaultFormatter):
    """The format of uvicorn's messages."""

    def __init__(self) -> None:
        super().__init__("%(levelprefix)s %(message)s", use_colors=wants_colour(sys.stderr))


class GranianFormatter(_Folding):
    """The format of Granian's messages."""

    stream = "stdout"

    def __init__(self) -> None:
        super().__init__("[%(levelname)s] %(message)s")


def uvicorn_config() -> dict[str, Any]:
    """Return uvicorn's configuration of logging, with tracebacks that are folded."""
    config: dict[str, Any] = copy.deepcopy(LOGGING_CONFIG)
    config["formatters"]["default"] = {"()": "pronghorn.cli.dev_logging.UvicornFormatter"}
    return config


def granian_config() -> dict[str, Any]:
    """Return what to change in Granian's configuration, so that tracebacks are folded."""
    folding = {"()": "pronghorn.cli.dev_logging.GranianFormatter"}
    return {"formatters": {"generic": folding, "access": {"format": "%(message)s"}}}


class _ProgramHandler(logging.StreamHandler[Any]):
    """Prints the messages of a program that does not configure logging itself."""


def show_program_messages(server: str, level: str) -> None:
    """Print the messages that reach the root logger, until the program configures logging itself.

    Args:
        server: The server whose style the lines have, `uvicorn` or `granian`.
        level: The lowest level to print, in lower case.
    """
    on_granian = server == "granian"
    handler = _ProgramHandler(sys.stdout if on_granian else sys.stderr)
    handler.setFormatter(GranianFormatter() if on_granian else UvicornFormatter())
    print_until_configured(handler, level)
