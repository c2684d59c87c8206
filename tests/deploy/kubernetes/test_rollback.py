"""`pronghorn deploy rollback`: pods of an earlier version, which the cluster still knows."""

from __future__ import annotations

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Outcome, Plan
from tests.deploy.kubernetes.api_server import ApiServer, Refusal, Request
from tests.deploy.kubernetes.conftest import MakePlan
from tests.deploy.kubernetes.deploying import deploy, deploy_first


def roll_back(plan: Plan) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    return Kubernetes().rollback(plan, said.append), said


def test_a_rollback_returns_to_the_version_before(cluster: ApiServer, make_plan: MakePlan) -> None:
    for version in ("v1", "v2", "v3"):
        deploy_first(make_plan(version, jobs=1))
    outcome, said = roll_back(make_plan(""))
    assert (outcome.state, outcome.message) == ("ready", "shop is at v2 again")
    assert "back to v2: shop, shop-jobs" in said
    assert cluster.serving() == {"v2"}
    assert cluster.serving("shop-jobs") == {"v2"}


def test_a_rollback_goes_to_a_version_by_its_tag(cluster: ApiServer, make_plan: MakePlan) -> None:
    for version in ("v1", "v2", "v3"):
        deploy_first(make_plan(version))
    outcome, _ = roll_back(make_plan("v1"))
    assert outcome.state == "ready"
    assert cluster.serving() == {"v1"}


def test_an_old_version_reads_its_own_secret(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    (first,) = cluster.names("secrets")
    deploy_first(make_plan("v2", secrets_given={"DATABASE_URL": "postgresql://other"}))
    roll_back(make_plan(""))
    web = cluster.find("deployments", "shop")
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": first}}]
    assert first in cluster.names("secrets")


def test_a_deploy_follows_a_rollback(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    deploy_first(make_plan("v2"))
    roll_back(make_plan(""))
    deploy_first(make_plan("v3"))
    assert cluster.serving() == {"v3"}


def test_a_first_version_has_none_before_it(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    outcome, _ = roll_back(make_plan(""))
    assert outcome.state == "failed"
    assert outcome.message == "there is no version before this one"
    assert cluster.serving() == {"v1"}


def test_a_version_that_is_forgotten_is_named(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    outcome, _ = roll_back(make_plan("v0"))
    assert outcome.message == "the cluster does not know the version v0 any more"


def test_nothing_to_return_to(cluster: ApiServer, make_plan: MakePlan) -> None:
    outcome, _ = roll_back(make_plan(""))
    assert (outcome.state, outcome.message) == ("failed", "nothing was deployed to namespace shop")


def test_an_old_version_that_does_not_get_ready_is_said(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    deploy_first(make_plan("v2"))
    cluster.behaviours["v1"] = "crash"
    outcome, _ = roll_back(make_plan("", timeout=1.0))
    assert outcome.state == "failed"
    assert "CrashLoopBackOff" in outcome.message
    assert cluster.serving() == {"v2"}


def test_a_server_that_goes_away_leaves_it_unknown(cluster: ApiServer, make_plan: MakePlan) -> None:
    deploy_first(make_plan("v1"))
    deploy_first(make_plan("v2"))
    since = len(cluster.requests)
    cluster.is_away = lambda request: any(one.changes for one in cluster.requests[since:-1])
    outcome, _ = roll_back(make_plan("", timeout=1.0))
    assert outcome.state == "unknown"


def test_a_version_that_was_undone_is_not_the_one_before(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    deploy_first(make_plan("v2"))
    cluster.behaviours["v3"] = "stuck"
    outcome, _ = deploy(make_plan("v3", timeout=1.0))
    assert (outcome.state, cluster.serving()) == ("failed", {"v2"})
    roll_back(make_plan(""))
    assert cluster.serving() == {"v1"}


def test_credentials_that_end_during_a_rollback_leave_it_unknown(
    cluster: ApiServer, make_plan: MakePlan
) -> None:
    deploy_first(make_plan("v1"))
    deploy_first(make_plan("v2"))
    cluster.behaviours["v1"] = "never-ready"
    since = len(cluster.requests)

    def refuse(request: Request) -> None:
        if any(one.changes for one in cluster.requests[since:-1]):
            raise Refusal(401, "expired")

    cluster.on_request = refuse
    outcome = Kubernetes().rollback(make_plan("", timeout=1.0), print)
    assert (outcome.state, outcome.old_serves) == ("unknown", None)
