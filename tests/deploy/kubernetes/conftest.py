"""A cluster, a project and a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.target import Plan
from tests.deploy.kubernetes.api_server import ApiServer

MakePlan = Callable[..., Plan]
DATABASE_URL = "postgresql://shop:s3cr3t-pa55@db/shop"


@pytest.fixture(scope="session")
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one certificate: reading those of all authorities takes most of a short test."""
    file = tmp_path_factory.mktemp("certificates") / "authority.pem"
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text("utf-8").partition(end)[0]
    file.write_text(first + end, "utf-8")
    return file


@pytest.fixture
def cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_authority: Path
) -> Iterator[ApiServer]:
    """An API server, which the kubeconfig of the user names."""
    with ApiServer() as server:
        file = tmp_path / "kubeconfig"
        server.write_kubeconfig(file)
        monkeypatch.setenv("KUBECONFIG", str(file))
        monkeypatch.setenv("KUBECACHEDIR", str(tmp_path / "cache"))
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("SSL_CERT_FILE", str(one_authority))
        yield server


@pytest.fixture
def make_plan(tmp_path: Path) -> MakePlan:
    """Make the plan of a version; tables of the configuration are merged with the given ones."""
    folder = tmp_path / "project"
    folder.mkdir()

    def make(tag: str = "v1", *, kubernetes: dict[str, Any] | None = None, **given: Any) -> Plan:
        of_plan = {
            name: given.pop(name)
            for name in ("secrets_given", "migrate", "timeout", "build")
            if name in given
        }
        config = {
            "name": "shop",
            "image": "registry.example.com/shop",
            "secrets": ["DATABASE_URL"],
            "env": {"LOG_LEVEL": "info"},
            "kubernetes": kubernetes or {},
        }
        if "config_timeout" in given:  # `timeout` is that of the plan, and short in most tests.
            config["timeout"] = given.pop("config_timeout")
        return Plan(
            config=DeployConfig.model_validate(config | given),
            folder=folder,
            tag=tag,
            app="shop.main:app",
            migrate=of_plan.get("migrate", False),
            secrets=of_plan.get("secrets_given", {"DATABASE_URL": DATABASE_URL}),
            build=of_plan.get("build", False),
            timeout=of_plan.get("timeout", 20.0),
        )

    return make
