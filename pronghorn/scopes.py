"""The OAuth2 scopes asked for on the way to a dependency."""


class SecurityScopes:
    """The scopes that a dependency and everything that depends on it have asked for.

    Declare a parameter of this type in a dependency to receive it; scopes are asked for with
    `Security(..., scopes=[...])`.

    Attributes:
        scopes: Every scope once, those of the endpoint first.
        scope_str: The same as one text, separated by spaces (RFC 6749, section 3.3), as
            `WWW-Authenticate` needs it.
    """

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes: list[str] = scopes or []
        self.scope_str: str = " ".join(self.scopes)
