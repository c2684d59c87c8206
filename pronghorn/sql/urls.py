"""URLs of databases: the driver that is meant, or a sentence about what to write instead."""

from __future__ import annotations

import re
from functools import partial
from importlib import import_module
from inspect import signature
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pronghorn.core.setup_errors import SetupError
from pronghorn.core.setup_errors import user_error as any_user_error
from pronghorn.exceptions import EnvironmentMistake

user_error = partial(any_user_error, kind=EnvironmentMistake)

EXAMPLES = """"sqlite:///shop.db"                          # a file
"postgresql://user:password@localhost/shop"  # a server"""
# A program that moves from synchronous sessions may share its URL with other tools.
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+pysqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
    "postgresql+psycopg2": "postgresql+asyncpg",
    "postgresql+pg8000": "postgresql+asyncpg",
    "postgresql+psycopg": "postgresql+psycopg",
    "postgresql+psycopg_async": "postgresql+psycopg",
}
PACKAGES = {
    "aiosqlite": 'pip install "pronghorn[sql]"',
    "asyncpg": 'pip install "pronghorn[sql]"',
    "psycopg": 'pip install "psycopg[binary]"',
}


def complete_url(url: str | URL) -> URL:
    """Return a URL with an asynchronous driver, which is there.

    Args:
        url: A URL that may leave out the driver, or name a synchronous one.

    Raises:
        SetupError: The URL cannot be used. The message does not have its password.
    """
    found = url if isinstance(url, URL) else _parse(url)
    name = DRIVERS.get(found.drivername)
    if name is None:
        raise _refuse_driver(found)
    driver = name.partition("+")[2]
    _check_server(found)
    _check_package(driver)
    _check_query(found, driver)
    complete = found.set(drivername=name)
    _check_values(complete)
    return complete


def hide_password(url: str) -> str:
    """Return the text of a URL, maybe of a wrong one, without its password."""
    shown = re.sub(r"(://[^:/@]*:).*@", r"\1***@", url)
    return re.sub(r"(password=)[^&]*", r"\1***", shown)


def _parse(url: Any) -> URL:
    if not isinstance(url, str):
        raise user_error(
            f"The URL of the database is {url!r}, not a text.",
            "The setting that holds it has no value." if url is None else None,
            EXAMPLES,
        )
    if not url.strip():
        raise user_error("The URL of the database is empty.", "The setting has no value.", EXAMPLES)
    if "://" not in url:
        is_path = re.search(r"\.(db|sqlite3?)$", url)
        probably = f'A file of SQLite: "sqlite:///{url}".' if is_path else None
        raise user_error(
            f"{hide_password(url)!r} is not the URL of a database.", probably, EXAMPLES
        )
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        pass
    raise user_error(
        f"{hide_password(url)!r} is not the URL of a database.",
        "The port is not a number, or the password has characters such as '/', '#' or '@'"
        " that have to be written as in `urllib.parse.quote(password, safe='')`.",
        EXAMPLES,
    )


def _refuse_driver(url: URL) -> SetupError:
    backend = url.get_backend_name()
    known = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}.get(backend)
    shown = hide_password(str(url))
    if known is None:
        return user_error(
            f"The database {backend!r} of {shown!r} is not supported.",
            "`pronghorn.sql` works with SQLite and PostgreSQL.",
            EXAMPLES,
        )
    return user_error(
        f"{url.drivername!r} in {shown!r} is not a driver that works without blocking.",
        None,
        hide_password(str(url.set(drivername=known))),
    )


def _check_server(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.host:
        path = f"{url.host}/{url.database}" if url.database else url.host
        raise user_error(
            f"{hide_password(str(url))!r} names a server, and SQLite has none.",
            "A file; three slashes come before a relative path, four before an absolute one.",
            f'"sqlite:///{path}"',
        )


def _check_query(url: URL, driver: str) -> None:
    unknown = sorted(set(url.query) - _names_of_query(driver)) if driver in _DRIVERS_ASKED else []
    if not unknown:
        return
    shown = hide_password(str(url))
    if unknown == ["connect_timeout"]:
        write = f"Database(url, connect_timeout={url.query['connect_timeout']})"
    else:
        rest = url.difference_update_query(unknown)
        write = f'"{hide_password(str(rest))}"'
        if driver == "asyncpg":
            write += ", or postgresql+psycopg://... for names of libpq"
    raise user_error(f"{driver} does not know {unknown[0]!r} in {shown!r}.", None, write)


def _check_values(url: URL) -> None:
    """Refuse a value that SQLAlchemy cannot convert, such as a text for a number of seconds."""
    try:
        url.get_dialect()().create_connect_args(url)
    except (ValueError, TypeError) as error:
        raise user_error(
            f"A value after the question mark of {hide_password(str(url))!r} cannot be used: "
            f"{error}",
            None,
            f'"{hide_password(str(url.set(query={})))}", or with another value',
        ) from None


_DRIVERS_ASKED = ("asyncpg", "psycopg")
#: The names that SQLAlchemy and `pronghorn.sql.postgresql` read themselves, with asyncpg.
_OWN_NAMES = {"application_name", "sslmode", "prepared_statement_cache_size"}


def _names_of_query(driver: str) -> set[str]:
    """Return the names that may follow the question mark of a URL."""
    module = import_module(driver)
    if driver == "asyncpg":
        return set(signature(module.connect).parameters) | _OWN_NAMES
    options = import_module("psycopg.pq").Conninfo.get_defaults()
    return {option.keyword.decode() for option in options} | {"autocommit", "prepare_threshold"}


def _check_package(name: str) -> None:
    try:
        import_module(name)
        import_module("greenlet")
    except ImportError as error:
        missing = error.name or name
        raise user_error(
            f"The driver {name} of the database cannot be imported: {error}.",
            None if missing == name else f"It needs the package {missing}.",
            PACKAGES[name if missing != "greenlet" else "asyncpg"],
        ) from error
