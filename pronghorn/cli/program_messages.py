"""Print what reaches the root logger, until the program configures logging itself."""

from __future__ import annotations

import logging
from functools import wraps
from typing import Any

__all__ = ["print_until_configured"]


class _Level(int):
    """A level that can be told from one that the program has set."""


def print_until_configured(handler: logging.Handler, level: str) -> None:
    """Let a handler print the messages that reach the root logger.

    A handler that the program adds to the root logger, and a call of `logging.basicConfig`, take
    the place of this one, as if it had never been there.

    Args:
        handler: The handler.
        level: The lowest level to print, in lower case.
    """
    root = logging.getLogger()
    if root.handlers:
        return
    wanted = _Level(logging.DEBUG if level == "trace" else logging.getLevelName(level.upper()))
    unset = root.level
    root.addHandler(handler)
    root.setLevel(wanted)

    def give_way() -> None:
        if handler in root.handlers:
            root.removeHandler(handler)
        if root.level is wanted:
            root.setLevel(unset)

    _give_way_to_handlers(root, give_way)
    _give_way_to_basic_config(give_way)


def _give_way_to_handlers(root: logging.Logger, give_way: Any) -> None:
    add_handler = root.addHandler

    @wraps(add_handler)
    def add_first_handler(handler: logging.Handler) -> None:
        del root.addHandler  # the method of the class is there again
        give_way()
        add_handler(handler)

    root.addHandler = add_first_handler  # type: ignore[method-assign, assignment]  # for one call


def _give_way_to_basic_config(give_way: Any) -> None:
    basic_config = logging.basicConfig

    @wraps(basic_config)
    def configure(**options: Any) -> None:
        # The module itself calls this only while the root logger has no handler.
        logging.basicConfig = basic_config
        give_way()
        basic_config(**options)

    logging.basicConfig = configure
