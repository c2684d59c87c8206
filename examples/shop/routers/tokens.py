"""Login: a password for a token."""

from __future__ import annotations

from typing import Annotated

from pronghorn import APIRouter, Depends
from pronghorn.security import OAuth2PasswordRequestForm
from shop.routers.dependencies import PasswordsDep, TokensDep
from shop.schemas.tokens import Token
from shop.services import users

router = APIRouter(tags=["tokens"])


@router.post("/token", responses={401: {"description": "No such user, or another password"}})
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    passwords: PasswordsDep,
    tokens: TokensDep,
) -> Token:
    """Exchange an e-mail address, sent as `username`, and a password for an access token."""
    user_id = await users.authenticate(passwords, form.username, form.password)
    lifetime = int(tokens.lifetime.total_seconds())
    return Token(access_token=tokens.issue(user_id), expires_in=lifetime)
