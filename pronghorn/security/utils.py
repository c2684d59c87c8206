"""Read credentials from header values."""

from starlette.requests import HTTPConnection

from pronghorn.core.reexports import find_elsewhere


def authorization_of(connection: HTTPConnection) -> str | None:
    """Return the first `Authorization` header of a request or a websocket handshake, or None.

    The result is `connection.headers.get("Authorization")`, without an object for all headers.
    """
    for name, value in connection.scope["headers"]:
        if name.lower() == b"authorization":
            text: str = value.decode("latin-1")
            return text
    return None


def get_authorization_scheme_param(authorization_header_value: str | None) -> tuple[str, str]:
    """Split the value of an `Authorization` header into its scheme and its credentials.

    Args:
        authorization_header_value: The header's value; None or empty if it was not sent.

    Returns:
        Scheme and credentials (RFC 9110, section 11.6.2); empty strings for missing parts.
    """
    if not authorization_header_value:
        return "", ""
    scheme, _, credentials = authorization_header_value.partition(" ")
    return scheme, credentials.strip()


find_elsewhere(__name__)
