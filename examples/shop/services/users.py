"""Accounts: registration, login, lookup."""

from __future__ import annotations

import logging

from pydantic import BaseModel
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.jobs import Job
from shop.core.database import db
from shop.core.security import Passwords
from shop.models import OutboxMessage, User
from shop.schemas.users import UserCreate, UserPublic
from shop.services.errors import WrongCredentials

logger = logging.getLogger(__name__)


class Credentials(BaseModel):
    """The fields of an account that a login needs."""

    id: int
    password_hash: str


find = db.prepare(select(User).where(User.id == bindparam("user_id")), UserPublic)
find_credentials = db.prepare(select(User).where(User.email == bindparam("email")), Credentials)


async def register(session: AsyncSession, passwords: Passwords, form: UserCreate) -> User:
    """Add an account and return it. An address that is taken becomes a 409."""
    # Hash first: the session takes its connection at `flush`, and holds none while Argon2 works.
    password_hash = await passwords.hash(form.password)
    user = User(email=form.email, name=form.name, password_hash=password_hash)
    session.add(user)
    # No look before the leap: two registrations at once would both see a free address.
    await session.flush()
    return user


async def authenticate(passwords: Passwords, email: str, password: str) -> int:
    """Return the id of the user with these credentials. Raises WrongCredentials.

    It holds no connection while Argon2 works, so that a wave of logins, which waits for its turn
    there, keeps none from everybody else.
    """
    found = await find_credentials.one_or_none(email=email.lower())
    check = await passwords.check(password, found.password_hash if found else None)
    if found is None or not check.correct:
        raise WrongCredentials
    if check.upgraded_hash:
        change = update(User).where(User.id == found.id)
        async with db.transaction() as session:
            await session.execute(change.values(password_hash=check.upgraded_hash))
    return found.id


async def welcome(email: str, name: str, job: Job) -> None:
    """Write a message to a new user, which waits until a mailer sends it.

    It is called by a worker, and again if the worker dies. The message is written once.
    """
    message = OutboxMessage(
        recipient=email,
        subject="Welcome to the shop",
        body=f"Hello {name}, your account is ready.",
    )
    async with job.transaction() as session:
        session.add(message)
    logger.info("A welcome message is waiting to be sent")
