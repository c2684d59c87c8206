"""A project of `pronghorn new`, deployed as a new user does it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pronghorn.cli.app import commands
from tests.deploy.conftest import commit
from tests.deploy.docker import Docker, run_deploy

KEY = "sOx1nqkYb3Jr0WvZ8mTqE5cLdPfU2aHgI7yRtKw9"


@pytest.fixture(params=["sqlite", "postgres"])
def stall(request: pytest.FixtureRequest, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project in the working directory."""
    made = CliRunner().invoke(commands, ["new", "book-stall", "--db", request.param])
    assert made.exit_code == 0, made.output
    monkeypatch.chdir(workspace / "book-stall")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(workspace))
    return workspace / "book-stall"


def test_it_can_be_deployed_at_once(stall: Path, docker: Docker, quick: None) -> None:
    url = "postgresql://app:a-password-of-postgres@127.0.0.1:1/book_stall"
    is_postgres = "POSTGRES" in (stall / "compose.yaml").read_text()
    database = [f"BOOK_STALL_DATABASE_URL={url}"] if is_postgres else []
    secrets = [f"BOOK_STALL_SECRET_KEY={KEY}", *database]
    (stall / ".env.production").write_text("\n".join(secrets) + "\n")
    code, output = run_deploy("--env-file", ".env.production")
    assert code == 0, output
    assert "Applying the migrations" in output
    text = (stall / "compose.deploy.yaml").read_text()
    assert KEY not in text + output
    assert "a-password" not in text + output
    services = yaml.safe_load(text)["services"]
    assert services["migrate"]["command"] == ["pronghorn", "db", "upgrade", "app.main:app"]
    assert services["web"]["environment"][0] == "BOOK_STALL_ENVIRONMENT=production"
    assert services["web"].get("volumes") == (None if is_postgres else ["data:/data"])
    migrated = json.loads((docker.folder / "migrated.json").read_text())
    assert migrated["env"]["BOOK_STALL_SECRET_KEY"] == KEY
    web = next(one for one in docker.containers().values() if one["service"] == "web")
    assert web["env"] == migrated["env"]
    commands_ = docker.commands()
    ran = next(i for i, one in enumerate(commands_) if " run --rm --no-deps -T migrate" in one)
    assert ran < next(i for i, one in enumerate(commands_) if " up " in one)


def test_a_migration_that_fails_ends_the_deploy(stall: Path, docker: Docker, quick: None) -> None:
    secrets = f"BOOK_STALL_SECRET_KEY={KEY}\nBOOK_STALL_DATABASE_URL=postgresql://me:secret-word@127.0.0.1:1/x\n"
    (stall / ".env.production").write_text(secrets)
    if "POSTGRES" in (stall / "compose.yaml").read_text():
        with (stall / "pyproject.toml").open("a") as file:
            file.write('\n[tool.pronghorn.deploy.compose]\nvolumes = ["data:/data"]\n')
        commit(stall)
    assert run_deploy("--env-file", ".env.production", "--tag", "one")[0] == 0
    docker.want(migrate="Error: The migration 0002 failed: no such column: title")
    code, output = run_deploy("--env-file", ".env.production", "--tag", "two")
    assert code == 1
    assert "the migrations failed: Error: The migration 0002 failed" in output
    assert "the old version serves" in output
    assert docker.serving() == ["one"]


def test_a_migration_that_is_interrupted_may_go_on(stall: Path, docker: Docker) -> None:
    secrets = f"BOOK_STALL_SECRET_KEY={KEY}\nBOOK_STALL_DATABASE_URL=postgresql://me:secret-word@127.0.0.1:1/x\n"
    (stall / ".env.production").write_text(secrets)
    docker.want(migrate="hang")
    command = [sys.executable, "-m", "pronghorn", "deploy", "--env-file", ".env.production"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until = time.monotonic() + 40
    while not (docker.folder / "migrated.json").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=40)
    assert process.returncode == 1, output
    assert "it was interrupted during the migrations, which may go on" in output


def test_without_its_secrets_it_says_so(stall: Path, docker: Docker) -> None:
    code, output = run_deploy()
    assert code == 1
    assert "the secret BOOK_STALL_SECRET_KEY has no value" in output
