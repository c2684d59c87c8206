"""The base class by which the document recognises security schemes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Programs without security schemes start faster without these models.
    from pronghorn.openapi.models import SecurityBase as SecurityModel


class SecurityBase:
    """Base of the security schemes: a callable dependency that documents itself.

    A subclass whose instances are used with `Depends` or `Security` appears among the document's
    security schemes, and the operations that depend on it carry its name.
    """

    #: The scheme in the document.
    model: SecurityModel
    #: The scheme's name in the document.
    scheme_name: str


def security_scheme(call: Callable[..., Any]) -> SecurityBase | None:
    """Return the security scheme behind a dependency, or None.

    `functools.partial` and `functools.wraps` are unwrapped.
    """
    candidate: Any = call
    while candidate is not None and not isinstance(candidate, SecurityBase):
        partial = isinstance(candidate, functools.partial)
        candidate = candidate.func if partial else getattr(candidate, "__wrapped__", None)
    return candidate
