"""The files of Kamal: what they say, and that no secret is in them."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from pronghorn.deploy.kamal import Kamal
from pronghorn.deploy.target import Plan
from tests.deploy.kamal.conftest import HOSTS, PASSWORD, SECRET, configure

MakePlan = Callable[..., Plan]


def read(plan: Plan) -> dict[str, Any]:
    """Return what Kamal reads."""
    document = yaml.safe_load((plan.folder / plan.config.kamal.file).read_text("utf-8"))
    assert isinstance(document, dict)
    return document


def test_the_whole_file(make_plan: MakePlan) -> None:
    plan = make_plan()
    assert read(plan) == {
        "service": "shop",
        "image": "shop",
        "servers": {
            "web": {
                "hosts": HOSTS,
                "cmd": shlex.join(plan.web_command),
                "options": {"stop-timeout": 35},
            },
            "jobs": {
                "hosts": HOSTS,
                "cmd": shlex.join(plan.jobs_command),
                "options": {
                    "stop-timeout": 35,
                    "health-cmd": 'python -c "import urllib.request; urllib.request.urlopen('
                    "'http://127.0.0.1:9000/ready', timeout=3)\"",
                    "health-interval": "5s",
                    "health-timeout": "5s",
                    "health-retries": 6,
                    "health-start-period": "180s",
                },
            },
        },
        "proxy": {
            "app_port": 8000,
            "forward_headers": False,
            "healthcheck": {"path": "/ready", "interval": 1, "timeout": 5},
            "buffering": {"requests": True, "responses": False},
        },
        "registry": {
            "server": "registry.example.com",
            "username": "shop",
            "password": ["KAMAL_REGISTRY_PASSWORD"],
        },
        "builder": {"arch": "amd64", "context": ".", "dockerfile": "Dockerfile"},
        "env": {
            "clear": {"FORWARDED_ALLOW_IPS": "*", "LOG_LEVEL": "info"},
            "secret": ["DATABASE_URL"],
        },
        "deploy_timeout": 180,
        "drain_timeout": 35,
        "boot": {"limit": "25%"},
    }


def test_no_file_has_a_secret(make_plan: MakePlan) -> None:
    plan = make_plan(secrets={"DATABASE_URL": SECRET, "KAMAL_REGISTRY_PASSWORD": PASSWORD})
    texts = [file.text for file in Kamal().files(plan)]
    assert len(texts) == 3
    assert not [text for text in texts if SECRET in text or PASSWORD in text]
    assert [file.text for file in Kamal().files(make_plan(secrets={}))] == texts


def test_the_names_of_the_secrets(make_plan: MakePlan) -> None:
    plan = make_plan(configure(secrets=["A", "KAMAL_REGISTRY_PASSWORD", "B"]))
    lines = (plan.folder / ".kamal/secrets").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "KAMAL_REGISTRY_PASSWORD=$KAMAL_REGISTRY_PASSWORD",
        "A=$A",
        "B=$B",
    ]
    assert read(plan)["env"]["secret"] == ["A", "B"]


def test_one_server_with_a_domain_has_a_certificate(make_plan: MakePlan) -> None:
    document = read(make_plan(configure(kamal={"hosts": HOSTS[:1], "domain": "shop.example.com"})))
    assert document["proxy"]["host"] == "shop.example.com"
    assert document["proxy"]["ssl"] is True
    assert document["proxy"]["forward_headers"] is False
    assert "boot" not in document


def test_several_servers_expect_a_load_balancer_with_the_certificate(make_plan: MakePlan) -> None:
    document = read(make_plan(configure(kamal={"domain": "shop.example.com"})))
    assert document["proxy"]["ssl"] is False
    assert document["proxy"]["forward_headers"] is True


@pytest.mark.parametrize(
    ("image", "server", "expected"),
    [
        ("registry.example.com/team/shop", None, ("registry.example.com", "team/shop")),
        ("localhost:5000/shop", None, ("localhost:5000", "shop")),
        ("team/shop", None, (None, "team/shop")),
        ("team/shop", "ghcr.io", ("ghcr.io", "team/shop")),
        ("ghcr.io/team/shop", "ghcr.io", ("ghcr.io", "team/shop")),
    ],
)
def test_the_registry_is_part_of_the_image(
    make_plan: MakePlan, image: str, server: str | None, expected: tuple[str | None, str]
) -> None:
    document = read(make_plan(configure(image=image, kamal={"registry_server": server})))
    assert (document["registry"].get("server"), document["image"]) == expected


@pytest.mark.parametrize(
    ("jobs", "jobs_hosts", "expected"),
    [
        (0, None, {}),
        (1, None, {"jobs": ["10.0.0.1"]}),
        (3, None, {"jobs": HOSTS, "jobs2": ["10.0.0.1"]}),
        (3, ["10.0.0.9"], {"jobs": ["10.0.0.9"], "jobs2": ["10.0.0.9"], "jobs3": ["10.0.0.9"]}),
    ],
)
def test_containers_of_jobs_are_spread_over_servers(
    make_plan: MakePlan, jobs: int, jobs_hosts: list[str] | None, expected: dict[str, list[str]]
) -> None:
    document = read(make_plan(configure(jobs=jobs, kamal={"jobs_hosts": jobs_hosts})))
    roles = {name: role["hosts"] for name, role in document["servers"].items() if name != "web"}
    assert roles == expected


def test_tables_of_kamal_are_added_and_win(make_plan: MakePlan) -> None:
    database = {"image": "postgres:17", "host": "10.0.0.1"}
    extra = {
        "accessories": {"database": database},
        "builder": {"arch": "arm64"},
        "retain_containers": 3,
    }
    document = read(make_plan(configure(kamal={"extra": extra, "ssh_user": "deploy"})))
    assert document["accessories"] == {"database": database}
    assert document["builder"] == {"arch": "arm64", "context": ".", "dockerfile": "Dockerfile"}
    assert document["retain_containers"] == 3
    assert document["ssh"] == {"user": "deploy"}


def test_another_file(make_plan: MakePlan) -> None:
    assert read(make_plan(configure(kamal={"file": "ops/kamal.yml"})))["service"] == "shop"


def test_no_hook_without_migrations(make_plan: MakePlan) -> None:
    names = {str(file.path) for file in Kamal().files(make_plan(migrate=False))}
    assert names == {"config/deploy.yml", ".kamal/secrets"}


def test_the_hook_is_a_script_that_a_shell_can_read(make_plan: MakePlan) -> None:
    ssh = {"port": 2222, "proxy": "jump@10.0.0.9"}
    kamal = {"ssh_user": "deploy", "extra": {"ssh": ssh}}
    plan = make_plan(configure(env={"MOTTO": "it's $HOME\n", "EMPTY": ""}, kamal=kamal))
    hook = plan.folder / ".kamal/hooks/pre-deploy"
    subprocess.run(["sh", "-n", str(hook)], check=True)
    assert hook.read_text("utf-8").startswith("#!/bin/sh\n")
    assert " -p 2222 -J jump@10.0.0.9 deploy@10.0.0.1 " in hook.read_text("utf-8")


def test_a_value_is_no_program_for_erb(make_plan: MakePlan) -> None:
    """Kamal runs what is between `<%=` and `%>` of its file; `<%%` is `<%` there."""
    document = read(make_plan(configure(env={"A": "<%= `id` %> 5%"})))
    assert document["env"]["clear"]["A"] == "<%%= `id` %> 5%"
