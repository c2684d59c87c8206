"""Security schemes: dependencies that read credentials and appear in the OpenAPI document.

They read credentials, document themselves and reject requests (401 with `WWW-Authenticate`). The
program verifies passwords and tokens. All schemes work for HTTP requests and WebSockets alike.
"""

from pronghorn.core.reexports import find_elsewhere
from pronghorn.security.api_key import APIKeyCookie, APIKeyHeader, APIKeyQuery
from pronghorn.security.http import (
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
)
from pronghorn.security.oauth2 import (
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    SecurityScopes,
)
from pronghorn.security.open_id_connect_url import OpenIdConnect

__all__ = [
    "APIKeyCookie",
    "APIKeyHeader",
    "APIKeyQuery",
    "HTTPAuthorizationCredentials",
    "HTTPBasic",
    "HTTPBasicCredentials",
    "HTTPBearer",
    "HTTPDigest",
    "OAuth2",
    "OAuth2AuthorizationCodeBearer",
    "OAuth2PasswordBearer",
    "OAuth2PasswordRequestForm",
    "OAuth2PasswordRequestFormStrict",
    "OpenIdConnect",
    "SecurityScopes",
]


find_elsewhere(__name__)
