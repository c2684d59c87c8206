"""Print settings without their secrets."""

from __future__ import annotations

import re
from typing import Any

from pydantic import SecretBytes, SecretStr

MASK = "**********"
#: The password before the host of a URL, also before its second host, and one in its query.
_PASSWORD = re.compile(
    r"(?:(?<=://)|(?<=,))([^\s:/?#@,'\"]*:)[^\s/?#,'\"]*(?=@)"
    r"|([?&](?:password|passwd|secret|token|api_?key)=)[^\s&#'\"]+"
)
#: Names of fields whose plain text is a secret, although their type does not say so.
_SECRET_NAME = re.compile(r"(?i)(^|_)(password|passwd|secret|token|api_?key|private_key)s?$")


class Shown:
    """A text that is its own `repr`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def mask_urls(text: str) -> str:
    """Return a text with the passwords of all URLs in it replaced."""
    return _PASSWORD.sub(lambda found: (found[1] or found[2]) + MASK, text)


def is_secret_name(name: str) -> bool:
    """Return True if the text of a field of this name is a secret."""
    return _SECRET_NAME.search(name) is not None


def show(name: str, value: Any) -> Any:
    """Return what to print for the value of a field."""
    if isinstance(value, (str, bytes)) and value and is_secret_name(name):
        return Shown(repr(MASK))
    text = repr(value)
    masked = mask_urls(text)
    return value if masked == text else Shown(masked)


def mask_dump(value: Any, name: str = "") -> Any:
    """Return what `model_dump` gives, with passwords masked; objects that hide themselves stay."""
    if isinstance(value, dict):
        return {key: mask_dump(each, str(key)) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and not hasattr(value, "_fields"):
        return type(value)(mask_dump(each, name) for each in value)
    if isinstance(value, (SecretStr, SecretBytes)):
        return value
    if isinstance(value, (str, bytes)):
        if value and is_secret_name(name):
            return MASK
        return mask_urls(value) if isinstance(value, str) else value
    if getattr(value, "password", None) or hasattr(value, "hosts"):  # A URL of Pydantic.
        return mask_urls(str(value))
    return value
