"""A project that can be deployed, and a `docker` that records how it is called."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pronghorn.deploy.compose import switch
from pronghorn.settings import base
from pronghorn.sql import known
from tests.cli.conftest import (
    Write,
    no_logs_of_commands,
    no_other_jobs,
    own_environment,
    workspace,
    write,
)
from tests.deploy.docker import Docker

__all__ = ["no_logs_of_commands", "no_other_jobs", "own_environment", "workspace", "write"]

SECRET = "a-secret-value-that-nobody-may-see-0123456789"

PROJECT = """
[project]
name = "bookstall"

[tool.pronghorn]
entrypoint = "bookstall:app"

[tool.pronghorn.deploy]
env = { GREETING = "hello $1" }
secrets = ["BOOKSTALL_SECRET_KEY"]
allow = ["hosts"]
"""

PROGRAM = """
import os

from pronghorn import FastAPI

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
app.health()


@app.get("/version")
def version() -> dict[str, str]:
    return {"tag": os.environ["TAG"], "greeting": os.environ["GREETING"]}
"""


@pytest.fixture(scope="module", autouse=True)
def few_objects() -> Iterator[None]:
    """Let the collector look at what these tests make, and not at all that others have left."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def no_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the settings and the databases of other tests, as a process of its own would."""
    monkeypatch.setattr(base, "_loaded", {})
    monkeypatch.setattr(known, "_known", [])
    for name, module in list(sys.modules.items()):
        values = list((getattr(module, "__dict__", None) or {}).values())
        if any(isinstance(value, base.BaseSettings) for value in values):
            monkeypatch.delitem(sys.modules, name)
    gc.collect()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the pauses out, which are for a proxy that asks once a second."""
    monkeypatch.setattr(switch, "SETTLE", 0.0)
    monkeypatch.setattr(switch, "_PAUSE", 0.02)


@pytest.fixture
def project(write: Write, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program under version control, with its secret in the environment."""
    write("pyproject.toml", PROJECT)
    write("bookstall.py", PROGRAM)
    write("Dockerfile", 'FROM python:3.13-slim\nUSER 10001\nCMD ["pronghorn", "run"]\n')
    write(".gitignore", "__pycache__/\n.env*\n")
    commit(workspace)
    monkeypatch.setenv("BOOKSTALL_SECRET_KEY", SECRET)
    return workspace


def commit(folder: Path) -> None:
    """Commit everything in a folder."""
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for arguments in (["init", "--quiet"], ["add", "."], [*who, "commit", "-qm", "All"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def docker(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Docker]:
    """A `docker` on PATH; its servers end with the test."""
    folder = tmp_path_factory.mktemp("docker")
    program = folder / "docker"
    script = Path(__file__).parent / "fake_docker.py"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S -E "{script}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_DOCKER", str(folder))
    monkeypatch.setenv("FAKE_SITE", str(Path(yaml.__file__).parents[1]))
    made = Docker(folder)
    yield made
    for container in made.containers().values():
        if container["pid"]:
            try:
                os.killpg(container["pid"], signal.SIGKILL)
            except ProcessLookupError:
                continue
