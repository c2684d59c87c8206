"""`pronghorn db` as a user calls it: what it prints, and its exit codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pronghorn.cli.app import commands
from tests.cli.conftest import Write
from tests.cli.processes import command, free_port

PROGRAM = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.sql import Database


class Base(DeclarativeBase): ...


class Item(Base):
    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)


db = Database("sqlite:///items.db", metadata=Base.metadata)
app = FastAPI(lifespan=db.lifespan)
"""


@pytest.fixture(autouse=True)
def no_other_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the databases of other tests, which a process of its own would not have."""
    monkeypatch.setattr("pronghorn.sql.known._known", [])


@pytest.fixture
def program(write: Write) -> Path:
    return write("migrated_program.py", PROGRAM)


def call(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def db(*arguments: str) -> Result:
    return call("db", *arguments, "migrated_program.py")


def test_from_the_models_to_the_tables_and_back(program: Path) -> None:
    wrote = db("revision", "-m", "create items")
    assert wrote.exit_code == 0, wrote.output
    file = Path(wrote.stdout.removeprefix("Wrote ").strip())
    assert file.parent == Path("migrations/versions").absolute()
    revision = re.fullmatch(r"[\d-]+_(\w{12})_create_items", file.stem)[1]  # type: ignore[index]

    pending = db("check")
    assert pending.exit_code == 1
    assert pending.stderr == (
        "Error: The database default lacks 1 migration\n"
        f"  {revision} create items\n"
        "  To apply: pronghorn db upgrade\n"
    )
    assert db("current").stdout == (
        "database  default, sqlite+aiosqlite:///items.db\n"
        f"revision  none\npending   {revision} create items\n"
    )
    assert "CREATE TABLE items" in db("upgrade", "--sql").stdout

    assert db("upgrade").stdout == f"applied {revision} create items\n"
    assert db("upgrade").stdout == "Nothing to do: no migration is pending\n"
    again = db("revision", "-m", "again")
    assert again.stdout == "Nothing to do: the models and the database are the same\n"
    assert db("check").exit_code == 0
    assert db("current").stdout.endswith(f"revision  {revision} create items\npending   none\n")

    assert db("downgrade").exit_code == 2  # The target has to be named.
    assert db("downgrade", "--to", "-1").stdout == f"took back {revision} create items\n"
    assert db("downgrade", "--to", "base").stdout.startswith("Nothing to do")
    assert db("stamp").stdout == "The database counts as migrated to head\n"
    assert db("check").exit_code == 1  # The tables are not there.


def test_sql_of_a_range_needs_no_database(program: Path) -> None:
    db("revision", "-m", "create items")
    program.write_text(PROGRAM.replace("sqlite:///items.db", "postgresql://127.0.0.1:1/items"))
    printed = call("db", "upgrade", "--sql", "--to", "base:head", "migrated_program.py")
    assert printed.exit_code == 0, printed.output
    assert "CREATE TABLE items" in printed.stdout


def test_alembics_way_to_name_a_revision_is_corrected(program: Path) -> None:
    refused = call("db", "upgrade", "head")
    assert refused.exit_code == 2
    assert refused.stderr == "Error: head is not the path of an app\n  Write --to head\n"


def test_a_program_without_a_database(write: Write) -> None:
    write("migrated_program.py", "from pronghorn import FastAPI\napp = FastAPI()\n")
    refused = db("current")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(
        "Error: migrated_program:app makes no Database when it is imported\n"
    )


SECOND = 'audit = Database("sqlite:///audit.db", {}migrations="audit")\n'


def test_several_databases_need_names(write: Write) -> None:
    write("migrated_program.py", PROGRAM + SECOND.format(""))
    refused = db("current")
    assert refused.exit_code == 2
    assert "The program has 2 databases: default (" in refused.stderr
    assert 'Give each a name: Database(url, name="audit", migrations=' in refused.stderr


def test_one_of_several_databases_is_chosen_by_its_name(write: Write) -> None:
    write("migrated_program.py", PROGRAM + SECOND.format('name="audit", '))
    assert "Choose one: --database audit" in db("current").stderr
    assert "Did you mean --database audit?" in db("current", "--database", "audits").stderr
    wrote = db("revision", "--empty", "-m", "by hand", "--database", "audit")
    assert "/audit/versions/" in wrote.stdout, wrote.output
    current = db("current", "--database", "audit").stdout
    assert current.startswith("database  audit, sqlite+aiosqlite:///audit.db")


def test_a_database_without_tables_of_the_program_does_not_count(write: Write) -> None:
    other = 'others = Database("sqlite:///others.db")\n'
    write("migrated_program.py", PROGRAM + other)
    assert db("revision", "-m", "create items").exit_code == 0


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://127.0.0.1:1/shop", "The database server 127.0.0.1:1 cannot be reached"),
        ("postgre://127.0.0.1/shop", "The database 'postgre' of 'postgre://127.0.0.1/shop'"),
        ("sqlite:////nowhere/items.db", "The database sqlite+aiosqlite:////nowhere/items.db"),
        ("", "The URL of the database is empty."),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence(program: Path, url: str, said: str) -> None:
    Path("migrations/versions").mkdir(parents=True)
    program.write_text(PROGRAM.replace("sqlite:///items.db", url))
    refused = db("upgrade")
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"Error: {said}")
    assert "write: " in refused.stderr
    assert "Traceback" not in refused.output


def test_a_broken_migration_is_a_sentence_and_debug_shows_the_rest(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRONGHORN_FULL_TRACEBACK", "")  # so that --debug is taken back
    file = Path(db("revision", "-m", "create items").stdout.removeprefix("Wrote ").strip())
    file.write_text(file.read_text().replace("op.create_table(", "op.create_tables("))
    refused = db("upgrade")
    assert refused.exit_code == 1
    assert "has no attribute 'create_tables'" in refused.stderr
    assert f"at {file}:" in refused.stderr
    assert "Traceback" not in refused.output
    shown = db("upgrade", "--debug")
    assert shown.exit_code == 1
    assert "Traceback (most recent call last):" in shown.stderr


def test_without_the_extra_it_says_what_to_install(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.cli.database.missing", lambda *names: names)
    refused = db("upgrade")
    assert refused.exit_code == 1
    assert "which is in the extra 'sql': pip install" in str(refused.exception)
    assert "alembic" in str(refused.exception)


def test_what_a_server_prints_about_its_database(program: Path, tmp_path: Path) -> None:
    """The lifespan finds out, when the server has started already."""
    program.write_text(PROGRAM.replace("sqlite:///items.db", "postgresql://127.0.0.1:1/shop"))
    for options, code in (([], 3), (["--workers", "2"], 3), (["--server", "granian"], 1)):
        ended = command("run", str(program), "--port", str(free_port()), *options)
        assert ended.returncode == code
        output = ended.stdout + ended.stderr
        assert "The database server 127.0.0.1:1 cannot be reached" in output
        assert "Traceback" not in output, output


def test_debug_shows_the_traceback_of_a_failed_startup(program: Path) -> None:
    program.write_text(PROGRAM.replace("sqlite:///items.db", "postgresql://127.0.0.1:1/shop"))
    ended = command("run", str(program), "--port", "0", "--debug")
    assert ended.returncode == 3
    assert "Traceback (most recent call last):" in ended.stderr
