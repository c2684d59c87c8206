"""`Idempotent`: the dependency that lets a request happen once."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pronghorn.core.durations import Duration, seconds
from pronghorn.core.setup_errors import SetupTypeError, SetupValueError, user_error
from pronghorn.core.trigger import READING
from pronghorn.core.whose import text_of
from pronghorn.exceptions import HTTPException
from pronghorn.idempotency.attempt import SCOPE_KEY, Attempt, ReplayedError
from pronghorn.idempotency.document import document_key
from pronghorn.idempotency.rows import KEPT, TABLES, find_kept, lock_key
from pronghorn.nodes.trimming import Trimming
from pronghorn.param_functions import Header
from pronghorn.params import Depends
from pronghorn.sql import Database

#: The header of the request, see draft-ietf-httpapi-idempotency-key-header-07.
HEADER = "Idempotency-Key"
#: The header of a response that was kept.
REPLAYED = b"idempotency-replayed"
#: The most characters of a key; a UUID has 36.
LONGEST = 255
#: The methods that change nothing, so that a repeat does no harm.
SAFE = (*READING, "OPTIONS", "TRACE")


class Idempotent(Depends):
    """Requests with an `Idempotency-Key` happen once, however often they are sent.

    What the endpoint writes with the session of its request (`db.Session`), the jobs that it
    enqueues there, the key and the response are one transaction. A repeat gets the same status,
    headers and body, and `Idempotency-Replayed: true`. While the first request runs, a repeat is
    answered with 409, or waits for it (on SQLite). Another request with the same key is answered
    with 422. What is answered by an exception, or with 500 and above, is rolled back and not kept.
    Requests that only read (GET, HEAD, OPTIONS) are left alone.

    Source: draft-ietf-httpapi-idempotency-key-header-07 (October 2025).

    Args:
        db: The database of the sessions, in whose table `pronghorn_idempotency` responses are
            kept.
        ttl: How long a response is kept; 24 hours by default.
        by: A dependency that returns who sends the request, such as the id of the user: a number,
            a text, or a tuple of these, and no object of the database. Keys of different users are
            different keys. None if there are no users: then whoever knows a key and the request
            can read the response.
        required: Whether a request without a key is answered with 400.

    Raises:
        SetupError: An argument cannot work.
    """

    def __init__(
        self,
        db: Database,
        *,
        ttl: Duration = "24h",
        by: Callable[..., Any] | None,
        required: bool = False,
    ) -> None:
        if not hasattr(db, "add_own_tables") or (by is not None and not callable(by)):
            raise user_error(
                f"Idempotent got {db!r} and by={by!r}",
                "a database of pronghorn.sql, and the function that returns the user",
                "Idempotent(db, by=current_user_id)",
                kind=SetupTypeError,
            )
        self.milliseconds = round(seconds(ttl, name="The option ttl of Idempotent") * 1000)
        if not self.milliseconds:
            raise user_error(
                "The option ttl of Idempotent is 0 seconds, so a repeat would run again",
                None,
                'Idempotent(db, ttl="24h", by=current_user_id)',
                kind=SetupValueError,
            )
        self.required = required
        #: The dependency whose transaction keeps the key.
        self.session = db.session.dependency
        self._by = by
        db.add_own_tables(TABLES)
        self._trimming = Trimming(db, KEPT.c.key, KEPT.c.expires)
        super().__init__(self._make_dependency(db, by))

    def __repr__(self) -> str:
        return f"Idempotent(ttl={self.milliseconds // 1000} s, required={self.required})"

    def document_operation(self, operation: dict[str, Any]) -> None:
        """Describe the key and the answers in an operation of the OpenAPI document."""
        document_key(operation, HEADER, required=self.required)

    def _make_dependency(self, db: Database, by: Callable[..., Any] | None) -> Callable[..., Any]:
        """Return the function that runs in a request, with the dependencies that it needs."""

        user = Depends(by or _nobody)

        async def begin(
            connection: HTTPConnection,
            session: AsyncSession = db.session,
            key: str | None = Header(None, alias=HEADER, min_length=1, max_length=LONGEST),
            who: Any = user,
        ) -> None:
            await self._begin(connection, session, key, who)

        return begin

    async def _begin(
        self, connection: HTTPConnection, session: AsyncSession, key: str | None, who: Any
    ) -> None:
        """Let a request go on if it is the first with its key.

        Raises:
            HTTPException: The key is missing, in use, or that of another request.
            ReplayedError: The response is kept already.
        """
        if connection.scope.get("method", "GET") in SAFE:  # A WebSocket connection has no method.
            return
        attempt: Attempt | None = connection.scope.get(SCOPE_KEY)
        if key is None or attempt is None:
            if self.required:
                raise HTTPException(400, f"The header {HEADER} is missing")
            return
        if attempt.has_begun:
            return  # Another `Idempotent` of the same route has done it.
        whose = f"{type(who).__name__}\0{text_of(who, found_by=self._by)}\0{key}"
        digest = sha256(whose.encode("utf-8", "surrogatepass")).hexdigest()
        if not await lock_key(session, digest):
            detail = f"A request with this {HEADER} is being processed"
            raise HTTPException(409, detail, {"Retry-After": "1"})
        kept = await find_kept(session, digest)
        if kept is None:
            self._trimming.trim_sometimes()
            attempt.begin(session, digest, self.milliseconds)
        elif kept.fingerprint != attempt.fingerprint:
            raise HTTPException(422, f"This {HEADER} was used for another request")
        else:
            raise ReplayedError(kept)


async def _nobody() -> None:
    """Return None: all clients share the keys."""
