"""PostgreSQL is found, or the message says what to install; a server ends with its process."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tools import postgresql
from tools.postgresql import MissingPostgreSQLError, Server, find_programs, prepare_programs


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No server in any place, and no apt to install one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("POSTGRESQL", raising=False)
    monkeypatch.setattr(postgresql, "FOLDERS", ())


def make_programs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in postgresql.NEEDED:
        (folder / name).write_text("#!/bin/sh\necho no server today\nexit 1\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.mark.usefixtures("nothing_installed")
def test_the_newest_version_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "FOLDERS", (f"{tmp_path}/lib/*/bin",))
    assert find_programs() is None
    make_programs(tmp_path / "lib" / "9" / "bin")
    newest = make_programs(tmp_path / "lib" / "17" / "bin")
    assert prepare_programs() == newest


@pytest.mark.usefixtures("nothing_installed")
def test_another_folder_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = make_programs(tmp_path / "mine")
    monkeypatch.setenv("POSTGRESQL", str(mine))
    assert prepare_programs() == mine
    monkeypatch.setenv("POSTGRESQL", str(tmp_path))
    with pytest.raises(MissingPostgreSQLError, match="is not a folder with the programs initdb"):
        prepare_programs()


@pytest.mark.usefixtures("nothing_installed")
def test_the_message_says_what_to_install() -> None:
    with pytest.raises(MissingPostgreSQLError, match="sudo apt-get install postgresql"):
        prepare_programs()
    with pytest.raises(MissingPostgreSQLError, match="sudo apt-get install postgresql"):
        Server()


def test_a_server_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgresql.OPTIONS, "shared_buffers", "7 parsecs")
    with pytest.raises(MissingPostgreSQLError, match="shared_buffers"):
        Server()


def test_a_server_restarts_on_its_port() -> None:
    with Server() as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        server.restart("fast")
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url())


def test_a_server_ends_when_its_process_is_killed() -> None:
    program = [sys.executable, postgresql.__file__, "serve"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        psycopg.connect(url).close()
        process.kill()
    with pytest.raises(psycopg.OperationalError):
        connect_until_it_is_gone(url)


def connect_until_it_is_gone(url: str) -> None:
    for _ in range(1000):
        psycopg.connect(url).close()
        time.sleep(0.02)
