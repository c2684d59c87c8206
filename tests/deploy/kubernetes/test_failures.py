"""Deploys that fail: what is said, what is undone, and which version serves."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from pronghorn.deploy.interrupts import interruptible
from pronghorn.deploy.target import Outcome
from tests.deploy.kubernetes.api_server import ApiServer, Refusal, Request
from tests.deploy.kubernetes.conftest import DATABASE_URL, MakePlan
from tests.deploy.kubernetes.deploying import deploy, deploy_first

SHORT = 1.0


def image_of(cluster: ApiServer, name: str = "shop") -> str:
    found = cluster.find("deployments", name)
    assert found is not None
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def changes_of_pods(cluster: ApiServer, since: int = 0) -> list[Request]:
    return [one for one in cluster.requests[since:] if one.changes and one.plural == "deployments"]


# --- the new version does not get ready ---------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "said_why"),
    [
        ("never-ready", "web runs, but its readiness probe does not succeed"),
        ("crash", "CrashLoopBackOff (exit code 3)"),
        ("stuck", "has timed out progressing"),
    ],
)
def test_a_version_that_does_not_get_ready_is_undone(
    cluster: ApiServer, make_plan: MakePlan, behaviour: str, said_why: str
) -> None:
    cluster.behaviours["v2"] = behaviour
    deploy_first(make_plan("v1"))
    outcome, said = deploy(make_plan("v2", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert said_why in outcome.message
    assert cluster.serving() == {"v1"}
    assert image_of(cluster).endswith(":v1")
    assert any("back to the version before" in line for line in said)


def test_the_old_version_serves_while_the_new_one_does_not(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.behaviours["v2"] = "never-ready"
    deploy_first(make_plan("v1"))
    served = []
    cluster.on_request = lambda request: served.append(cluster.serving())
    deploy(make_plan("v2", timeout=SHORT))
    assert served
    assert all(versions == {"v1"} for versions in served)


def test_the_next_version_can_be_deployed_after_an_undo(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.behaviours["v2"] = "stuck"
    deploy_first(make_plan("v1"))
    before = cluster.find("deployments", "shop")["spec"]
    deploy(make_plan("v2", timeout=SHORT))
    assert cluster.find("deployments", "shop")["spec"]["template"] == before["template"]
    deploy_first(make_plan("v3"))
    assert cluster.serving() == {"v3"}
    owned = cluster.owners["deployments", "shop", "shop"]["pronghorn-deploy"]
    assert not any("restartPolicy" in path for path in owned)  # A default that an undo has named.


def test_an_undo_returns_workers_and_the_old_secret_too(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1", jobs=1))
    (secret,) = cluster.names("secrets")
    cluster.on_request = lambda request: break_web(cluster, request)
    changed = {"DATABASE_URL": "postgresql://other"}
    outcome, _ = deploy(make_plan("v2", jobs=1, timeout=SHORT, secrets_given=changed))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    for name in ("shop", "shop-jobs"):
        assert image_of(cluster, name).endswith(":v1")
        assert cluster.serving(name) == {"v1"}
        found = cluster.find("deployments", name)
        (container,) = found["spec"]["template"]["spec"]["containers"]
        assert container["envFrom"] == [{"secretRef": {"name": secret}}]


def break_web(cluster: ApiServer, request: Request) -> None:
    """Let workers of the new version get ready, and then not the web."""
    if request.changes and (request.plural, request.name) == ("deployments", "shop"):
        cluster.behaviours["v2"] = "never-ready"


def test_a_later_deploy_by_somebody_else_is_neither_claimed_nor_undone(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    cluster.behaviours["v2"] = "never-ready"
    others = [threading.Thread(target=deploy_first, args=[make_plan("v3")])]

    def deploy_another(request: Request) -> None:
        is_web = (request.plural, request.name) == ("deployments", "shop")
        if is_web and not request.changes and image_of(cluster).endswith(":v2") and others:
            others.pop().start()

    cluster.on_request = deploy_another
    outcome, _ = deploy(make_plan("v2"))
    assert outcome == Outcome(
        "failed", "somebody has deployed v3 of shop meanwhile, which was left as it is", None
    )
    assert image_of(cluster).endswith(":v3")
    assert cluster.serving() == {"v3"}


def test_workers_that_are_new_are_removed_by_an_undo(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    cluster.on_request = lambda request: break_web(cluster, request)
    outcome, _ = deploy(make_plan("v2", jobs=1, timeout=SHORT))
    assert outcome.state == "failed"
    assert cluster.names("deployments") == ["shop"]
    assert cluster.serving() == {"v1"}


def test_a_first_version_that_does_not_get_ready_stays_to_be_looked_at(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.behaviours["v1"] = "never-ready"
    outcome, _ = deploy(make_plan("v1", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("failed", None)
    assert "no version before it serves" in outcome.message
    assert cluster.names("deployments") == ["shop"]


def test_an_undo_goes_to_the_pods_that_serve(cluster: ApiServer, make_plan: MakePlan) -> None:
    """The second version was lost sight of and never got ready, so the first one still serves."""
    cluster.behaviours |= {"v2": "never-ready", "v3": "crash"}
    deploy_first(make_plan("v1"))
    since = len(cluster.requests)
    cluster.is_away = lambda request: bool(changes_of_pods(cluster, since))
    outcome, _ = deploy(make_plan("v2", timeout=SHORT))
    assert outcome.state == "unknown"
    cluster.is_away = lambda request: False
    outcome, _ = deploy(make_plan("v3", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert image_of(cluster).endswith(":v1")
    assert cluster.serving() == {"v1"}


def test_nothing_is_undone_if_nothing_served(cluster: ApiServer, make_plan: MakePlan) -> None:
    cluster.behaviours |= {"v1": "crash", "v2": "crash"}
    deploy(make_plan("v1", timeout=SHORT))
    outcome, _ = deploy(make_plan("v2", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("failed", False)
    assert image_of(cluster).endswith(":v2")


def test_a_way_back_that_fails_too_is_not_confirmed(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))

    def break_everything(request: Request) -> None:
        if request.changes and request.plural == "deployments":
            cluster.behaviours |= {"v1": "never-ready", "v2": "never-ready"}
            for one in cluster.sets_of(cluster.find("deployments", "shop")):
                one["works"] = False

    cluster.on_request = break_everything
    outcome, _ = deploy(make_plan("v2", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("unknown", None)
    assert "the way back failed too" in outcome.message


def test_a_migration_that_fails_starts_nothing(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1", migrate=True, jobs=1))
    cluster.migrations = "fails"
    cluster.logs = [f"cannot connect to {DATABASE_URL}", "sqlalchemy.exc.OperationalError"]
    since = len(cluster.requests)
    plan = make_plan("v2", migrate=True, jobs=1)
    outcome, said = deploy(plan)
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert "the migration failed: Job has reached the specified backoff limit" in outcome.message
    assert "migration: sqlalchemy.exc.OperationalError" in said
    assert changes_of_pods(cluster, since) == []
    assert cluster.serving() == {"v1"}
    # The command prints each line through `Plan.hide`.
    assert DATABASE_URL not in plan.hide("\n".join(said))


# --- the server says no -------------------------------------------------------------------------


def test_an_old_version_that_a_migration_has_broken_does_not_serve(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    cluster.migrations = "fails"

    def end_pods(request: Request) -> None:
        web = cluster.find("deployments", "shop")
        if web is not None and request.changes and request.plural == "jobs":
            web["status"]["availableReplicas"] = 0

    cluster.on_request = end_pods
    outcome, _ = deploy(make_plan("v2", migrate=True))
    assert (outcome.state, outcome.old_serves) == ("failed", False)


def test_a_missing_namespace_is_named(cluster: ApiServer, make_plan: MakePlan) -> None:
    outcome, _ = deploy(make_plan(kubernetes={"namespace": "prod"}))
    assert outcome.state == "failed"
    assert "there is no namespace prod: create it with kubectl create namespace prod" in (
        outcome.message
    )
    assert cluster.changed() == []


def test_people_who_may_not_read_namespaces_may_deploy(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.forbidden = {("get", "namespaces")}
    deploy_first(make_plan())


def test_wrong_credentials_change_nothing(cluster: ApiServer, make_plan: MakePlan) -> None:
    cluster.token = "another"
    outcome, _ = deploy(make_plan())
    assert outcome.state == "failed"
    assert "does not accept your credentials (401)" in outcome.message
    assert cluster.changed() == []


@pytest.mark.parametrize("plural", ["deployments", "services", "jobs", "secrets"])
def test_a_missing_right_is_found_before_anything_changes(
    cluster: ApiServer, make_plan: MakePlan, plural: str
) -> None:
    deploy_first(make_plan("v1"))
    cluster.forbidden = {("patch", plural)}
    since = len(cluster.requests)
    outcome, _ = deploy(make_plan("v2", migrate=True))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert "403" in outcome.message
    assert "no pod was changed" in outcome.message
    assert [one for one in cluster.requests[since:] if one.changes] == []


def test_all_that_is_refused_is_said_at_once(cluster: ApiServer, make_plan: MakePlan) -> None:
    cluster.forbidden = {("patch", "services"), ("patch", "poddisruptionbudgets")}
    outcome, _ = deploy(make_plan())
    assert 'cannot patch resource "services"' in outcome.message
    assert 'cannot patch resource "poddisruptionbudgets"' in outcome.message


def test_a_field_of_another_manager_is_named(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    key = ("deployments", "shop", "shop")
    path = ("spec", "strategy", "rollingUpdate", "maxUnavailable")
    cluster.objects[key]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = 1
    cluster.owners[key]["pronghorn-deploy"].discard(path)
    cluster.owners[key]["kubectl-edit"] = {path}
    since = len(cluster.requests)
    outcome, _ = deploy(make_plan("v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert ".spec.strategy.rollingUpdate.maxUnavailable" in outcome.message
    assert 'conflict with "kubectl-edit"' in outcome.message
    assert "take_over = true" in outcome.message
    assert [one for one in cluster.requests[since:] if one.changes] == []
    taking = make_plan("v2", kubernetes={"take_over": True})
    deploy_first(taking)
    web = cluster.find("deployments", "shop")
    assert web["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_selector_that_was_edited_is_refused(cluster: ApiServer, make_plan: MakePlan) -> None:
    plan = make_plan("v1")
    deploy_first(plan)
    path = plan.folder / "deploy/kubernetes/web.yaml"
    text = path.read_text("utf-8").replace("component: web", "component: site")
    path.write_text(text, "utf-8")
    outcome, _ = deploy(make_plan("v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert "immutable" in outcome.message
    assert cluster.serving() == {"v1"}


def test_a_paused_rollout_is_not_waited_for(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    cluster.find("deployments", "shop")["spec"]["paused"] = True
    outcome, _ = deploy(make_plan("v2"))
    assert outcome.state == "failed"
    assert "kubectl rollout resume deployment/shop" in outcome.message


def test_a_refusal_after_the_pods_have_changed_is_undone(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))

    def refuse(request: Request) -> None:
        if request.changes and request.plural == "services":
            raise Refusal(403, "quota")

    cluster.on_request = refuse
    outcome, _ = deploy(make_plan("v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert cluster.serving() == {"v1"}


@pytest.mark.parametrize("code", [401, 403])
def test_credentials_that_end_during_the_rollout_leave_it_unknown(
    cluster: ApiServer, make_plan: MakePlan, code: int
) -> None:
    deploy_first(make_plan("v1"))
    cluster.behaviours["v2"] = "never-ready"
    since = len(cluster.requests)

    def refuse(request: Request) -> None:
        if changes_of_pods(cluster, since):
            raise Refusal(code, "expired")

    cluster.on_request = refuse
    outcome, _ = deploy(make_plan("v2", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("unknown", None)
    assert "the way back failed too" in outcome.message
    assert "no pod was changed" not in outcome.message


def test_what_the_server_says_of_a_secret_is_not_repeated(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    def refuse(request: Request) -> None:
        if request.method == "PATCH" and request.plural == "secrets":
            raise Refusal(422, f"Invalid value: {request.body['data']}")

    cluster.on_request = refuse
    outcome, _ = deploy(make_plan())
    assert outcome.state == "failed"
    assert "the API server answered 422 to the Secret" in outcome.message
    assert "Invalid value" not in outcome.message


def test_an_answer_that_is_not_from_kubernetes_is_no_traceback(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    def refuse(request: Request) -> None:
        if request.plural == "deployments":
            error = Refusal(404, "")
            error.status = "<html>Not found</html>"  # type: ignore[assignment]
            raise error

    cluster.on_request = refuse
    outcome, _ = deploy(make_plan())
    assert outcome.state == "failed"
    assert cluster.changed() == []


# --- the server is away -------------------------------------------------------------------------


def test_a_server_that_is_away_changes_nothing(
    make_plan: MakePlan, tmp_path: Path, cluster: ApiServer
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = tmp_path / "kubeconfig"
    file.write_text(file.read_text("utf-8").replace(cluster.url, f"http://127.0.0.1:{port}"))
    outcome, _ = deploy(make_plan(timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("failed", None)
    assert "the API server cannot be reached" in outcome.message
    assert "no pod was changed" in outcome.message


def test_a_context_that_does_not_exist_is_named(cluster: ApiServer, make_plan: MakePlan) -> None:
    outcome, _ = deploy(make_plan(kubernetes={"context": "prod"}))
    assert outcome.state == "failed"
    assert "prod" in outcome.message
    assert cluster.requests == []


def test_another_context_has_a_namespace_of_its_own(
    cluster: ApiServer, make_plan: MakePlan, tmp_path: Path
) -> None:
    file = tmp_path / "kubeconfig"
    found = json.loads(file.read_text("utf-8"))
    of_local = found["contexts"][0]["context"]
    found["contexts"] += [
        {"name": "prod", "context": of_local | {"namespace": "shop-prod"}},
        {"name": "bare", "context": {"cluster": "local", "user": "me"}},
    ]
    file.write_text(json.dumps(found), "utf-8")
    cluster.namespaces |= {"shop-prod", "default"}
    for context, namespace in (("prod", "shop-prod"), ("bare", "default"), ("local", "shop")):
        deploy_first(make_plan(kubernetes={"context": context}))
        assert ("deployments", namespace, "shop") in cluster.objects
    assert len([key for key in cluster.objects if key[0] == "deployments"]) == 3


def test_keys_of_the_kubeconfig_are_left_in_no_file(
    cluster: ApiServer, make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kr8s writes them into temporary files, and does not remove those."""
    authority = trustme.CA()
    client = authority.issue_cert("me@example.com")
    pem = client.private_key_pem.bytes(), client.cert_chain_pems[0].bytes()
    key, certificate = (base64.b64encode(one).decode() for one in pem)
    file = tmp_path / "kubeconfig"
    found = json.loads(file.read_text("utf-8"))
    found["users"][0]["user"] = {
        "client-key-data": key,
        "client-certificate-data": certificate,
    }
    file.write_text(json.dumps(found), "utf-8")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen = []
    cluster.on_request = lambda request: seen.extend(folder.rglob("tmp*"))
    deploy_first(make_plan())
    assert seen  # While they are needed.
    assert list(folder.iterdir()) == []
    assert tempfile.tempdir == str(folder)


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "false"}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "clusters: [",
        "- a list",
        "{contexts: [], clusters: [], users: [], current-context: ''}",
        "{contexts: [{name: a, context: {cluster: b}}], clusters: [], current-context: a}",
        ("EXEC", EXEC),
        ("EXEC", EXEC | {"command": "/no/such/plugin"}),
        ("SERVER", "no url"),
        ("SERVER", "http://127.0.0.1:99999"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_one_sentence(
    cluster: ApiServer, make_plan: MakePlan, tmp_path: Path, text: Any
) -> None:
    file = tmp_path / "kubeconfig"
    found = json.loads(file.read_text("utf-8"))
    if isinstance(text, tuple) and text[0] == "EXEC":
        found["users"][0]["user"] = {"exec": text[1]}
    elif isinstance(text, tuple):
        found["clusters"][0]["cluster"]["server"] = text[1]
    file.unlink()
    if text is not None:
        file.write_text(text if isinstance(text, str) else json.dumps(found), "utf-8")
    outcome, _ = deploy(make_plan(timeout=SHORT))
    assert outcome.state == "failed"
    assert "cannot be" in outcome.message
    assert "\n" not in outcome.message
    assert cluster.requests == []


def test_a_server_that_never_answers_is_given_up(
    cluster: ApiServer, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.deploy.kubernetes.cluster.REQUEST_SECONDS", 0.3)
    answer = threading.Event()
    cluster.on_request = lambda request: answer.wait(30)
    try:
        outcome, _ = deploy(make_plan(timeout=SHORT))
    finally:
        answer.set()
    assert outcome.state == "failed"
    assert "did not answer in time" in outcome.message


def test_a_server_that_goes_away_during_the_rollout_leaves_it_unknown(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    cluster.is_away = lambda request: bool(changes_of_pods(cluster, len(before)))
    before = list(cluster.requests)
    outcome, _ = deploy(make_plan("v2", timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("unknown", None)
    assert "while shop was rolled out" in outcome.message


def test_a_server_that_comes_back_is_no_failure(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    lost: list[Request] = []

    def is_away(request: Request) -> bool:
        if changes_of_pods(cluster, since) and len(lost) < 2:
            lost.append(request)
            return True
        return False

    since = len(cluster.requests)
    cluster.is_away = is_away
    deploy_first(make_plan("v2"))
    assert len(lost) == 2
    assert cluster.serving() == {"v2"}


def test_a_server_that_goes_away_during_the_migration_starts_nothing(
    cluster: ApiServer, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pronghorn.deploy.kubernetes.migration.RESERVE", 0.0)
    deploy_first(make_plan("v1"))
    since = len(cluster.requests)
    cluster.is_away = lambda request: any(
        one.changes and one.plural == "jobs" for one in cluster.requests[since:-1]
    )
    outcome, _ = deploy(make_plan("v2", migrate=True, timeout=SHORT))
    assert (outcome.state, outcome.old_serves) == ("unknown", True)
    assert "during the migration, which may go on" in outcome.message
    assert changes_of_pods(cluster, since) == []


# --- Ctrl+C -------------------------------------------------------------------------------------


def interrupt_at(
    matches: Callable[[Request], bool], number: signal.Signals = signal.SIGINT
) -> Callable[[Request], None]:
    """Return a hook that sends a signal to this process at a request."""
    sent: list[Request] = []

    def hook(request: Request) -> None:
        if matches(request) and not sent:
            sent.append(request)
            os.kill(os.getpid(), number)

    return hook


def test_an_interrupt_before_anything_has_changed(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    cluster.on_request = interrupt_at(lambda request: request.is_dry_run)
    since = len(cluster.requests)
    outcome, _ = deploy(make_plan("v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert outcome.message == "interrupted; no pod was changed"
    assert [one for one in cluster.requests[since:] if one.changes] == []


def test_an_interrupt_during_the_migration(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    cluster.migrations = "hangs"
    cluster.on_request = interrupt_at(
        lambda request: request.plural == "pods" and "job-name" in str(request.query)
    )
    since = len(cluster.requests)
    outcome, _ = deploy(make_plan("v2", migrate=True))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert outcome.message == "interrupted; the migration goes on; no pod was changed"
    assert changes_of_pods(cluster, since) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_during_the_rollout_is_an_undo(
    cluster: ApiServer, make_plan: MakePlan, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    deploy_first(make_plan("v1"))
    cluster.behaviours["v2"] = "never-ready"
    cluster.on_request = interrupt_at(lambda request: request.plural == "pods", number)
    with interruptible():
        outcome, _ = deploy(make_plan("v2"))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    assert outcome.message == "interrupted"
    assert image_of(cluster).endswith(":v1")
    assert cluster.serving() == {"v1"}
    assert signal.getsignal(number) == before


def test_a_deploy_in_the_background_of_a_script_can_be_ended(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    cluster.behaviours["v1"] = "never-ready"
    cluster.on_request = interrupt_at(lambda request: request.plural == "pods", signal.SIGTERM)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # As a shell does for `command &`.
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            deploy(make_plan("v1"))
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_second_interrupt_ends_the_undo_too(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    cluster.behaviours["v2"] = "never-ready"
    first = interrupt_at(lambda request: request.plural == "pods")
    second = interrupt_at(lambda request: request.query.get("force") == "true")

    def twice(request: Request) -> None:
        first(request)
        second(request)

    cluster.on_request = twice
    with pytest.raises(KeyboardInterrupt):
        deploy(make_plan("v2"))
    assert cluster.serving() == {"v1"}
