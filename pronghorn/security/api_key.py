"""Schemes that read a key from the query string, a header or a cookie."""

from typing import ClassVar

from starlette.requests import HTTPConnection

from pronghorn.core.reexports import find_elsewhere
from pronghorn.openapi.models import APIKey, APIKeyIn
from pronghorn.security._authorization import Scheme

__all__ = ["APIKeyBase", "APIKeyCookie", "APIKeyHeader", "APIKeyQuery"]


class APIKeyBase(Scheme):
    """The common base of the three schemes for keys.

    Args:
        location: The place of the key in a request.
        name: The name under which it is sent.
        description: Text for the document.
        scheme_name: Name in the document; by default the name of the class.
        auto_error: True: a request without a key is rejected. False: the result is None.
    """

    model: APIKey
    #: No scheme is registered for API keys; this is the customary name.
    _challenge = "APIKey"

    def __init__(
        self,
        location: APIKeyIn,
        name: str,
        description: str | None,
        scheme_name: str | None,
        auto_error: bool,
    ) -> None:
        # Built from the aliases, which are the names of the specification.
        self.model = APIKey.model_validate(
            {"in": location, "name": name, "description": description}
        )
        self._set_up(scheme_name, auto_error)

    def check_api_key(self, api_key: str | None) -> str | None:
        """Return the key, or reject the request if there is none and `auto_error` is set."""
        return self._check_value(api_key or None)


class _KeyIn(APIKeyBase):
    """A key in the place that a subclass names."""

    _location: ClassVar[APIKeyIn]

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(self._location, name, description, scheme_name, auto_error)


class APIKeyQuery(_KeyIn):
    """A key in the query string. The result of the dependency is the key.

    URLs end up in logs and histories, so prefer `APIKeyHeader` where you can choose.

    Args:
        name: The query parameter.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without a key is answered with 401. False: the result is None.
    """

    _location = APIKeyIn.query

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the key from the query string."""
        return self.check_api_key(request.query_params.get(self.model.name))


class APIKeyHeader(_KeyIn):
    """A key in a header. The result of the dependency is the key.

    Args:
        name: The header, in any case.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without a key is answered with 401. False: the result is None.
    """

    _location = APIKeyIn.header

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the key from the header."""
        return self.check_api_key(request.headers.get(self.model.name))


class APIKeyCookie(_KeyIn):
    """A key in a cookie. The result of the dependency is the key.

    Browsers send cookies by themselves: protect routes that change something against
    cross-site request forgery.

    Args:
        name: The cookie.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without a key is answered with 401. False: the result is None.
    """

    _location = APIKeyIn.cookie

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the key from the cookie."""
        return self.check_api_key(request.cookies.get(self.model.name))


find_elsewhere(__name__)
