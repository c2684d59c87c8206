"""Accounts: registration, login, lookup."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shop.core.database import Database
from shop.core.security import Passwords
from shop.models import User
from shop.schemas.users import UserCreate
from shop.services.errors import EmailTaken, WrongCredentials


async def register(session: AsyncSession, passwords: Passwords, form: UserCreate) -> User:
    """Add an account and return it. Raises EmailTaken."""
    # Hash first: the session takes its connection at `flush`, and holds none while Argon2 works.
    password_hash = await passwords.hash(form.password)
    user = User(email=form.email, name=form.name, password_hash=password_hash)
    session.add(user)
    try:
        # No look before the leap: two registrations at once would both see a free address.
        await session.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    return user


async def authenticate(database: Database, passwords: Passwords, email: str, password: str) -> User:
    """Return the user with these credentials. Raises WrongCredentials.

    It opens sessions of its own, so that a wave of logins waits for a turn at Argon2 without
    keeping database connections from everybody else.
    """
    async with database.session() as session:
        user = await session.scalar(select(User).where(User.email == email.lower()))
    check = await passwords.check(password, user.password_hash if user else None)
    if user is None or not check.correct:
        raise WrongCredentials
    if check.upgraded_hash:
        async with database.session() as session, session.begin():
            user = await session.merge(user)
            user.password_hash = check.upgraded_hash
    return user


async def find(session: AsyncSession, user_id: int) -> User | None:
    """Return the user with this id, if there is one."""
    return await session.get(User, user_id)
