"""Print settings without their secrets."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr

from pronghorn.core.url_passwords import mask_url_passwords

MASK = "**********"
PLAIN_REPR: Any = BaseModel.__repr__
#: Names of fields whose plain text is a secret, although their type does not say so.
_SECRET_NAME = re.compile(
    r"(?i)(^|_)(password|passwd|passphrase|pwd|secret|credential|token|jwt"
    r"|(api|secret|access|private|signing|encryption)_?key)s?$"
)


class Shown:
    """A text that is its own `repr`."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def mask_urls(text: str) -> str:
    """Return a text with the passwords of all URLs in it replaced."""
    return mask_url_passwords(text, MASK)


def is_secret_name(name: str) -> bool:
    """Return True if the text of a field of this name is a secret."""
    return _SECRET_NAME.search(name) is not None


def show(name: str, value: Any) -> Any:
    """Return what to print for the value of a field."""
    if isinstance(value, (str, bytes)):
        return _mask(name, value)
    kind = type(value)
    if kind is dict:
        return {key: show(str(key), each) for key, each in value.items()}
    if kind in {list, tuple, set, frozenset}:
        return kind(show(name, each) for each in value)
    if isinstance(value, BaseModel) and kind.__repr__ is PLAIN_REPR:
        fields = [f"{key}={show(key or '', each)!r}" for key, each in value.__repr_args__()]
        return Shown(f"{kind.__name__}({', '.join(fields)})")
    text = repr(value)
    masked = mask_urls(text)
    return value if masked == text else Shown(masked)


def _mask(name: str, value: str | bytes) -> str | bytes:
    """Return a text without the passwords in it, or a mask if it is a secret itself."""
    if not value:
        return value
    if isinstance(value, str):
        return MASK if is_secret_name(name) else mask_urls(value)
    text = MASK if is_secret_name(name) else mask_urls(value.decode("latin-1"))
    return text.encode("latin-1")


def mask_dump(value: Any, name: str = "") -> Any:
    """Return what `model_dump` gives, with passwords masked; objects that hide themselves stay."""
    if isinstance(value, dict):
        return {key: mask_dump(each, str(key)) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and not hasattr(value, "_fields"):
        return type(value)(mask_dump(each, name) for each in value)
    if isinstance(value, (SecretStr, SecretBytes)):
        return value
    if isinstance(value, (str, bytes)):
        return _mask(name, value)
    if getattr(value, "password", None) or hasattr(value, "hosts"):  # A URL of Pydantic.
        return mask_urls(str(value))
    return value
