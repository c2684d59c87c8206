"""The dependencies of the endpoints, as `Annotated` aliases."""

from __future__ import annotations

from typing import Annotated

from pronghorn import Depends, HTTPException, Path, status
from pronghorn.security import OAuth2PasswordBearer
from shop.core.config import settings
from shop.core.security import InvalidToken, Passwords, Tokens
from shop.schemas.types import MAX_ID
from shop.schemas.users import UserPublic
from shop.services import users


def make_passwords() -> Passwords:
    """Return the hasher of passwords, once for the application."""
    return Passwords(settings)


def make_tokens() -> Tokens:
    """Return the issuer of tokens, once for the application."""
    return Tokens(settings)


PasswordsDep = Annotated[Passwords, Depends(make_passwords, scope="app")]
TokensDep = Annotated[Tokens, Depends(make_tokens, scope="app")]

read_bearer = OAuth2PasswordBearer(tokenUrl="token")


async def get_current_user(
    token: Annotated[str, Depends(read_bearer)], tokens: TokensDep
) -> UserPublic:
    """Return the user whose token came with the request, or answer 401 (RFC 6750 section 3.1)."""
    try:
        user = await users.find.one_or_none(user_id=tokens.read(token))
    except InvalidToken:
        user = None
    if user is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            detail="The token is invalid or has expired",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        )
    return user


CurrentUser = Annotated[UserPublic, Depends(get_current_user)]

ItemId = Annotated[int, Path(ge=1, le=MAX_ID)]
OrderId = Annotated[int, Path(ge=1, le=MAX_ID)]
