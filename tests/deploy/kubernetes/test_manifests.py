"""The manifests that are written: valid by the schemas of Kubernetes, and the same each time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pronghorn.deploy.config import KubernetesConfig
from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Plan
from tests.deploy.kubernetes.conftest import DATABASE_URL, MakePlan

PROJECT = Path(__file__).parents[3]


def read(plan: Plan) -> dict[str, Any]:
    """Return the manifests by the names of their files."""
    return {file.path.name: yaml.safe_load(file.text) for file in Kubernetes().files(plan)}


def test_the_files_of_a_program_with_everything(make_plan: MakePlan) -> None:
    plan = make_plan(jobs=2, migrate=True)
    assert {file.path.as_posix() for file in Kubernetes().files(plan)} == {
        "deploy/kubernetes/autoscaler.yaml",
        "deploy/kubernetes/disruption-budget.yaml",
        "deploy/kubernetes/jobs.yaml",
        "deploy/kubernetes/migration.yaml",
        "deploy/kubernetes/service.yaml",
        "deploy/kubernetes/web.yaml",
    }


def test_a_program_that_needs_little_has_two_files(make_plan: MakePlan) -> None:
    assert set(read(make_plan(kubernetes={"replicas": 1, "max_replicas": 1}))) == {
        "service.yaml",
        "web.yaml",
    }


def test_files_do_not_change_with_the_version_or_a_secret(make_plan: MakePlan) -> None:
    one = make_plan("v1", jobs=1, migrate=True)
    two = make_plan("v2", jobs=1, migrate=True, secrets_given={"DATABASE_URL": "another"})
    assert Kubernetes().files(one) == Kubernetes().files(two)
    text = "".join(file.text for file in Kubernetes().files(one))
    assert DATABASE_URL not in text
    assert "v1" not in text.replace("apiVersion: v1", "").replace("/v1", "")
    assert "&id" not in text  # An anchor of YAML.


def test_probes_and_the_end_fit_what_the_server_does(make_plan: MakePlan) -> None:
    plan = make_plan(live="/healthz", ready="/readyz", port=8080, grace=40)
    pod = read(plan)["web.yaml"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert container["ports"] == [{"name": "http", "containerPort": 8080}]
    assert container["command"] == plan.probed_command
    # SIGTERM comes after the sleep, and SIGKILL `grace` seconds after SIGTERM.
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] == sleep + 40


def test_a_program_may_take_the_whole_timeout_to_start(make_plan: MakePlan) -> None:
    plan = make_plan(jobs=1, config_timeout=400)
    for name in ("web.yaml", "jobs.yaml"):
        (container,) = read(plan)[name]["spec"]["template"]["spec"]["containers"]
        probe = container["startupProbe"]
        assert probe["periodSeconds"] * probe["failureThreshold"] >= 400


def test_one_slow_answer_takes_no_pod_out_of_the_service(make_plan: MakePlan) -> None:
    (container,) = read(make_plan())["web.yaml"]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["failureThreshold"] > 1


def test_many_pods_are_replaced_several_at_a_time(make_plan: MakePlan) -> None:
    strategy = read(make_plan())["web.yaml"]["spec"]["strategy"]
    assert strategy["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": 0}


def test_a_single_worker_has_no_supervisor(make_plan: MakePlan) -> None:
    """The cluster watches it, and a supervisor needs the memory of a second program."""
    commands = []
    for workers in (1, 2):
        manifest = read(make_plan(workers=workers))["web.yaml"]
        [container] = manifest["spec"]["template"]["spec"]["containers"]
        commands.append(container["command"])
    assert "--workers" not in commands[0]
    assert "--workers" in commands[1]


def test_probes_of_workers_are_on_the_port_of_the_command(make_plan: MakePlan) -> None:
    plan = make_plan(jobs=1, port=9000)
    pod = read(plan)["jobs.yaml"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["ports"] == [{"name": "health", "containerPort": plan.jobs_health_port}]
    assert str(plan.jobs_health_port) in container["command"]
    assert pod["terminationGracePeriodSeconds"] == plan.config.grace


def test_pods_may_do_little(make_plan: MakePlan) -> None:
    for name in ("web.yaml", "jobs.yaml", "migration.yaml"):
        pod = read(make_plan(jobs=1, migrate=True))[name]["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]


def test_objects_find_the_pods_of_the_web(make_plan: MakePlan) -> None:
    found = read(make_plan(jobs=1))
    labels = found["web.yaml"]["spec"]["template"]["metadata"]["labels"]
    workers = found["jobs.yaml"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        found["web.yaml"]["spec"]["selector"]["matchLabels"],
        found["service.yaml"]["spec"]["selector"],
        found["disruption-budget.yaml"]["spec"]["selector"]["matchLabels"],
    ):
        assert selector.items() <= labels.items()
        assert not selector.items() <= workers.items()


def test_the_page_names_every_setting_and_every_file(make_plan: MakePlan) -> None:
    page = (PROJECT / "docs/how-to/deploy-kubernetes.md").read_text("utf-8")
    for name in KubernetesConfig.model_fields:
        assert f"`{name}`" in page
    for name in read(make_plan(jobs=1, migrate=True)):
        assert f"`{name}`" in page
