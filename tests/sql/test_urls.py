"""URLs and options of a database: which driver is meant, and what the messages say."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from pronghorn.exceptions import SetupError
from pronghorn.sql import Database
from pronghorn.sql.connect import create_engines
from pronghorn.sql.urls import complete_url


def message_of(url: Any, **options: Any) -> str:
    """Return the message about a database without the place in the program."""
    with pytest.raises(SetupError) as raised:
        Database(url, **options)
    error = raised.value
    return "\n".join(part for part in (error.got, error.probably, error.write) if part)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///shop.db", "aiosqlite"),
        ("sqlite+pysqlite:///shop.db", "aiosqlite"),
        ("sqlite+aiosqlite:////var/shop.db", "aiosqlite"),
        ("postgresql://localhost/shop", "asyncpg"),
        ("postgres://localhost/shop", "asyncpg"),
        ("postgresql+psycopg2://localhost/shop", "asyncpg"),
        ("postgresql+psycopg://localhost/shop", "psycopg"),
        ("postgresql+psycopg_async://localhost/shop", "psycopg"),
    ],
)
def test_the_driver_works_without_blocking(url: str, driver: str) -> None:
    for engine in create_engines(url):
        assert engine.dialect.is_async
        assert engine.driver == driver


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (None, "The URL of the database is None, not a text.\nThe setting that holds it has no"),
        ("", "The URL of the database is empty."),
        ("shop.db", "'shop.db' is not the URL of a database.\nA file of SQLite: \"sqlite:///shop"),
        ("localhost/shop", "'localhost/shop' is not the URL of a database.\n\"sqlite:///shop.db\""),
        ("postgresql://ann:pa/ss#w@host:x/shop", "'postgresql://ann:***@host:x/shop' is not the"),
        ("sqlite://shop.db", "'sqlite://shop.db' names a server, and SQLite has none."),
        ("mysql://ann:secret@host/shop", "The database 'mysql' of 'mysql://ann:***@host/shop' is"),
        (
            "postgresql+psycopg2cffi://ann:secret@host/shop",
            (
                "'postgresql+psycopg2cffi' in 'postgresql+psycopg2cffi://ann:***@host/shop' is not"
                " a driver that works without blocking.\npostgresql+asyncpg://ann:***@host/shop"
            ),
        ),
        (
            "sqlite:///shop.db?timeout=soon",
            (
                "A value after the question mark of 'sqlite+aiosqlite:///shop.db?timeout=soon' "
                "cannot be used: could not convert string to float: 'soon'"
            ),
        ),
        (
            "postgresql://ann:secret@host/shop?prepared_statement_cache_size=many",
            (
                "A value after the question mark of 'postgresql+asyncpg://ann:***@host/shop?"
                "prepared_statement_cache_size=many' cannot be used: invalid literal for int()"
            ),
        ),
        (
            "postgresql://ann:secret@host/shop?channel_binding=require",
            "asyncpg does not know 'channel_binding' in 'postgresql://ann:***@host/shop",
        ),
    ],
)
def test_a_wrong_url(url: Any, message: str) -> None:
    said = message_of(url)
    assert said.startswith(message)
    assert "secret" not in said


@pytest.mark.parametrize(
    ("url", "module", "write"),
    [
        ("sqlite:///shop.db", "aiosqlite", 'pip install "pronghorn[sql]"'),
        ("postgresql://localhost/shop", "asyncpg", 'pip install "pronghorn[sql]"'),
        ("postgresql+psycopg://localhost/shop", "psycopg", 'pip install "psycopg[binary]"'),
    ],
)
def test_a_missing_driver(
    url: str, module: str, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    said = message_of(url)
    assert said.startswith(f"The driver {module} of the database cannot be imported")
    assert said.endswith(write)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"pool_sizes": 3},
            (
                "Database has no option 'pool_sizes'.\nThe option 'pool_size'.\n"
                "Database(url, pool_size=...)"
            ),
        ),
        (
            {"pool_size": 0},
            (
                "The option pool_size of Database is 0, not a number from 1 on.\n"
                "Database(url, pool_size=5)"
            ),
        ),
        (
            {"statement_timeout": "30"},
            (
                "The option statement_timeout of Database is '30', not a number from 0 on.\n"
                "Database(url, statement_timeout=5)"
            ),
        ),
    ],
)
def test_a_wrong_option(options: dict[str, Any], message: str) -> None:
    assert message_of("sqlite:///shop.db", **options) == message


@pytest.mark.parametrize(
    ("driver", "name", "write"),
    [
        ("asyncpg", "connect_timeout=3", "Database(url, connect_timeout=3)"),
        ("asyncpg", "sslrootcert=ca.pem", "postgresql+psycopg://"),
        ("asyncpg", "pgbouncer=true", "@localhost/shop"),
        ("psycopg", "schema=public", "@localhost/shop"),
    ],
)
def test_a_name_that_the_driver_does_not_know(driver: str, name: str, write: str) -> None:
    with pytest.raises(SetupError) as caught:
        complete_url(f"postgresql+{driver}://shop:secret@localhost/shop?{name}")
    assert f"{driver} does not know {name.partition('=')[0]!r}" in str(caught.value)
    assert write in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_names_that_both_drivers_know(driver: str) -> None:
    query = "sslmode=prefer&application_name=shop&target_session_attrs=read-write&host=localhost"
    url = complete_url(f"postgresql+{driver}://shop:secret@localhost/shop?{query}")
    assert len(url.query) == 4
