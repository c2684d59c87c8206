"""Deploy as the command does: write the files, then release."""

from __future__ import annotations

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Outcome, Plan


def write_files(plan: Plan) -> None:
    """Write the planned files; those that are there are not touched."""
    for file in Kubernetes().files(plan):
        path = plan.folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("# Written by pronghorn deploy\n" + file.text, encoding="utf-8")


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
