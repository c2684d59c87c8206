"""The common base of OAuth2 and OpenID Connect: the `Authorization` header, unchanged."""

from typing import ClassVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from pronghorn.openapi.scheme import SecurityBase
from pronghorn.security.utils import authorization_of


class AuthorizationHeader(SecurityBase):
    """A scheme whose dependency returns the whole `Authorization` header, unchecked."""

    #: False: the result is None for a request that True would reject.
    auto_error: bool
    #: The class of the error that rejects a request. Programs handle one class or the other.
    error_class: ClassVar[type[HTTPException]] = HTTPException

    def make_not_authenticated_error(self) -> HTTPException:
        """Create the error that rejects a request. Override it to change the response.

        Neither specification names a challenge of its own; bearer tokens (RFC 6750, section 3) are
        what their clients send.
        """
        return self.error_class(
            status_code=HTTP_401_UNAUTHORIZED,
            detail="Not authenticated",
            headers={"WWW-Authenticate": "Bearer"},
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the `Authorization` header."""
        return self._check_value(authorization_of(request) or None)

    def _check_value(self, found: str | None) -> str | None:
        """Return the header. None is rejected if `auto_error` is set."""
        if found is None and self.auto_error:
            raise self.make_not_authenticated_error()
        return found
