"""The files of Fly, Cloud Run, Railway and Render, and what is left to do there."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Write
from tests.deploy.conftest import SECRET
from tests.deploy.docker import run_deploy

MORE = """
image = "registry.example.com/bookstall"
jobs = 2
grace = 45
migrate = false
timeout = 120

[tool.pronghorn.deploy.fly]
region = "fra"

[tool.pronghorn.deploy.cloud_run]
project = "shop-1"
"""
WEB = [
    *("pronghorn", "run", "bookstall:app", "--host", "0.0.0.0", "--workers", "1", "--drain", "5"),
    *("--timeout-graceful-shutdown", "26", "--log-format", "json"),
]
JOBS = [
    *("pronghorn", "jobs", "run", "bookstall:app", "--health-port", "9000", "--grace", "35"),
    *("--log-format", "json"),
]


def with_port(command: list[str]) -> list[str]:
    at = command.index("--workers")
    return [*command[:at], "--port", "8000", *command[at:]]


def in_ten_seconds(command: list[str]) -> list[str]:
    """The command for Cloud Run, which kills 10 seconds after SIGTERM."""
    at, last = command.index("--workers"), command.index("--log-format")
    return [*command[:at], "--drain", "0", "--timeout-graceful-shutdown", "7", *command[last:]]


@pytest.fixture
def configured(project: Path, write: Write) -> Path:
    write("pyproject.toml", (project / "pyproject.toml").read_text() + MORE)
    return project


@pytest.fixture
def migrated(configured: Path, write: Write) -> Path:
    """The program with a database and a migration."""
    write(
        "bookstall.py",
        """
        from pronghorn import FastAPI
        from pronghorn.sql import Database

        db = Database("sqlite:///bookstall.db", migrations="migrations")
        app = FastAPI(lifespan=db.lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        app.health(ready=[db.check])
        """,
    )
    write(
        "migrations/versions/0001_books.py",
        """
        import sqlalchemy as sa
        from alembic import op

        revision, down_revision = "0001", None


        def upgrade() -> None:
            op.create_table("books", sa.Column("id", sa.Integer, primary_key=True))
        """,
    )
    text = (configured / "pyproject.toml").read_text()
    write("pyproject.toml", text.replace("migrate = false\n", ""))
    return configured


def deploy(target: str) -> str:
    code, output = run_deploy(target, "--allow-dirty", "--tag", "abc")
    assert code == 0, output
    assert SECRET not in output
    written = [path for path in Path().rglob("*") if path.suffix in {".toml", ".yaml"}]
    assert not [path for path in written if SECRET in path.read_text()]
    return output


def test_fly(configured: Path) -> None:
    output = deploy("fly")
    assert "fly secrets import < secrets.env    # its only lines are BOOKSTALL_SECRET_KEY" in output
    assert "fly deploy --config fly.toml" in output
    assert "fly scale count jobs=2" in output
    assert "The files for Fly.io are written; nothing was sent to it" in output
    assert tomllib.loads((configured / "fly.toml").read_text()) == {
        "app": "bookstall",
        "primary_region": "fra",
        "kill_signal": "SIGTERM",
        "kill_timeout": "45s",
        "build": {"dockerfile": "Dockerfile"},
        "deploy": {"strategy": "bluegreen", "wait_timeout": "120s"},
        "env": {"GREETING": "hello $1"},
        "processes": {"web": shlex.join(with_port(WEB)), "jobs": shlex.join(JOBS)},
        "http_service": {
            "internal_port": 8000,
            "force_https": True,
            "auto_stop_machines": "off",
            "auto_start_machines": True,
            "min_machines_running": 1,
            "processes": ["web"],
            "checks": [
                {
                    "method": "GET",
                    "path": "/ready",
                    "interval": "10s",
                    "timeout": "5s",
                    "grace_period": "30s",
                }
            ],
        },
        "vm": [{"memory": "512mb", "cpu_kind": "shared", "cpus": 1}],
    }


def test_cloud_run(migrated: Path) -> None:
    output = deploy("cloud-run")
    create = 'printf %s "$BOOKSTALL_SECRET_KEY" | gcloud secrets create'
    assert f': "${{BOOKSTALL_SECRET_KEY:?}}" && {create}' in output, "never an empty secret"
    assert "add-iam-policy-binding bookstall --member allUsers --role roles/run.invoker" in output
    assert "docker push registry.example.com/bookstall:abc" in output
    assert "gcloud run jobs execute bookstall-migrate --wait --region europe-west1" in output
    where = "--region europe-west1 --project shop-1"
    assert f"gcloud run services replace cloudrun.yaml {where}" in output
    service = yaml.safe_load((migrated / "cloudrun.yaml").read_text())
    assert (service["apiVersion"], service["kind"]) == ("serving.knative.dev/v1", "Service")
    spec = service["spec"]["template"]["spec"]
    assert spec["containerConcurrency"] == 80
    [container] = spec["containers"]
    assert container["command"] + container["args"] == in_ten_seconds(with_port(WEB))
    assert container["image"] == "registry.example.com/bookstall:abc"
    assert container["startupProbe"]["httpGet"] == {"path": "/ready", "port": 8000}
    assert container["startupProbe"]["failureThreshold"] == 24
    assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": 8000}
    variables = [
        {"name": "GREETING", "value": "hello $1"},
        {
            "name": "BOOKSTALL_SECRET_KEY",
            "valueFrom": {"secretKeyRef": {"name": "BOOKSTALL_SECRET_KEY", "key": "latest"}},
        },
    ]
    assert container["env"] == variables
    job = yaml.safe_load((migrated / "cloudrun.migrate.yaml").read_text())
    task = job["spec"]["template"]["spec"]["template"]["spec"]
    [container] = task["containers"]
    command = container["command"] + container["args"]
    assert command == ["pronghorn", "db", "upgrade", "bookstall:app"]
    assert container["env"] == variables


def test_the_workers_of_cloud_run_have_all_that_they_need(configured: Path, write: Write) -> None:
    text = (configured / "pyproject.toml").read_text()
    write("pyproject.toml", text.replace("hello $1", "hello, you"))
    output = deploy("cloud-run")
    [line] = [line for line in output.splitlines() if "worker-pools deploy" in line]
    words = shlex.split(line)
    assert words[3:6] == ["deploy", "bookstall-jobs", "--image"]
    assert words[words.index("--command") + 1] == "pronghorn"
    arguments = "jobs,run,bookstall:app,--health-port,9000,--grace,7,--log-format,json"
    assert f"--args={arguments}" in words
    assert "--set-env-vars=^|^GREETING=hello, you" in words
    assert "--set-secrets=BOOKSTALL_SECRET_KEY=BOOKSTALL_SECRET_KEY:latest" in words
    assert words[-4:] == ["--region", "europe-west1", "--project", "shop-1"]


@pytest.mark.parametrize("target", ["fly", "cloud-run", "railway", "render"])
def test_a_file_of_sqlite_that_no_new_version_would_have(
    configured: Path, write: Write, target: str
) -> None:
    text = (configured / "pyproject.toml").read_text()
    deploy(target)
    url = 'SHOP_URL = "sqlite:////data/x"'
    write("pyproject.toml", text.replace("GREETING =", f"{url}, GREETING ="))
    code, output = run_deploy(target, "--allow-dirty", "--tag", "abc")
    assert code == 1
    assert "SHOP_URL is a file of SQLite, which no new version would have: use PostgreSQL" in output
    code, output = run_deploy(target, "--allow-dirty", "--tag", "abc", "--dry-run")
    assert code == 0, output
    assert "Note: a deploy from here would be refused: SHOP_URL is a file of SQLite" in output
    for path in [*configured.glob("*.yaml"), *configured.glob("[fr]*.toml")]:
        path.write_text("mounts = []\n")  # By hand, so it is not looked into.
    assert run_deploy(target, "--allow-dirty", "--tag", "abc")[0] == 0


def test_cloud_run_refuses_what_it_cannot_do(project: Path, write: Write) -> None:
    text = (project / "pyproject.toml").read_text()
    write("pyproject.toml", text.replace("GREETING =", 'PORT = "8000", GREETING ='))
    code, output = run_deploy("cloud-run", "--allow-dirty")
    assert code == 1
    assert "Cloud Run sets PORT itself; take it out of env" in output
    assert "Cloud Run gets the image from a registry" in output


def test_railway(migrated: Path) -> None:
    output = deploy("railway")
    assert "railway variables --set 'GREETING=hello $1'" in output
    assert "set in the variables of the service: BOOKSTALL_SECRET_KEY" in output
    ending = {"drainingSeconds": 45, "restartPolicyType": "ALWAYS"}
    build = {"builder": "DOCKERFILE", "dockerfilePath": "Dockerfile"}
    assert tomllib.loads((migrated / "railway.toml").read_text()) == {
        "build": build,
        "deploy": {
            "startCommand": shlex.join(WEB),
            "preDeployCommand": ["pronghorn db upgrade bookstall:app"],
            "healthcheckPath": "/ready",
            "healthcheckTimeout": 120,
            **ending,
        },
    }
    assert tomllib.loads((migrated / "railway.jobs.toml").read_text()) == {
        "build": build,
        "deploy": {"startCommand": shlex.join(JOBS), "numReplicas": 2, **ending},
    }


def test_render(migrated: Path) -> None:
    assert "set there: BOOKSTALL_SECRET_KEY" in deploy("render")
    shared: dict[str, Any] = {
        "runtime": "docker",
        "plan": "starter",
        "region": "frankfurt",
        "dockerfilePath": "./Dockerfile",
        "maxShutdownDelaySeconds": 45,
        "envVars": [
            {"key": "GREETING", "value": "hello $1"},
            {"key": "BOOKSTALL_SECRET_KEY", "sync": False},
        ],
    }
    web = {
        "type": "web",
        "name": "bookstall",
        "dockerCommand": shlex.join(WEB),
        "preDeployCommand": "pronghorn db upgrade bookstall:app",
        "healthCheckPath": "/ready",
    }
    worker = {
        "type": "worker",
        "name": "bookstall-jobs",
        "dockerCommand": shlex.join(JOBS),
        "numInstances": 2,
    }
    written = yaml.safe_load((migrated / "render.yaml").read_text())
    assert written == {"services": [{**shared, **web}, {**shared, **worker}]}


@pytest.mark.parametrize("target", ["fly", "cloud-run", "railway", "render"])
@pytest.mark.parametrize("what", ["rollback", "status", "logs", "env"])
def test_the_rest_is_done_by_the_platform(configured: Path, target: str, what: str) -> None:
    code, output = run_deploy(what, target)
    assert code == 2
    assert "pronghorn only writes the files of" in output
    assert "Write: " in output
    assert "NAME" not in output
    assert "{" not in output


def test_pending_migrations_are_named(migrated: Path, write: Write) -> None:
    write(
        "migrations/versions/0002_drop.py",
        """
        from alembic import op

        revision, down_revision = "0002", "0001"


        def upgrade() -> None:
            op.drop_column("books", "title")
        """,
    )
    output = " ".join(deploy("fly").split())
    assert "pending in sqlite+aiosqlite:///bookstall.db: 0001" in output
    assert "0002" in output
    assert "drops or renames something, which the old version still uses" in output
    assert "0001 drops" not in output
    text = (migrated / "migrations/versions/0002_drop.py").read_text()
    write("migrations/versions/0003_other.py", text.replace('"0002"', '"0003"'))
    code, output = run_deploy("fly", "--allow-dirty")
    assert code == 1
    assert "have 2 ends: 0002, 0003 (" in output


def test_migrations_that_nobody_applies(migrated: Path, write: Write) -> None:
    text = (migrated / "pyproject.toml").read_text()
    write("pyproject.toml", text.replace("jobs = 2", "migrate = false"))
    code, output = run_deploy("fly", "--allow-dirty")
    assert code == 1
    assert "migrate is false, and migrations are pending: 0001" in output
