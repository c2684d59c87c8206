"""`pronghorn deploy kubernetes` as users run it: the exit codes, the files, what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Write
from tests.deploy.conftest import SECRET, commit, own_environment, project, workspace, write
from tests.deploy.docker import run_deploy
from tests.deploy.kubernetes.api_server import ApiServer

__all__ = ["own_environment", "project", "workspace", "write"]

MORE = """
target = "kubernetes"
image = "registry.example.com/bookstall"

[tool.pronghorn.deploy.kubernetes]
replicas = 3
"""


@pytest.fixture
def configured(project: Path, write: Write, cluster: ApiServer) -> Path:
    write("pyproject.toml", (project / "pyproject.toml").read_text() + MORE)
    commit(project)
    return project


def test_a_dry_run_prints_the_manifests_and_asks_nobody(
    configured: Path, cluster: ApiServer
) -> None:
    code, output = run_deploy("--dry-run")
    assert code == 0, output
    assert "# ---- deploy/kubernetes/web.yaml" in output
    assert SECRET not in output
    assert cluster.requests == []
    assert not (configured / "deploy").exists()


def test_a_deploy_a_failure_and_a_rollback(configured: Path, cluster: ApiServer) -> None:
    for version in ("v1", "v2"):
        code, output = run_deploy("--no-build", "--tag", version)
        assert code == 0, output
        assert f"registry.example.com/bookstall:{version} serves" in output
    assert cluster.find("deployments", "bookstall")["spec"]["replicas"] == 3
    cluster.behaviours["v3"] = "stuck"
    code, output = run_deploy("--no-build", "--tag", "v3", "--timeout", "2")
    assert code == 1
    assert "the old version serves" in " ".join(output.split())
    assert cluster.serving("bookstall") == {"v2"}
    code, output = run_deploy("rollback")
    assert code == 0, output
    assert cluster.serving("bookstall") == {"v1"}
    code, output = run_deploy("status")
    assert code == 0
    assert "v1; 3 of 3 pods are ready" in output
    assert SECRET not in output


def test_an_outcome_that_is_not_confirmed(configured: Path, cluster: ApiServer) -> None:
    cluster.is_away = lambda request: any(
        one.changes and one.plural == "deployments" for one in cluster.requests[:-1]
    )
    code, output = run_deploy("--no-build", "--tag", "v1", "--timeout", "1")
    assert code == 3
    assert "pronghorn deploy status kubernetes" in output


def test_mistakes_are_found_before_the_cluster_is_asked(
    configured: Path, cluster: ApiServer, write: Write
) -> None:
    text = (configured / "pyproject.toml").read_text().replace("replicas = 3", "replicas = 9")
    write("pyproject.toml", text)
    code, output = run_deploy("--no-build")
    assert code == 1
    assert "max_replicas = 6 is less than" in " ".join(output.split())
    assert cluster.requests == []
