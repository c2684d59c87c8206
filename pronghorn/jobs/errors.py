"""The errors of jobs."""

from __future__ import annotations

from pronghorn.exceptions import FastAPIError


class BadJobError(Exception):
    """A job that no attempt can do: its function is gone, or its arguments do not fit."""


class UnknownJobError(FastAPIError, LookupError):
    """There is no job with this id."""


class LostJobError(BaseException):
    """The run of a job that others have taken over, or that was cancelled.

    It is no `Exception`, so that a job does not handle it by accident.
    """
