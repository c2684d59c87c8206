"""The cause for which a dependency runs, which also exists where there is no request."""

from __future__ import annotations

from typing import NamedTuple

#: The methods that only read (RFC 9110, section 9.2.1) and that programs serve.
READING = ("GET", "HEAD")


class Trigger(NamedTuple):
    """The cause for which a dependency runs: a request, a connection, or code of the program.

    Declare a parameter of this type in a dependency to receive it. A dependency that reads
    `Request` cannot be used outside of requests; one that reads only this can.

    Attributes:
        method: The method of the request; None for a connection and outside of requests.
        path: The path of the route, as declared; None outside of requests.
    """

    method: str | None = None
    path: str | None = None

    @property
    def only_reads(self) -> bool:
        """Return True for GET and HEAD."""
        return self.method in READING

    def __str__(self) -> str:
        if self.path is None:
            return "code outside of requests"
        return f"{self.method or 'WebSocket'} {self.path}"
