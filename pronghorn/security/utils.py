"""Reading credentials from header values."""

from starlette.requests import HTTPConnection

from pronghorn.core.reexports import find_elsewhere


def authorization_of(connection: HTTPConnection) -> str | None:
    """The first `Authorization` header of a request or a websocket handshake; None without one.

    Equal to `connection.headers.get("Authorization")`, without making an object for all headers.
    """
    for name, value in connection.scope["headers"]:
        if name.lower() == b"authorization":
            text: str = value.decode("latin-1")
            return text
    return None


def get_authorization_scheme_param(authorization_header_value: str | None) -> tuple[str, str]:
    """Split the value of an `Authorization` header into its scheme and its credentials.

    Args:
        authorization_header_value: The header's value; None or empty where it was not sent.

    Returns:
        Scheme and credentials (RFC 9110, section 11.6.2); empty strings for what is missing.
    """
    if not authorization_header_value:
        return "", ""
    scheme, _, credentials = authorization_header_value.partition(" ")
    return scheme, credentials.strip()


find_elsewhere(__name__)
