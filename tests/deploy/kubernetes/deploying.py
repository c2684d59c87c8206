"""Deploy as the command does: check, write the files, then release."""

from __future__ import annotations

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Outcome, Plan
from pronghorn.deploy.written import compare, write


def write_files(plan: Plan) -> None:
    """Write the planned files; those that were edited are not touched."""
    write(plan.folder, compare(plan.folder, Kubernetes().files(plan)), force=False)


def deploy(plan: Plan) -> tuple[Outcome, list[str]]:
    """Return the outcome of a release, and the lines that it said."""
    target = Kubernetes()
    assert target.check(plan) == []
    write_files(plan)
    said: list[str] = []
    return target.release(plan, said.append), said


def deploy_first(plan: Plan) -> None:
    """Deploy a version that gets ready."""
    outcome, said = deploy(plan)
    assert outcome.state == "ready", (outcome, said)
