"""`pronghorn deploy kamal` as people run it: exit codes, files, and what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Write
from tests.deploy.conftest import PROGRAM, PROJECT, commit
from tests.deploy.docker import run_deploy
from tests.deploy.kamal.conftest import PASSWORD
from tests.deploy.kamal.programs import Programs

SECRET = "a-secret-value-that-nobody-may-see-0123456789"
HOSTS = ["10.0.0.1"]
KAMAL = """
target = "kamal"
name = "shop"
image = "registry.example.com/shop"

[tool.pronghorn.deploy.kamal]
hosts = ["10.0.0.1"]
registry_username = "ada"
"""


@pytest.fixture
def folder(
    write: Write, workspace: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A program under version control, of which an old version runs on a server."""
    write("pyproject.toml", PROJECT + KAMAL)
    write("bookstall.py", PROGRAM)
    write("Dockerfile", 'FROM python:3.13-slim\nUSER 10001\nCMD ["pronghorn", "run"]\n')
    write(".gitignore", "__pycache__/\n")
    commit(workspace)
    monkeypatch.setenv("BOOKSTALL_SECRET_KEY", SECRET)
    programs.serve("old", {"web": HOSTS})
    return workspace


def test_a_deployment(folder: Path, programs: Programs) -> None:
    code, output = run_deploy("--tag", "v2")
    assert code == 0, output
    assert "Wrote config/deploy.yml" in output
    assert output.splitlines()[-1] == "V2 serves on 10.0.0.1"
    assert SECRET not in output
    assert PASSWORD not in output
    assert programs.versions() == {"10.0.0.1": "v2"}
    assert "Wrote" not in run_deploy("--tag", "v3")[1]


def test_a_dry_run_touches_nothing(folder: Path, programs: Programs) -> None:
    code, output = run_deploy("--dry-run")
    assert code == 0, output
    assert "service: shop" in output
    assert SECRET not in output
    assert not (folder / "config").exists()
    assert programs.list_commands() == ["version"]


def test_a_deployment_that_fails(folder: Path, programs: Programs) -> None:
    programs.let("deploy", code=1, err="docker stderr: Error: target failed to become healthy")
    code, output = run_deploy("--tag", "v2")
    assert code == 1
    assert "did not answer /ready with 200 within 180 seconds" in output
    assert "the old version serves" in output


def test_a_deployment_of_which_nobody_knows(folder: Path, programs: Programs) -> None:
    programs.let("deploy", code=1, err="ERROR (Net::SSH::Disconnect): connection closed")
    programs.let("app version", code=1, err="ERROR (SocketError): getaddrinfo", after=1)
    code, output = run_deploy("--tag", "v2")
    assert code == 3
    assert "It is not known whether the new version serves" in output


def test_a_bad_dockerfile(folder: Path, programs: Programs, write: Write) -> None:
    write("Dockerfile", 'FROM python:3.13-slim\nCOPY . .\nCMD ["uvicorn", "bookstall:app"]\n')
    code, output = run_deploy("--allow-dirty")
    assert code == 1
    for part in ("Dockerfile, line 3: CMD does not run", "has no USER", "name it in .dockerignore"):
        assert part in output
    assert "deploy" not in programs.list_commands()


def test_back_to_the_version_before(folder: Path, programs: Programs) -> None:
    assert run_deploy("--tag", "v2")[0] == 0
    code, output = run_deploy("rollback")
    assert code == 0, output
    assert programs.versions() == {"10.0.0.1": "old"}


def test_status_and_variables(folder: Path, programs: Programs) -> None:
    assert run_deploy("--tag", "v2")[0] == 0
    assert "web on 10.0.0.1" in run_deploy("status")[1]
    code, output = run_deploy("env")
    assert code == 0, output
    assert "BOOKSTALL_SECRET_KEY" in output
    assert SECRET not in output
