"""Deploy as the command does: check, write the files, then release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from pronghorn.deploy.kubernetes import Kubernetes
from pronghorn.deploy.target import Outcome, Plan
from pronghorn.deploy.written import compare, write


def write_files(plan: Plan) -> None:
    """Write the planned files; those that were edited are not touched."""
    write(plan.folder, compare(plan.folder, Kubernetes().files(plan)), force=False)


@contextmanager
def changing_pod(plan: Plan) -> Iterator[dict[str, Any]]:
    """Write the planned files, and change the pod of the program as a user may, in `web.yaml`."""
    write_files(plan)
    path = plan.folder / plan.config.kubernetes.folder / "web.yaml"
    manifest = yaml.safe_load(path.read_text("utf-8"))
    yield manifest["spec"]["template"]["spec"]
    path.write_text(yaml.safe_dump(manifest), "utf-8")


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
