"""The environments of the contenders; created once, and again when a version here changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.environment import (
    PreparationError,
    create,
    fingerprint,
    is_current,
    python_of,
    read_pyproject,
)

ROOT = Path(__file__).resolve().parents[2]
APPS = Path(__file__).parent / "apps"
REFERENCE = "fastapi==0.165.0"
PEERS = (
    "starlette>=1.9",
    "litestar>=2.20",
    "blacksheep>=2.3",
    "falcon>=4.1",
    "quart>=0.20",
    "sanic>=25.3",
    "robyn>=0.70",
    "emmett>=2.7",
    "django-bolt>=0.3",
    "pydantic>=2.9",
    "uvicorn[standard]>=0.36",
    "granian>=2.7.4",
)
FASTIFY = "fastify@5"


def prepare(environment: str) -> Path | None:
    """Create an environment; return its interpreter, or None if it cannot be created."""
    if environment == "node":
        return _prepare_node()
    folder = ROOT / f".venv-{environment}"
    requirements = sorted(_wire_requirements() if environment == "wire" else PEERS)
    stamp = fingerprint(requirements)
    if not is_current(folder, stamp):
        create(folder, requirements, stamp)
    return python_of(folder)


def _wire_requirements() -> set[str]:
    project = read_pyproject(ROOT / "pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    return {REFERENCE, *project["dependencies"], *extras["standard"], *extras["granian"]}


def _prepare_node() -> Path | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    folder = ROOT / ".venv-node"
    if not (folder / "node_modules" / "fastify").exists():
        folder.mkdir(exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--prefix", str(folder), FASTIFY]
        if subprocess.run(command, check=False).returncode:
            raise PreparationError("npm could not install Fastify.")
    return Path(node)


def variables(environment: str) -> dict[str, str]:
    """Return the environment variables of a contender's process."""
    found = {**os.environ, "PYTHONPATH": str(ROOT) if environment == "wire" else ""}
    found["NODE_PATH"] = str(ROOT / ".venv-node" / "node_modules")
    return found
