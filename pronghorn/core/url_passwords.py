"""Passwords in URLs, which no message, log or `repr` may show."""

from __future__ import annotations

import re

#: The password before the last `@` of a word. SQLAlchemy accepts `/`, `?` and `#` in it, and even a
#: quotation mark, but that usually ends a text; a number before one of these is the port of a URL
#: without a password. Or a password in the query, or one between the other words of a connection,
#: such as `host=db password=...`.
_PASSWORD = re.compile(
    r"((?<=://)[^\s:/?#@'\"\[]*:)(?!\d{1,5}(?:[/?#,'\"]|$))"
    r"(?:(?:(?!://)[^\s'\"])*|(?:(?!://)[^\s@])*)(?=@)"
    r"|((?:[?&]|(?<!\S))(?:password|passwd|secret|token|api_?key)=)[^\s&#'\"]+"
)


def mask_url_passwords(text: str, mask: str) -> str:
    """Return a text with the passwords of all URLs in it replaced.

    Args:
        text: Any text.
        mask: What to write in place of a password.
    """
    return _PASSWORD.sub(lambda found: (found[1] or found[2]) + mask, text)
