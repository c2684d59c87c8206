"""What people make of the files: it is what a deploy applies, and mistakes are named."""

from __future__ import annotations

import pytest

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Plan
from tests.deploy.kubernetes.api_server import ApiServer
from tests.deploy.kubernetes.conftest import MakePlan
from tests.deploy.kubernetes.deploying import changing_pod, deploy, deploy_first, write_files

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  defaultBackend: {service: {name: shop, port: {name: http}}}
"""


def edit(plan: Plan, name: str, old: str, new: str) -> None:
    path = plan.folder / plan.config.kubernetes.folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def add(plan: Plan, name: str, text: str) -> None:
    write_files(plan)
    (plan.folder / plan.config.kubernetes.folder / name).write_text(text, "utf-8")


def test_an_edited_file_is_applied(cluster: ApiServer, make_plan: MakePlan) -> None:
    plan = make_plan()
    write_files(plan)
    edit(plan, "web.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    deploy_first(plan)
    web = cluster.find("deployments", "shop")
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is False


def test_an_added_file_is_applied_and_removed_with_its_file(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    plan = make_plan()
    add(plan, "ingress.yml", INGRESS)
    deploy_first(plan)
    assert cluster.names("ingresses") == ["shop"]
    (plan.folder / plan.config.kubernetes.folder / "ingress.yml").unlink()
    outcome, said = deploy(make_plan("v2"))
    assert outcome.state == "ready"
    assert cluster.names("ingresses") == []
    assert any("removed Ingress shop" in line for line in said)


def test_another_container_keeps_its_image(cluster: ApiServer, make_plan: MakePlan) -> None:
    plan = make_plan()
    with changing_pod(plan) as pod:
        pod["containers"].append({"name": "proxy", "image": "envoy:1"})
    deploy_first(plan)
    web = cluster.find("deployments", "shop")
    images = [one["image"] for one in web["spec"]["template"]["spec"]["containers"]]
    assert images == ["registry.example.com/shop:v1", "envoy:1"]


SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {A: Yg==}\n"
STATEFUL = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"
OLD_VERSION = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: shop}\n"
ELSEWHERE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: other}\n"
TWICE = "apiVersion: v1\nkind: Service\nmetadata: {name: shop}\n"
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: import}\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (SECRET, "Secret s does not belong in a file that is committed"),
        (STATEFUL, "a deploy does not apply StatefulSet db"),
        (OLD_VERSION, "has apiVersion extensions/v1beta1, and should have networking.k8s.io/v1"),
        (ELSEWHERE, "ConfigMap c is in the namespace other"),
        (TWICE, "two files have Service shop"),
        (JOB, "Job import: a deploy runs only the Job of the migrations"),
        ("kind: [", "extra.yaml cannot be read"),
        ("- a list", "something that is not a manifest"),
        ("kind: ConfigMap", "no metadata.name"),
    ],
)
def test_a_mistake_is_named_before_anything_happens(
    make_plan: MakePlan, text: str, problem: str
) -> None:
    plan = make_plan()
    add(plan, "extra.yaml", text)
    (found,) = Kubernetes().check(plan)
    assert problem in found


def test_a_file_that_lost_its_deployment_is_named(make_plan: MakePlan) -> None:
    plan = make_plan()
    write_files(plan)
    edit(plan, "web.yaml", "name: shop\n", "name: store\n")
    assert any("no file has Deployment shop" in problem for problem in Kubernetes().check(plan))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"image": "shop", "build": True}, "names no registry"),
        ({"kubernetes": {"replicas": 9}}, "max_replicas = 6 is less than"),
        ({"kubernetes": {"namespace": "My Shop"}}, "is not the name of a namespace"),
        ({"kubernetes": {"cpu": "half"}}, "kubernetes.cpu = 'half'"),
        ({"kubernetes": {"memory": "256MB"}}, "kubernetes.memory = '256MB'"),
        ({"grace": 5}, "grace = 5 is too short"),
    ],
)
def test_a_mistake_of_the_configuration_is_named(
    make_plan: MakePlan, given: dict[str, object], problem: str
) -> None:
    (found,) = Kubernetes().check(make_plan(**given))
    assert problem in found


def test_another_name_writes_the_files_again(cluster: ApiServer, make_plan: MakePlan) -> None:
    write_files(make_plan())
    deploy_first(make_plan(name="store"))
    assert cluster.names("deployments") == ["store"]


def test_an_object_with_another_name_takes_the_place_of_the_old_one(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    plan = make_plan()
    add(plan, "ingress.yml", INGRESS)
    deploy_first(plan)
    edit(plan, "ingress.yml", "metadata: {name: shop}", "metadata: {name: front}")
    outcome, _ = deploy(make_plan("v2"))
    assert outcome.state == "ready"
    assert cluster.names("ingresses") == ["front"]
    changes = [
        (one.method, one.name)
        for one in cluster.requests
        if one.changes and one.plural == "ingresses"
    ]
    assert changes == [("PATCH", "shop"), ("PATCH", "front"), ("DELETE", "shop")]
