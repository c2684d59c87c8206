"""The environments of the contestants; created once, and again when a requirement changes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.wire.environments import REFERENCE
from tools.environment import (
    PreparationError,
    create,
    fingerprint,
    is_current,
    python_of,
    read_pyproject,
    write_stamp,
)

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / ".venv-service-fastify"
#: What a FastAPI program adds for production, and what all programs in Python use.
GLUE = (
    "asgi-correlation-id>=5.0",
    "prometheus-fastapi-instrumentator>=8.1",
    "pyjwt>=2.9",
    "argon2-cffi>=25.1",
)
LITESTAR = (
    "litestar[jwt,prometheus]>=2.25",
    "advanced-alchemy>=1.12",
    "asgi-correlation-id>=5.0",
    "argon2-cffi>=25.1",
    "asyncpg>=0.30",
    "aiosqlite>=0.21",
    "uvicorn[standard]>=0.53",
)
BOLT = (
    "django-bolt>=0.3",
    "psycopg[binary]>=3.2",
    "pyjwt>=2.9",
    "argon2-cffi>=25.1",
    "prometheus-client>=0.22",
)
FASTIFY = (
    "fastify@5",
    "@fastify/compress@9",
    "@fastify/cors@11",
    "@fastify/formbody@9",
    "@fastify/jwt@10",
    "@node-rs/argon2@2",
    "better-sqlite3@12",
    "fastify-metrics@13",
    "postgres@3",
    "prom-client@15",
)


def prepare(environment: str) -> Path:
    """Create an environment, and return its interpreter.

    Raises:
        PreparationError: It cannot be created; the message says why.
    """
    if environment == "fastify":
        return _prepare_node()
    requirements = {"litestar": LITESTAR, "bolt": BOLT}.get(environment) or _own_requirements()
    name = "service" if environment == "service" else f"service-{environment}"
    folder = ROOT / f".venv-{name}"
    stamp = fingerprint(sorted(requirements))
    if not is_current(folder, stamp):
        create(folder, sorted(requirements), stamp)
    return python_of(folder)


def _own_requirements() -> tuple[str, ...]:
    project = read_pyproject(ROOT / "pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    own = (*project["dependencies"], *extras["standard"], *extras["sql"], *extras["metrics"])
    return (REFERENCE, *own, *GLUE)


def _prepare_node() -> Path:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise PreparationError("Node.js and npm are not installed; on Debian: apt-get install npm")
    stamp = fingerprint(FASTIFY)
    if not (NODE / ".requirements-stamp").exists() or not _is_stamped(stamp):
        print(f"Making {NODE} with npm (once) ...", flush=True)
        shutil.rmtree(NODE, ignore_errors=True)
        NODE.mkdir()
        command = [npm, "install", "--silent", "--no-audit", "--prefix", str(NODE), *FASTIFY]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise PreparationError(f"npm could not install Fastify:\n{done.stdout}{done.stderr}")
        write_stamp(NODE, stamp)
    return Path(node)


def _is_stamped(stamp: str) -> bool:
    return (NODE / ".requirements-stamp").read_text(encoding="utf-8").strip() == stamp


def variables(environment: str) -> dict[str, str]:
    """Return the environment variables that a contestant's interpreter needs."""
    return {
        "PYTHONPATH": str(ROOT) if environment == "service" else "",
        "NODE_PATH": str(NODE / "node_modules"),
        "NODE_ENV": "production",
    }
