"""Connect when the application starts or is checked, and say in a sentence why that fails."""

from __future__ import annotations

from functools import partial

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.core.setup_errors import setup_error as any_setup_error
from pronghorn.exceptions import EnvironmentMistake, SetupError
from pronghorn.sql.diagnostics import read
from pronghorn.sql.urls import hide_password

setup_error = partial(any_setup_error, kind=EnvironmentMistake)


async def connect_once(engine: AsyncEngine) -> None:
    """Return if the database answers.

    Raises:
        SetupError: It does not; the text says what to do.
    """
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except PoolTimeoutError:
        raise  # It says nothing about the database: this process uses all of its connections.
    except (SQLAlchemyError, OSError) as error:
        raise explain_connection(engine.url, error) from error


def explain_connection(url: URL, error: Exception) -> SetupError:
    """Return the error for a database that cannot be used."""
    shown = hide_password(url.render_as_string())  # The query may have a password, too.
    state = read(error).state if isinstance(error, DBAPIError) else ""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    where = f"{url.host or 'localhost'}:{url.port or 5432}"
    if url.get_backend_name() == "sqlite":
        return setup_error(
            f"The database {shown} cannot be opened: {said}",
            "its folder does not exist, or this user may not write there",
            f"create the folder of {url.database}, or correct the URL",
        )
    if state in {"28P01", "28000"} or "password authentication failed" in said:
        return setup_error(
            f"The database server {where} refuses the user {url.username!r}",
            "the password in the URL is wrong, or the user does not exist",
            f"the right password in {shown}, or CREATE ROLE for the user",
        )
    if state == "3D000" or f'database "{url.database}" does not exist' in said:
        return setup_error(
            f"The database {url.database!r} does not exist on {where}",
            "it was not created yet, or the URL has another name",
            f"createdb --host {url.host or 'localhost'} --port {url.port or 5432} "
            f"{f'--username {url.username} ' if url.username else ''}{url.database}",
        )
    return setup_error(
        f"The database server {where} cannot be reached: {said}",
        "the server is not running, or the URL names another machine",
        f"start the server, or correct the URL {shown}",
    )
