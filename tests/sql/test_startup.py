"""Startup and shutdown: what cannot be reached, and who closes the connections."""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import FastAPI
from pronghorn.exceptions import EnvironmentMistake, SetupError
from pronghorn.sql import Database
from pronghorn.testclient import TestClient
from tests.sql.library import Author, create_tables, make_app, serve
from tools.postgresql import Server

PROGRAM = """
import os
from pronghorn import FastAPI
from pronghorn.sql import Database
db = Database(os.environ["DATABASE_URL"])
app = FastAPI(lifespan=db.lifespan)
"""


def find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(url: str) -> str:
    """Return the text of the error with which an application does not start."""
    app = FastAPI(lifespan=Database(url).lifespan)
    with pytest.raises(SetupError) as caught, TestClient(app):
        pass
    return str(caught.value)


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    said = start(f"sqlite:///{tmp_path}/missing/test.db")
    assert f"there is no folder {tmp_path}/missing" in said
    assert "create the folder" in said


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_what_postgresql_refuses(postgresql: Server, driver: str) -> None:
    url = make_url(postgresql.url("postgres", driver))
    assert "cannot be reached" in start(url.set(port=find_free_port()).render_as_string(False))
    said = start(url.set(database="nowhere").render_as_string(hide_password=False))
    assert "The database 'nowhere' does not exist" in said
    assert f"createdb --host {url.host} --port {url.port} --username {url.username} nowhere" in said
    said = start(url.set(password="secret", username="nobody").render_as_string(False))
    assert "refuses the user 'nobody'" in said
    assert "secret" not in said
    with_query = URL.create(f"postgresql+{driver}", query={"user": "a", "password": "secret"})
    assert "secret" not in start(f"{with_query}&host=127.0.0.1&port={find_free_port()}")


@pytest.mark.parametrize("server", ["uvicorn", "granian"])
def test_the_command_prints_a_sentence_and_fails(tmp_path: Path, server: str) -> None:
    (tmp_path / "main.py").write_text(PROGRAM, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pronghorn", "run", "main.py", "--port", "0", "--server", server],
        cwd=tmp_path,
        env={
            **os.environ,
            "DATABASE_URL": f"sqlite:///{tmp_path}/missing/test.db",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode not in (0, None)
    assert "cannot be opened" in said
    assert "create the folder" in said
    assert "Traceback" not in said


def test_two_applications_share_a_database(database: Database) -> None:
    first, second = make_app(database), make_app(database)
    for app in (first, second):

        @app.get("/")
        async def count(session: Annotated[AsyncSession, database.session]) -> int:
            return await session.scalar(select(func.count()).select_from(Author)) or 0

    outer = FastAPI()
    outer.mount("/first", first)
    outer.mount("/second", second)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with database.lifespan(app), database.lifespan(app):
            await create_tables(database)
            yield

    outer.router.lifespan_context = lifespan
    with serve(outer) as client:
        assert client.get("/first/").json() == client.get("/second/").json() == 0
    with serve(first) as client:  # It was closed, and is opened again.
        assert client.get("/").json() == 0


def test_several_databases_in_one_program(sqlite_url: str, postgresql_url: str) -> None:
    one, other = Database(sqlite_url), Database(postgresql_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with one.lifespan(app), other.lifespan(app):
            await create_tables(one)
            await create_tables(other)
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/")
    async def add(
        first: Annotated[AsyncSession, one.session], second: Annotated[AsyncSession, other.session]
    ) -> list[str]:
        first.add(Author(name="Ada"))
        return [session.get_bind().dialect.name for session in (first, second)]

    with serve(app) as client:
        assert client.post("/").json() == ["sqlite", "postgresql"]


def test_read_sessions_use_the_replicas(tmp_path: Path) -> None:
    primary, replica = (f"sqlite:///{tmp_path}/{name}.db" for name in ("primary", "replica"))
    database = Database(primary, replicas=[replica])
    app = make_app(database)

    @app.get("/{kind}")
    async def read(
        kind: str,
        session: Annotated[AsyncSession, database.session],
        read_session: Annotated[AsyncSession, database.read_session],
        stream_session: Annotated[AsyncSession, database.stream_session],
    ) -> str:
        used = {"session": session, "read": read_session, "stream": stream_session}[kind]
        rows = await used.execute(text("PRAGMA database_list"))
        return Path(rows.first()[2]).stem  # type: ignore[index]  # there is one

    with serve(app) as client:
        assert client.get("/session").json() == "primary"
        assert client.get("/read").json() == "replica"
        assert client.get("/stream").json() == "replica"


@pytest.mark.anyio
async def test_the_check_answers_or_raises(database: Database) -> None:
    await database.check()
    async with database.rollback_everything():
        await database.check()
    await database.dispose()
    with pytest.raises(EnvironmentMistake, match="cannot be reached"):
        await Database(f"postgresql://a:b@127.0.0.1:{find_free_port()}/shop").check()


def test_a_script_needs_no_lifespan(database: Database) -> None:
    async def work() -> int | None:
        await create_tables(database)
        async with database.transaction() as session:
            session.add(Author(name="Ada"))
        async with database.transaction(read_only=True) as session:
            count = await session.scalar(select(func.count()).select_from(Author))
        await database.dispose()
        return count

    assert anyio.run(work) == 1
