"""Schemes of the `Authorization` header: Basic, Bearer, Digest and others (RFC 9110, 11.6)."""

import base64

from pydantic import BaseModel
from starlette.requests import HTTPConnection

from pronghorn.core.reexports import find_elsewhere
from pronghorn.exceptions import HTTPException
from pronghorn.openapi.models import HTTPBase as HTTPBaseModel
from pronghorn.openapi.models import HTTPBearer as HTTPBearerModel
from pronghorn.security._authorization import Scheme
from pronghorn.security.utils import authorization_of, get_authorization_scheme_param

__all__ = [
    "HTTPAuthorizationCredentials",
    "HTTPBase",
    "HTTPBasic",
    "HTTPBasicCredentials",
    "HTTPBearer",
    "HTTPDigest",
]


class HTTPBasicCredentials(BaseModel):
    """A user name and a password from `HTTPBasic`.

    Compare secrets with `secrets.compare_digest`, which takes the same time for any input.
    """

    username: str
    password: str


class HTTPAuthorizationCredentials(BaseModel):
    """An `Authorization` header in its two parts."""

    scheme: str
    """The first word, as the client wrote it, such as `Bearer`."""
    credentials: str
    """Everything after it, unchecked."""


class HTTPBase(Scheme):
    """Any scheme of the `Authorization` header.

    The result of the dependency is an `HTTPAuthorizationCredentials`; a client may send another
    scheme than the documented one, so check its `scheme`.

    Args:
        scheme: The scheme's name, such as one of the IANA registry of authentication schemes.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without credentials is answered with 401. False: the result
            is None.
    """

    model: HTTPBaseModel
    _error_class = HTTPException

    def __init__(
        self,
        *,
        scheme: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.model = HTTPBaseModel(scheme=scheme, description=description)
        self._set_up(scheme_name, auto_error)

    def _authenticate_headers(self) -> dict[str, str]:
        return self.make_authenticate_headers()

    def make_authenticate_headers(self) -> dict[str, str]:
        """Return the headers that tell the client which scheme to use (RFC 9110, 11.6.1)."""
        return {"WWW-Authenticate": self.model.scheme.title()}

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Read the `Authorization` header."""
        return self._read_credentials(request, expected_scheme=None)

    def _read_credentials(
        self, request: HTTPConnection, *, expected_scheme: str | None
    ) -> HTTPAuthorizationCredentials | None:
        scheme, credentials = get_authorization_scheme_param(authorization_of(request))
        wanted = expected_scheme is None or scheme.lower() == expected_scheme
        if not (scheme and credentials and wanted):
            return self._check_value(None)
        return HTTPAuthorizationCredentials(scheme=scheme, credentials=credentials)


class HTTPBasic(HTTPBase):
    """A user name and a password in the `Basic` scheme (RFC 7617).

    The result of the dependency is an `HTTPBasicCredentials`. Credentials that cannot be decoded
    are answered with 401 whatever `auto_error` says.

    Args:
        scheme_name: Name in the document; by default the name of the class.
        realm: Sent to the client, which shows it to the user.
        description: Text for the document.
        auto_error: True: a request without Basic credentials is answered with 401. False: the
            result is None.
    """

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        realm: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="basic", scheme_name=scheme_name, description=description, auto_error=auto_error
        )
        self.realm = realm

    def make_authenticate_headers(self) -> dict[str, str]:
        """Return the headers that tell the client which scheme to use (RFC 7617, section 2)."""
        if self.realm:
            return {"WWW-Authenticate": f'Basic realm="{self.realm}"'}
        return {"WWW-Authenticate": "Basic"}

    async def __call__(  # type: ignore[override]  # the parts of a Basic header have a class of their own, as in FastAPI
        self, request: HTTPConnection
    ) -> HTTPBasicCredentials | None:
        """Read and decode the `Authorization` header."""
        scheme, parameter = get_authorization_scheme_param(authorization_of(request))
        if scheme.lower() != "basic":
            return self._check_value(None)
        try:
            decoded = base64.b64decode(parameter).decode("ascii")
        except ValueError as error:  # The header is not base64, or not ASCII.
            raise self.make_not_authenticated_error() from error
        username, separator, password = decoded.partition(":")
        if not separator:
            raise self.make_not_authenticated_error()
        return HTTPBasicCredentials(username=username, password=password)


class HTTPBearer(HTTPBase):
    """A token in the `Bearer` scheme (RFC 6750).

    The result of the dependency is an `HTTPAuthorizationCredentials`; verifying the token is up
    to you.

    Args:
        bearerFormat: What the token is, such as `JWT`; shown in the document only.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without a token is answered with 401. False: the result is
            None.
    """

    def __init__(
        self,
        *,
        bearerFormat: str | None = None,  # noqa: N803 - the specification's name
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.model = HTTPBearerModel(bearerFormat=bearerFormat, description=description)
        self._set_up(scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Read the `Authorization` header."""
        return self._read_credentials(request, expected_scheme="bearer")


class HTTPDigest(HTTPBase):
    """The `Digest` scheme (RFC 7616), read but not checked.

    The result of the dependency is an `HTTPAuthorizationCredentials`; issuing nonces and
    checking the digest is up to you.

    Args:
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without a digest is answered with 401. False: the result is
            None.
    """

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="digest", scheme_name=scheme_name, description=description, auto_error=auto_error
        )

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Read the `Authorization` header."""
        return self._read_credentials(request, expected_scheme="digest")


find_elsewhere(__name__)
