"""One request with an idempotency key, from its first dependency to its response."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.core.setup_errors import setup_error
from pronghorn.exceptions import SetupError
from pronghorn.idempotency.rows import Kept, RawHeaders, keep
from pronghorn.sql.commits import Postponed, postpone_commit

#: The key of the attempt in the ASGI scope of its request.
SCOPE_KEY = "pronghorn.idempotency"


class ReplayedError(Exception):
    """Leaves the dependencies of a request whose response is kept already.

    Args:
        kept: The response.
    """

    def __init__(self, kept: Kept) -> None:
        super().__init__("the response is kept already")
        self.kept = kept


class Attempt:
    """A request that is answered for the first time, and its transaction.

    Args:
        fingerprint: The digest of the request.
    """

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self._session: AsyncSession | None = None
        self._postponed: Postponed | None = None
        self._key = ""
        self._milliseconds = 0

    def begin(self, session: AsyncSession, key: str, milliseconds: int) -> None:
        """Take over the commit of a session, in whose transaction the key is locked.

        Args:
            session: The session of the request.
            key: The digest of the key.
            milliseconds: How long the response is kept.
        """
        self._session, self._key, self._milliseconds = session, key, milliseconds
        self._postponed = postpone_commit(session)

    @property
    def has_begun(self) -> bool:
        """Return whether the request has a key that is taken."""
        return self._postponed is not None

    async def finish(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """Commit what the request has done together with its response.

        After an answer of 500 and above everything is rolled back, so that a repeat runs again.

        Args:
            status: The status code.
            headers: The headers.
            body: The whole body.
        """
        if self._session is None or self._postponed is None:
            return
        if status >= 500:
            await self._postponed.roll_back(_ServerError(status))
            return
        kept = Kept(self.fingerprint, status, headers, body)
        try:
            await keep(self._session, self._key, kept, self._milliseconds)
        except BaseException as error:
            await self._postponed.roll_back(error)
            raise
        await self._postponed.commit()

    async def give_up(self, error: BaseException) -> None:
        """Roll back, as the request has failed; nothing happens if it is committed."""
        if self._postponed is not None:
            await self._postponed.roll_back(error)


class _ServerError(Exception):
    """Stands for an answer of 500 and above where an exception is expected."""


def refuse_stream(where: str) -> SetupError:
    """Return the error for a response that comes in parts.

    Args:
        where: The route.
    """
    return setup_error(
        "The response to a request with an idempotency key comes in parts, so it cannot be kept",
        "a stream or a file is returned",
        "return a whole response, or leave Idempotent out of this route",
        where=where,
    )
