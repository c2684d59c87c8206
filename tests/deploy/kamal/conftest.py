"""A project on two servers, and programs that act as Kamal."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Plan
from tests.deploy.kamal.programs import Programs

SECRET = "hunter2-$(touch stolen)-`id`"
PASSWORD = "registry-pass-word"
HOSTS = ["10.0.0.1", "10.0.0.2"]


def configure(**settings: Any) -> DeployConfig:
    """Return the configuration of a shop on two servers with jobs."""
    kamal = {"hosts": HOSTS, "registry_username": "shop", **settings.pop("kamal", {})}
    return DeployConfig.model_validate(
        {
            "name": "shop",
            "image": "registry.example.com/shop",
            "target": "kamal",
            "jobs": 2,
            "env": {"LOG_LEVEL": "info"},
            "secrets": ["DATABASE_URL"],
            **settings,
            "kamal": kamal,
        }
    )


@pytest.fixture
def programs(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Programs that act as Kamal, first on the PATH."""
    made = Programs(tmp_path_factory.mktemp("programs"))
    monkeypatch.setenv("PATH", f"{made.bin}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KAMAL_REGISTRY_PASSWORD", PASSWORD)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def make_plan(project: Path) -> Callable[..., Plan]:
    """Return a function that makes a plan whose files are written."""

    def make(config: DeployConfig | None = None, **changes: Any) -> Plan:
        given = {
            "tag": "abc1234",
            "app": "shop.main:app",
            "migrate": True,
            "secrets": {"DATABASE_URL": SECRET},
            **changes,
        }
        plan = Plan(config=config or configure(), folder=project, **given)
        for file in Kamal().files(plan):
            path = project / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, "utf-8")
            if file.text.startswith("#!"):
                path.chmod(0o755)
        return plan

    return make
