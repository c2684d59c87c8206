"""What security schemes have in common: a name, and the answer to who brings no credentials."""

from typing import ClassVar, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from pronghorn.openapi.scheme import SecurityBase
from pronghorn.security.utils import authorization_of

Found = TypeVar("Found")


class Scheme(SecurityBase):
    """A scheme that gives what it finds in a request, and may refuse a request without it."""

    #: False: the result is None where True refuses the request.
    auto_error: bool
    #: What refuses a request. Programs have exception handlers for one class or the other.
    error_class: ClassVar[type[HTTPException]] = HTTPException
    #: What `WWW-Authenticate` says, which RFC 9110 asks every 401 for. By default what clients of
    #: bearer tokens send (RFC 6750, section 3).
    challenge: ClassVar[str] = "Bearer"

    def _set_up(self, scheme_name: str | None, auto_error: bool) -> None:
        self.scheme_name = scheme_name or self.__class__.__name__
        self.auto_error = auto_error

    def make_authenticate_headers(self) -> dict[str, str]:
        """Make the headers that tell the client which scheme to use (RFC 9110, 11.6.1)."""
        return {"WWW-Authenticate": self.challenge}

    def make_not_authenticated_error(self) -> HTTPException:
        """Make the error that refuses a request. Override it to change the answer."""
        return self.error_class(
            status_code=HTTP_401_UNAUTHORIZED,
            detail="Not authenticated",
            headers=self.make_authenticate_headers(),
        )

    def _checked(self, found: Found | None) -> Found | None:
        """Give back what was found; None is refused if `auto_error` is set."""
        if found is None and self.auto_error:
            raise self.make_not_authenticated_error()
        return found


class AuthorizationHeader(Scheme):
    """A scheme whose dependency gives the whole `Authorization` header, unchecked."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the `Authorization` header."""
        return self._checked(authorization_of(request) or None)
