"""`pronghorn deploy status`, `logs` and `env`."""

from __future__ import annotations

import os
import signal

import pytest

from pronghorn.cli.errors import CommandError
from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Variable
from tests.deploy.kubernetes.api_server import ApiServer, Request
from tests.deploy.kubernetes.conftest import DATABASE_URL, MakePlan
from tests.deploy.kubernetes.deploying import changing_pod, deploy, deploy_first


def test_the_status_of_everything_that_runs(cluster: ApiServer, make_plan: MakePlan) -> None:
    plan = make_plan(jobs=1, migrate=True)
    deploy_first(plan)
    assert sorted(Kubernetes().status(plan)) == [
        ("autoscaler", "ready", "0 pods, 2 to 6"),
        ("migration", "done", "shop-migrate-v1"),
        ("shop", "ready", "v1; 2 of 2 pods are ready"),
        ("shop-jobs", "ready", "v1; 1 of 1 pods are ready"),
    ]


def test_the_status_says_why_pods_are_not_ready(cluster: ApiServer, make_plan: MakePlan) -> None:
    cluster.behaviours["v1"] = "crash"
    plan = make_plan(timeout=0.5)
    deploy(plan)
    (row,) = [row for row in Kubernetes().status(plan) if row[0] == "shop"]
    assert row[1] == "waiting"
    assert row[2].startswith("v1; 0 of 2 new pods are ready; CrashLoopBackOff (exit code 3)")


def test_the_status_of_nothing(cluster: ApiServer, make_plan: MakePlan) -> None:
    assert Kubernetes().status(make_plan()) == []


def test_a_cluster_that_cannot_be_read_is_one_sentence(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.token = "another"
    for look in (Kubernetes().status, Kubernetes().env):
        with pytest.raises(CommandError, match="does not accept your credentials"):
            look(make_plan())


def test_variables_have_names_and_no_value_of_a_secret(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan())
    later = make_plan(env={"LOG_LEVEL": "debug", "REGION": "eu"}, secrets=["DATABASE_URL", "KEY"])
    found = Kubernetes().env(later)
    assert found == [
        Variable("LOG_LEVEL", "plain", is_set=True, value="info"),
        Variable("REGION", "plain", is_set=False, value="eu"),
        Variable("DATABASE_URL", "secret", is_set=True),
        Variable("KEY", "secret", is_set=False),
    ]
    assert DATABASE_URL not in repr(found)


def test_variables_without_the_right_to_read_secrets(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan())
    cluster.forbidden = {("get", "secrets")}
    assert Variable("DATABASE_URL", "secret", is_set=None) in Kubernetes().env(make_plan())


def test_variables_before_the_first_deploy(cluster: ApiServer, make_plan: MakePlan) -> None:
    assert Kubernetes().env(make_plan()) == [
        Variable("LOG_LEVEL", "plain", is_set=False, value="info"),
        Variable("DATABASE_URL", "secret", is_set=False),
    ]


def test_logs_of_all_pods_are_printed(
    cluster: ApiServer, make_plan: MakePlan, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(jobs=1)
    deploy_first(plan)
    cluster.logs = ["one", "two", f"connected to {DATABASE_URL}"]
    assert Kubernetes().logs(plan, follow=False, lines=2) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6  # Two pods and a worker.
    assert sum(line.startswith("shop-jobs-") for line in lines) == 2
    assert {line.split("  ")[1] for line in lines} == {"two", "connected to **********"}


def test_logs_are_followed_until_an_interrupt(
    cluster: ApiServer, make_plan: MakePlan, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan()
    deploy_first(plan)
    looks = []

    def interrupt(request: Request) -> None:
        if request.plural == "pods" and not request.name:
            looks.append(request)
            if len(looks) == 2:
                os.kill(os.getpid(), signal.SIGINT)

    cluster.on_request = interrupt
    assert Kubernetes().logs(plan, follow=True, lines=10) == 130
    assert "first line" in capsys.readouterr().out


def test_logs_of_a_pod_with_another_container_are_those_of_the_program(
    cluster: ApiServer, make_plan: MakePlan, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(kubernetes={"replicas": 1, "max_replicas": 1})
    with changing_pod(plan) as pod:
        pod["containers"].insert(0, {"name": "proxy", "image": "envoy:1"})
    deploy_first(plan)
    assert Kubernetes().logs(plan, follow=False, lines=1) == 0
    assert "last line" in capsys.readouterr().out
    (read,) = [one for one in cluster.requests if one.part == "log"]
    assert read.query["container"] == "web"
