"""The environment of the benchmark; created once, and again when a requirement changes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.record import ROOT
from tools.environment import create, fingerprint, is_current, python_of, read_pyproject

ENVIRONMENT = ROOT / ".venv-durable"
#: The other queues, and the client of Redis.
PEERS = ("procrastinate>=3.10,<4", "taskiq>=0.13,<0.14", "taskiq-redis>=1.2,<2", "redis>=5.2")


def prepare() -> Path:
    """Create the environment, and return its interpreter.

    Raises:
        PreparationError: It cannot be created; the message says why.
    """
    project = read_pyproject(ROOT / "pyproject.toml")["project"]
    extras = project["optional-dependencies"]
    own = [*project["dependencies"], *extras["standard"], *extras["sql"], *extras["jobs"]]
    requirements = sorted({each for each in own if not each.startswith("pronghorn")} | {*PEERS})
    stamp = fingerprint(requirements)
    if not is_current(ENVIRONMENT, stamp):
        create(ENVIRONMENT, requirements, stamp)
    return python_of(ENVIRONMENT)
