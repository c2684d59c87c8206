"""What OAuth2 and OpenID Connect have in common: the `Authorization` header, taken as it is."""

from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from pronghorn.openapi.scheme import SecurityBase
from pronghorn.security.utils import authorization_of


class AuthorizationHeader(SecurityBase):
    """A scheme whose dependency gives the whole `Authorization` header, unchecked."""

    #: False: the result is None where True refuses the request.
    auto_error: bool
    #: What refuses a request. Programs have exception handlers for one class or the other.
    error_class: ClassVar[type[HTTPException]] = HTTPException

    def make_not_authenticated_error(self) -> HTTPException:
        """Make the error that refuses a request. Override it to change the answer.

        Neither specification names a challenge of its own; bearer tokens (RFC 6750, section 3)
        are what their clients send.
        """
        return self.error_class(
            status_code=HTTP_401_UNAUTHORIZED,
            detail="Not authenticated",
            headers={"WWW-Authenticate": "Bearer"},
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the `Authorization` header."""
        return self._checked(authorization_of(request) or None)

    def _checked(self, found: str | None) -> str | None:
        """Give back what was found; None is refused if `auto_error` is set."""
        if found is None and self.auto_error:
            raise self.make_not_authenticated_error()
        return found
