"""The errors of jobs."""

from __future__ import annotations

from pronghorn.exceptions import FastAPIError, HTTPException
from pronghorn.hooks import answer_with


class BadJobError(Exception):
    """A job that no attempt can do: its function is gone, or its arguments do not fit."""


class UnfitJobError(BadJobError):
    """A job that another release of the program may be able to do."""


class UnknownJobError(FastAPIError, LookupError):
    """There is no job with this id. An endpoint that lets it pass is answered with 404."""


def no_job(id: object) -> UnknownJobError:
    """Return the error for an id without a job, which endpoints answer with 404.

    Args:
        id: The id that was asked for. The answer does not repeat it.
    """
    error = UnknownJobError(f"There is no job {id!r}.")
    answer_with(error, HTTPException(404, "There is no such job"))
    return error
