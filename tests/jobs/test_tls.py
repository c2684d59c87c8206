"""The engine's own connections are encrypted as those of the database are."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import psycopg
import pytest
import trustme
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pronghorn.jobs import Jobs
from pronghorn.jobs.dbos_connections import find_url
from pronghorn.jobs.dbos_tables import create_tables
from pronghorn.jobs.dbos_tls import read_tls
from pronghorn.sql import Database
from tools.postgresql import Server

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("verify-full", {"sslmode": "verify-full"}),
        ("verify_ca", {"sslmode": "verify-ca"}),
        (False, {"sslmode": "disable"}),
        (None, {}),
    ],
)
def test_the_engine_has_the_encryption_of_the_database(given: Any, found: dict[str, str]) -> None:
    assert read_tls(given) == found
    database = Database("postgresql://host/db?ssl=prefer", connect_args={"ssl": given})
    assert dict(find_url(database).query) == {"sslmode": "prefer", **found}


def test_a_context_that_trusts_the_system() -> None:
    for given in (True, ssl.create_default_context()):
        found = read_tls(given)
        assert found["sslmode"] == "verify-full"
        assert Path(found["sslrootcert"]).read_text().count("BEGIN CERTIFICATE") > 1


def encrypt(server: Server, authority: trustme.CA) -> None:
    """Let a server encrypt the connections of whoever wants that."""
    certificate = authority.issue_cert("127.0.0.1")
    chain = b"".join(one.bytes() for one in certificate.cert_chain_pems)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
        assert row
        for name, text in (("crt", chain), ("key", certificate.private_key_pem.bytes())):
            # The server writes it, so it owns it.
            lines = sql.Literal(text.decode().strip())
            path = sql.Literal(f"umask 077; cat > {row[0]}/server.{name}")
            query = "COPY (SELECT unnest(string_to_array({}, E'\\n'))) TO PROGRAM {}"
            connection.execute(sql.SQL(query).format(lines, path))
        connection.execute("ALTER SYSTEM SET ssl = on")
    server.restart("fast")


@pytest.mark.parametrize("checks_host", [True, False])
async def test_a_context_of_the_program(own_server: Server, checks_host: bool) -> None:
    authority = trustme.CA()
    encrypt(own_server, authority)
    context = ssl.create_default_context()
    context.check_hostname = checks_host
    authority.configure_trust(context)
    db = Database(own_server.url(driver="asyncpg"), connect_args={"ssl": context})
    jobs = Jobs(db)
    query = text(
        "SELECT DISTINCT application_name, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE application_name LIKE 'pronghorn%'"
    )
    async with db.lifespan(), jobs.worker() as worker:
        await jobs.enqueue(encrypted)
        await worker.drain()
        async with db.transaction(read_only=True) as session:
            found = {tuple(row) for row in await session.execute(query)}
    assert found == {("pronghorn", True), ("pronghorn jobs", True)}


async def test_a_context_that_trusts_somebody_else(own_server: Server) -> None:
    encrypt(own_server, trustme.CA())
    context = ssl.create_default_context()
    trustme.CA().configure_trust(context)
    db = Database(own_server.url(driver="asyncpg"), connect_args={"ssl": context})
    with pytest.raises(OperationalError, match="certificate"):
        await create_tables(db)
    await db.dispose()


async def encrypted() -> None:
    """Do nothing."""
