"""Names whose values are secrets: passwords, tokens, keys, cookies."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_plus

#: A pattern of the names, with `_`, `-`, `.` or nothing between their words.
NAMES = (
    r"(?:[\w.-]*(?:passw(?:or)?d|passwd|passphrase|secret(?!ar)|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credential|authorization|cookie|session[_-]?id|signature)s?[\w.-]*"
    r"|(?:[\w.-]*[_.-])?(?:(?:access|api|auth|bearer|csrf|id|refresh|session|xsrf)?token|pwd|jwt|sig))"
)
_SECRET_NAME = re.compile(NAMES, re.IGNORECASE)
#: A name without its words apart, such as `accessToken`.
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: A name with none of these parts is no secret; most names are told apart by this alone.
_PART = re.compile(
    "pass|secret|key|credential|authorization|cookie|session|signature|token|pwd|jwt|sig",
    re.IGNORECASE,
)
#: Clients choose names too, so only short ones are kept.
_LONGEST_KEPT = 64


def may_have_secret(text: str) -> bool:
    """Return False for a text in which no name is that of a secret, after a short look."""
    return _PART.search(text) is not None


def is_secret_cookie(name: str) -> bool:
    """Return whether the value of a cookie is to be masked: a session is signed in by its name."""
    return name.lower() in {"session", "sid"} or is_secret(name)


def is_secret(name: str) -> bool:
    """Return whether the value of a name such as `api_key` or `accessToken` is to be masked."""
    if len(name) > _LONGEST_KEPT:
        return may_have_secret(name) and _is_secret(name)
    return _is_secret_kept(name)


def _is_secret(name: str) -> bool:
    return _SECRET_NAME.fullmatch(name) is not None or (
        not name.islower() and _SECRET_NAME.fullmatch(_CAMEL.sub("_", name)) is not None
    )


_is_secret_kept = lru_cache(maxsize=512)(_is_secret)


def mask_query(query: str, mask: str) -> str:
    """Return a query string as it was sent, without the values of secrets.

    Args:
        query: The part of a URL behind the question mark.
        mask: What to write in place of a secret.
    """
    if not may_have_secret(query) and "%" not in query:
        return query
    pairs = []
    for pair in query.split("&"):
        name, equals, _ = pair.partition("=")
        pairs.append(f"{name}={mask}" if equals and is_secret(unquote_plus(name)) else pair)
    return "&".join(pairs)
