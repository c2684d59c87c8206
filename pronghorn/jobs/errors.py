"""The errors of jobs."""

from __future__ import annotations

from pronghorn.exceptions import FastAPIError


class BadJobError(Exception):
    """A job that no attempt can do: its function is gone, or its arguments do not fit."""


class UnfitJobError(BadJobError):
    """A job that another release of the program may be able to do."""


class UnknownJobError(FastAPIError, LookupError):
    """There is no job with this id."""
