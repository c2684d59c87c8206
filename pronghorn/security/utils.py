"""Reading credentials from header values."""


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
