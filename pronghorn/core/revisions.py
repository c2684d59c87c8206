"""One number that grows whenever any declaration changes.

Compiled routers compare it at every request and look closer only when it has changed, so a
declaration need not know who depends on it: a router does not know where it is included.
"""

from __future__ import annotations

from itertools import count

_numbers = count(1)


class Revision:
    """The numbers as attributes, for whoever reads them at every request.

    - `latest`: of the last change.
    - `compiled_since`: of the last change that made everything compiled invalid.
    """

    __slots__ = ("compiled_since", "latest")

    def __init__(self) -> None:
        self.latest = 0
        self.compiled_since = 0


REVISION = Revision()


def current_revision() -> int:
    """The number of the last change."""
    return REVISION.latest


def declared() -> int:
    """Note a change; return its number."""
    REVISION.latest = next(_numbers)
    return REVISION.latest


def forget_compiled() -> None:
    """Note that nothing is valid any more that has been compiled so far."""
    REVISION.compiled_since = declared()


def compiled_since() -> int:
    """The number of the last change that made everything compiled invalid."""
    return REVISION.compiled_since
