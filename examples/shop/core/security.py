"""Credentials: password hashes (Argon2) and signed tokens (JWT, RFC 7519)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt
from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shop.core.config import Settings


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """The outcome of a comparison."""

    correct: bool
    upgraded_hash: str | None = None
    """A hash made with today's settings, to be stored when the old one was made with others."""


class Passwords:
    """Hashes and compares passwords in worker threads.

    One computation is slow on purpose. On the event loop it would hold up every other request; in
    a thread it does not, because Argon2 releases the interpreter lock. The limiter bounds how much
    memory a wave of logins can claim.
    """

    def __init__(self, settings: Settings) -> None:
        hasher = Argon2Hasher(
            time_cost=settings.password_rounds,
            memory_cost=settings.password_memory_kib,
            parallelism=1,
        )
        self._hasher = PasswordHash((hasher,))
        self._limiter = CapacityLimiter(settings.password_workers)
        self._decoy = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """Return a salted hash of `password`, fit for storing."""
        return await to_thread.run_sync(self._hasher.hash, password, limiter=self._limiter)

    async def check(self, password: str, stored_hash: str | None) -> PasswordCheck:
        """Compare `password` with a stored hash; `None` stands for an unknown user.

        An unknown user costs as much work as a wrong password, so that the time of the answer does
        not tell which accounts exist.
        """
        correct, upgraded_hash = await to_thread.run_sync(
            self._hasher.verify_and_update,
            password,
            stored_hash or self._decoy,
            limiter=self._limiter,
        )
        if stored_hash is None:
            return PasswordCheck(correct=False)
        return PasswordCheck(correct, upgraded_hash)


class InvalidToken(Exception):
    """The token is not one of ours, or it has expired."""


class Tokens:
    """Issues and reads access tokens.

    The algorithm is pinned: what a token's own header says about it is never believed (RFC 8725
    section 3.1), so neither `none` nor a public key used as a shared secret gets through.
    """

    ALGORITHM = "HS256"
    AUDIENCE = "shop"
    LONGEST = 512
    """Ours have about 200 characters. The bound keeps a giant header away from the JSON parser."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.secret_key.get_secret_value()
        self.lifetime = timedelta(minutes=settings.token_minutes)

    def issue(self, user_id: int) -> str:
        """Return a token that says: the bearer is this user, until the lifetime is over."""
        now = datetime.now(UTC)
        claims = {
            "sub": str(user_id),
            "aud": self.AUDIENCE,
            "iat": now,
            "exp": now + self.lifetime,
        }
        return jwt.encode(claims, self._key, algorithm=self.ALGORITHM)

    def read(self, token: str) -> int:
        """Return the id of the user that `token` names. Raises InvalidToken."""
        if len(token) > self.LONGEST:
            raise InvalidToken
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self.ALGORITHM],
                audience=self.AUDIENCE,
                options={"require": ["exp", "sub", "aud"]},
            )
            user_id = int(claims["sub"])
        except (jwt.InvalidTokenError, ValueError) as error:
            raise InvalidToken from error
        if user_id.bit_length() > 63:
            raise InvalidToken
        return user_id
