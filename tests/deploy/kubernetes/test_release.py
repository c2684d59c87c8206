"""A new version gets into the cluster: order, secrets, migrations, the number of pods."""

from __future__ import annotations

import base64
import os

import pytest

from tests.deploy.kubernetes.api_server import ApiServer
from tests.deploy.kubernetes.conftest import DATABASE_URL, MakePlan
from tests.deploy.kubernetes.deploying import changing_pod, deploy, deploy_first


def test_a_first_version_is_applied_after_its_migration(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    outcome, said = deploy(make_plan(jobs=1, migrate=True))
    assert outcome.state == "ready"
    assert outcome.message == "the image registry.example.com/shop:v1 serves"
    assert cluster.changed() == [
        ("PATCH", "secrets"),
        ("PATCH", "jobs"),
        ("PATCH", "deployments"),
        ("PATCH", "deployments"),
        ("PATCH", "horizontalpodautoscalers"),
        ("PATCH", "poddisruptionbudgets"),
        ("PATCH", "services"),
    ]
    order = [one.name for one in cluster.requests if one.changes and one.plural == "deployments"]
    assert order == ["shop-jobs", "shop"]  # Workers know a task before the web enqueues it.
    assert cluster.names("jobs") == ["shop-migrate-v1"]
    assert "migration: shop-migrate-v1 has succeeded" in said
    assert cluster.serving() == {"v1"}


def test_everything_is_tried_out_before_anything_changes(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan(jobs=1, migrate=True))
    methods = [(one.method, one.is_dry_run) for one in cluster.requests]
    first_change = methods.index(("PATCH", False))
    assert methods[:first_change].count(("PATCH", True)) == 7
    assert ("PATCH", True) not in methods[first_change:]
    for request in cluster.requests:
        if request.method == "PATCH":
            assert request.query["fieldManager"] == "pronghorn-deploy"
            assert request.query["fieldValidation"] == "Strict"


def test_pods_have_the_image_and_the_secret_of_their_version(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan())
    web = cluster.find("deployments", "shop")
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example.com/shop:v1"
    assert container["env"] == [{"name": "LOG_LEVEL", "value": "info"}]
    (name,) = cluster.names("secrets")
    assert container["envFrom"] == [{"secretRef": {"name": name}}]
    secret = cluster.find("secrets", name)
    assert secret["immutable"] is True
    assert base64.b64decode(secret["data"]["DATABASE_URL"]).decode() == DATABASE_URL


def test_a_secret_is_in_the_cluster_only(
    cluster: ApiServer, make_plan: MakePlan, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(migrate=True)
    outcome, said = deploy(plan)
    encoded = base64.b64encode(DATABASE_URL.encode()).decode()
    written = [
        path.read_text("utf-8", errors="replace")
        for path in plan.folder.parent.rglob("*")
        if path.is_file()
    ]
    printed = "".join(capfd.readouterr())
    for text in (*written, *said, outcome.message, printed, repr(plan)):
        assert DATABASE_URL not in text
        assert encoded not in text
    elsewhere = [one for one in cluster.requests if one.plural != "secrets"]
    assert encoded not in str(elsewhere)
    assert DATABASE_URL not in str(elsewhere)


def test_the_same_secret_stays_and_another_value_is_another_secret(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    first = cluster.names("secrets")
    deploy_first(make_plan("v2"))
    assert cluster.names("secrets") == first
    deploy_first(make_plan("v3", secrets_given={"DATABASE_URL": "postgresql://other"}))
    # Versions one and two can be returned to, so their Secret stays.
    assert len(cluster.names("secrets")) == 2


def test_a_secret_that_no_version_reads_is_removed(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    (first,) = cluster.names("secrets")
    for key in [key for key in cluster.objects if key[0] == "replicasets"]:
        del cluster.objects[key]  # The cluster keeps five.
    deploy_first(make_plan("v2", secrets_given={"DATABASE_URL": "postgresql://other"}))
    assert first not in cluster.names("secrets")
    assert len(cluster.names("secrets")) == 1


def test_a_secret_that_another_deploy_migrates_with_is_kept(
    cluster: ApiServer, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.deploy.kubernetes.migration.RESERVE", 0.0)
    deploy_first(make_plan("v1"))
    cluster.migrations = "hangs"
    changed = {"DATABASE_URL": "postgresql://other"}
    later = make_plan("v3", migrate=True, secrets_given=changed, timeout=0.2)
    assert deploy(later)[0].state == "unknown"  # As one that still waits.
    assert len(cluster.names("secrets")) == 2
    deploy_first(make_plan("v2"))
    assert len(cluster.names("secrets")) == 2


SECRET_OF_ONE = {"name": "URL", "valueFrom": {"secretKeyRef": {"name": "shop-secrets", "key": "a"}}}
READERS: dict[str, dict[str, object]] = {
    "an init container": {
        "initContainers": [
            {
                "name": "first",
                "image": "busybox",
                "envFrom": [{"secretRef": {"name": "shop-secrets"}}],
            }
        ]
    },
    "one variable": {
        "initContainers": [{"name": "first", "image": "busybox", "env": [SECRET_OF_ONE]}]
    },
    "a file": {"volumes": [{"name": "tmp", "secret": {"secretName": "shop-secrets"}}]},
}


@pytest.mark.parametrize("name", READERS)
def test_a_secret_is_named_wherever_a_file_reads_it(
    cluster: ApiServer, make_plan: MakePlan, name: str
) -> None:
    plan = make_plan(kubernetes={"replicas": 1, "max_replicas": 1})
    with changing_pod(plan) as pod:
        del pod["containers"][0]["envFrom"]
        pod.update(READERS[name])
    deploy_first(plan)
    (secret,) = cluster.names("secrets")
    template = str(cluster.find("deployments", "shop")["spec"]["template"])
    assert f"'{secret}'" in template
    assert "'shop-secrets'" not in template


def test_a_program_without_secrets_has_no_secret(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan(secrets=[], secrets_given={}))
    assert cluster.names("secrets") == []


def test_nothing_rolls_out_if_nothing_has_changed(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    generation = cluster.find("deployments", "shop")["metadata"]["generation"]
    deploy_first(make_plan("v1"))
    assert cluster.find("deployments", "shop")["metadata"]["generation"] == generation


def test_the_command_waits_until_the_cluster_has_seen_the_change(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    cluster.looks = 2
    outcome, said = deploy(make_plan("v2"))
    assert outcome.state == "ready"
    assert "shop: the cluster has not begun" in said
    assert cluster.serving() == {"v2"}


def test_a_migration_runs_again_for_the_same_version(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1", migrate=True))
    deploy_first(make_plan("v1", migrate=True))
    assert [one for one in cluster.changed() if one[1] == "jobs"] == [
        ("PATCH", "jobs"),
        ("DELETE", "jobs"),
        ("PATCH", "jobs"),
    ]


def test_a_migration_that_runs_already_is_waited_for(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1", migrate=True))
    job = cluster.find("jobs", "shop-migrate-v1")
    done, job["status"] = job["status"], {"active": 1}

    def finish(request: object) -> None:
        if len([one for one in cluster.requests if one.plural == "pods"]) > pods:
            job["status"] = done

    pods = len([one for one in cluster.requests if one.plural == "pods"])
    cluster.on_request = finish
    outcome, said = deploy(make_plan("v1", migrate=True))
    assert outcome.state == "ready"
    assert any("runs already" in line for line in said)


# --- the number of pods -------------------------------------------------------------------------


def test_a_first_version_has_all_its_pods_at_once(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan(kubernetes={"replicas": 3}))
    assert cluster.find("deployments", "shop")["spec"]["replicas"] == 3


@pytest.mark.parametrize("deploys", [1, 2, 3])
def test_pods_that_nobody_has_scaled_do_not_drop_to_one(
    cluster: ApiServer, make_plan: MakePlan, deploys: int
) -> None:
    for number in range(deploys + 1):
        deploy_first(make_plan(f"v{number}", kubernetes={"replicas": 3}))
    assert cluster.find("deployments", "shop")["spec"]["replicas"] == 3


def test_a_deploy_keeps_what_the_autoscaler_has_set(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    cluster.set_replicas("shop", 5, "kube-controller-manager")
    for version in ("v2", "v3"):
        deploy_first(make_plan(version))
        assert cluster.find("deployments", "shop")["spec"]["replicas"] == 5


def test_pods_scaled_by_hand_stay_and_the_user_is_told(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    fixed = {"replicas": 2, "max_replicas": 2}
    deploy_first(make_plan("v1", kubernetes=fixed))
    cluster.set_replicas("shop", 4, "kubectl")
    outcome, said = deploy(make_plan("v2", kubernetes=fixed))
    assert outcome.state == "ready"
    assert cluster.find("deployments", "shop")["spec"]["replicas"] == 4
    assert "shop keeps 4 pods, which kubectl has set, and not 2" in said


def test_the_number_of_pods_can_be_taken_over(cluster: ApiServer, make_plan: MakePlan) -> None:
    fixed = {"replicas": 2, "max_replicas": 2}
    deploy_first(make_plan("v1", kubernetes=fixed))
    cluster.set_replicas("shop", 4, "kubectl")
    deploy_first(make_plan("v2", kubernetes={**fixed, "take_over": True}))
    assert cluster.find("deployments", "shop")["spec"]["replicas"] == 2


@pytest.mark.parametrize("most", [2, 6])
def test_a_program_that_is_scaled_to_nothing_is_not_said_to_serve(
    cluster: ApiServer, make_plan: MakePlan, most: int
) -> None:
    settings = {"replicas": 2, "max_replicas": most}
    deploy_first(make_plan("v1", kubernetes=settings))
    cluster.set_replicas("shop", 0, "kubectl")
    outcome, _ = deploy(make_plan("v2", kubernetes=settings))
    assert outcome.state == "failed"
    assert outcome.message == (
        "shop is scaled to 0 pods, so nothing would serve: "
        "kubectl scale deployment/shop --replicas=2; no pod was changed"
    )
    deploy_first(make_plan("v2", kubernetes={**settings, "take_over": True}))
    assert cluster.find("deployments", "shop")["spec"]["replicas"] == 2


# --- a configuration that asks for less ---------------------------------------------------------


def test_what_a_version_no_longer_has_is_removed_after_it_serves(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1", jobs=1, migrate=True))
    assert cluster.names("deployments") == ["shop", "shop-jobs"]
    outcome, said = deploy(make_plan("v2", kubernetes={"replicas": 1, "max_replicas": 1}))
    assert outcome.state == "ready"
    assert cluster.names("deployments") == ["shop"]
    assert cluster.names("horizontalpodautoscalers") == []
    assert cluster.names("poddisruptionbudgets") == []
    assert cluster.names("services") == ["shop"]
    assert any("jobs.yaml is not used" in line for line in said)
    removals = [number for number, one in enumerate(cluster.changed()) if one[0] == "DELETE"]
    applied = [number for number, one in enumerate(cluster.changed()) if one[0] == "PATCH"]
    assert min(removals) > max(applied)


def test_objects_of_others_stay(cluster: ApiServer, make_plan: MakePlan) -> None:
    for name, manager in (("other", "pronghorn-deploy"), ("shop-cache", "helm")):
        labels = {
            "app.kubernetes.io/name": name.partition("-")[0],
            "app.kubernetes.io/managed-by": manager,
        }
        cluster.objects["services", "shop", name] = {"metadata": {"name": name, "labels": labels}}
    deploy_first(make_plan())
    assert cluster.names("services") == ["other", "shop", "shop-cache"]


def test_a_removal_that_is_forbidden_is_said_and_harmless(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.forbidden = {("list", "ingresses")}
    outcome, said = deploy(make_plan())
    assert outcome.state == "ready"
    assert any("what is left of Ingress could not be removed" in line for line in said)


def test_a_secret_of_bytes_is_the_same_in_the_cluster(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    secret = b"\xff not UTF-8 \xfe"
    deploy_first(make_plan("v1", secrets_given={"DATABASE_URL": os.fsdecode(secret)}))
    [name] = cluster.names("secrets")
    found = cluster.find("secrets", name)
    assert found is not None
    assert base64.b64decode(found["data"]["DATABASE_URL"]) == secret
