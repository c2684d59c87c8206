"""Registration, and the caller's own account."""

from __future__ import annotations

from pronghorn import APIRouter, BackgroundTasks, status
from shop.core.database import Session
from shop.models import User
from shop.routers.dependencies import CurrentUser, PasswordsDep
from shop.schemas.users import UserCreate, UserPublic
from shop.services import users

router = APIRouter(prefix="/users", tags=["users"])


@router.post(
    "",
    response_model=UserPublic,
    status_code=status.HTTP_201_CREATED,
    responses={409: {"description": "The e-mail address is already registered"}},
)
async def register(
    form: UserCreate, session: Session, passwords: PasswordsDep, tasks: BackgroundTasks
) -> User:
    """Create an account, and with it the task that writes a welcome message: one commit."""
    user = await users.register(session, passwords, form)
    tasks.add_task(users.welcome, user.email, user.name)
    return user


@router.get("/me")
async def read_own_account(user: CurrentUser) -> UserPublic:
    """Return the account that the token belongs to."""
    return user
