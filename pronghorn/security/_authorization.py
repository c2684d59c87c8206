"""The common base of security schemes: a name, and the response to missing credentials."""

from typing import ClassVar, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from pronghorn.openapi.scheme import SecurityBase
from pronghorn.security.utils import authorization_of

ResultT = TypeVar("ResultT")


class Scheme(SecurityBase):
    """A scheme that returns what it finds in a request, and may reject a request without it."""

    #: False: the result is None for a request that True would reject.
    auto_error: bool
    #: The class of the error that rejects a request. Programs handle one class or the other.
    _error_class: ClassVar[type[HTTPException]] = HTTPException
    #: The value of `WWW-Authenticate`, which RFC 9110 requires in every 401. The default is that of
    #: bearer tokens (RFC 6750, section 3).
    _challenge: ClassVar[str] = "Bearer"

    def _set_up(self, scheme_name: str | None, auto_error: bool) -> None:
        self.scheme_name = scheme_name or self.__class__.__name__
        self.auto_error = auto_error

    def _authenticate_headers(self) -> dict[str, str]:
        """Return the headers that tell the client which scheme to use (RFC 9110, 11.6.1)."""
        return {"WWW-Authenticate": self._challenge}

    def make_not_authenticated_error(self) -> HTTPException:
        """Create the error that rejects a request. Override it to change the response."""
        return self._error_class(
            status_code=HTTP_401_UNAUTHORIZED,
            detail="Not authenticated",
            headers=self._authenticate_headers(),
        )

    def _check_value(self, found: ResultT | None) -> ResultT | None:
        """Return the credentials. None is rejected if `auto_error` is set."""
        if found is None and self.auto_error:
            raise self.make_not_authenticated_error()
        return found


class AuthorizationHeader(Scheme):
    """A scheme whose dependency returns the whole `Authorization` header, unchecked."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the `Authorization` header."""
        return self._check_value(authorization_of(request) or None)
