"""Recognise secrets that somebody can guess."""

from __future__ import annotations

__all__ = ["KEY_LENGTH", "LENGTH", "describe_weak_text"]

#: The least length of a secret that signs or encrypts: 256 bits (RFC 7518, section 3.2).
KEY_LENGTH = 32
#: The least length of any other secret, such as a password.
LENGTH = 8
#: What examples and templates write in place of a secret; compared in lower case, without `-_ `.
PLACEHOLDERS = (
    *("changeme", "changethis", "changeit", "replaceme", "replacethis", "placeholder", "todo"),
    *("secret", "supersecret", "mysecret", "secretkey", "yoursecret", "yoursecretkey", "yourkey"),
    *("password", "postgres", "admin", "example", "development", "insecure", "default", "dummy"),
)
#: Beginnings of longer placeholders.
BEGINNINGS = (
    "changeme",
    "changethis",
    "replaceme",
    "replacethis",
    "insecure",
    "your",
    "developmentonly",
)


def describe_weak_text(text: str, least: int) -> str | None:
    """Return why a text is no good secret, as the end of a sentence; None if it may be one.

    Args:
        text: The secret.
        least: The number of characters that it needs.
    """
    short = "".join(character for character in text.lower() if character not in "-_ .!<>")
    if short in PLACEHOLDERS or short.startswith(BEGINNINGS):
        return "is a placeholder"
    if len(text) < least:
        return f"is too short: it needs at least {least} characters"
    if len(set(text)) < 4:
        return "repeats the same characters"
    return None
