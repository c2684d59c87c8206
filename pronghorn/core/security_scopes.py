"""The OAuth 2.0 scopes that a dependency and its dependents require."""

from collections.abc import Sequence


def join_scopes(outer: Sequence[str], own: Sequence[str]) -> tuple[str, ...]:
    """Return the scopes that a dependency receives.

    Args:
        outer: The scopes that its dependents require; kept unchanged.
        own: The scopes that it requires itself; each is added once.
    """
    return (*outer, *(scope for scope in dict.fromkeys(own) if scope not in outer))


class SecurityScopes:
    """The OAuth 2.0 scopes that a dependency and all its dependents require.

    Declare a parameter of this type in a dependency to receive it. `Security(..., scopes=[...])`
    requires scopes.

    Args:
        scopes: The scopes; pronghorn passes them.

    Attributes:
        scopes: The scopes, those of the endpoint first. Each appears once, unless a dependent
            lists it twice.
        scope_str: The scopes separated by spaces (RFC 6749, section 3.3), as `WWW-Authenticate`
            needs them.
    """

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes: list[str] = scopes or []
        self.scope_str: str = " ".join(self.scopes)
