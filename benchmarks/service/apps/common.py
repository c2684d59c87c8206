"""The settings, passwords and tokens of every program in Python."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

DATABASE = os.environ["SERVICE_DATABASE"]
"""The URL of the database, with `postgresql` or `sqlite` as its scheme."""

POOL = int(os.environ["SERVICE_POOL"])
"""Connections to the database."""

SECRET = os.environ["SERVICE_SECRET"]
"""Signs the tokens with HS256."""

ORIGIN = os.environ["SERVICE_ORIGIN"]
"""The only origin that CORS allows."""

GZIP_FROM = 1000
"""The smallest body that is compressed, in bytes."""

GZIP_LEVEL = 6

AUDIENCE = "shop"
LIFETIME = 1800
"""Seconds until a token expires."""

_hasher = PasswordHasher()


def matches(password: str, stored: str) -> bool:
    """Return True if a password has a stored hash, whose parameters are in the hash itself."""
    try:
        return _hasher.verify(stored, password)
    except VerifyMismatchError:
        return False


def issue_token(user_id: int) -> str:
    """Return a token for a user."""
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "aud": AUDIENCE, "iat": now}
    claims["exp"] = now + timedelta(seconds=LIFETIME)
    return jwt.encode(claims, SECRET, algorithm="HS256")


def read_token(token: str) -> int:
    """Return the id of the user whose token it is.

    Raises:
        ValueError: The token is not one of ours, or it has expired.
    """
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], audience=AUDIENCE)
        return int(claims["sub"])
    except (jwt.InvalidTokenError, KeyError) as error:
        raise ValueError("The token is invalid or has expired") from error
