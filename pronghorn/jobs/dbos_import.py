"""Import DBOS, and keep its logger quiet."""

from __future__ import annotations

import logging
from typing import Any

from pronghorn.core.setup_errors import setup_error

__all__ = ["import_dbos"]


def import_dbos() -> Any:
    """Return the module.

    Raises:
        SetupError: It is not installed.
    """
    logger = logging.getLogger("dbos")
    if not logger.handlers:  # It would write to the terminal, beside the program's own logging.
        logger.addHandler(logging.NullHandler())
    if _matters not in logger.filters:  # It sets its level itself, in each of its calls.
        logger.addFilter(_matters)
    try:
        import dbos
    except ImportError as error:
        raise setup_error(
            f"Jobs need DBOS, which cannot be imported: {error}",
            None,
            'pip install "pronghorn[jobs]"',
        ) from error
    return dbos


def _matters(record: logging.LogRecord) -> bool:
    """Leave out its lines about each migration of its tables and each queue."""
    return record.levelno >= logging.WARNING
