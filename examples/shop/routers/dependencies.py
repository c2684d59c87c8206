"""The dependencies of the endpoints, as `Annotated` aliases.

An endpoint writes `session: SessionDep`, and a test replaces what stands behind it through
`app.dependency_overrides[open_session]`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import Depends, HTTPException, Path, Query, Request, status
from pronghorn.security import OAuth2PasswordBearer
from shop.core.database import Database
from shop.core.security import InvalidToken, Passwords, Tokens
from shop.models import User
from shop.schemas.types import MAX_ID
from shop.services import users
from shop.services.outbox import Outbox


def get_database(request: Request) -> Database:
    """Return the database that the lifespan opened; so too for the three below."""
    database: Database = request.state.database
    return database


def get_passwords(request: Request) -> Passwords:
    """Return the hasher of passwords."""
    passwords: Passwords = request.state.passwords
    return passwords


def get_tokens(request: Request) -> Tokens:
    """Return the issuer of tokens."""
    tokens: Tokens = request.state.tokens
    return tokens


DatabaseDep = Annotated[Database, Depends(get_database)]
PasswordsDep = Annotated[Passwords, Depends(get_passwords)]
TokensDep = Annotated[Tokens, Depends(get_tokens)]


def get_outbox(database: DatabaseDep) -> Outbox:
    """Return the outbox."""
    return Outbox(database)


OutboxDep = Annotated[Outbox, Depends(get_outbox)]


async def open_session(database: DatabaseDep) -> AsyncIterator[AsyncSession]:
    """Open a session for one request: committed when the endpoint returns, else rolled back."""
    async with database.session() as session, session.begin():
        yield session


# With scope="function" the commit comes before the response is sent. With the usual scope it would
# come after, and a client could read "201 Created" about something that was then not committed.
SessionDep = Annotated[AsyncSession, Depends(open_session, scope="function")]

read_bearer = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_user(
    token: Annotated[str, Depends(read_bearer)], tokens: TokensDep, session: SessionDep
) -> User:
    """Return the user whose token came with the request, or answer 401 (RFC 6750 section 3.1)."""
    try:
        user = await users.find(session, tokens.read(token))
    except InvalidToken:
        user = None
    if user is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            detail="The token is invalid or has expired",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
ItemId = Annotated[int, Path(ge=1, le=MAX_ID)]
Skip = Annotated[int, Query(ge=0, le=MAX_ID, description="How many items to leave out first")]
Limit = Annotated[int, Query(ge=1, le=100, description="How many items to return at most")]
