"""Errors of an API server, in the words of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["AwayError", "ClusterError", "OvertakenError", "RefusedError", "explain"]


class ClusterError(Exception):
    """The API server did not do what it was asked for."""


class AwayError(ClusterError):
    """The API server does not answer, or says that it cannot at the moment.

    A change that was sent may have happened.
    """


class OvertakenError(ClusterError):
    """Somebody else has given a Deployment another version, which must not be undone.

    Args:
        name: The Deployment.
        version: The version that it has now.
    """

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"somebody has deployed {version} of {name} meanwhile, which was left as it is"
        )


class RefusedError(ClusterError):
    """The API server said no, so nothing has changed.

    Args:
        message: Why, in one sentence without its end.
        status: The status of the answer; 0 if the request could not be made.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def explain(code: int, message: str, status: Mapping[str, Any]) -> str:
    """Return why a request was refused, and what to do about it.

    Args:
        code: The status of the answer.
        message: The server's own words.
        status: The whole answer, a `Status` of Kubernetes.
    """
    details = status.get("details") or {}
    if code == 401:
        return "the cluster does not accept your credentials (401): log in to it again"
    if code == 403:
        return f"you may not do that (403): {message}"
    conflicts = [
        one for one in details.get("causes") or () if one.get("reason") == "FieldManagerConflict"
    ]
    if code == 409 and conflicts:
        fields = ", ".join(sorted({str(one.get("field")) for one in conflicts}))
        who = "; ".join(sorted({str(one.get("message")) for one in conflicts}))
        return (
            f"{_object_of(details)}: somebody else has set {fields} ({who}); take the same value "
            "into the file, leave the field out of it, or deploy once with take_over = true in "
            "[tool.pronghorn.deploy.kubernetes]"
        )
    return f"{message} ({code})"


def _object_of(details: Mapping[str, Any]) -> str:
    return f"{details.get('kind', 'object')} {details.get('name', '')}".strip()
