"""OAuth2 (RFC 6749): the schemes, and the form of the password grant."""

from typing import Annotated, Any

from starlette.requests import HTTPConnection

from pronghorn.core.reexports import find_elsewhere
from pronghorn.core.security_scopes import SecurityScopes
from pronghorn.exceptions import HTTPException
from pronghorn.openapi.models import OAuth2 as OAuth2Model
from pronghorn.openapi.models import OAuthFlows as OAuthFlowsModel
from pronghorn.param_functions import Form
from pronghorn.security._authorization import AuthorizationHeader
from pronghorn.security.utils import authorization_of, get_authorization_scheme_param

__all__ = [
    "OAuth2",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OAuth2PasswordRequestForm",
    "OAuth2PasswordRequestFormStrict",
    "SecurityScopes",
]


class OAuth2PasswordRequestForm:
    """The form of the password grant (RFC 6749, section 4.3.2), as a dependency.

    `grant_type` may be left out; use `OAuth2PasswordRequestFormStrict` to require it. The
    attributes are `grant_type`, `username`, `password`, `scopes` (the form's `scope` split at white
    space), `client_id` and `client_secret`.

    Args:
        grant_type: `password` or nothing.
        username: The user's name.
        password: The user's password.
        scope: Scopes separated by spaces.
        client_id: The client's name, if it is not sent with HTTP Basic.
        client_secret: The client's password, if it is not sent with HTTP Basic.
    """

    def __init__(
        self,
        *,
        grant_type: Annotated[str | None, Form(pattern="^password$")] = None,
        username: Annotated[str, Form()],
        password: Annotated[str, Form(json_schema_extra={"format": "password"})],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form(json_schema_extra={"format": "password"})] = None,
    ) -> None:
        self.grant_type = grant_type
        self.username = username
        self.password = password
        self.scopes = scope.split()
        self.client_id = client_id
        self.client_secret = client_secret


class OAuth2PasswordRequestFormStrict(OAuth2PasswordRequestForm):
    """`OAuth2PasswordRequestForm` with `grant_type=password` required, as RFC 6749 says.

    Args:
        grant_type: Must be `password`.
        username: The user's name.
        password: The user's password.
        scope: Scopes separated by spaces.
        client_id: The client's name, if it is not sent with HTTP Basic.
        client_secret: The client's password, if it is not sent with HTTP Basic.
    """

    def __init__(
        self,
        grant_type: Annotated[str, Form(pattern="^password$")],
        username: Annotated[str, Form()],
        password: Annotated[str, Form()],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form()] = None,
    ) -> None:
        super().__init__(
            grant_type=grant_type,
            username=username,
            password=password,
            scope=scope,
            client_id=client_id,
            client_secret=client_secret,
        )


class OAuth2(AuthorizationHeader):
    """OAuth2 with any flows; the base of the two bearer schemes.

    The result of the dependency is the whole `Authorization` header, unchecked.

    Args:
        flows: The flows to document, as a model or as a dictionary of the specification.
        scheme_name: Name in the document; by default the name of the class.
        description: Text for the document.
        auto_error: True: a request without the header is answered with 401. False: the result
            is None.
    """

    model: OAuth2Model
    _error_class = HTTPException

    def __init__(
        self,
        *,
        flows: OAuthFlowsModel | dict[str, dict[str, Any]] = OAuthFlowsModel(),  # noqa: B008 - never changed, and shown by help()
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        self.model = OAuth2Model.model_validate({"flows": flows, "description": description})
        self._set_up(scheme_name, auto_error)


class _BearerToken(OAuth2):
    """OAuth2 whose dependency returns only the bearer token."""

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Read the token from the `Authorization` header (RFC 6750, section 2.1)."""
        scheme, token = get_authorization_scheme_param(authorization_of(request))
        return self._check_value(token if scheme.lower() == "bearer" else None)


class OAuth2PasswordBearer(_BearerToken):
    """A bearer token from the password grant (RFC 6749, section 4.3).

    The result of the dependency is the token; verifying it is up to you.

    Args:
        tokenUrl: The URL of your route that takes `OAuth2PasswordRequestForm`, or its path relative
            to the document's.
        scheme_name: Name in the document; by default the name of the class.
        scopes: The scopes to document, each with its description.
        description: Text for the document.
        auto_error: True: a request without a token is answered with 401. False: the result is None.
        refreshUrl: The URL at which a client renews a token.
    """

    def __init__(
        self,
        tokenUrl: str,  # noqa: N803 - the specification's name
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
        refreshUrl: str | None = None,  # noqa: N803 - the specification's name
    ) -> None:
        flow = {"tokenUrl": tokenUrl, "refreshUrl": refreshUrl, "scopes": scopes or {}}
        super().__init__(
            flows=OAuthFlowsModel.model_validate({"password": flow}),
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )


class OAuth2AuthorizationCodeBearer(_BearerToken):
    """A bearer token from the authorization code grant (RFC 6749, section 4.1).

    The result of the dependency is the token; verifying it is up to you.

    Args:
        authorizationUrl: The URL at which the user agrees.
        tokenUrl: The URL at which the client exchanges the code for a token.
        refreshUrl: The URL at which a client renews a token.
        scheme_name: Name in the document; by default the name of the class.
        scopes: The scopes to document, each with its description.
        description: Text for the document.
        auto_error: True: a request without a token is answered with 401. False: the result is None.
    """

    def __init__(
        self,
        authorizationUrl: str,  # noqa: N803 - the specification's name
        tokenUrl: str,  # noqa: N803 - the specification's name
        refreshUrl: str | None = None,  # noqa: N803 - the specification's name
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        flow = {
            "authorizationUrl": authorizationUrl,
            "tokenUrl": tokenUrl,
            "refreshUrl": refreshUrl,
            "scopes": scopes or {},
        }
        super().__init__(
            flows=OAuthFlowsModel.model_validate({"authorizationCode": flow}),
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )


find_elsewhere(__name__)
