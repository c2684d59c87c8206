"""The OAuth2 scopes asked for on the way to a dependency."""

from collections.abc import Sequence


def join_scopes(outer: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Return the scopes that a dependency sees.

    - `outer`: asked for on the way to it; kept as they are.
    - `own`: asked for at the dependency itself; each is added once.
    """
    return (*outer, *(scope for scope in dict.fromkeys(own) if scope not in outer))


class SecurityScopes:
    """The scopes that a dependency and everything that depends on it have asked for.

    Declare a parameter of this type in a dependency to receive it; scopes are asked for with
    `Security(..., scopes=[...])`.

    Attributes:
        scopes: Those of the endpoint first; each once, unless somebody further out wrote it twice.
        scope_str: The same as one text, separated by spaces (RFC 6749, section 3.3), as
            `WWW-Authenticate` needs it.
    """

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes: list[str] = scopes or []
        self.scope_str: str = " ".join(self.scopes)
