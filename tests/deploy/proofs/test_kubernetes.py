"""Manifests, and every object of a deploy, by the schemas of Kubernetes: no unknown word passes."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Plan
from tests.deploy.kubernetes.api_server import ApiServer, Refusal
from tests.deploy.kubernetes.conftest import MakePlan, cluster, make_plan, one_authority
from tests.deploy.kubernetes.deploying import deploy, deploy_first

__all__ = ["cluster", "make_plan", "one_authority"]

#: The oldest with everything that is written, and the youngest that the package knows.
VERSIONS = ["1.31", "1.34", "1.37"]
CONFIGURATIONS: list[dict[str, Any]] = [
    {},
    {"jobs": 2, "migrate": True},
    {"env": {}, "secrets": [], "port": 9000, "workers": 4, "jobs": 1},
    {"kubernetes": {"replicas": 1, "max_replicas": 1}},
    {"kubernetes": {"namespace": "prod", "cpu": "1.5", "memory": "1Gi", "target_cpu": 50}},
    {"live": "/healthz", "ready": "/readyz", "grace": 60, "timeout": 12.5},
]


def read(plan: Plan) -> dict[str, Any]:
    """Return the manifests by the names of their files."""
    return {file.path.name: yaml.safe_load(file.text) for file in Kubernetes().files(plan)}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_every_manifest_is_valid(
    make_plan: MakePlan, configuration: dict[str, Any], version: str
) -> None:
    for manifest in read(make_plan(**configuration)).values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_validation_finds_a_word_that_is_spelled_wrong(make_plan: MakePlan) -> None:
    manifest = read(make_plan())["web.yaml"]
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container["livenesProbe"] = container.pop("livenessProbe")
    with pytest.raises(kubernetes_validate.ValidationError, match="livenesProbe"):
        kubernetes_validate.validate(manifest, "1.34", strict=True)


def refuse_invalid(manifest: dict[str, Any]) -> None:
    """Refuse an object as a server does that validates fields strictly."""
    try:
        kubernetes_validate.validate(manifest, "1.34", strict=True)
    except kubernetes_validate.ValidationError as error:
        raise Refusal(422, f"{manifest['kind']} is invalid: {error}") from None


def test_everything_that_is_applied_is_valid(cluster: ApiServer, make_plan: MakePlan) -> None:
    """Also what an undo and a rollback apply, which are objects of the server itself."""
    cluster.validate = refuse_invalid
    cluster.behaviours["v3"] = "stuck"
    given: dict[str, Any] = {"jobs": 1, "migrate": True}
    deploy_first(make_plan("v1", **given))
    deploy_first(make_plan("v2", **given))
    outcome, _ = deploy(make_plan("v3", **given, timeout=1.0))
    assert (outcome.state, outcome.old_serves) == ("failed", True)
    back = Kubernetes().rollback(make_plan("", **given), lambda line: None)
    assert back.state == "ready"
    assert cluster.serving() == {"v1"}
