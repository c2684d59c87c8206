"""`pronghorn check` as a user calls it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner, Result

from pronghorn.cli.app import commands
from tests.cli.conftest import Write
from tests.cli.test_db import PROGRAM

MISTAKES = """
from typing import Annotated

from pronghorn import APIRouter, Depends, FastAPI, Path, WebSocket


class Plain: ...


app = FastAPI()
router = APIRouter(prefix="/inside")
admin = FastAPI()


@app.get("/first/{item}")
async def first(item: Plain): ...


@app.get("/right")
async def right(): ...


@router.get("/second")
async def second(value: Annotated[Plain, Path()]): ...


@app.websocket("/third")
async def third(websocket: WebSocket, value: Plain): ...


@app.get("no-slash")
async def fourth(): ...


@admin.get("/fifth")
async def fifth() -> Plain: ...


app.include_router(router)
app.mount("/admin", admin)
"""


@pytest.fixture(autouse=True)
def no_other_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the databases of other tests, which a process of its own would not have."""
    monkeypatch.setattr("pronghorn.sql.known._known", [])


def check(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["check", "checked_program.py", *arguments])


def test_a_program_without_mistakes(write: Write) -> None:
    write(
        "checked_program.py",
        """
        from pronghorn import FastAPI

        app = FastAPI(openapi_url=None)

        @app.get("/")
        async def read(): ...
        """,
    )
    result = check()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("\nchecked_program:app: 1 route, no mistakes\n")


def test_all_mistakes_are_listed_at_once(write: Write) -> None:
    write("checked_program.py", MISTAKES)
    result = check()
    assert result.exit_code == 1
    for endpoint in ("first", "second", "third", "fourth", "fifth"):
        assert f", {endpoint} (" in result.stderr, endpoint
    assert ", right (" not in result.stderr
    assert result.stderr.count("Error: ") == 5
    assert "Traceback" not in result.stderr
    assert result.stdout.endswith("5 to correct\n")


def test_a_mistake_is_still_an_error_of_the_import_elsewhere(write: Write) -> None:
    write("checked_program.py", MISTAKES)
    result = CliRunner().invoke(commands, ["routes", "checked_program.py"])
    assert result.exit_code == 1
    assert ", first (" in result.stderr
    assert ", third (" not in result.stderr


def test_mistakes_before_a_failed_import_are_listed_too(write: Write) -> None:
    write("checked_program.py", MISTAKES + "\nimport nowhere_at_all\n")
    result = check()
    assert result.exit_code == 1
    assert ", first (" in result.stderr
    assert ", third (" in result.stderr
    assert "No module named 'nowhere_at_all'" in result.stderr


def test_a_program_behind_middleware_is_found(write: Write) -> None:
    write(
        "checked_program.py",
        MISTAKES + "\nfrom starlette.middleware.cors import CORSMiddleware"
        "\nwrapped = CORSMiddleware(app)\n",
    )
    result = check("--app", "wrapped")
    assert result.exit_code == 1
    assert ", fifth (" in result.stderr
    assert ", fourth (" in result.stderr


def test_the_document_of_a_mounted_application_is_checked(write: Write) -> None:
    write(
        "checked_program.py",
        """
        from collections.abc import Callable

        from pydantic import BaseModel

        from pronghorn import FastAPI

        class Unwritable(BaseModel):
            call: Callable[[], int]

        app = FastAPI()
        admin = FastAPI()
        app.mount("/admin", admin)

        @admin.post("/")
        async def create(unwritable: Unwritable) -> None: ...
        """,
    )
    result = check()
    assert result.exit_code == 1
    assert "PydanticInvalidForJsonSchema" in result.stderr


def test_middleware_is_checked(write: Write) -> None:
    write(
        "checked_program.py",
        """
        from pronghorn import FastAPI

        class Middleware:
            def __init__(self, app): ...

        app = FastAPI()
        app.add_middleware(Middleware, unknown=1)
        """,
    )
    result = check()
    assert result.exit_code == 1
    assert "Middleware" in result.stderr


def test_pending_migrations_are_listed(write: Write) -> None:
    write("checked_program.py", PROGRAM)
    run = CliRunner().invoke
    assert check().exit_code == 0  # No folder: the tables are made in another way.
    run(commands, ["db", "revision", "-m", "create items", "checked_program.py"])
    pending = check()
    assert pending.exit_code == 1
    assert pending.stderr.startswith("Error: The database default lacks 1 migration\n")
    assert "create items\n  To apply: pronghorn db upgrade\n" in pending.stderr
    run(commands, ["db", "upgrade", "checked_program.py"])
    assert check().exit_code == 0
    write("checked_program.py", PROGRAM)
    run(commands, ["db", "downgrade", "--to", "base", "checked_program.py"])
    assert check().exit_code == 1


def test_an_unreachable_database_is_one_of_the_mistakes(write: Write) -> None:
    program = PROGRAM.replace("sqlite:///items.db", "postgresql://127.0.0.1:1/shop")
    write("migrations/versions/empty.txt")
    write("checked_program.py", program + "\n\n@app.get('wrong')\nasync def wrong(): ...\n")
    result = check()
    assert result.exit_code == 1
    assert ", wrong (" in result.stderr
    assert "The database server 127.0.0.1:1 cannot be reached" in result.stderr
    assert result.stdout.endswith("2 to correct\n")
