"""Registration, and the caller's own account."""

from __future__ import annotations

from pronghorn import APIRouter, BackgroundTasks, status
from shop.models import User
from shop.routers.dependencies import CurrentUser, OutboxDep, PasswordsDep, SessionDep
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
    form: UserCreate,
    session: SessionDep,
    passwords: PasswordsDep,
    outbox: OutboxDep,
    tasks: BackgroundTasks,
) -> User:
    """Create an account. A welcome message is written after the answer has been sent."""
    user = await users.register(session, passwords, form)
    tasks.add_task(outbox.welcome, user.email, user.name)
    return user


@router.get("/me", response_model=UserPublic)
async def read_own_account(user: CurrentUser) -> User:
    """Return the account that the token belongs to."""
    return user
