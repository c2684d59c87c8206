"""The OpenID Connect scheme."""

from pronghorn.core.reexports import find_elsewhere
from pronghorn.openapi.models import OpenIdConnect as OpenIdConnectModel
from pronghorn.security._authorization import AuthorizationHeader

__all__ = ["OpenIdConnect"]


class OpenIdConnect(AuthorizationHeader):
    """OpenID Connect, by the URL of its discovery document.

    The result of the dependency is the whole `Authorization` header. Nothing is checked beyond
    its presence: fetching the provider's keys and verifying the token is up to you.

    Args:
        openIdConnectUrl: The discovery document's URL.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without the header is answered with 401. False: the result
            is None.
    """

    model: OpenIdConnectModel

    def __init__(
        self,
        *,
        openIdConnectUrl: str,  # noqa: N803 - FastAPI programs pass the specification's name
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.model = OpenIdConnectModel(openIdConnectUrl=openIdConnectUrl, description=description)
        self._set_up(scheme_name, auto_error)


find_elsewhere(__name__)
